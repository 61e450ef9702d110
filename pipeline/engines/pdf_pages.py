"""PDF pages as a viewer shows them: opened once, their box, their turn, their size in points."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.engines.input_faults import InputCode, refuse
from pipeline.engines.page_geometry import Affine, Rect, clockwise

LETTER = (0.0, 0.0, 612.0, 792.0)
"""what readers take when a page has no usable box"""
_DEEPEST_TREE = 64


@dataclass(frozen=True, slots=True)
class PageView:
    """The displayed page."""

    to_displayed: Affine
    """user space → points of the displayed page, origin at its lower left"""
    width: float
    """points (1/72 inch), after /Rotate and /UserUnit"""
    height: float
    unit: float
    """points per unit of user space"""
    in_user_space: Rect

    def pixels(self, dpi: float) -> tuple[float, float]:
        return self.width * dpi / 72, self.height * dpi / 72


def open_pdf(path: Path) -> pikepdf.Pdf:
    """Opens a PDF, and keeps the last few open, since pages are asked for one by one.

    Hold on to it as long as anything taken from it is used: what belongs to a PDF dies with it.
    ``InputFault`` ``encrypted`` when it needs a password, ``unreadable`` when there is nothing to read.
    """
    status = path.stat()
    return _opened(path.absolute(), status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=2)
def _opened(path: Path, size: int, mtime: int, inode: int) -> pikepdf.Pdf:
    del size, mtime, inode
    try:
        return pikepdf.open(path, suppress_warnings=True)
    except pikepdf.PasswordError as fault:
        raise refuse(InputCode.ENCRYPTED, "a password is needed to open it") from fault
    except (pikepdf.PdfError, RuntimeError, ValueError) as fault:
        raise refuse(InputCode.UNREADABLE, f"qpdf: {str(fault)[:200]}") from fault


def page_at(pdf: pikepdf.Pdf, index: int) -> pikepdf.Page:
    """The page, from 0. ``InputFault`` ``unreadable`` when it is not there."""
    try:
        return pdf.pages[index]
    except (pikepdf.PdfError, IndexError, RuntimeError, ValueError, TypeError) as fault:
        raise refuse(InputCode.UNREADABLE, f"no page {index + 1}: {fault}", index) from fault


def page_view(page: pikepdf.Page) -> PageView:
    """Where the displayed page is."""
    media = _box(page, "/MediaBox") or LETTER
    crop = _box(page, "/CropBox") or media
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    if right - left < 1 or top - bottom < 1:
        left, bottom, right, top = media
    unit = _number(page.obj.get("/UserUnit"), 1.0)
    unit = unit if 0 < unit <= 100 else 1.0
    turn, width, height = clockwise(_rotation(page), right - left, top - bottom)
    matrix = Affine(e=-left, f=-bottom).then(turn).then(Affine(a=unit, d=unit))
    return PageView(matrix, width * unit, height * unit, unit, (left, bottom, right, top))


def _rotation(page: pikepdf.Page) -> int:
    degrees = _number(_inherited(page, "/Rotate"), 0.0)
    return int(degrees) % 360 if degrees % 90 == 0 else 0


def _box(page: pikepdf.Page, name: str) -> Rect | None:
    found = _inherited(page, name)
    if not isinstance(found, pikepdf.Array) or len(found) != 4:
        return None
    x0, y0, x1, y1 = (_number(value, float("nan")) for value in found)
    box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    return box if box[2] - box[0] >= 1 and box[3] - box[1] >= 1 else None


def _inherited(page: pikepdf.Page, name: str) -> Any:
    node: Any = page.obj
    for _ in range(_DEEPEST_TREE):
        if not isinstance(node, pikepdf.Dictionary):
            return None
        if name in node:
            return node[name]
        node = node.get("/Parent")
    return None


def _number(value: Any, otherwise: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
