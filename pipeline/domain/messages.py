"""What staff read, in Romanian, by code: the catalogue is ``messages_ro/*.toml``, one file an area.

A template is a ``str.format`` text; numbers with a noun are passed in as ``counted(n, "pagini")``.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

_NOUNS = {
    "pagini": ("o pagină", "pagini"),
    "foi": ("o foaie", "foi"),
    "documente": ("un document", "documente"),
    "loturi": ("un lot", "loturi"),
    "separatoare": ("un separator", "separatoare"),
    "rezultate": ("un rezultat", "rezultate"),
    "înregistrări": ("o înregistrare", "înregistrări"),
    "rânduri": ("un rând", "rânduri"),
    "întrebări": ("o întrebare", "întrebări"),
}


def counted(number: int, plural: str) -> str:
    """A number with its noun as Romanian wants it: ``o pagină``, ``2 pagini``, ``20 de pagini``, ``101 pagini``."""
    one, many = _NOUNS[plural]
    if number == 1:
        return one
    rest = number % 100
    joint = "" if number == 0 or 1 <= rest <= 19 else "de "
    return f"{grouped(number)} {joint}{many}"


def grouped(number: int) -> str:
    """``1.254``"""
    return f"{number:,}".replace(",", ".")


@cache
def _catalogue() -> dict[str, str]:
    texts: dict[str, str] = {}
    folder = resources.files("pipeline.domain") / "messages_ro"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            area = file.name.removesuffix(".toml")
            for code, text in tomllib.loads(file.read_text(encoding="utf-8")).items():
                texts[f"{area}.{code}"] = text
    return texts


def say(code: str, **values: Any) -> str:
    """The Romanian text of a code such as ``split.no_separator``; ``KeyError`` when the catalogue lacks it."""
    return _catalogue()[code].format(**values)


def codes(area: str) -> set[str]:
    """All codes of an area, without its name."""
    return {code.partition(".")[2] for code in _catalogue() if code.startswith(f"{area}.")}
