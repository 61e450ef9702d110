"""The mix of searches that an index is measured with, drawn from what its documents are made of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.documents import document, misspelled, vocabulary
from pipeline.ports.index import IndexedDocument, SearchRequest

_COMMON = 40
"""words so common that nobody asks for one of them alone"""
_USUAL = 4_000
"""words that people ask for are among this many"""


@dataclass(frozen=True, slots=True)
class Asked:
    kind: str
    request: SearchRequest


def searches(each: int, documents: int, seed: int) -> list[Asked]:
    """``each`` of every kind, in a mixed order, none twice; they ask about the first ``documents`` of that seed."""
    rng = Random(f"searches:{seed}")
    drawers = {
        "one word": _word,
        "three words": _three,
        "name": _name,
        "number": _number,
        "phrase": _phrase,
        "typing error": _typing_error,
        "filters": _filters,
        "clerk": _clerk,
        "newest": _newest,
    }
    asked = [Asked(kind, draw(rng, documents, seed)) for kind, draw in drawers.items() for _ in range(each)]
    rng.shuffle(asked)
    return asked


def _usual(rng: Random) -> str:
    """Frequent words more often than rare ones, but any of the usual."""
    words = vocabulary().words
    return next(
        word for word in iter(lambda: words[_COMMON + int(_USUAL * rng.random() ** 2)], None) if word and len(word) > 3
    )


def _word(rng: Random, documents: int, seed: int) -> SearchRequest:
    return SearchRequest(_usual(rng))


def _three(rng: Random, documents: int, seed: int) -> SearchRequest:
    return SearchRequest(" ".join(_usual(rng) for _ in range(3)))


def _name(rng: Random, documents: int, seed: int) -> SearchRequest:
    return SearchRequest(document(rng.randrange(documents), seed).sender or "")


def _number(rng: Random, documents: int, seed: int) -> SearchRequest:
    link = next(made.link for made in _some(rng, documents, seed) if made.link.number)
    return SearchRequest(rng.choice((f"{link.register} {link.number}/{link.year}", f"{link.number}/{link.year}")))


def _phrase(rng: Random, documents: int, seed: int) -> SearchRequest:
    words = re.findall(r"\w+", document(rng.randrange(documents), seed).pages[-1])
    place = rng.randrange(len(words) - 3)
    return SearchRequest(f'"{" ".join(words[place : place + 3])}"')


def _typing_error(rng: Random, documents: int, seed: int) -> SearchRequest:
    word = next(word for word in iter(lambda: _usual(rng), None) if word and len(word) > 5)
    return SearchRequest(misspelled(rng, word))


def _filters(rng: Random, documents: int, seed: int) -> SearchRequest:
    meant = next(made for made in _some(rng, documents, seed) if made.link.year)
    return SearchRequest(_usual(rng), department=meant.department, year=meant.link.year)


def _clerk(rng: Random, documents: int, seed: int) -> SearchRequest:
    """Two words by somebody who may see two departments."""
    own = frozenset({document(rng.randrange(documents), seed).department for _ in range(2)})
    return SearchRequest(f"{_usual(rng)} {_usual(rng)}", visible=own)


def _newest(rng: Random, documents: int, seed: int) -> SearchRequest:
    return SearchRequest("", department=document(rng.randrange(documents), seed).department, offset=rng.randrange(200))


def _some(rng: Random, documents: int, seed: int) -> Iterator[IndexedDocument]:
    while True:
        yield document(rng.randrange(documents), seed)
