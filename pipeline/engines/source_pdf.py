"""PDF files: inspected to their end, and their pages as rasters: the scanned image itself, or rendered."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pikepdf

from pipeline.domain.errors import InputFault
from pipeline.engines.input_faults import LONGEST_SIDE, InputCode, check_size, refuse
from pipeline.engines.page_geometry import Rect, Turn, area, common, turn_of
from pipeline.engines.pdf_images import decode_grey
from pipeline.engines.pdf_marks import Marks, Placement, marks_of
from pipeline.engines.pdf_pages import PageView, open_pdf, page_at, page_view
from pipeline.engines.pdf_tail import check_tail
from pipeline.engines.poppler import pdf_page_count, render
from pipeline.engines.rasters import raster_of
from pipeline.engines.resolution import Resolution, believable
from pipeline.ports.engines import GreyImage, Raster

LOWEST_DPI = 150.0
"""a page too large to be rendered even so is refused"""
MOST_RENDERED = 100_000_000
"""pixels of a rendered page; larger pages are rendered at a lower resolution"""
_LEAST_COVER = 0.5
"""share of the page that a scanned image must fill"""


def inspect_pdf(path: Path) -> int:
    """The number of pages on which qpdf and poppler agree. Raises ``InputFault``."""
    check_tail(path)
    pdf = open_pdf(path)
    try:
        pages = len(pdf.pages)
        for index, page in enumerate(pdf.pages):
            check_size(*page_view(page).pixels(LOWEST_DPI), index)
            _check_images(page, index)
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise refuse(InputCode.UNREADABLE, f"qpdf: {str(fault)[:200]}") from fault
    if pages == 0:
        raise refuse(InputCode.NO_PAGES, "a PDF without pages")
    counted = pdf_page_count(path)
    if counted != pages:
        raise refuse(InputCode.PAGE_COUNT, f"{pages} pages by qpdf, {counted} by poppler")
    return pages


def _check_images(page: pikepdf.Page, index: int) -> None:
    """Refuses image bombs by their announced size; a nonsensical one only spoils its page."""
    for drawn in (page.resources.get("/XObject") or {}).values():
        if drawn.get("/Subtype") == pikepdf.Name.Image:
            width, height = int(drawn.get("/Width", 1)), int(drawn.get("/Height", 1))
            check_size(max(1, width), max(1, height), index)


@dataclass(frozen=True, slots=True)
class Scan:
    """A page that is one scanned image."""

    placement: Placement
    turn: Turn
    place: Rect
    """where the image is on the displayed page, in points from its lower left"""
    view: PageView

    def resolution(self, width: int, height: int) -> Resolution:
        """Pixels per inch of the displayed image, as the page has it."""
        left, bottom, right, top = self.place
        return Resolution(width * 72 / (right - left), height * 72 / (top - bottom))


def scan_on(page: pikepdf.Page, marks: Marks | None = None) -> Scan | None:
    """The one image that is all there is to see on a page; None for any other page."""
    marks = marks or marks_of(page)
    if marks.other or len(marks.placements) != 1:
        return None
    view = page_view(page)
    matrix = marks.placements[0].matrix.then(view.to_displayed)
    turn, place, sheet = turn_of(matrix), matrix.bounds(), (0.0, 0.0, view.width, view.height)
    if turn is None or area(common(place, sheet)) < _LEAST_COVER * area(sheet):
        return None
    return Scan(marks.placements[0], turn, place, view)


def pdf_raster(path: Path, index: int, dpi_wanted: float) -> Raster:
    """The displayed page in grey. ``InputFault`` ``unreadable``, ``WorkerFault``, ``MissingPart``."""
    pdf = open_pdf(path)
    page = page_at(pdf, index)
    scan = scan_on(page)
    if scan is not None:
        decoded = decode_grey(scan.placement.image, scan.placement.fill)
        raster = _embedded(scan, decoded.grey, decoded.complaint)
        if raster is not None:
            return raster
    view = page_view(page)
    dpi = fitting_dpi(view, dpi_wanted)
    rendered = render(path, index, dpi * view.unit, view.pixels(dpi))
    height, width = rendered.pixels.shape
    return raster_of(rendered.pixels, believable(width, height, dpi), "rendered", rendered.complaint)


def _embedded(scan: Scan, stored: GreyImage, complaint: str) -> Raster | None:
    """The scanned image laid on the displayed page, at its own resolution; None when that would be absurd."""
    shown = scan.turn.pixels(stored)
    height, width = shown.shape
    there = scan.resolution(width, height)
    wide, high = round(scan.view.width * there.x / 72), round(scan.view.height * there.y / 72)
    try:
        check_size(wide, high)
    except InputFault:
        return None
    left, top = round(scan.place[0] * there.x / 72), round((scan.view.height - scan.place[3]) * there.y / 72)
    if max(abs(left), abs(top), abs(wide - width), abs(high - height)) > 1:
        shown = _laid_down(shown, left, top, wide, high)
    return raster_of(shown, believable(shown.shape[1], shown.shape[0], there.x, there.y), "embedded", complaint)


def _laid_down(image: GreyImage, left: int, top: int, width: int, height: int) -> GreyImage:
    """The image with its corner at (left, top) on a white sheet; what hangs over is cut off."""
    sheet = np.full((height, width), 255, np.uint8)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + image.shape[1]), min(height, top + image.shape[0])
    sheet[y0:y1, x0:x1] = image[y0 - top : y1 - top, x0 - left : x1 - left]
    return sheet


def fitting_dpi(view: PageView, dpi: float) -> float:
    """``dpi``, or less when the page is so large that its raster would be absurd."""
    width, height = view.pixels(1.0)
    by_area = math.sqrt(MOST_RENDERED / (width * height))
    return min(dpi, by_area, (LONGEST_SIDE - 1) / max(width, height))
