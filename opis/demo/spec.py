"""What a demo is asked to be, and what it turned out to be: frozen values, no images."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.settings import Institution

FORMATS = ("pdf", "tiff", "tiff-lzw", "tiff-g4", "jpeg", "png", "folder")
"""``tiff`` is JPEG inside TIFF; ``jpeg`` and ``png`` are one image, so their batches must have one page"""
FIXED = "fixed:"
DEMO_INSTITUTION = Institution()
DEMO_DAY = dt.date(2026, 3, 16)


class NumberOn(StrEnum):
    """Where the paper shows its registry number."""

    SEPARATOR = "separator"
    STICKER = "sticker"
    STAMP = "stamp"
    LABEL = "label"
    HAND = "hand"
    NOWHERE = "nowhere"


class Side(StrEnum):
    """What one scanned page is."""

    SEPARATOR = "separator"
    SEPARATOR_BACK = "separator_back"
    CONTENT = "content"
    BLANK_BACK = "blank_back"
    """the empty back of a sheet of a document: it stays in the document"""


@dataclass(frozen=True, slots=True)
class Wish:
    """One document as a caller wants it; None: as chance has it. What the separators cannot do is left to chance."""

    sheets: int | None = None
    number_on: NumberOn | None = None
    department: str | None = None
    voice: str | None = None
    """``citizen`` ``pensioner`` ``hurried`` ``firm`` ``lawyer`` ``official``, where the department has such a letter"""
    filed: bool | None = None
    """whether the register names the department"""
    marked_too: bool | None = None
    """whether paper whose separator has the number also bears a stamp or label"""


@dataclass(frozen=True, slots=True)
class DemoSpec:
    batches: int = 1
    documents: int = 10
    """in each batch; ignored where ``wishes`` are given"""
    seed: int = 1
    duplex: bool = False
    institution: Institution = DEMO_INSTITUTION
    day: dt.date = DEMO_DAY
    """of the last batch; earlier batches are of earlier working days"""
    first_number: int | None = None
    """registry number of the first entry; None: by chance"""
    max_pages: int | None = None
    """no document has more pages"""
    dpi: int = 300
    format: str = "pdf"
    separators: str = "opis"
    """``opis``, ``fixed:TEXT``, ``sticker``, ``none``"""
    numbered: float = 0.75
    """share of Opis separators that name the number, 0 to 1"""
    filed: float = 0.6
    """share of register entries that name a department, 0 to 1"""
    damage: int = 1
    """0 a perfect scan, 1 a good one, 2 a poor one, 3 a bad one"""
    wishes: tuple[Wish, ...] = ()
    """the documents of every batch, one by one"""
    name: str = ""
    """file names begin so; empty: ``scan-<seed>``"""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"unknown format {self.format!r}, one of {', '.join(FORMATS)}")
        if self.separators not in ("opis", "sticker", "none") and not self.separators.removeprefix(FIXED):
            raise ValueError("fixed: needs a text")
        if self.separators not in ("opis", "sticker", "none") and not self.separators.startswith(FIXED):
            raise ValueError(f"unknown separators {self.separators!r}")
        if self.batches < 1 or (self.documents < 1 and not self.wishes):
            raise ValueError("a demo needs at least one batch and one document")
        if not 0 <= self.damage <= 3:
            raise ValueError("damage is 0 to 3")
        if self.dpi < 100 or (self.max_pages is not None and self.max_pages < 1 + self.duplex):
            raise ValueError("too few dots or pages")

    @property
    def sheets_apart(self) -> bool:
        """Whether separator sheets lie between the documents."""
        return self.separators == "opis" or self.separators.startswith(FIXED)


@dataclass(frozen=True, slots=True)
class DemoDocument:
    """A document as it was made: the truth that a run is measured against."""

    pages: tuple[int, ...]
    """batch pages, from 1; blank backs included, separators not"""
    sheets: int
    number: RegistryNumber
    number_on: NumberOn
    marked_too: bool
    """a stamp or label repeats the separator's number on page one"""
    date: dt.date
    channel: str
    sender: str
    subject: str
    department: str
    """the competent one"""
    filed: bool
    """the register names the department"""
    seed: str
    """of its pages"""
    voice: str | None
    """as wished; the letter is composed from seed, department, date and this"""


@dataclass(frozen=True, slots=True)
class DemoPage:
    page: int
    side: Side
    document: int
    """place in the batch's documents, from 0; of a separator: the document after it"""
    index: int = 0
    """content pages of the document before this one"""


@dataclass(frozen=True, slots=True)
class DemoBatch:
    name: str
    """file or folder name"""
    documents: tuple[DemoDocument, ...]
    pages: tuple[DemoPage, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """A plan: pages are drawn only when written."""

    spec: DemoSpec
    batches: tuple[DemoBatch, ...]
    register: tuple[RegistryEntry, ...]
    """entries of all documents and some that are never scanned, in order"""


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    path: Path
    batch: DemoBatch
    texts: tuple[str, ...] = field(repr=False)
    """what stands on each batch page, in reading order; stamps and handwriting left out"""


@dataclass(frozen=True, slots=True)
class DemoFiles:
    batches: tuple[WrittenBatch, ...]
    register_csv: Path
