"""docs/operations.md speaks of what there is: commands, files, numbers, pages."""

import re
from pathlib import Path

from opis.cli import COMMANDS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "operations.md"
TEXT = PAGE.read_text(encoding="utf-8")
LATER = {"backup"}
"""commands that the page says are to come"""


def test_commands_are_known():
    named = set(re.findall(r"(?:`|bin/)opis ([a-z]+)", TEXT))
    assert {"init", "doctor", "reindex", "move"} <= named
    assert named - set(COMMANDS) <= LATER
    for command in named & LATER:
        assert re.search(rf"opis {command}`[^|.]*later", TEXT), command


def test_numbers_are_exposed():
    named = set(re.findall(r"\bopis_[a-z_]+", TEXT)) - {"opis_seaweedfs"}
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "opis").glob("*.py"))
    assert named
    assert [name for name in sorted(named) if name not in sources] == []


def test_files_are_there():
    named = set(re.findall(r"\b(?:deploy|adr)/[\w./-]*\w", TEXT)) | set(re.findall(r"\]\(([\w./-]+\.md)", TEXT))
    places = (ROOT, ROOT / "docs")
    missing = [name for name in sorted(named) if not any((place / name).exists() for place in places)]
    assert missing == []


def test_units_and_services_are_those_that_we_ship():
    services = set(
        re.findall(r"^  ([a-z]+):$", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {"web", "line", "worker", "scheduler", "postgres"} <= services
    for name in re.findall(r"docker compose (?:exec(?: -T)?|logs -f|stop) ([a-z]+)", TEXT):
        assert name in services
    for unit in re.findall(r"opis-(?:worker@|scheduler)", TEXT):
        assert (ROOT / "deploy/systemd" / f"{unit}.service").exists()
