"""A document → what its page shows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.batches import BatchAccount, Document
from pipeline.domain.registry import RegistryEntry
from search_api.rendering import word
from search_api.views import (
    FilingView,
    LinkView,
    Piece,
    ReviewView,
    document_address,
    filing_view,
    link_view,
    page_list,
    review_view,
)


@dataclass(frozen=True, slots=True)
class Related:
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class DocumentPage:
    id: str
    heading: str
    kind: str
    page: int
    """shown now, from 1 inside the document"""
    pages: int
    batch_pages: str
    image: str | None
    """address of the page image; None when no PDF was written"""
    previous: str | None
    next: str | None
    link: LinkView
    sender: str | None
    subject: str | None
    filing: FilingView
    reviews: tuple[ReviewView, ...]
    related: tuple[Related, ...]
    """the document it is annexed to, then its own annexes"""
    batch: str
    batch_source: str
    place: int
    documents: int
    """``place`` of ``documents`` in its batch"""
    before: str | None
    after: str | None
    """neighbours in the batch"""
    has_pdf: bool
    has_text: bool
    text: tuple[Piece, ...] | None
    """None when it could not be read from the store"""
    text_confidence: float | None
    query: str


def document_page(
    document: Document,
    account: BatchAccount,
    entry: RegistryEntry | None,
    page: int,
    text: tuple[Piece, ...] | None,
    query: str,
    names: Mapping[str, str],
) -> DocumentPage:
    """``page`` is one of the document's; ``text`` is that page's, cut at what the query found."""
    siblings = [sibling.id for sibling in account.documents]
    place = siblings.index(document.id) if document.id in siblings else 0
    last = len(document.pages)
    return DocumentPage(
        id=document.id,
        heading=heading(document),
        kind=word(f"kind_{document.kind.value}"),
        page=page,
        pages=last,
        batch_pages=page_list(document.pages),
        image=f"/document/{document.id}/pagina/{page}.jpg" if document.objects.pdf else None,
        previous=document_address(document.id, page - 1, query) if page > 1 else None,
        next=document_address(document.id, page + 1, query) if page < last else None,
        link=link_view(document.link),
        sender=entry.sender if entry else None,
        subject=entry.subject if entry else None,
        filing=filing_view(document.filing, names, document.pages),
        reviews=tuple(
            review_view(review, account.documents, document)
            for review in account.reviews
            if review.document == document.id
        ),
        related=tuple(_related(document, account.documents)),
        batch=document.batch,
        batch_source=account.batch.source,
        place=place + 1,
        documents=len(siblings),
        before=document_address(siblings[place - 1]) if place > 0 else None,
        after=document_address(siblings[place + 1]) if place + 1 < len(siblings) else None,
        has_pdf=document.objects.pdf is not None,
        has_text=document.objects.text is not None,
        text=text,
        text_confidence=document.text.confidence,
        query=query,
    )


def heading(document: Document) -> str:
    """The registry number, else what kind of paper it is and the beginning of its id."""
    number = link_view(document.link).number
    return number or word(f"unnumbered_{document.kind.value}", id=document.id[:8])


def file_name(document: Document, extension: str) -> str:
    """A name for downloads that any system takes: ``RG-48213-2021.pdf``, else ``document-1a2b3c4d.pdf``."""
    number = document.link.registry_number
    raw = f"{number.register}-{number.number}-{number.year}" if number else f"document-{document.id[:8]}"
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', raw).strip('-')[:80]}.{extension}"


def _related(document: Document, siblings: Sequence[Document]) -> list[Related]:
    wanted = [sibling for sibling in siblings if sibling.id == document.parent]
    wanted += [sibling for sibling in siblings if sibling.parent == document.id]
    return [
        Related(
            word("annex_of" if sibling.id == document.parent else "has_annex", name=heading(sibling)),
            document_address(sibling.id),
        )
        for sibling in wanted
    ]
