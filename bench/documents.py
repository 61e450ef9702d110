"""Any number of documents for an index, the same for the same seed: letters with the word frequencies of real ones.

The commonest words come from the demo's letters, the rest from the Romanian dictionary by a Zipf law; names, registry
numbers, laws, sums and dates stand where letters have them, and a few words are misread, as OCR does.
"""

import datetime as dt
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from opis.demo.knowledge import data, department_codes
from pipeline.domain.registry import Link, LinkSource, LinkState
from pipeline.ports.index import IndexedDocument

FIRST_YEAR, LAST_YEAR = 1995, 2026
_DICTIONARY_WORDS = 60_000
_SKEW = 1.05
_PAGES = (1, 2, 3, 4)
_PAGES_SHARE = (55, 27, 11, 7)
_WORDS = (90, 260)
"""of a page, from … to"""
_MISREAD_SHARE = 0.01
_MISREAD = str.maketrans({"i": "l", "e": "c", "n": "u", "ă": "a", "ș": "s", "t": "f", "o": "0", "m": "rn"})
_ALPHABET = "abcdefghilmnoprstuvz"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    words: tuple[str, ...]
    """commonest first"""
    cumulative: tuple[float, ...]
    """weights, as ``random.choices`` wants them"""

    def draw(self, rng: Random, count: int) -> list[str]:
        return rng.choices(self.words, cum_weights=self.cumulative, k=count)


@cache
def vocabulary() -> Vocabulary:
    counts = Counter(re.findall(r"[a-zăâîșț]{2,}", " ".join(_strings(_letters())).lower()))
    common = [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    known = set(common)
    forms = sorted(
        form
        for form in DefaultDictionaryFactory().get_dictionary("ro")
        if isinstance(form, str) and form.isalpha() and form.islower() and form not in known
    )
    rare = Random("dictionary").sample(forms, min(_DICTIONARY_WORDS, len(forms)))
    words = (*common, *rare)
    weights = (1 / (rank + 2.7) ** _SKEW for rank in range(len(words)))
    return Vocabulary(words, tuple(itertools.accumulate(weights)))


def documents(count: int, seed: int, first: int = 0) -> Iterator[IndexedDocument]:
    """Documents number ``first`` to ``first + count - 1`` of this seed."""
    for number in range(first, first + count):
        yield document(number, seed)


def document(number: int, seed: int) -> IndexedDocument:
    rng = Random(f"{seed}:{number}")
    identity = hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()
    department = rng.choice(_departments())
    link = _link(rng, number)
    sender = _person(rng)
    subject = " ".join(vocabulary().draw(rng, rng.randint(3, 7)))
    pages = [_page(rng) for _ in range(rng.choices(_PAGES, _PAGES_SHARE)[0])]
    pages[0] = (
        f"Către {department}\nSubsemnatul {sender}, domiciliat în {_street(rng)} nr. {rng.randint(1, 220)}\n{pages[0]}"
    )
    return IndexedDocument(
        id=identity,
        version=1,
        batch=hashlib.sha256(f"{seed}:batch:{number // 25}".encode()).hexdigest(),
        kind="document",
        state="filed",
        department=department,
        link=link,
        sender=sender,
        subject=subject,
        pages=tuple(pages),
    )


def misspelled(rng: Random, word: str) -> str:
    """The word with one letter wrong, as fingers do it."""
    place = rng.randrange(1, len(word))
    return word[:place] + rng.choice(_ALPHABET.replace(word[place], "")) + word[place + 1 :]


def _page(rng: Random) -> str:
    count = rng.randint(*_WORDS)
    words = vocabulary().draw(rng, count)
    for _ in range(int(count * _MISREAD_SHARE + rng.random())):
        place = rng.randrange(count)
        words[place] = words[place].translate(_MISREAD)
    for place in range(12, count, 12):
        words[place] = words[place].capitalize()
        words[place - 1] += rng.choice((".", ",", ".\n", ";"))
    for extra in (_person(rng), _law(rng), f"{rng.randint(10, 99)}.{rng.randint(100, 999)} lei", _day(rng)):
        words.insert(rng.randrange(count), extra)
    return " ".join(words)


def _link(rng: Random, number: int) -> Link:
    """Nine of ten have a registry number, which no other document has."""
    if rng.random() < 0.1:
        return Link()
    years = LAST_YEAR - FIRST_YEAR + 1
    day = dt.date(FIRST_YEAR + number % years, 1, 1) + dt.timedelta(days=rng.randrange(365))
    register = rng.choices(("RG", "PET", "HCL"), (85, 12, 3))[0]
    return Link(register, day.year, str(number // years + 1), day, "ghișeu", LinkSource.SEPARATOR, LinkState.CERTAIN)


def _person(rng: Random) -> str:
    people = _people()
    return f"{rng.choice(people['families'])} {rng.choice(people[rng.choice(('men', 'women'))])}"


def _street(rng: Random) -> str:
    return str(rng.choice(_people()["streets"]))


def _law(rng: Random) -> str:
    return f"Legea nr. {rng.choice((50, 544, 18, 10, 350, 273, 95))}/{rng.randint(1990, 2025)}"


def _day(rng: Random) -> str:
    return f"{rng.randint(1, 28):02}.{rng.randint(1, 12):02}.{rng.randint(FIRST_YEAR, LAST_YEAR)}"


@cache
def _people() -> dict[str, Any]:
    return data("people")


@cache
def _departments() -> tuple[str, ...]:
    return department_codes()


def _letters() -> list[Any]:
    return [data("voices"), *(data(f"letters/{code}") for code in department_codes())]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str) and " " in value:
        yield re.sub(r"\{\w+\}", " ", value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
