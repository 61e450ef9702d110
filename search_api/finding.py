"""A search, answered by the index, of documents that the catalog knows."""

from dataclasses import dataclass, replace

from pipeline.domain.batches import Document
from pipeline.domain.errors import NotFound
from pipeline.ports.catalog import Catalog
from pipeline.ports.index import Index, SearchAnswer, SearchHit, SearchRequest


@dataclass(frozen=True, slots=True)
class Found:
    answer: SearchAnswer
    """without the hits that the catalog does not know"""
    documents: tuple[Document, ...]
    """the document of each hit, as the catalog has it now"""


def find(catalog: Catalog, index: Index, request: SearchRequest) -> Found:
    """The index lags and is never asked what exists. Errors: ``PartDown``."""
    answer = index.search(request)
    known: list[tuple[SearchHit, Document]] = []
    for hit in answer.hits:
        try:
            known.append((hit, catalog.document(hit.document)))
        except NotFound:
            continue
    lost = len(answer.hits) - len(known)
    hits = tuple(hit for hit, _ in known)
    return Found(replace(answer, hits=hits, total=answer.total - lost), tuple(document for _, document in known))
