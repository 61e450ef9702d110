"""Source pages as sheets for the writer: a size in points and the images that lie on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.domain.work import SourceFormat
from pipeline.engines.page_geometry import Affine
from pipeline.engines.pdf_copied_images import copy_image
from pipeline.engines.pdf_encoded_images import rendered_stream
from pipeline.engines.pdf_image_files import embed_page
from pipeline.engines.pdf_images import checked_facts, render_alone
from pipeline.engines.pdf_marks import Marks, Rgb, marks_of
from pipeline.engines.pdf_pages import PageView, page_at, page_view
from pipeline.engines.poppler import render
from pipeline.engines.resolution import LONGEST_PAGE_POINTS, SHORTEST_PAGE_POINTS
from pipeline.engines.source_pdf import Scan, fitting_dpi, scan_on

AS_SCANNED, CONVERTED, RENDERED = "as_scanned", "converted", "rendered"
RENDERING_DPI = 300.0


@dataclass(frozen=True, slots=True)
class Layer:
    """An image on the sheet."""

    stream: Any
    matrix: Affine
    """unit square → points of the displayed page"""
    fill: Rgb | None = None
    """what a stencil mask paints with"""

    def operators(self, name: str, turn: Affine) -> str:
        """Content stream operators that draw it on the page after the turn."""
        matrix = self.matrix.then(turn)
        numbers = " ".join(_number(getattr(matrix, letter)) for letter in "abcdef")
        colour = f"{' '.join(_number(part) for part in self.fill)} rg " if self.fill else ""
        return f"q {colour}{numbers} cm {name} Do Q"


def _number(value: float) -> str:
    return f"{value:.5f}".rstrip("0").rstrip(".") or "0"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A displayed page; ``width`` and ``height`` in points."""

    width: float
    height: float
    layers: tuple[Layer, ...]
    how: str


def image_sheet(pdf: pikepdf.Pdf, path: Path, format: SourceFormat, index: int) -> Sheet:
    """A page of an image file. ``InputFault`` when it cannot be decoded and has to be."""
    page = embed_page(pdf, path, format, index)
    width, height = page.resolution.page_points(page.width, page.height)
    layer = Layer(page.stream, page.turn.unit.then(Affine(a=width, d=height)))
    return Sheet(width, height, (layer,), AS_SCANNED if page.as_scanned else CONVERTED)


def pdf_sheet(pdf: pikepdf.Pdf, source: pikepdf.Pdf, path: Path, index: int) -> Sheet:
    """A page of a PDF: its images copied when there is nothing else to see on it, else a rendering.

    ``source`` is the PDF at ``path``, to be kept open until ``pdf`` is saved.

    Raises ``InputFault``, ``WorkerFault``, ``MissingPart``.
    """
    page = page_at(source, index)
    view, marks = page_view(page), marks_of(page)
    sheet = None if marks.other else _copied(pdf, view, marks)
    if sheet is not None:
        return sheet
    scan = scan_on(page, marks)
    return _converted(pdf, view, scan) if scan is not None else _rendered(pdf, path, index, view)


def _copied(pdf: pikepdf.Pdf, view: PageView, marks: Marks) -> Sheet | None:
    layers: list[Layer] = []
    as_scanned = True
    width, height, fit = _allowed_size(view)
    for placement in marks.placements:
        copied = copy_image(pdf, placement.image)
        if copied is None:
            return None
        stencil = bool(placement.image.get("/ImageMask", False))
        matrix = placement.matrix.then(view.to_displayed).then(fit)
        layers.append(Layer(copied.stream, matrix, placement.fill if stencil else None))
        as_scanned = as_scanned and copied.as_scanned
    return Sheet(width, height, tuple(layers), AS_SCANNED if as_scanned else CONVERTED)


def _converted(pdf: pikepdf.Pdf, view: PageView, scan: Scan) -> Sheet:
    """A scan that may not stay as it is: the same pixels in grey or RGB, without loss."""
    placement = scan.placement
    alone = render_alone(placement.image, checked_facts(placement.image), placement.fill, grey=False)
    width, height, fit = _allowed_size(view)
    matrix = placement.matrix.then(view.to_displayed).then(fit)
    return Sheet(width, height, (Layer(rendered_stream(pdf, alone.pixels, lossless=True), matrix),), CONVERTED)


def _rendered(pdf: pikepdf.Pdf, path: Path, index: int, view: PageView) -> Sheet:
    dpi = fitting_dpi(view, RENDERING_DPI)
    picture = render(path, index, dpi * view.unit, view.pixels(dpi), grey=False)
    width, height, _ = _allowed_size(view)
    layer = Layer(rendered_stream(pdf, picture.pixels, lossless=False), Affine(a=width, d=height))
    return Sheet(width, height, (layer,), RENDERED)


def _allowed_size(view: PageView) -> tuple[float, float, Affine]:
    """The page's size inside what PDF/A allows, and the matrix that fits the page into it."""
    shrink = min(1.0, LONGEST_PAGE_POINTS / max(view.width, view.height))
    width = max(SHORTEST_PAGE_POINTS, view.width * shrink)
    height = max(SHORTEST_PAGE_POINTS, view.height * shrink)
    return width, height, Affine(a=width / view.width, d=height / view.height)
