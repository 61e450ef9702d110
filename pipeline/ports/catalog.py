"""The catalog: the working memory. Each method is one transaction; the line's writes are fenced by its lease."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Document, Review
from pipeline.domain.decisions import Decision
from pipeline.domain.pages import PageReading
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.settings import Profile
from pipeline.ports.probe import Probe


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file or folder that came in, journalled together with its batch.

    ``claimed`` is its path relative to the home (or absolute, for ``opis process``); it is open until the hot file
    has been moved to its end.
    """

    id: str
    batch: str
    profile: str
    source: str
    claimed: str
    at: dt.datetime
    end: str | None = None
    """where it was moved, relative to the home; None while open"""


@dataclass(frozen=True, slots=True)
class Request:
    """A path handed to the line by ``opis process``; ``batch`` or ``refused`` says how it ended."""

    id: str
    path: str
    profile: str
    batch: str | None = None
    refused: str | None = None
    """JSON of a BatchAccount for input that was refused"""


@dataclass(frozen=True, slots=True)
class ImportCount:
    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    id: int
    document: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Batches ``received`` or ``working``, and all their pages."""

    batches: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is waiting and what there is, in numbers."""

    batches: Mapping[str, int]
    """by state, every state named"""
    waiting: Mapping[str, Waiting]
    """by lane, those with a batch waiting"""
    documents: int
    reviews: Mapping[str, int]
    """open ones by kind, those that there are"""
    outbox: int
    """rows that the index has not followed yet"""
    outbox_oldest: int | None
    """lowest and highest number of these rows; the numbers only grow"""
    outbox_newest: int | None
    line_held: bool


class LineCatalog(Protocol):
    """What the one line may do. Every method raises ``Fenced`` when another line has taken the lease."""

    def renew(self, seconds: float) -> None: ...

    def release(self) -> None: ...

    def check(self) -> None:
        """Writes nothing: only raises ``Fenced`` when it must."""

    def receive(self, account: BatchAccount, page_counts: Sequence[int], profile: Profile, arrival: Arrival) -> bool:
        """Journals a batch (state ``received`` or ``quarantined``) with its arrival.

        ``page_counts`` are the pages of each original, in order. True when the batch is new (a quarantined one that
        comes again replaces its row); False when it was known: then only the arrival is added.
        """

    def end_arrival(self, arrival_id: str, end: str) -> None:
        """The hot file has been moved to ``end``."""

    def next_batch(self, prefer_retro: bool, aside: Collection[str] = ()) -> str | None:
        """Id of the oldest batch ``received`` or ``working`` but those ``aside``; registry lane first unless told."""

    def begin(self, batch_id: str) -> None:
        """State ``working``."""

    def begin_run(self, batch_id: str, pages: Sequence[int]) -> None:
        """These pages are worked on together: if the line dies now, they are suspects, uncharged."""

    def charge(self, batch_id: str, pages: Sequence[int]) -> None:
        """Adds one attempt to each page, before it is worked on alone."""

    def spare(self, batch_id: str, pages: Sequence[int]) -> None:
        """The line stops while these are worked on: as if ``begin_run`` or the last ``charge`` had not been."""

    def save_readings(self, batch_id: str, readings: Iterable[PageReading]) -> None: ...

    def commit(self, account: BatchAccount, amended: Sequence[BatchAccount] = (), decided: Sequence[str] = ()) -> None:
        """The outcome of a batch, what changed in others, and the decisions carried out by it, in one transaction.

        Replaces fates, documents, reviews and problems of each account, drops the page readings of the first, and
        adds an outbox row for each document. Raises ``ValueError`` when a ledger does not balance.
        """

    def pending_decisions(self) -> list[Decision]:
        """Neither carried out nor refused, oldest first."""

    def refuse_decisions(self, decisions: Sequence[str], reason: str) -> None:
        """These will not be carried out; they stay on record with the reason."""

    def restore_decisions(self, decisions: Sequence[Decision]) -> None:
        """Those that a batch's record in the store names as carried out, for a catalog that is made anew."""

    def tell(self, doing: str | None) -> None:
        """What the line is doing now, for whoever watches: JSON of a list of ``pipeline.ports.workers.Doing``."""

    def pending_index(self, limit: int) -> list[OutboxRow]: ...

    def indexed(self, rows: Sequence[OutboxRow]) -> None: ...

    def open_requests(self) -> list[Request]: ...

    def end_request(self, request_id: str, batch: str | None, refused: str | None) -> None: ...


