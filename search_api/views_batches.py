"""Batches → what the list and the light table show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.batches import BatchAccount, BatchState, Document, Fate, Problem
from pipeline.domain.messages import counted
from pipeline.domain.sentences import ledger_sentence
from pipeline.ports.catalog import Arrival
from search_api.rendering import word
from search_api.views import (
    SHORT_ID,
    FilingView,
    LinkView,
    ReviewView,
    document_address,
    filing_view,
    link_view,
    page_list,
    review_view,
)

DONE = (BatchState.FILED, BatchState.HELD)
OPEN = (BatchState.RECEIVED, BatchState.WORKING)
TONES = {
    BatchState.RECEIVED: "idle",
    BatchState.WORKING: "busy",
    BatchState.FILED: "good",
    BatchState.HELD: "asked",
    BatchState.QUARANTINED: "bad",
}


@dataclass(frozen=True, slots=True)
class BatchRow:
    id: str
    source: str
    profile: str
    received_at: datetime | None
    pages: int | None
    state: str
    tone: str
    told: str
    """the ledger sentence, how far it is, or why it stopped"""
    done: int | None
    """pages read, while it is in work"""
    questions: int


def batch_row(account: BatchAccount, progress: tuple[int, int] | None) -> BatchRow:
    """``progress`` (pages read, pages in all) is wanted for batches in work only."""
    batch = account.batch
    return BatchRow(
        id=batch.id or "",
        source=batch.source,
        profile=batch.profile or "—",
        received_at=batch.received_at,
        pages=batch.pages,
        state=word(f"batch_{batch.state.value}"),
        tone=TONES[batch.state],
        told=_told(account, progress),
        done=progress[0] if progress else None,
        questions=len(account.reviews),
    )


def _told(account: BatchAccount, progress: tuple[int, int] | None) -> str:
    if account.batch.state in DONE:
        return ledger_sentence(account.ledger)
    if account.batch.state is BatchState.QUARANTINED:
        return account.problems[0].message if account.problems else word("quarantined_unexplained")
    if progress is None:
        return word("waiting")
    return word("progress", done=progress[0], pages=counted(progress[1], "pagini"))


@dataclass(frozen=True, slots=True)
class PageCell:
    """One page on the strip."""

    page: int
    letter: str
    tone: str
    title: str
    address: str | None
    starts: bool
    """first page of its document"""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    id: str
    place: int
    pages: str
    address: str
    annex: bool
    link: LinkView
    filing: FilingView
    held: bool


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    source: str
    profile: str
    at: datetime
    end: str
    again: bool
    """the same bytes came once more"""


@dataclass(frozen=True, slots=True)
class BatchPage:
    row: BatchRow
    sha256: str
    running: bool
    unbalanced: bool
    cells: tuple[PageCell, ...]
    legend: tuple[tuple[str, str, str], ...]
    """(letter, tone, words) of the fates that occur"""
    documents: tuple[DocumentRow, ...]
    reviews: tuple[ReviewView, ...]
    problems: tuple[Problem, ...]
    arrivals: tuple[ArrivalRow, ...]


def batch_page(
    account: BatchAccount,
    progress: tuple[int, int] | None,
    arrivals: Sequence[Arrival],
    names: Mapping[str, str],
) -> BatchPage:
    held = {review.document for review in account.reviews}
    return BatchPage(
        row=batch_row(account, progress),
        sha256=account.batch.sha256 or "—",
        running=account.batch.state in OPEN,
        unbalanced=account.batch.state in DONE and not account.ledger.balanced,
        cells=tuple(_cells(account)),
        legend=_legend(account),
        documents=tuple(
            _document_row(document, place, names, document.id in held)
            for place, document in enumerate(account.documents, 1)
        ),
        reviews=tuple(review_view(review, account.documents) for review in account.reviews),
        problems=account.problems,
        arrivals=tuple(
            ArrivalRow(arrival.source, arrival.profile, arrival.at, _end(arrival), place > 0)
            for place, arrival in enumerate(arrivals)
        ),
    )


def _end(arrival: Arrival) -> str:
    """Where the file is now, in words where there is no path."""
    if arrival.end is None:
        return word("arrival_open")
    return word("arrival_lost") if arrival.end == "unknown" else arrival.end


def _cells(account: BatchAccount) -> Iterator[PageCell]:
    numbers = {document.id: place for place, document in enumerate(account.documents, 1)}
    places = {
        (document.id, page): place for document in account.documents for place, page in enumerate(document.pages, 1)
    }
    for fate in account.fates:
        title = word("cell", page=fate.page, fate=word(f"fate_{fate.fate.value}"))
        address, place = None, 0
        if fate.document in numbers:
            place = places.get((fate.document, fate.page), 1)
            title = word("cell_document", page=fate.page, document=numbers[fate.document], place=place)
            address = document_address(fate.document[:SHORT_ID], place)
        tone = _fate_tone(fate.fate, numbers.get(fate.document or "", 0))
        yield PageCell(fate.page, word(f"letter_{fate.fate.value}"), tone, title, address, place == 1)


def _fate_tone(fate: Fate, document: int) -> str:
    """Neighbouring documents differ in shade."""
    return f"{fate.value}{document % 2}" if fate is Fate.DOCUMENT else fate.value


def _legend(account: BatchAccount) -> tuple[tuple[str, str, str], ...]:
    seen = {fate.fate for fate in account.fates}
    return tuple(
        (word(f"letter_{fate.value}"), _fate_tone(fate, 1), word(f"fate_{fate.value}")) for fate in Fate if fate in seen
    )


def _document_row(document: Document, place: int, names: Mapping[str, str], held: bool) -> DocumentRow:
    return DocumentRow(
        id=document.id,
        place=place,
        pages=page_list(document.pages),
        address=document_address(document.id),
        annex=document.parent is not None,
        link=link_view(document.link),
        filing=filing_view(document.filing, names, document.pages),
        held=held,
    )
