"""Words and numbers of a text with their places: abbreviations spelled out, initials closed up, hyphens healed.

Offsets are code points of ``comma_letters(text)``; letters are compared folded.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.old_spelling import known, modern
from pipeline.domain.romanian.words import any_word, word_lists

MAX_KEY = 64
"""letters of a key; the rest of a longer run is dropped"""

_LISTS = word_lists("abbreviations")
_ALWAYS: dict[str, str] = _LISTS["always"]
_DOTTED: dict[str, str] = {**_LISTS["dotted"], **_ALWAYS}
_HYPHENATED: dict[str, str] = _LISTS["hyphenated"]

_TOKEN = re.compile(
    rf"(?P<hyphenated>(?<!\w){any_word(_HYPHENATED)}(?!\w)\.?)"
    r"|(?P<initials>(?<![\w.])(?:[^\W\d_]\.){1,7}[^\W\d_](?![\w])\.?)"
    r"|(?P<grouped>(?<![\d.])\d{1,3}(?:\.\d{3}){1,4}(?![\d]|\.\d))"
    r"|(?P<broken>(?<!\w)[^\W\d_]{2,40}-[ \t]*\r?\n[ \t]*[^\W\d_]{2,40}(?!\w))"
    r"|(?P<plain>[^\W_]+)"
)
_INNER_I = re.compile(r"(?<=\w)[îÎ](?=\w)")
_BREAK = re.compile(r"-\s*\n\s*")


class RawToken(NamedTuple):
    """A word as it stands: its place and its exact key."""

    start: int
    end: int
    exact: str


def tokens(text: str) -> Iterator[RawToken]:
    """The words of ``comma_letters(text)`` in order."""
    text = comma_letters(text)
    return tokens_of(text, fold(text))


def tokens_of(text: str, folded: str) -> Iterator[RawToken]:
    """The same for a text that has comma letters, with its folded form."""
    inner_i = _INNER_I.search(text) is not None
    for match in _TOKEN.finditer(folded):
        start, end = match.span()
        kind = match.lastgroup
        if kind == "plain":
            yield _plain(text, folded, start, end, inner_i)
        elif kind == "broken":
            yield from _broken(text, folded, start, end)
        elif kind == "hyphenated":
            yield RawToken(start, end, _HYPHENATED[match.group().rstrip(".")])
        else:
            yield RawToken(start, end, match.group().replace(".", ""))


def _plain(text: str, folded: str, start: int, end: int, inner_i: bool = True) -> RawToken:
    word = folded[start:end]
    if len(word) <= 6:
        dotted = folded[end : end + 1] == "."
        full = (_DOTTED if dotted else _ALWAYS).get(word)
        if full is not None:
            return RawToken(start, end, full)
    if inner_i and len(word) <= MAX_KEY and "î" in text[start + 1 : end - 1].lower():
        word = fold(modern(text[start:end].lower()))
    return RawToken(start, end, word[:MAX_KEY])


def _broken(text: str, folded: str, start: int, end: int) -> Iterator[RawToken]:
    """``autori-⏎zație`` is one word; ``proces-⏎verbal``, of two that stand alone, is not."""
    first, second = _BREAK.split(folded[start:end])
    middle = end - len(second)
    joined = first + second
    continues = text[middle].islower()
    if continues and (known(joined) or not (known(first) and known(second))):
        yield RawToken(start, end, joined[:MAX_KEY])
        return
    yield _plain(text, folded, start, start + len(first))
    yield _plain(text, folded, middle, end)
