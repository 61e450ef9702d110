"""Says what a page looks like apart from what its codes say: a separator sheet, content, or blank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.pages import Box, Code, SheetLook
from pipeline.domain.work import ReadSettings
from pipeline.engines.boxes import around, scaled, size
from pipeline.engines.code_shape import looks_like_code
from pipeline.engines.frame import FrameFit, find_frame
from pipeline.engines.ink import INK_DPI, PageInk, page_ink
from pipeline.engines.reduce import halved_to
from pipeline.engines.sheet_print import has_bars, has_central_code, has_title
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
SMALL_CODE = 0.0075
"""share of the page"""
SMALL_CODE_CHARACTERS = 120
"""that a sheet without a title has around a code that small; a short list has more"""
CODE_PART = 0.004
"""share of the page that a part of an unread code takes at least"""
INSTRUCTED_CHARACTERS = 560
INSTRUCTED_LONG_LINES = 9
"""a sheet may tell how it is used, where bars, or a title and a large code, show what it is"""
ALONE_CHARACTERS = 10
"""beside an unread code at the margin"""
TEXT_DPI = 210.0
"""letters are counted at this resolution: at 100 dpi they run together"""
COARSE_DPI = 125.0
COARSE_SHARE = 0.6
"""of the letters of a page that coarse are told apart, against what the limits were measured at"""
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
    sheetlike: bool = False
    """content that may be a sheet: too much print around a large code, or no code could be read"""


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
        look, sheetlike = _judged(raster, codes, frame)
        return PageLookResult(look, frame.sure, ink.dark_share, False, sheetlike)
    traces = traces_of(ink, frame)
    look = SheetLook.BLANK if traces.blank else SheetLook.CONTENT
    sheetlike = not traces.nearly and _unread_sheet(ink)
    return PageLookResult(look, False, ink.dark_share, traces.nearly, sheetlike)


def _judged(raster: Raster, codes: Sequence[Code], frame: FrameFit) -> tuple[SheetLook, bool]:
    """The look of a page with codes, and whether it may be a sheet all the same."""
    ink = page_ink(*halved_to(raster.grey, raster.dpi, TEXT_DPI), finest=TEXT_DPI)
    boxes = [scaled(code.box, ink.dpi / raster.dpi) for code in codes]
    copies = [area.box for area in texture_areas(ink) if frame.sure or _same_size(area.box, boxes)]
    beside = without(ink, [*boxes, *copies])
    writing = writing_of(beside)
    if frame.sure:
        sheet = writing.characters <= FRAMED_CHARACTERS and writing.long_lines <= FRAMED_LONG_LINES
        return (SheetLook.SHEET if sheet else SheetLook.CONTENT), False
    if not _instructions(writing) or not _plain(furniture_of(beside)):
        return SheetLook.CONTENT, False
    if _own_print(writing, ink.dpi):
        largest = max((size(box) for box in boxes), default=0) / ink.contrast.size
        few = writing.characters <= _at(ink.dpi, SMALL_CODE_CHARACTERS) or largest >= SMALL_CODE
        return (SheetLook.SHEET if few or has_title(without(ink, boxes)) else SheetLook.CONTENT), False
    central = has_central_code(boxes, ink.contrast.shape)
    rest = without(ink, boxes)
    if has_bars(rest) or (central and has_title(rest)):
        return SheetLook.SHEET, False
    return SheetLook.CONTENT, central


def _unread_sheet(ink: PageInk) -> bool:
    """A page without a readable code that looks like a sheet by anybody: a code almost alone, or with heavy bars."""
    areas = [area for area in texture_areas(ink) if size(area.box) >= CODE_PART * ink.contrast.size]
    codes = [area.box for area in areas if looks_like_code(ink, area)]
    if not codes:
        return False
    beside = without(ink, codes)
    writing = writing_of(beside)
    if not _instructions(writing) or not _plain(furniture_of(beside)):
        return False
    if not has_central_code([around(codes)], ink.contrast.shape):
        return writing.characters <= ALONE_CHARACTERS
    return _own_print(writing, ink.dpi) or has_bars(beside)


def _instructions(writing: Writing) -> bool:
    return writing.characters <= INSTRUCTED_CHARACTERS and writing.long_lines <= INSTRUCTED_LONG_LINES


def _own_print(writing: Writing, dpi: float) -> bool:
    """No more than a sheet says about itself; letters that run together count less than they are."""
    most = SHEET_CHARACTERS_LONG if writing.long_lines >= LONG_LINES else SHEET_CHARACTERS
    return writing.characters <= _at(dpi, most) and writing.long_lines <= SHEET_LONG_LINES


def _at(dpi: float, most: int) -> float:
    return most * COARSE_SHARE if dpi < COARSE_DPI else most


def _plain(furniture: Furniture) -> bool:
    """Neither a form nor a photograph."""
    return furniture.rules <= SHEET_RULES and furniture.half_tone <= SHEET_HALF_TONE


def _same_size(area: Box, boxes: Iterable[Box]) -> bool:
    return any(1 / SAME_SIZE <= size(area) / max(1, size(box)) <= SAME_SIZE for box in boxes)
