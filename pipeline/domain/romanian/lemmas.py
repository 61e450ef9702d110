"""The dictionary word behind a form, folded, so that any inflection with or without diacritics gives one key.

Forms come from simplemma's Romanian dictionary; what it lacks or gets wrong is in ``lemmas.toml``.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from pipeline.domain.romanian.letters import fold

MAX_WORD = 40
"""letters; a longer run is no word and is only folded"""
_OWN_LEMMA_FORMS = 3
_INNER_I = re.compile(r"(?<=\w)î(?=\w)", re.IGNORECASE)
_VERB_ENDINGS = ("ez", "ezi", "eaza", "am", "ati", "eze", "at", "ata", "ate")
_INFINITIVE_ENDINGS = ("e", "ea", "i", "ii", "ile", "ilor")


@lru_cache(maxsize=100_000)
def lemma_key(word: str) -> str:
    """Folded lemma of one word; a word the dictionary lacks (a name, a misreading) is only folded.

    Spellings before 1993 (``hotărîre``, ``sînt``) give the key of the present one.
    """
    if len(word) > MAX_WORD:
        return fold(word)
    known = _folded_lemmas()
    plain = fold(word)
    if plain in known:
        return known[plain]
    modern = fold(_INNER_I.sub("â", word))
    return known.get(modern, plain)


@lru_cache(maxsize=100_000)
def is_lemma(key: str) -> bool:
    """Whether a folded word is the dictionary form of some word."""
    return key in _lemmas()


@cache
def _lemmas() -> frozenset[str]:
    return frozenset(_folded_lemmas().values())


@cache
def _folded_lemmas() -> dict[str, str]:
    """Folded form → folded lemma; about a second the first time."""
    candidates: dict[str, list[str]] = {}
    folded: dict[str, str] = {}
    for form, lemma in DefaultDictionaryFactory().get_dictionary("ro").items():
        target = folded.get(lemma) or folded.setdefault(lemma, fold(lemma))
        seen = candidates.setdefault(fold(form), [])
        if target not in seen:
            seen.append(target)
    forms_of = Counter(lemma for lemmas in candidates.values() for lemma in lemmas)
    chosen = {form: _choose(form, lemmas, forms_of) for form, lemmas in candidates.items()}
    supplement = tomllib.loads(_supplement_file())
    chosen.update(_supplement(supplement))
    for word in supplement["infinitives"]:
        for form, lemma in _paradigm(word, len("are"), _VERB_ENDINGS):
            chosen.setdefault(form, lemma)
    return chosen


def _supplement_file() -> str:
    return (resources.files("pipeline.domain.romanian") / "lemmas.toml").read_text(encoding="utf-8")


def _choose(form: str, lemmas: list[str], forms_of: Counter[str]) -> str:
    """One lemma for a folded form: the dictionary may hold several, since marks are gone and verbs meet adjectives."""
    if len(lemmas) == 1:
        only = lemmas[0]
        return form if only != form and forms_of[form] >= _OWN_LEMMA_FORMS else only
    if form.endswith(("tati", "tatii", "tatilor")):
        abstract = [lemma for lemma in lemmas if lemma.endswith("tate")]
        lemmas = abstract or lemmas
    return min(lemmas, key=lambda lemma: (-min(_common_prefix(form, lemma), len(form) - 1), len(lemma), lemma))


def _common_prefix(one: str, other: str) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def _supplement(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for word in data["infinitives"]:
        yield from _paradigm(word, 1, _INFINITIVE_ENDINGS)
    for group in data["nouns"]:
        for word in group["words"]:
            yield from _paradigm(word, group["drop"], group["endings"])
    for form, lemma in data["forms"].items():
        yield fold(form), fold(lemma)


def _paradigm(word: str, drop: int, endings: Iterable[str]) -> Iterator[tuple[str, str]]:
    lemma = fold(word)
    yield lemma, lemma
    stem = lemma[: len(lemma) - drop]
    for ending in endings:
        yield stem + ending, lemma
