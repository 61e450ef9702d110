"""What separator sheets have and letters have not: heavy bars, a title of big letters, a large code in the middle."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.pages import Box
from pipeline.engines.boxes import size
from pipeline.engines.ink import DARK, MM, PageInk

BAR_DPI = 75.0
THINNEST_BAR_MM = 1.6
BAR_MM = (40.0, 30.0)
"""least length, most breadth"""
BAR_SHAPE = 5.0
BAR_FILL = 0.75
"""of the smallest rectangle around it"""
BARS = 3
"""a patch has four; one or two thick lines are a letterhead or a scanner's edge"""
EDGE_MM = 1.5
TITLE_MM = (6.5, 30.0)
"""height of its letters: 26 points and more"""
TITLE_SHAPE = (0.3, 1.4)
"""width of a big letter as a share of its height"""
TITLE_FILL = (0.15, 0.75)
TITLE_LETTERS = 4
SAME_HEIGHT = 0.15
LARGE_CODE = 0.01
"""share of the page"""
MIDDLE = (0.22, 0.15)
"""a large code's middle is farther from the nearest side, and from the nearest end, as a share of the page"""


def has_bars(ink: PageInk) -> bool:
    """The heavy bars of a patch code."""
    return _bars(ink) >= BARS


def has_central_code(codes: Iterable[Box], shape: tuple[int, int]) -> bool:
    """A large code away from the margins, where stickers are put. ``shape``: height and width of the page."""
    height, width = shape
    return any(size(box) >= LARGE_CODE * height * width and _central(box, height, width) for box in codes)


def has_title(ink: PageInk) -> bool:
    """Several big letters of the same height in a line, along the rows or along the columns."""
    mask = ink.mask(min(DARK, ink.print_contrast() / 2))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = np.asarray(stats[1:], dtype=np.float64)
    return any(_row_of_letters(boxes[:, order], ink.dpi / MM) for order in ([0, 1, 2, 3, 4], [1, 0, 3, 2, 4]))


def _central(box: Box, height: int, width: int) -> bool:
    across, down = (box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height
    near_side, near_end = min(across, 1 - across), min(down, 1 - down)
    if height < width:
        near_side, near_end = near_end, near_side
    return near_side >= MIDDLE[0] and near_end >= MIDDLE[1]


def _bars(ink: PageInk) -> int:
    """How many straight solid bars are on the page, at any angle, apart from what touches its edge."""
    step = max(1, round(ink.dpi / BAR_DPI))
    dpi = ink.dpi / step
    contrast = ink.contrast[: ink.contrast.shape[0] // step * step, : ink.contrast.shape[1] // step * step]
    small = cv2.resize(contrast, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    least = min(DARK, ink.print_contrast() / 2) * 255
    mask = cv2.threshold(small, least, 255, cv2.THRESH_BINARY)[1]
    thick = max(2, round(THINNEST_BAR_MM / MM * dpi))
    solid = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8)), dtype=np.uint8)
    contours, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    edge = EDGE_MM / MM * dpi
    count = 0
    for contour in contours:
        left, top, across, down = cv2.boundingRect(contour)
        if min(left, top, solid.shape[1] - left - across, solid.shape[0] - top - down) < edge:
            continue
        _, sides, _ = cv2.minAreaRect(contour)
        short, long = sorted(side + 1 for side in sides)
        fits = BAR_MM[0] / MM * dpi <= long and short <= BAR_MM[1] / MM * dpi and long >= BAR_SHAPE * short
        count += fits and cv2.contourArea(contour) >= BAR_FILL * (short - 1) * (long - 1)
    return count


def _row_of_letters(boxes: NDArray[np.float64], dots: float) -> bool:
    """``boxes``: rows of left, top, width, height, area in pixels; ``dots``: pixels a mm."""
    width, height = boxes[:, 2], boxes[:, 3]
    fill = boxes[:, 4] / np.maximum(width * height, 1)
    fits = (height >= TITLE_MM[0] * dots) & (height <= TITLE_MM[1] * dots)
    fits &= (width >= TITLE_SHAPE[0] * height) & (width <= TITLE_SHAPE[1] * height)
    fits &= (fill >= TITLE_FILL[0]) & (fill <= TITLE_FILL[1])
    letters = boxes[fits]
    middles = letters[:, 1] + letters[:, 3] / 2
    for middle, high in zip(middles.tolist(), letters[:, 3].tolist(), strict=True):
        alike = (np.abs(letters[:, 3] - high) <= SAME_HEIGHT * high) & (np.abs(middles - middle) <= high)
        if int(np.count_nonzero(alike)) >= TITLE_LETTERS:
            return True
    return False
