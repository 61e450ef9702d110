"""What ``bin/image-check`` reads and replays: the Dockerfile, .dockerignore, this machine's package settings."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.image_check import build, dockerfile, host, ignored
from deploy.image_check.build import Image, StepFailed
from deploy.image_check.dockerfile import NotUnderstood

ROOT = Path(__file__).parents[3]
HEAD = "# a comment\nFROM debian:12.12-slim\n"


def words(text: str) -> list[tuple[str, str]]:
    return [(step.word, step.rest) for step in dockerfile.steps(HEAD + text)[1:]]


def test_continued_lines_comments_and_case():
    text = "run apt-get update \\\n    # in between\n    && apt-get install x \\\n\n    && true\n\nUSER 5:6\n"
    assert words(text) == [("RUN", "apt-get update && apt-get install x && true"), ("USER", "5:6")]
    assert [step.line for step in dockerfile.steps(HEAD + text)] == [2, 3, 9]


@pytest.mark.parametrize(
    "text",
    ["ADD x y", "RUN", "FROM debian:13", "ARG X=1", "SHELL ['bash']", "ONBUILD RUN true", "RUN true \\"],
)
def test_what_is_not_replayed_is_an_error(text):
    with pytest.raises(NotUnderstood):
        dockerfile.steps(HEAD + text)


def test_a_file_without_a_base_is_an_error():
    for text in ("", "RUN true\n"):
        with pytest.raises(NotUnderstood):
            dockerfile.steps(text)


def step(text: str) -> dockerfile.Step:
    return dockerfile.steps(HEAD + text)[1]


def test_assignments_see_what_was_set_before():
    before = {"PATH": "/bin", "A": "old"}
    assert dockerfile.assignments(step('ENV A=1 B="two words" PATH=/x:$PATH C=${A}'), before) == {
        "A": "1",
        "B": "two words",
        "PATH": "/x:/bin",
        "C": "old",
    }
    with pytest.raises(NotUnderstood):
        dockerfile.assignments(step("ENV A 1"), {})


def test_exec_form_only():
    assert dockerfile.exec_form(step('CMD ["opis", "run"]')) == ("opis", "run")
    for text in ("CMD opis run", "CMD []", 'CMD ["opis", 1]', 'ENTRYPOINT "x"'):
        with pytest.raises(NotUnderstood):
            dockerfile.exec_form(step(text))


def test_health():
    found = dockerfile.health(step('HEALTHCHECK --interval=30s --timeout=5s CMD ["a", "CMD b"]'))
    assert (found.command, found.options) == (("a", "CMD b"), {"interval": "30s", "timeout": "5s"})
    with pytest.raises(NotUnderstood):
        dockerfile.health(step("HEALTHCHECK NONE"))


def test_bases():
    assert [build.suite_of(base) for base in ("debian:12.12-slim", "debian:12-slim", "debian:13.1")] == [
        "bookworm",
        "bookworm",
        "trixie",
    ]
    for base in ("alpine:3.20", "debian:sid", "debian"):
        with pytest.raises(NotUnderstood):
            build.suite_of(base)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("opis/cli.py", True),
        ("opis/data/__pycache__/x.pyc", False),
        ("deploy/entry/start.sh", True),
        ("deploy/opis.toml", False),
        ("README.md", True),
        ("docs/README.md", False),
        ("opis2/x", False),
        (".env", False),
    ],
)
def test_ignore_rules(path, kept):
    rules = ignored.rules("# no\n*\n!README.md\n!opis\n!deploy/entry\n**/__pycache__\n")
    assert ignored.is_kept(Path(path), rules) is kept


def test_later_ignore_rules_win_and_stars_stop_at_folders():
    assert not ignored.is_kept(Path("a/b/c.pyc"), ignored.rules("**/*.pyc"))
    assert ignored.is_kept(Path("a/c.pyc"), ignored.rules("*.pyc"))
    assert ignored.is_kept(Path("keep.md"), ignored.rules("*.md\n!keep.md"))
    assert not ignored.is_kept(Path("keep.md"), ignored.rules("!keep.md\n*.md"))
    assert not ignored.is_kept(Path("x1"), ignored.rules("x?"))


def test_our_image_gets_neither_secrets_nor_tests():
    tops = {path.parts[0] for path in ignored.kept(ROOT, (ROOT / ".dockerignore").read_text(encoding="utf-8"))}
    packages = {"pipeline", "watchers", "classifiers", "storage", "search_api", "opis"}
    assert tops == {*packages, "deploy", "pyproject.toml", "constraints.txt", "README.md"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "pkg/sub").mkdir(parents=True)
    (tree / "pkg/sub/a.py").write_text("a")
    (tree / "pkg/secret").write_text("s")
    (tree / "one.txt").write_text("1")
    (tree / "run.sh").write_text("#!/bin/sh\n")
    (tree / "run.sh").chmod(0o755)
    (tree / ".dockerignore").write_text("pkg/secret\n")
    return tree


def replay(tree: Path, root: Path, text: str) -> Image:
    return build.replay(dockerfile.steps(HEAD + text)[1:], tree, root, {}, lambda line: None)


def test_copies_as_docker_does(tree, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    replay(
        tree, root, "WORKDIR /opt/x\nCOPY one.txt run.sh ./\nCOPY pkg pkg\nCOPY one.txt /two.txt\nCOPY one.txt /opt\n"
    )
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert found == {"opt/x/one.txt", "opt/x/run.sh", "opt/x/pkg/sub/a.py", "two.txt", "opt/one.txt"}
    assert (root / "opt/x/run.sh").stat().st_mode & 0o111


def test_a_copy_of_nothing_fails(tree, tmp_path):
    for source in ("missing", "pkg/secret"):
        with pytest.raises(StepFailed, match=source):
            replay(tree, tmp_path, f"COPY {source} x\n")


def test_what_is_set_is_kept(tree, tmp_path):
    image = replay(
        tree,
        tmp_path,
        'ENV A=1\nWORKDIR /a\nWORKDIR b\nVOLUME /data /more\nUSER 7\nCMD ["old"]\nENTRYPOINT ["e"]\nCMD ["c", "d"]\n'
        'HEALTHCHECK CMD ["h"]\n',
    )
    assert (image.folder, image.user, image.volumes) == ("/a/b", "7:7", ("/data", "/more"))
    assert image.started_by() == ("e", "c", "d") and image.started_by(["x"]) == ("e", "x")
    assert image.environment["A"] == "1" and image.health.command == ("h",)
    with pytest.raises(NotUnderstood):
        replay(tree, tmp_path, "USER opis\n")


ONE_LINE = "deb http://mirror.example/debian bookworm main\n# deb http://no.example bookworm main\n"
FIELDS = """Types: deb
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: https://mirror.example/security
Suites: bookworm-security
Components: main
"""


@pytest.mark.parametrize(
    ("name", "text", "mirror"),
    [
        ("sources.list", ONE_LINE, "http://mirror.example/debian"),
        ("sources.list.d/debian.sources", FIELDS, "https://mirror.example/debian"),
        ("sources.list.d/other.list", "deb https://other.example/apt tools-bookworm main\n", None),
        ("sources.list.d/old.list", "deb http://mirror.example/debian bullseye main\n", None),
        ("sources.list.d/saved.bak", ONE_LINE, None),
    ],
)
def test_mirrors_of_the_same_suite_are_taken_along(tmp_path, name, text, mirror):
    machine, root = tmp_path / "machine", tmp_path / "root"
    source = machine / "etc/apt" / name
    source.parent.mkdir(parents=True)
    source.write_text(text)
    assert host.mirror("bookworm", machine / "etc/apt") == mirror
    (root / "etc/apt").mkdir(parents=True)
    (root / "etc/apt/sources.list").write_text("of debootstrap")
    (machine / "etc/pip.conf").write_text("[global]\n")
    host.carry("bookworm", root, machine)
    assert (root / "etc/apt/sources.list").exists() is (mirror is None)
    assert len(list(root.glob("etc/apt/sources.list.d/*"))) == (mirror is not None)
    assert (root / "etc/pip.conf").read_text() == "[global]\n"


def test_only_package_settings_of_the_environment_are_taken_along():
    here = {"https_proxy": "p", "PIP_CERT": "c", "PIP_FIND_LINKS": "/x", "HOME": "/h", "OPIS_HOME": "o", "AWS_KEY": "k"}
    assert host.environment(here) == {"https_proxy": "p", "PIP_CERT": "c"}


def test_without_root_it_says_so():
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, ROOT / "bin/image-check"],
        capture_output=True,
        text=True,
    )
    if "setpriv" in done.stderr or "Permission" in done.stderr:
        pytest.skip("another user cannot be taken on here, or cannot read this tree")
    assert done.returncode == 3 and "root is needed" in done.stderr
