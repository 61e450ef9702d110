"""What a ``.dockerignore`` leaves of a tree, by Docker's rules: the last pattern that fits a path decides."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: "re.Pattern[str]"
    keeps: bool
    begins: str
    """what comes before its first star: nothing it fits is elsewhere"""


def rules(text: str) -> list[Rule]:
    found = []
    for line in text.splitlines():
        wanted = line.strip()
        if not wanted or wanted.startswith("#"):
            continue
        keeps = wanted.startswith("!")
        plain = wanted.removeprefix("!").strip("/")
        found.append(Rule(_regex(plain), keeps, re.split(r"[*?]", plain)[0]))
    return found


def kept(tree: Path, ignore: str) -> Iterator[Path]:
    """The files of ``tree``, relative to it, that the build may see; links are files."""
    found = rules(ignore)
    for folder, below, files in os.walk(tree):
        here = Path(folder).relative_to(tree)
        links = [name for name in below if (Path(folder) / name).is_symlink()]
        yield from (here / name for name in sorted([*files, *links]) if is_kept(here / name, found))
        below[:] = sorted(name for name in below if name not in links and _worth_a_look(here / name, found))


def _worth_a_look(folder: Path, found: list[Rule]) -> bool:
    """Whether anything in it may be kept."""
    inside = f"{folder.as_posix()}/"
    again = [rule.begins for rule in found if rule.keeps]
    return is_kept(folder, found) or any(inside.startswith(name) or name.startswith(inside) for name in again)


def is_kept(path: Path, found: list[Rule]) -> bool:
    """A rule fits a path when it fits it or one of the folders it is in."""
    whole = path.as_posix()
    above = [parent.as_posix() for parent in path.parents if parent.as_posix() != "."]
    keeps = True
    for rule in found:
        if rule.keeps != keeps and any(rule.pattern.fullmatch(name) for name in (whole, *above)):
            keeps = rule.keeps
    return keeps


def _regex(pattern: str) -> "re.Pattern[str]":
    parts = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    words = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(parts.get(word, re.escape(word)) for word in words))
