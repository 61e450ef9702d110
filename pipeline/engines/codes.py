"""Reads the barcodes of a page: cheaply where there are none, stubbornly where one seems to be.

zbar at about half resolution first. What looks like a code and was not read is cut out and given to both readers at
full resolution; on a page that may be a sheet also straightened, sharpened, thresholded and enlarged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.domain.pages import Code
from pipeline.domain.payload import claims_to_be_ours, parse_payload
from pipeline.domain.work import ReadSettings
from pipeline.engines.boxes import covered, grown, inside, overlap, scaled, size
from pipeline.engines.code_variants import variants
from pipeline.engines.frame import find_frame
from pipeline.engines.ink import MM, PageInk, page_ink
from pipeline.engines.linear_boxes import SQUARE, settled
from pipeline.engines.reduce import halved_to
from pipeline.engines.texture import TextureArea, texture_areas
from pipeline.engines.this_side import on_this_side
from pipeline.engines.zbar import Zbar
from pipeline.engines.zxing import Zxing
from pipeline.ports.engines import GreyImage

HALF_DPI = 190.0
COARSE_DPI = 60.0
"""at which noise inside the modules of a very large code is gone"""
MOST_CODES = 64
MOST_AREAS = 12
MOST_HARD_AREAS = 6
MARGIN_MM = 4.0
"""left around a cut-out: more than a code's quiet zone"""
FEW_WORDS = 0.02
"""share of print outside code-like areas below which a page may be a sheet"""
HARD_PIXELS = 40_000_000
"""given to the readers for a page at most, in all variants together"""
COVERED = 0.5
SAME_PLACE = 0.3


def read_codes(grey: GreyImage, dpi: float, settings: ReadSettings) -> tuple[Code, ...]:
    """All codes of a page, from the top; boxes in its pixels. One symbol is one code, whoever read it how often.

    Errors: ``MissingPart``, ``WorkerFault`` (a reader failed: not the same as no code).
    """
    half, half_dpi = halved_to(grey, dpi, HALF_DPI)
    ink = page_ink(half, half_dpi)
    areas = [replace(area, box=scaled(area.box, dpi / ink.dpi)) for area in texture_areas(ink)[:MOST_AREAS]]
    first = _read_small(half, half_dpi, dpi)
    codes, placeless = settled(first, [area.box for area in areas], dpi)
    unread = _unread(areas, codes)
    if unread:
        codes += _read_areas(grey, dpi, unread)
        unread = _unread(unread, codes)
    done = not unread or any(_wanted(code, settings) for code in [*codes, *placeless])
    if not done and _may_be_sheet(half, half_dpi, ink, areas, dpi):
        codes += _read_hard(grey, dpi, unread[:MOST_HARD_AREAS], settings)
    codes += [code for code in placeless if not any(code.text == other.text for other in codes)]
    if not codes and not unread and find_frame(half, half_dpi).shape:
        return _in_order(_whole(grey, dpi), grey, dpi)
    return _in_order(codes, grey, dpi)


def _read_small(half: GreyImage, half_dpi: float, dpi: float) -> list[Code]:
    """The half-size page, and where it shows nothing a coarse one; boxes in pixels of the full page."""
    found = Zbar(density=2).read(half)
    if not found:
        half, half_dpi = halved_to(half, half_dpi, COARSE_DPI)
        found = Zbar().read(half)
    return [replace(code, box=scaled(code.box, dpi / half_dpi)) for code in found]


def _wanted(code: Code, settings: ReadSettings) -> bool:
    """A code that may be a separator: others on the page say nothing new."""
    return claims_to_be_ours(code.text) or f"fixed:{code.text}" in settings.separators


def _expected(code: Code, settings: ReadSettings) -> bool:
    """No misreading passes for a sound payload or for the text of a fixed separator."""
    return parse_payload(code.text) is not None or f"fixed:{code.text}" in settings.separators


def _may_be_sheet(half: GreyImage, half_dpi: float, ink: PageInk, areas: Sequence[TextureArea], dpi: float) -> bool:
    """Framed, or with little print beside what looks like a code."""
    page = ink.contrast.shape[0] * ink.contrast.shape[1]
    codelike = sum(size(scaled(area.box, ink.dpi / dpi)) for area in areas) / page
    return ink.dark_share - codelike / 2 < FEW_WORDS or find_frame(half, half_dpi).shape


def _whole(grey: GreyImage, dpi: float) -> list[Code]:
    """The page at full resolution, by both readers."""
    codes, placeless = settled([*Zbar().read(grey), *Zxing().read(grey)], [], dpi)
    return [*codes, *placeless]


def _read_areas(grey: GreyImage, dpi: float, areas: Iterable[TextureArea]) -> list[Code]:
    """Full resolution: zbar, and zxing where zbar finds nothing."""
    found: list[Code] = []
    for area in areas:
        left, top, right, bottom = inside(grown(area.box, MARGIN_MM / MM * dpi), grey.shape)
        part = grey[top:bottom, left:right]
        read = [_moved(code, left, top) for code in Zbar().read(part) or Zxing().read(part)]
        placed, placeless = settled(read, [area.box], dpi)
        found += [*placed, *(replace(code, box=area.box) for code in placeless)]
    return found


def _read_hard(grey: GreyImage, dpi: float, areas: Iterable[TextureArea], settings: ReadSettings) -> list[Code]:
    """Each area in one variant after the other until it can be read; its box is then the area's.

    A linear code guards itself weakly: unless it says what is looked for, its text counts when it was read twice.
    """
    codes: list[Code] = []
    left_over = HARD_PIXELS
    for area in areas:
        before: set[str] = set()
        left, top, right, bottom = inside(grown(area.box, MARGIN_MM / MM * dpi), grey.shape)
        for variant in variants(grey[top:bottom, left:right], dpi, area.angle):
            left_over -= variant.size
            if left_over < 0:
                return codes
            found = Zbar().read(variant) or Zxing().read(variant)
            sure = [
                code for code in found if code.symbology in SQUARE or code.text in before or _expected(code, settings)
            ]
            if sure:
                codes += [replace(code, box=area.box) for code in sure]
                break
            before |= {code.text for code in found}
    return codes


def _moved(code: Code, across: int, down: int) -> Code:
    left, top, right, bottom = code.box
    return replace(code, box=(left + across, top + down, right + across, bottom + down))


def _unread(areas: Iterable[TextureArea], codes: Sequence[Code]) -> list[TextureArea]:
    return [area for area in areas if covered(area.box, [code.box for code in codes]) < COVERED]


def _merged(codes: Iterable[Code]) -> list[Code]:
    """The same text at the same place is one code, with the larger box."""
    kept: list[Code] = []
    for code in codes:
        for place, other in enumerate(kept):
            if other.text == code.text and overlap(other.box, code.box) >= SAME_PLACE:
                if size(code.box) > size(other.box):
                    kept[place] = replace(other, box=code.box)
                break
        else:
            kept.append(code)
    return kept


def _in_order(codes: Iterable[Code], grey: GreyImage, dpi: float) -> tuple[Code, ...]:
    """Without what shines through; ours first where there are too many, then from the top."""
    chosen = sorted(on_this_side(_merged(codes), grey, dpi), key=lambda code: not claims_to_be_ours(code.text))[
        :MOST_CODES
    ]
    within = (replace(code, box=inside(code.box, grey.shape)) for code in chosen)
    return tuple(sorted(within, key=lambda code: (code.box[1], code.box[0], code.text)))
