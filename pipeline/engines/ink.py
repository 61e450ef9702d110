"""The ink of a page: how much darker than the paper around it each place is, at a size where that is cheap."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.engines.reduce import halved_to
from pipeline.ports.engines import GreyImage

MM = 25.4
INK_DPI = 150.0
WRITING = 0.18
"""contrast from which a place may be written on: a faint pencil has it, the back of a print shining through has not"""
FAINTEST = 0.12
"""contrast at which print may still be read"""
DARK = 0.35
"""contrast of what counts as print"""
CELL_MM = 6.0
PAPER_REACH_MM = 18.0
"""the paper's brightness is looked for so far around each place"""
LEAST_PAPER_SHARE = 0.55
"""of the page's brightness: inside a large black area there is no paper to be seen"""

Mask = NDArray[np.uint8]
"""height × width, 0 or 255"""


@dataclass(frozen=True, slots=True)
class PageInk:
    """A page brought to a lower resolution."""

    contrast: GreyImage
    """0 as light as the paper around, 255 black"""
    dpi: float
    paper: float
    """brightness of the paper, 0 to 255"""
    dark_share: float
    """share of dark pixels, 0 to 1; a black page is dark though it has no contrast"""

    def mask(self, contrast: float) -> Mask:
        """255 where at least that contrast (0 to 1) is."""
        return np.asarray(cv2.threshold(self.contrast, contrast * 255 - 0.5, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)

    def print_contrast(self) -> float:
        """What most print on the page has, 0 to 1: faint print has less than black; 1 where there is none."""
        least = round(FAINTEST * 255)
        counts = np.bincount(self.contrast[::2, ::2].ravel(), minlength=256)[least:]
        if not counts.any():
            return 1.0
        return (int(np.searchsorted(np.cumsum(counts), 0.85 * counts.sum())) + least) / 255

    def pixels(self, mm: float) -> int:
        """A length in pixels, at least 1."""
        return max(1, round(mm / MM * self.dpi))


def page_ink(grey: GreyImage, dpi: float, finest: float = INK_DPI) -> PageInk:
    """Weighs a page of any size and brightness against its own paper, at ``finest`` dpi at most."""
    small, small_dpi = halved_to(grey, dpi, finest)
    soft = np.asarray(cv2.GaussianBlur(small, (3, 3), 0), dtype=np.uint8)
    paper, overall = _paper(soft, small_dpi)
    contrast = 255 - np.asarray(cv2.divide(soft, paper, scale=255), dtype=np.uint8)
    dark = (contrast >= DARK * 255) | (soft < DARK * 255)
    return PageInk(contrast, small_dpi, overall, float(np.count_nonzero(dark)) / dark.size)


def _paper(soft: GreyImage, dpi: float) -> tuple[GreyImage, float]:
    """The brightness of the paper at each place, and over the page."""
    height, width = soft.shape
    cell = max(1, round(CELL_MM / MM * dpi))
    rows, columns = max(1, height // cell), max(1, width // cell)
    cells = cv2.resize(soft, (columns * 4, rows * 4), interpolation=cv2.INTER_LINEAR)
    brightest = cells.reshape(rows, 4, columns, 4).max(axis=(1, 3))
    overall = float(np.percentile(brightest, 80))
    reach = max(1, round(PAPER_REACH_MM / CELL_MM)) | 1
    spread = cv2.blur(cv2.dilate(brightest, np.ones((reach, reach), np.uint8)), (reach, reach))
    paper = np.maximum(spread, np.uint8(max(1.0, overall * LEAST_PAPER_SHARE)))
    return np.asarray(cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8), overall
