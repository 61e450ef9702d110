"""Says what a page looks like apart from what its codes say: a separator sheet, content, or blank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.pages import Box, Code, SheetLook
from pipeline.domain.work import ReadSettings
from pipeline.engines.boxes import scaled, size
from pipeline.engines.frame import FrameFit, find_frame
from pipeline.engines.ink import INK_DPI, page_ink
from pipeline.engines.reduce import halved_to
from pipeline.engines.texture import texture_areas
from pipeline.engines.traces import traces_of
from pipeline.engines.writing import Furniture, Writing, furniture_of, without, writing_of
from pipeline.ports.engines import Raster

LEAST_SIDE = 32
"""pixels: a smaller raster shows nothing"""
SHEET_CHARACTERS = 190
"""of a sheet's own print, in eight short lines; four lines of a letter have more"""
LONG_LINES = 2
SHEET_CHARACTERS_LONG = 135
"""where that many lines are as long as a letter's"""
SHEET_LONG_LINES = 2
TEXT_DPI = 210.0
"""letters are counted at this resolution: at 100 dpi they run together"""
SHEET_RULES = 8
SHEET_HALF_TONE = 0.04
FRAMED_CHARACTERS = 700
FRAMED_LONG_LINES = 8
"""a sheet of our own with notes on it is still one"""
SAME_SIZE = 1.25
"""a code-like area of a read code's size is its unread second copy"""


@dataclass(frozen=True, slots=True)
class PageLookResult:
    look: SheetLook
    framed: bool
    """the frame of a sheet printed by Opis was seen"""
    ink: float | None
    """share of dark pixels, 0 to 1; None when the raster cannot be trusted"""
    nearly_blank: bool
    """so little is there that a separator's back may have it; blank implies it"""


def look_at(raster: Raster, codes: Sequence[Code], settings: ReadSettings) -> PageLookResult:
    """Looks at a page whose ``codes`` (boxes in its pixels) were read. In doubt a page is content."""
    grey, dpi = raster.grey, raster.dpi
    if grey.ndim != 2 or min(grey.shape) < LEAST_SIDE:
        return PageLookResult(SheetLook.UNKNOWN, False, None, False)
    small, small_dpi = halved_to(grey, dpi, INK_DPI)
    frame = find_frame(small, small_dpi)
    if not raster.trusted:
        return PageLookResult(SheetLook.UNKNOWN, frame.sure, None, False)
    ink = page_ink(small, small_dpi)
    if codes or frame.sure:
        look = SheetLook.SHEET if _is_sheet(raster, codes, frame) else SheetLook.CONTENT
        return PageLookResult(look, frame.sure, ink.dark_share, False)
    traces = traces_of(ink, frame)
    look = SheetLook.BLANK if traces.blank else SheetLook.CONTENT
    return PageLookResult(look, False, ink.dark_share, traces.nearly)


def _is_sheet(raster: Raster, codes: Sequence[Code], frame: FrameFit) -> bool:
    ink = page_ink(*halved_to(raster.grey, raster.dpi, TEXT_DPI), finest=TEXT_DPI)
    boxes = [scaled(code.box, ink.dpi / raster.dpi) for code in codes]
    copies = [area.box for area in texture_areas(ink) if frame.sure or _same_size(area.box, boxes)]
    beside = without(ink, [*boxes, *copies])
    writing = writing_of(beside)
    if frame.sure:
        return writing.characters <= FRAMED_CHARACTERS and writing.long_lines <= FRAMED_LONG_LINES
    return _own_print(writing) and _plain(furniture_of(beside))


def _own_print(writing: Writing) -> bool:
    """No more than a sheet says about itself."""
    most = SHEET_CHARACTERS_LONG if writing.long_lines >= LONG_LINES else SHEET_CHARACTERS
    return writing.characters <= most and writing.long_lines <= SHEET_LONG_LINES


def _plain(furniture: Furniture) -> bool:
    """Neither a form nor a photograph."""
    return furniture.rules <= SHEET_RULES and furniture.half_tone <= SHEET_HALF_TONE


def _same_size(area: Box, boxes: Iterable[Box]) -> bool:
    return any(1 / SAME_SIZE <= size(area) / max(1, size(box)) <= SAME_SIZE for box in boxes)
