"""Finds phrases among words: any inflection, few stop words between, longer phrases hide what lies inside them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from classifiers.words import WordList, keys_of

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class Found(Generic[Meaning]):
    """A phrase at words ``first`` to ``last`` (both inside)."""

    meaning: Meaning
    first: int
    last: int
    size: int
    """words of the phrase that count"""


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Meaning]):
    keys: tuple[str, ...]
    across: bool
    meaning: Meaning


class PhraseIndex(Generic[Meaning]):
    """Phrases by their first word. Stop words (given as roots) are no part of a phrase, nor of the gap between words.

    Phrases of two words are also found turned round (``stradă reparată`` for ``reparare stradă``).
    """

    def __init__(self, stop: frozenset[str] = frozenset(), gap: int = 0, turned: bool = False) -> None:
        self._stop = stop
        self._gap = gap
        self._turned = turned
        self._entries: dict[str, list[_Entry[Meaning]]] = defaultdict(list)

    def content(self, phrase: str) -> tuple[str, ...]:
        """The words of a phrase that are compared."""
        keys = keys_of(phrase)
        return tuple(key for key in keys if key not in self._stop) or keys

    def add(self, phrase: str, meaning: Meaning) -> None:
        """Raises ``ValueError`` for a phrase without a word."""
        keys = self.content(phrase)
        if not keys:
            raise ValueError(f"no word in {phrase!r}")
        across = ". " in phrase
        self._entries[keys[0]].append(_Entry(keys, across, meaning))
        if self._turned and len(keys) == 2 and keys[0] != keys[1]:
            self._entries[keys[1]].append(_Entry(keys[::-1], across, meaning))

    def find(self, words: WordList) -> list[Found[Meaning]]:
        """All phrases in order of their first word, also those inside others."""
        places = [place for place, key in enumerate(words.keys) if key not in self._stop] if self._stop else None
        order = places if places is not None else list(range(len(words.keys)))
        found: list[Found[Meaning]] = []
        for index, place in enumerate(order):
            for entry in self._entries.get(words.keys[place], ()):
                last = self._match(entry, words, order, index)
                if last is not None:
                    found.append(Found(entry.meaning, place, last, len(entry.keys)))
        return found

    def _match(self, entry: _Entry[Meaning], words: WordList, order: list[int], index: int) -> int | None:
        if index + len(entry.keys) > len(order):
            return None
        place = order[index]
        for step, key in enumerate(entry.keys[1:], 1):
            following = order[index + step]
            if words.keys[following] != key or following - place > self._gap + 1:
                return None
            if words.sentences[following] != words.sentences[place] and not entry.across:
                return None
            place = following
        return place


def longest_only(found: Iterable[Found[Meaning]]) -> list[Found[Meaning]]:
    """Without the phrases that lie inside a longer one (in words that count); equal spans all stay."""
    kept: list[Found[Meaning]] = []
    reach: list[Found[Meaning]] = []
    for one in sorted(found, key=lambda item: (item.first, -item.last, -item.size)):
        reach = [other for other in reach if other.last >= one.first]
        inside = any(other.first <= one.first and one.last <= other.last and other.size > one.size for other in reach)
        if not inside:
            kept.append(one)
            reach.append(one)
    return kept
