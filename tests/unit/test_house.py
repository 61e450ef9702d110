"""The house rules, held by the tools that know them: style, types, import directions, messages, packaging."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["pipeline", "watchers", "classifiers", "storage", "search_api", "opis"]
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def run(*arguments: str) -> None:
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_style():
    run(tool("ruff"), "check", ".")
    run(tool("ruff"), "format", "--check", ".")


def test_types():
    run(tool("mypy"))


def test_import_directions():
    run(tool("lint-imports"))


def test_init_files_are_empty():
    assert [path for path in SOURCES if path.name == "__init__.py" and path.read_text()] == []


def test_every_module_says_what_it_is_for():
    silent = [path for path in SOURCES if path.name != "__init__.py" and not path.read_text().startswith('"""')]
    assert silent == []


def test_packages_ship_their_data():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert all((ROOT / package / "py.typed").exists() for package in PACKAGES)


def test_every_message_that_is_said_is_in_the_catalogue():
    from pipeline.domain.messages import codes

    areas = {path.stem for path in (ROOT / "pipeline/domain/messages_ro").glob("*.toml")}
    known = {f"{area}.{code}" for area in areas for code in codes(area)}
    said = {
        code
        for path in SOURCES
        for code in re.findall(r'\bsay\(\s*"([a-z_]+\.[A-Za-z0-9_-]+)"', path.read_text(encoding="utf-8"))
    }
    assert said - known == set()


@pytest.mark.parametrize("page", ["docs/contracts.md", "README.md"])
def test_every_command_is_named_in_the_docs(page):
    from opis.cli import COMMANDS

    text = (ROOT / page).read_text(encoding="utf-8")
    needed = COMMANDS if page.startswith("docs") else {"init", "process", "run", "search", "registry", "doctor"}
    assert [name for name in needed if f"opis {name}" not in text.replace("$opis", "opis")] == []


def test_nothing_of_a_machine_is_in_the_repository():
    found = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            "index-ur[l]|^registr[y] *=|/wor[k]/(shared|main|\\.library)",
            "--",
            ".",
            ":!tests/unit/test_house.py",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.stdout == ""
