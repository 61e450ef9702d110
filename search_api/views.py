"""Domain values → what several templates show: registry link, department, questions, pieces of text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlencode

from pipeline.domain.batches import Document, Review
from pipeline.domain.filing import Evidence, Filing
from pipeline.domain.registry import Link
from search_api.rendering import day, word

SHORT_ID = 16
"""hex digits that name a document in long lists of links"""

Piece = tuple[str, bool]
"""a run of text, and whether it is marked"""


def pieces(text: str, marks: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    """The text cut at its marks (code-point offsets); marks that overlap or lie outside are passed over."""
    cut: list[Piece] = []
    place = 0
    for start, end in marks:
        if place <= start < end <= len(text):
            cut += [(text[place:start], False), (text[start:end], True)]
            place = end
    cut.append((text[place:], False))
    return tuple(piece for piece in cut if piece[0])


def page_list(pages: Sequence[int]) -> str:
    """``3–7, 9`` of ascending page numbers."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return ", ".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}"


def document_address(document: str, page: int | None = None, query: str = "") -> str:
    """The address of a document's page, with the words to mark on it."""
    asked = urlencode({name: value for name, value in (("p", page), ("q", query)) if value})
    return f"/document/{document}" + (f"?{asked}" if asked else "")


@dataclass(frozen=True, slots=True)
class LinkView:
    """``number`` is empty for a document without one; ``tone`` is a colour of the stylesheet."""

    number: str
    date: str
    channel: str
    source: str
    state: str
    tone: str


_LINK_TONES = {"certain": "good", "proposed": "asked", "conflict": "bad", "none": "idle"}


def link_view(link: Link) -> LinkView:
    number = "" if link.number is None else f"{link.register or ''} {link.number}/{link.year or '?'}".strip()
    return LinkView(
        number=number,
        date=day(link.date),
        channel=link.channel or "—",
        source=word(f"source_{link.source.value}") if link.source else "—",
        state=word(f"link_{link.state.value}"),
        tone=_LINK_TONES[link.state.value],
    )


@dataclass(frozen=True, slots=True)
class EvidenceView:
    kind: str
    text: str
    page: int | None
    """page inside the document"""


@dataclass(frozen=True, slots=True)
class FilingView:
    name: str
    """the department's, else its code; empty when there is none"""
    secondary: tuple[str, ...]
    confidence: float | None
    decided_by: str
    state: str
    tone: str
    evidence: tuple[EvidenceView, ...]
    alternatives: tuple[tuple[str, float | None], ...]


_FILING_TONES = {"filed": "good", "proposed": "asked", "none": "idle"}


def filing_view(filing: Filing, names: Mapping[str, str], pages: Sequence[int]) -> FilingView:
    """``pages`` are the document's batch pages: evidence is told by the page inside the document."""
    places = {page: place for place, page in enumerate(pages, 1)}
    return FilingView(
        name=names.get(filing.code, filing.code) if filing.code else "",
        secondary=tuple(names.get(code, code) for code in filing.secondary),
        confidence=filing.confidence,
        decided_by=word(f"decided_{filing.decided_by.value}") if filing.decided_by else "—",
        state=word(f"filing_{filing.state.value}"),
        tone=_FILING_TONES[filing.state.value],
        evidence=tuple(_evidence(found, places) for found in filing.evidence if found.kind != "alternative"),
        alternatives=tuple(
            (names.get(found.text, found.text), found.weight)
            for found in filing.evidence
            if found.kind == "alternative"
        ),
    )


def _evidence(found: Evidence, places: Mapping[int, int]) -> EvidenceView:
    kinds = ("phrase", "law", "addressee")
    kind = word(f"evidence_{found.kind}") if found.kind in kinds else ""
    return EvidenceView(kind, found.text, places.get(found.page) if found.page else None)


@dataclass(frozen=True, slots=True)
class ReviewView:
    kind: str
    reason: str
    links: tuple[tuple[str, str], ...]
    """(text, address): the pages it is about, or the document"""


def review_view(review: Review, documents: Sequence[Document], inside: Document | None = None) -> ReviewView:
    """``documents`` are those of the batch: each page that is in one is linked there.

    Pages are told by their number in the batch, those of the document ``inside`` by their number in it.
    """
    places = {page: (document.id, place) for document in documents for place, page in enumerate(document.pages, 1)}
    links = tuple(_page_links(review.pages, places, inside))
    if not links and review.document is not None and inside is None:
        links = ((word("the_document"), document_address(review.document)),)
    return ReviewView(word(f"review_{review.kind.value}"), review.reason, links)


def _page_links(
    pages: Sequence[int], places: Mapping[int, tuple[str, int]], inside: Document | None
) -> Iterator[tuple[str, str]]:
    for page in pages:
        document, place = places.get(page, (None, 0))
        if document is None:
            yield word("batch_page", page=page), f"/lot/{inside.batch}#p{page}" if inside is not None else f"#p{page}"
        else:
            shown = place if inside is not None and document == inside.id else page
            yield word("batch_page", page=shown), document_address(document, place)


def page_numbers(current: int, last: int) -> tuple[int | None, ...]:
    """Pages to offer: first, last and those around the current one; None where some are left out."""
    near = sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})
    shown: list[int | None] = [near[0]]
    for before, page in pairwise(near):
        shown += [None, page] if page > before + 1 else [page]
    return tuple(shown)
