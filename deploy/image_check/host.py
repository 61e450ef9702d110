"""What the bare root takes along from this machine at run time: mirrors, proxies, certificate authorities.

Nothing of it is in the repository or in the image.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

_CARRIED = re.compile(r"https?_proxy|no_proxy|PIP_(?!FIND_LINKS)\w+|SSL_CERT_FILE|REQUESTS_CA_BUNDLE", re.IGNORECASE)
_FILES = (
    "etc/pip.conf",
    "etc/resolv.conf",
    "etc/hosts",
    "etc/ssl/certs/ca-certificates.crt",
)
_FOLDERS = ("etc/apt/apt.conf.d", "etc/apt/auth.conf.d", "etc/apt/keyrings", "usr/share/keyrings")
_NOT_CARRIED = re.compile(r"docker-.*|\d+packagekit|\d+appstream")


def environment(here: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables by which package tools reach their mirrors from here."""
    return {name: value for name, value in here.items() if _CARRIED.fullmatch(name)}


def mirror(suite: str, apt: Path = Path("/etc/apt")) -> str | None:
    """Where this machine takes ``suite`` from; None when it is of another suite: then debootstrap has its own idea."""
    for source in _sources(suite, apt):
        found = re.search(r"https?://[^\s\]]+", _of_suite(source.read_text(encoding="utf-8"), suite))
        if found:
            return found[0]
    return None


def carry(suite: str, root: Path, host: Path = Path("/")) -> None:
    """Copies this machine's package settings into ``root``; sources of other suites and of other makers stay out."""
    for name in _FILES:
        if (host / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).unlink(missing_ok=True)
            shutil.copy(host / name, root / name)
    for name in _FOLDERS:
        for file in sorted((host / name).glob("*")):
            if file.is_file() and not _NOT_CARRIED.fullmatch(file.name):
                (root / name).mkdir(parents=True, exist_ok=True)
                shutil.copy(file, root / name / file.name)
    sources = list(_sources(suite, host / "etc/apt"))
    if sources:
        (root / "etc/apt/sources.list").unlink(missing_ok=True)
    for source in sources:
        folder = root / "etc/apt/sources.list.d"
        folder.mkdir(parents=True, exist_ok=True)
        name = source.name if source.name != "sources.list" else "host.list"
        shutil.copy(source, folder / name)


def _sources(suite: str, apt: Path) -> Iterator[Path]:
    candidates = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for source in candidates:
        if source.is_file() and source.suffix in (".list", ".sources"):
            text = source.read_text(encoding="utf-8", errors="replace")
            if _of_suite(text, suite):
                yield source


def _of_suite(text: str, suite: str) -> str:
    """The first source in ``text`` that names the suite itself: a line, or a stanza of fields."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    line = re.search(rf"^deb\s(?:.*\s)?{suite}\s.*$", plain, re.MULTILINE)
    if line:
        return line[0]
    for stanza in re.split(r"\n\s*\n", plain):
        if re.search(rf"^Suites:(?:.*\s){suite}(?:\s|$)", stanza, re.MULTILINE):
            return stanza
    return ""
