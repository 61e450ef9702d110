"""What both indexes do around their engine: the newest of several versions, hits, facets, an answer with its time."""

import time
from collections.abc import Collection, Iterable, Sequence

from pipeline.domain.query import ParsedQuery
from pipeline.domain.snippets import excerpt
from pipeline.ports.index import FacetCount, IndexedDocument, SearchAnswer, SearchHit
from storage.index.fields import FACETS, facet_value
from storage.index.stored import Stored

Facets = dict[str, tuple[FacetCount, ...]]


def no_facets() -> Facets:
    return dict.fromkeys(FACETS, ())


def answer(began: float, total: int, hits: Sequence[SearchHit], facets: Facets) -> SearchAnswer:
    """``began`` is of ``time.perf_counter``."""
    return SearchAnswer(total, round((time.perf_counter() - began) * 1000, 3), tuple(hits), facets)


def hit(stored: Stored, query: ParsedQuery, widened: Collection[str]) -> SearchHit:
    found = excerpt(stored.pages, query, widened)
    return SearchHit(
        document=stored.id,
        page=found.page,
        snippet=found.snippet,
        marks=found.marks,
        department=stored.department,
        registry=stored.link,
        date=stored.link.date,
    )


def counted(name: str, counts: Iterable[tuple[str, int]]) -> tuple[FacetCount, ...]:
    """One facet from its tokens and their counts, most frequent first; those that count nothing are left out."""
    facets = [FacetCount(facet_value(name, token), count) for token, count in counts if count]
    return tuple(sorted(facets, key=lambda facet: (-facet.count, facet.value is None, str(facet.value))))


def newest_of(documents: Iterable[IndexedDocument]) -> dict[str, IndexedDocument]:
    """The highest version of each document, the last of equal ones."""
    newest: dict[str, IndexedDocument] = {}
    for document in documents:
        if document.id not in newest or newest[document.id].version <= document.version:
            newest[document.id] = document
    return newest
