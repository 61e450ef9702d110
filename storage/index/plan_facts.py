"""What a plan has to know of an index, asked in batches: how rare words are, which are misspelt, what is near them."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.domain.query import Item, ParsedQuery, Phrase, Thing, Word, items_of
from pipeline.domain.romanian.analysis import Keys
from pipeline.domain.romanian.edits import allowed_edits, within_edits
from storage.index.fields import CONTENT, NUMBER
from storage.index.plan_nodes import Node, Term, every, some

Pair = tuple[str, str]
"""a field and a key"""

MOST_WIDENED = 8
"""words of a query that are looked for with typing errors"""
MOST_NEAR = 100
"""terms that a misspelt word may stand for: fewest errors first, then the most frequent"""
LONG_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Counts:
    """Documents that have a key in a field; ``total``: all that the engine counts rarity with."""

    total: int
    by_pair: Mapping[Pair, int]


class Vocabulary(Protocol):
    """An index, as far as a plan asks it. Each call is one round trip, whatever it is asked for."""

    def counts(self, pairs: Collection[Pair]) -> Counts: ...

    def near(self, words: Mapping[str, int]) -> Mapping[str, Mapping[Pair, int]]:
        """For each word the terms of ``spelled_fields`` within its number of edits, with their document counts.

        May give more than that; what is too far is left out by the caller.
        """

    def any_match(self, nodes: Sequence[Node]) -> list[bool]:
        """For each node whether any document matches."""


class Facts:
    """The answers for one query; ``seen`` limits what counts as known to what the person may see."""

    def __init__(self, query: ParsedQuery, vocabulary: Vocabulary, seen: Node | None) -> None:
        words = list(dict.fromkeys(_words_of(query)))
        counts = vocabulary.counts(sorted({*_pairs_of_words(words), *_pairs_of_values(query)}))
        self._counts = counts.by_pair
        self._total = max(1, counts.total)
        self._known = {keys for keys in words if self._present(keys)}
        if seen is not None and self._known:
            there = list(self._known)
            shown = vocabulary.any_match([every([some(self._present(keys)), seen]) for keys in there])
            self._known = {keys for keys, visible in zip(there, shown, strict=True) if visible}
        edits = {keys.exact: allowed_edits(keys.exact) for keys in words if keys not in self._known}
        wanted = dict([(word, most) for word, most in edits.items() if most][:MOST_WIDENED])
        found = vocabulary.near(wanted) if wanted else {}
        self._near = {word: _nearest(word, most, found.get(word, {})) for word, most in wanted.items()}

    def count(self, field: str, key: str) -> int:
        """Never more than all documents: engines count replaced ones for a while."""
        return min(self._total, self._counts.get((field, key), 0))

    def idf(self, count: float) -> float:
        """Rarity, as both engines reckon it; above zero."""
        return math.log(1 + max(0.0, self._total - count + 0.5) / (count + 0.5))

    def rarity(self, keys: Keys) -> float:
        """One for all keys of a word: that of the most frequent."""
        return self.idf(max(self.count(field, key) for field, key in _places(keys)))

    def near(self, word: str) -> Sequence[tuple[int, Mapping[str, tuple[str, ...]]]]:
        """For 1, 2 … edits the terms within so many, by field; empty for a word that is known."""
        return self._near.get(word, ())

    @property
    def widened(self) -> frozenset[str]:
        """Exact keys of words that nothing known has, and that terms are near to."""
        return frozenset(word for word, near in self._near.items() if near)

    def _present(self, keys: Keys) -> list[Term]:
        return [Term(field, key) for field, key in _places(keys) if self.count(field, key)]


def _nearest(word: str, most: int, found: Mapping[Pair, int]) -> list[tuple[int, Mapping[str, tuple[str, ...]]]]:
    totals: dict[str, int] = {}
    for (_, key), count in found.items():
        totals[key] = totals.get(key, 0) + count
    distances = {key: distance for key in totals if (distance := _distance(word, key, most))}
    chosen = sorted(distances, key=lambda key: (distances[key], -totals[key], key))[:MOST_NEAR]
    levels: list[tuple[int, Mapping[str, tuple[str, ...]]]] = []
    for edits in range(1, most + 1):
        fields: dict[str, list[str]] = {}
        for field, key in sorted(found):
            if key in chosen and distances[key] <= edits:
                fields.setdefault(field, []).append(key)
        if fields:
            levels.append((edits, {field: tuple(keys) for field, keys in fields.items()}))
    return levels


def _distance(word: str, key: str, most: int) -> int:
    """Edits between two different words; 0 when there are too many: with two, the first letter must be right."""
    if word == key:
        return 0
    if word[0] != key[0]:
        most = min(most, 1)
    return next((edits for edits in range(1, most + 1) if within_edits(word, key, edits)), 0)


def _places(keys: Keys) -> Iterable[Pair]:
    """Where a word stands by itself, not only by its stem."""
    for name in CONTENT:
        yield f"{name}_exact", keys.exact
        yield f"{name}_lemma", keys.lemma
    yield NUMBER, keys.exact


def _words_of(query: ParsedQuery) -> Iterable[Keys]:
    for item in items_of(query):
        if isinstance(item, Word):
            yield item.keys
        elif isinstance(item, Thing) and item.kind == "initials":
            yield from item.words
    for word in (*query.helpers, *(word for pair in query.near for word in pair)):
        yield word.keys


def _pairs_of_words(words: Iterable[Keys]) -> Iterable[Pair]:
    for keys in words:
        yield from _places(keys)
        yield from ((f"{name}_bag", f"s:{keys.stem}") for name in CONTENT)


def _pairs_of_values(query: ParsedQuery) -> Iterable[Pair]:
    for item in items_of(query):
        value = _value(item)
        if value:
            yield NUMBER, value
            yield from ((f"{name}_bag", f"c:{value}") for name in CONTENT)
        if isinstance(item, Thing) and (number := long_number(item)):
            yield from (("text_exact", number), (NUMBER, number))


def _value(item: Item) -> str | None:
    return item.value if isinstance(item, Thing | Phrase) else None


def long_number(thing: Thing) -> str | None:
    """The number of ``48213/2021``, when it is long enough to say something by itself."""
    number = thing.value.partition("/")[0]
    return number if thing.kind == "number" and len(number) >= LONG_NUMBER else None
