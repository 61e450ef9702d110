"""The one analysis of Romanian for index and query: each word gets an exact key, a lemma and a light stem.

Both indexes store what ``index_terms`` gives, tokens parted by blanks; both query with the keys of ``analyse``.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipeline.domain.romanian.compounds import Compound, compounds_of
from pipeline.domain.romanian.lemmas import lemma_key
from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.stems import light_stem
from pipeline.domain.romanian.tokens import tokens, tokens_of
from pipeline.domain.romanian.words import word_lists

EXACT, LEMMA, STEM = 1.0, 0.8, 0.5
"""what a match by each key is worth"""

_NAMES = word_lists("names")
_SURNAMES = frozenset(_NAMES["surnames"])
_FEMININE = frozenset(_NAMES["feminine"])
_NAME_ENDINGS = tuple(_NAMES["endings"])
_STOPWORDS = frozenset(word_lists("stopwords")["words"])


class Keys(NamedTuple):
    """What a word is found by, strongest first; all folded."""

    exact: str
    lemma: str
    stem: str


class Token(NamedTuple):
    """A word of the text; its number in ``Analysis.tokens`` is its position."""

    start: int
    end: int
    keys: Keys


class Span(NamedTuple):
    """A compound, or a long name and its initials, over the tokens ``first`` to ``last``."""

    first: int
    last: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """Offsets are code points of ``comma_letters(text)``."""

    tokens: tuple[Token, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class IndexTerms:
    """The tokens of a field, parted by blanks. ``exact`` and ``lemma`` keep positions; ``bag`` has none."""

    exact: str
    lemma: str
    bag: str
    """``s:`` stems and ``c:`` compounds"""


@lru_cache(maxsize=200_000)
def keys_of(exact: str) -> Keys:
    """Keys of a word by its exact key. Names are left alone by lemma and stem."""
    if exact in _SURNAMES or exact in _FEMININE or exact.endswith(_NAME_ENDINGS):
        return Keys(exact, exact, exact)
    if exact.endswith("ei") and exact[:-2] + "a" in _FEMININE:
        return Keys(exact, exact[:-2] + "a", exact[:-2] + "a")
    if len(exact) < 2 or not exact.isalpha():
        return Keys(exact, exact, exact)
    return Keys(exact, lemma_key(exact), light_stem(exact))


def is_stopword(keys: Keys) -> bool:
    return keys.exact in _STOPWORDS


def analyse(text: str) -> Analysis:
    """Words and compounds of a text of any kind and length; never fails."""
    text = comma_letters(text)
    folded = fold(text)
    found = tuple([Token(start, end, keys_of(exact)) for start, end, exact in tokens_of(text, folded)])
    return Analysis(found, (*_placed(found, compounds_of(folded)), *_initials(found)))


def index_terms(analysis: Analysis) -> IndexTerms:
    """What an index stores of a field."""
    words = [token.keys for token in analysis.tokens]
    bag = [f"s:{keys.stem}" for keys in words]
    bag += [f"c:{span.value}" for span in analysis.spans]
    return IndexTerms(" ".join(k.exact for k in words), " ".join(k.lemma for k in words), " ".join(bag))


def _placed(found: tuple[Token, ...], whole: list[Compound]) -> list[Span]:
    """Compounds by the tokens they cover."""
    spans = []
    position = 0
    for start, end, kind, value in whole:
        while position < len(found) and found[position].end <= start:
            position += 1
        last = position
        while last < len(found) and found[last].start < end:
            last += 1
        if last > position:
            spans.append(Span(position, last - 1, kind, value))
    return spans


def _long_names() -> tuple[dict[str, list[tuple[tuple[str, ...], str]]], frozenset[str]]:
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    entries = word_lists("abbreviations")["initials"]
    for entry in entries:
        lemmas = tuple(keys_of(raw.exact).lemma for raw in tokens(entry["words"]))
        by_first.setdefault(lemmas[0], []).append((lemmas, entry["short"]))
    return by_first, frozenset(entry["short"] for entry in entries)


@lru_cache(maxsize=1)
def _known_names() -> tuple[dict[str, list[tuple[tuple[str, ...], str]]], frozenset[str]]:
    return _long_names()


def _initials(found: tuple[Token, ...]) -> list[Span]:
    by_first, shorts = _known_names()
    spans = []
    for place, token in enumerate(found):
        if token.keys.exact in shorts:
            spans.append(Span(place, place, "initials", token.keys.exact))
        for lemmas, short in by_first.get(token.keys.lemma, ()):
            if tuple(t.keys.lemma for t in found[place : place + len(lemmas)]) == lemmas:
                spans.append(Span(place, place + len(lemmas) - 1, "initials", short))
    return spans
