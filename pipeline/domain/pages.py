"""What is seen and read on one page: frozen values that workers hand to the line."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels of the page's raster as scanned."""


class SheetLook(StrEnum):
    """What a page looks like apart from what its codes say."""

    SHEET = "sheet"
    """the code and the sheet's own print, no running text"""
    CONTENT = "content"
    """running text, drawings, anything a letter may have"""
    BLANK = "blank"
    """no ink but dust, edges and show-through, on a raster that can be trusted"""
    UNKNOWN = "unknown"
    """the raster cannot be trusted: never blank, never a sheet"""


@dataclass(frozen=True, slots=True)
class Code:
    """A barcode as one reader decoded it."""

    text: str
    symbology: str
    """``QR`` ``CODE128`` …: upper case, no dashes"""
    box: Box
    reader: str
    """``zbar`` or ``zxing``"""


@dataclass(frozen=True, slots=True)
class PageObservation:
    """What the splitter needs to know of a page; pages are batch pages, from 1."""

    page: int
    codes: tuple[Code, ...] = ()
    look: SheetLook = SheetLook.CONTENT
    framed: bool = False
    """the frame of a sheet printed by Opis was seen, with or without readable codes"""
    nearly_blank: bool = False
    """so little ink (a punch hole, a crease, a feed mark) that a separator's back may have it; blank implies it"""
    sheetlike: bool = False
    """content that may be a separator sheet by another maker: too much print on it, or its code cannot be read"""
    ink: float | None = None
    """share of dark pixels, 0 to 1; None when the raster cannot be trusted"""
    codes_failed: bool = False
    """a reader crashed or timed out: no code seen does not mean no code there"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place. Pixels of the upright page (after ``PageText.rotation``)."""

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float
    """0 to 1"""
    line: int
    """number of the text line on the page, from 0; words of a line follow each other"""
    paragraph: int = 0
    block: int = 0


def mean_confidence(words: Sequence[Word]) -> float | None:
    """Mean over words weighted by their length; None when there are none."""
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else None


@dataclass(frozen=True, slots=True)
class PageText:
    """One page as read: normalised text, the engine's own output, and the words."""

    width: int
    """pixels of the upright page, before any scaling for the engine"""
    height: int
    dpi: float
    rotation: int
    """degrees clockwise (0, 90, 180, 270) that bring the scanned image upright"""
    words: tuple[Word, ...]
    text: str
    """comma letters ș ț; lines as seen"""
    raw: str
    """the engine's own output"""
    confidence: float | None
    """0 to 1, mean over words weighted by length; None when nothing was read"""
    engine: str
    """for example ``tesseract 5.3.0 ron``"""


@dataclass(frozen=True, slots=True)
class Degradation:
    """Why a page cannot be trusted as seen. ``code`` is one of the closed list of problem codes."""

    code: str
    detail: str
    """English, for the log"""


@dataclass(frozen=True, slots=True)
class PageReading:
    """All that the page task found out: the observation, and the text unless a sure separator or a failure."""

    observation: PageObservation
    text: PageText | None = None
    degraded: Degradation | None = None
