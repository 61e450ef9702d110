"""Batch, ledger, document, review: the values that must add up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.domain.filing import NOT_FILED, Filing
from pipeline.domain.registry import NO_LINK, Link


class BatchState(StrEnum):
    RECEIVED = "received"
    WORKING = "working"
    FILED = "filed"
    HELD = "held"
    QUARANTINED = "quarantined"


class Fate(StrEnum):
    DOCUMENT = "document"
    SEPARATOR = "separator"
    SEPARATOR_BACK = "separator_back"
    BLANK = "blank"
    REJECTED = "rejected"


class DocumentKind(StrEnum):
    DOCUMENT = "document"
    ANNEX = "annex"


class DocumentState(StrEnum):
    FILED = "filed"
    HELD = "held"


class ReviewKind(StrEnum):
    SPLIT = "split"
    BALANCE = "balance"
    LINK = "link"
    FILING = "filing"
    PAGE = "page"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class PageFate:
    """The one fate of a batch page; only fate ``document`` names one."""

    page: int
    fate: Fate
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """pages received = in documents + separators + separator backs + blanks + rejected."""

    received: int = 0
    filed: int = 0
    separators: int = 0
    separator_backs: int = 0
    blanks: int = 0
    rejected: int = 0

    @property
    def balanced(self) -> bool:
        parts = self.filed + self.separators + self.separator_backs + self.blanks + self.rejected
        return self.received == parts


def ledger_of(received: int, fates: Iterable[PageFate]) -> Ledger:
    """Counts the fates against the number of pages received."""
    count = Counter(fate.fate for fate in fates)
    return Ledger(
        received=received,
        filed=count[Fate.DOCUMENT],
        separators=count[Fate.SEPARATOR],
        separator_backs=count[Fate.SEPARATOR_BACK],
        blanks=count[Fate.BLANK],
        rejected=count[Fate.REJECTED],
    )


@dataclass(frozen=True, slots=True)
class TextSummary:
    confidence: float | None = None
    characters: int = 0
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentObjects:
    """Full keys in the object store; None or empty until written."""

    pdf: str | None = None
    text: str | None = None
    alto: tuple[str, ...] = ()
    manifest: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Consecutive pages: the unit that is registered, filed, stored and searched."""

    id: str
    batch: str
    pages: tuple[int, ...]
    """batch pages, ascending"""
    kind: DocumentKind = DocumentKind.DOCUMENT
    parent: str | None = None
    state: DocumentState = DocumentState.FILED
    link: Link = NO_LINK
    filing: Filing = NOT_FILED
    text: TextSummary = TextSummary()
    objects: DocumentObjects = DocumentObjects()
    version: int = 0
    """number of the manifest that holds; 0 before the first"""


@dataclass(frozen=True, slots=True)
class Review:
    """A question for a person; without a document it concerns the batch."""

    id: str
    kind: ReviewKind
    document: str | None
    pages: tuple[int, ...]
    reason: str
    """Romanian, one sentence"""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, by a code of the closed list in docs/problems.md."""

    code: str
    message: str
    """Romanian"""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The durable unit: what the scanner dropped as one."""

    id: str | None
    """None only for input that was refused unread"""
    source: str
    """the name it arrived under, in display form"""
    sha256: str | None
    profile: str | None
    state: BatchState
    pages: int | None = None
    """None until it was opened"""
    received_at: datetime | None = None
    """UTC"""
    originals: tuple[str, ...] = ()
    """object keys of the original file, or of the page files in order"""
    version: int = 0
    """number of the state object that holds; 0 before the first"""


@dataclass(frozen=True, slots=True)
class BatchAccount:
    """A batch and everything that became of it: what ``opis batch show`` answers."""

    batch: Batch
    fates: tuple[PageFate, ...] = ()
    documents: tuple[Document, ...] = ()
    reviews: tuple[Review, ...] = ()
    problems: tuple[Problem, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
