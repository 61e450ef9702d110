"""The index: derived, may lag, may be deleted at any time, is never asked what exists."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.domain.registry import NO_LINK, Link
from pipeline.ports.probe import Probe


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What the index learns of a document."""

    id: str
    version: int
    """number of the manifest it was made from; an older one never replaces a newer one"""
    batch: str
    kind: str
    state: str
    department: str | None
    link: Link
    sender: str | None
    subject: str | None
    pages: tuple[str, ...]
    """normalised text of each page, in order"""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    query: str
    department: str | None = None
    register: str | None = None
    year: int | None = None
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    limit: int = 10
    offset: int = 0
    visible: frozenset[str | None] | None = None
    """departments the person may see; None: all"""


@dataclass(frozen=True, slots=True)
class SearchHit:
    document: str
    page: int | None
    """best page, from 1 inside the document"""
    snippet: str
    """plain text"""
    marks: tuple[tuple[int, int], ...]
    """code-point offsets into the snippet, ascending, not overlapping"""
    department: str | None
    registry: Link = NO_LINK
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class FacetCount:
    value: str | int | None
    count: int


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    total: int
    took_ms: float
    hits: tuple[SearchHit, ...]
    facets: dict[str, tuple[FacetCount, ...]]
    """``department``, ``register``, ``year``; most frequent first"""


class Index(Protocol):
    """Errors: ``PartDown``; with ``retry`` False the index is damaged and only ``rebuild`` mends it.

    An index that was never written answers with no hits.
    """

    def put(self, documents: Sequence[IndexedDocument]) -> None:
        """Searchable when it returns; the same document again replaces the older version."""

    def delete(self, documents: Collection[str]) -> None: ...

    def search(self, request: SearchRequest) -> SearchAnswer: ...

    def exists(self) -> bool:
        """Whether it was ever written; False also after somebody deleted it."""

    def versions(self) -> dict[str, int]:
        """Version of every document in the index."""

    def rebuild(self, documents: Iterable[IndexedDocument]) -> None:
        """Replaces everything, beside the old index, which answers until the new one is whole."""

    def probe(self) -> Probe: ...
