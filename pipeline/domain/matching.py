"""Which places of a text answer which parts of a query: a pure function of both."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from pipeline.domain.query import Item, ParsedQuery, Phrase, Thing, Word, items_of
from pipeline.domain.romanian.analysis import EXACT, LEMMA, STEM, Analysis, Keys, analyse, is_stopword, keys_of
from pipeline.domain.romanian.edits import allowed_edits, within_edits
from pipeline.domain.romanian.letters import fold
from pipeline.domain.romanian.tokens import MAX_KEY

WIDENED = 0.4
"""what a word with a typing error is worth"""
_PHRASE = 2.0
_HELPER = 0.1
_READ_WHOLE = 3
"""pages of a document that are analysed fully for a hit, unless numbers or typing errors are looked for"""
_GLANCE = re.compile(r"[^\W_]+")


class Match(NamedTuple):
    start: int
    end: int
    item: int
    """which of the wanted items"""
    worth: float


class Matcher:
    """Which places of a text answer which wanted items."""

    def __init__(self, query: ParsedQuery, widened: Collection[str]) -> None:
        items = list(items_of(query))
        self._words: list[tuple[int, Keys]] = []
        self._phrases: list[tuple[int, Phrase]] = []
        self._things: dict[str, int] = {}
        self._widened = frozenset(widened)
        self._worths: dict[Keys, tuple[int, float] | None] = {}
        for number, item in enumerate(items):
            self._take(number, item)
        self._helpers = [(len(items) + number, word.keys) for number, word in enumerate(query.helpers)]

    @property
    def wants_anything(self) -> bool:
        return bool(self._words or self._phrases or self._things or self._helpers)

    def promising(self, pages: Sequence[str]) -> list[int]:
        """Pages worth a full analysis, in order: of a long document those that hold most of the words at a glance."""
        if not self.wants_anything:
            return []
        if len(pages) <= _READ_WHOLE or self._things or self._widened:
            return list(range(len(pages)))
        glances = [self._glance(page) for page in pages]
        if not any(glances):
            return list(range(len(pages)))
        best = sorted(range(len(pages)), key=lambda number: (-glances[number], number))
        alike = glances.count(glances[best[0]]) if self._phrases else 0
        return sorted(best[: max(_READ_WHOLE, alike)])

    def _glance(self, page: str) -> float:
        wanted = dict(self._words)
        for number, phrase in self._phrases:
            wanted |= {-1 - number * 100 - place: keys_of(word) for place, word in enumerate(phrase.words)}
        there = {keys_of(word[:MAX_KEY]) for word in set(_GLANCE.findall(fold(page)))}
        exact, lemmas, stems = ({keys[kind] for keys in there} for kind in range(3))
        return sum(
            EXACT if keys.exact in exact else LEMMA if keys.lemma in lemmas else STEM if keys.stem in stems else 0
            for keys in wanted.values()
        )

    def _take(self, number: int, item: Item) -> None:
        if isinstance(item, Word):
            self._words.append((number, item.keys))
        elif isinstance(item, Thing):
            self._things.setdefault(item.value, number)
            exact = tuple(keys.exact for keys in item.words)
            if item.kind != "initials" and len(exact) > 1:
                self._phrases.append((number, Phrase(exact)))
            elif item.kind == "initials":
                self._words.extend((number, keys) for keys in item.words if not is_stopword(keys))
        else:
            if item.value:
                self._things.setdefault(item.value, number)
            self._phrases.append((number, item))

    def matches(self, text: str) -> list[Match]:
        """Ascending; a place that matches twice is listed with its best worth, places do not overlap."""
        analysis = analyse(text)
        found = [*self._word_matches(analysis), *self._thing_matches(analysis), *self._phrase_matches(analysis)]
        found.sort(key=lambda match: (match.start, -match.end, -match.worth))
        apart: list[Match] = []
        for match in found:
            if not apart or match.start >= apart[-1].end:
                apart.append(match)
        return apart

    def _word_matches(self, analysis: Analysis) -> Iterable[Match]:
        if not self._words and not self._helpers:
            return
        for token in analysis.tokens:
            keys = token.keys
            if keys not in self._worths:
                self._worths[keys] = self._worth(keys)
            if (hit := self._worths[keys]) is not None:
                yield Match(token.start, token.end, *hit)

    def _worth(self, keys: Keys) -> tuple[int, float] | None:
        best: tuple[int, float] | None = None
        for number, wanted in self._words:
            worth = _likeness(keys, wanted, wanted.exact in self._widened)
            if worth and (best is None or worth > best[1]):
                best = (number, worth)
        if best is None:
            helpers = (number for number, wanted in self._helpers if keys.lemma == wanted.lemma)
            best = next(((number, _HELPER) for number in helpers), None)
        return best

    def _thing_matches(self, analysis: Analysis) -> Iterable[Match]:
        for span in analysis.spans if self._things else ():
            if span.value in self._things:
                first, last = analysis.tokens[span.first], analysis.tokens[span.last]
                yield Match(first.start, last.end, self._things[span.value], EXACT)

    def _phrase_matches(self, analysis: Analysis) -> Iterable[Match]:
        if not self._phrases:
            return
        exact = [token.keys.exact for token in analysis.tokens]
        for number, phrase in self._phrases:
            length = len(phrase.words)
            for place in _places(exact, phrase.words):
                for token in analysis.tokens[place : place + length]:
                    yield Match(token.start, token.end, number, _PHRASE)


def _places(exact: list[str], words: tuple[str, ...]) -> Iterable[int]:
    place = -1
    try:
        while True:
            place = exact.index(words[0], place + 1)
            if tuple(exact[place : place + len(words)]) == words:
                yield place
    except ValueError:
        return


def _likeness(keys: Keys, wanted: Keys, widened: bool) -> float:
    if keys.exact == wanted.exact:
        return EXACT
    if keys.lemma == wanted.lemma:
        return LEMMA
    if keys.stem == wanted.stem:
        return STEM
    if widened:
        edits = allowed_edits(wanted.exact)
        if edits and (within_edits(wanted.exact, keys.exact, edits) or within_edits(wanted.exact, keys.lemma, edits)):
            return WIDENED
    return 0.0
