"""Both indexes give the same set, the same hits in the same order, the same snippets and facets."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.domain.registry import Link, LinkSource, LinkState
from pipeline.ports.index import Index, IndexedDocument, SearchRequest
from storage.index.open import open_index
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.support import letters_like
from tests.support.elastic import index_of_its_own

GOLDEN = Path(__file__).parents[1] / "data" / "search"
SEED = 20
DOCUMENTS = 300
REQUESTS = 120


class Pair(NamedTuple):
    embedded: Index
    server: Index


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    server = shared_server(ElasticsearchServer)
    with index_of_its_own(server) as alias:
        embedded = open_index("tantivy:index", tmp_path_factory.mktemp("alike"))
        yield Pair(embedded, open_index(server.index_url(alias), Path()))


def filled(pair: Pair, documents: list[IndexedDocument]) -> None:
    for index in pair:
        index.rebuild([])
        for first in range(0, len(documents), 150):
            index.put(documents[first : first + 150])


def compared(pair: Pair, requests: list[SearchRequest]) -> tuple[list[str], int]:
    """What differs, a line a search; how many searches found anything."""
    differing, answered = [], 0
    for request in requests:
        one, other = (index.search(request) for index in pair)
        answered += one.total > 0
        if one.total != other.total:
            differing.append(f"{request}: {one.total} and {other.total}")
        elif one.facets != other.facets:
            differing.append(f"{request}: {one.facets} and {other.facets}")
        elif one.hits != other.hits:
            pages = zip(one.hits, other.hits, strict=True)
            place = next(place for place, (a, b) in enumerate(pages) if a != b)
            differing.append(f"{request}: hit {place}: {one.hits[place]} and {other.hits[place]}")
    return differing, answered


def golden() -> tuple[list[IndexedDocument], list[str]]:
    letters = tomllib.loads((GOLDEN / "letters.toml").read_text(encoding="utf-8"))["letters"]
    queries = tomllib.loads((GOLDEN / "queries.toml").read_text(encoding="utf-8"))["queries"]
    documents = [
        IndexedDocument(
            id=letters_like.name(letter["id"]),
            version=1,
            batch=letters_like.name("batch"),
            kind="document",
            state="filed",
            department=None,
            link=Link(
                "RG",
                letter.get("year", 2021),
                letter["number"],
                None,
                "ghișeu",
                LinkSource.SEPARATOR,
                LinkState.CERTAIN,
            ),
            sender=letter["sender"],
            subject=letter["subject"] or None,
            pages=tuple(letter["pages"]),
        )
        for letter in letters
    ]
    return documents, [query["text"] for query in queries]


def test_golden_letters_and_queries(pair: Pair) -> None:
    documents, queries = golden()
    filled(pair, documents)
    assert len(queries) >= 40
    differing, answered = compared(pair, [SearchRequest(query) for query in queries])
    assert differing == []
    assert answered >= 40


def test_many_letters_and_all_shapes_of_queries(pair: Pair) -> None:
    filled(pair, letters_like.documents(SEED, DOCUMENTS))
    differing, answered = compared(pair, list(letters_like.requests(SEED, REQUESTS)))
    assert differing == []
    assert answered > REQUESTS / 2
