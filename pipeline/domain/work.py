"""What is asked of the workers and what they answer: values only, no catalog, no index, no credentials."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.domain.pages import PageText


class SourceFormat(StrEnum):
    PDF = "pdf"
    TIFF = "tiff"
    JPEG = "jpeg"
    PNG = "png"


EXTENSIONS = {SourceFormat.PDF: "pdf", SourceFormat.TIFF: "tif", SourceFormat.JPEG: "jpg", SourceFormat.PNG: "png"}
"""extension under which an original is stored, by what its bytes are (never by its name)"""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What opening a file showed; the page count is the one on which two parsers agree."""

    format: SourceFormat
    pages: int


@dataclass(frozen=True, slots=True)
class PageRef:
    """Where a batch page is: in which original, at which place inside it."""

    page: int
    """batch page, from 1"""
    original: int
    """place in ``Batch.originals``, from 0"""
    index: int
    """page or frame inside that file, from 0"""
    rotation: int | None = None
    """degrees clockwise that bring it upright, where a person said so; None: the engine finds out"""


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How to look at and read pages."""

    language: str = "ron"
    institution: str = "DEMO"
    separators: tuple[str, ...] = ("opis",)
    sticker_pattern: str = ""
    read_text: bool = True


@dataclass(frozen=True, slots=True)
class PageTask:
    """Observe and read a run of pages. ``originals`` are object keys (for the sandboxed child: file paths)."""

    originals: tuple[str, ...]
    pages: tuple[PageRef, ...]
    settings: ReadSettings


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a document to be written, with what was read on it (None: not read, or failed)."""

    ref: PageRef
    text: PageText | None
    rotation: int = 0
    """degrees clockwise that bring the scanned image upright"""


@dataclass(frozen=True, slots=True)
class DocumentTask:
    """Write the searchable PDF/A-2u of a document."""

    originals: tuple[str, ...]
    pages: tuple[DocumentPage, ...]
    title: str
    subject: str
    """registry number and batch, for the XMP metadata"""
    created: str
    """ISO 8601 UTC time put into the metadata, so that the same input gives the same bytes"""


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """How a page got into the PDF: ``as_scanned`` image bytes, ``converted`` without loss, or ``rendered``.

    ``missing``: its image could not be opened at all, an empty page stands in its place.
    """

    page: int
    how: str


@dataclass(frozen=True, slots=True)
class WrittenPdf:
    pages: tuple[WrittenPage, ...]
    size: int
    """bytes"""
