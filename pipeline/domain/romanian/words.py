"""The word lists of this package: TOML files of folded words, where a trailing ``*`` takes any ending."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any


@cache
def word_lists(name: str) -> dict[str, Any]:
    """The lists of ``<name>.toml``; ``FileNotFoundError`` when there is none."""
    file = resources.files("pipeline.domain.romanian") / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def any_word(words: Iterable[str]) -> str:
    """A regular expression (no group) for any of the words."""
    endings = (re.escape(word).replace(r"\*", r"[a-z]*") for word in words)
    return rf"(?:{'|'.join(sorted(endings, key=len, reverse=True))})"