class Catalog(Protocol):
    """What anybody may do: read, import registers, hand over requests, append decisions.

    Errors: ``PartDown``, ``NotFound``, ``UsageError`` (a prefix that is too short or fits several ids).
    """

    def acquire_line(self, holder: str, seconds: float) -> LineCatalog | None:
        """The lease of the line, with a new fencing token; None while another holds it."""

    def line_alive(self) -> bool: ...

    def line_doing(self) -> str | None:
        """What the line last told; None when no line lives."""

    def batch(self, prefix: str) -> Batch: ...

    def account(self, prefix: str) -> BatchAccount: ...

    def profile_of(self, batch_id: str) -> Profile:
        """The profile as it was when the batch came in."""

    def page_counts(self, batch_id: str) -> tuple[int, ...]: ...

    def readings(self, batch_id: str) -> dict[int, PageReading]: ...

    def attempts(self, batch_id: str) -> dict[int, int]: ...

    def suspects(self, batch_id: str) -> set[int]:
        """Pages without a reading that were once begun, together or alone."""

    def batches(
        self, states: Sequence[BatchState] = (), profile: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[Batch]:
        """Newest first."""

    def progress(self, batch_id: str) -> tuple[int, int]:
        """Pages read so far, and pages in all."""

    def document(self, prefix: str) -> Document: ...

    def documents_claiming(self, number: RegistryNumber) -> list[Document]:
        """Documents (no annexes) linked to that number as ``certain`` or ``conflict``."""

    def open_reviews(self, limit: int = 1000, offset: int = 0) -> list[tuple[Batch, Review]]:
        """Oldest first."""

    def arrivals(self, open_only: bool = False, batch: str | None = None) -> list[Arrival]:
        """Oldest first."""

    def import_entries(self, entries: Iterable[RegistryEntry], source: str) -> ImportCount:
        """``source`` is the object key of the imported file."""

    def entry(self, number: RegistryNumber) -> RegistryEntry | None:
        """By register, year and ``number_key``."""

    def entries_numbered(self, number: str, register: str | None = None) -> list[RegistryEntry]:
        """In any year."""

    def entries_of_day(self, day: dt.date) -> list[RegistryEntry]: ...

    def documents_of_day(self, day: dt.date) -> list[Document]:
        """Documents (no annexes) whose link has that date, in any state but ``none``."""

    def register_known(self, register: str, year: int) -> bool:
        """Whether any entry of that register and year was imported."""

    def add_request(self, request: Request) -> None: ...

    def request(self, request_id: str) -> Request: ...

    def append_decision(self, decision: Decision) -> None:
        """The same id again changes nothing.

        ``StaleDecision`` when the batch is not of the version decided on, or another decision on it waits.
        """

    def decisions(self, batch_id: str) -> list[Decision]:
        """All on the batch and its documents but the refused, oldest first."""

    def outcome_of(self, decision_id: str) -> str | None:
        """Empty when it was carried out, the reason when it was refused, None while it waits."""

    def counts(self) -> dict[str, int]:
        """Batches by state, plus ``documents``, ``reviews``, ``entries``, ``outbox``, and ``decisions`` that wait."""

    def has_indexed(self) -> bool:
        """Whether there is a document that the outbox does not name: it has been put into an index."""

    def backlog(self) -> Backlog: ...

    def probe(self) -> Probe: ...
