"""Areas of a page that look like a barcode: half black, half white, in a dense block."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.domain.pages import Box
from pipeline.engines.ink import FAINTEST, MM, Mask, PageInk

WINDOW_MM = 4.0
LEAST_DENSITY = 0.33
"""share of dark in the window; running text seldom has a quarter"""
JOIN_MM = 3.0
"""light gaps inside a code are narrower"""
LEAST_SIDES_MM = (4.0, 9.0)
"""shorter and longer side"""
MOST_SHORT_SIDE_MM = 75.0
"""what is larger both ways is a picture or a block of bold text"""
LEAST_FILL = 0.45
"""of the smallest rectangle around it"""
LEAST_STRIPES = 0.25
"""changes between dark and light per mm, along rows or columns: a solid area has none"""


@dataclass(frozen=True, slots=True)
class TextureArea:
    box: Box
    """in pixels of the ink image"""
    angle: float
    """degrees that its edges are off the page's, -45 to 45"""


def texture_areas(ink: PageInk) -> list[TextureArea]:
    """Areas that may be a code, biggest first."""
    mask = ink.mask(max(FAINTEST, ink.print_contrast() / 2))
    window = max(3, ink.pixels(WINDOW_MM)) | 1
    density = np.asarray(cv2.blur(mask, (window, window)))
    dense = cv2.threshold(density, LEAST_DENSITY * 255, 255, cv2.THRESH_BINARY)[1]
    join = cv2.getStructuringElement(cv2.MORPH_RECT, (ink.pixels(JOIN_MM),) * 2)
    dense = cv2.morphologyEx(dense, cv2.MORPH_CLOSE, join)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dense, connectivity=4)
    least = LEAST_SIDES_MM[0] / MM * ink.dpi
    least_size = LEAST_SIDES_MM[0] * LEAST_SIDES_MM[1] * (ink.dpi / MM) ** 2 / 2
    areas = []
    for label in range(1, count):
        left, top, width, height, size = (int(value) for value in stats[label])
        if min(width, height) < least or size < least_size:
            continue
        part = np.s_[top : top + height, left : left + width]
        area = _area(np.asarray(labels[part] == label, dtype=np.uint8), mask[part], (left, top), ink)
        if area is not None:
            areas.append(area)
    return sorted(areas, key=lambda area: -_size(area.box))


def _area(shape: Mask, mask: Mask, corner: tuple[int, int], ink: PageInk) -> TextureArea | None:
    points = cv2.findNonZero(shape)
    (_, _), (width, height), angle = cv2.minAreaRect(points)
    short, long = sorted((width / ink.dpi * MM, height / ink.dpi * MM))
    if not LEAST_SIDES_MM[0] <= short <= MOST_SHORT_SIDE_MM or long < LEAST_SIDES_MM[1]:
        return None
    size = int(np.count_nonzero(shape))
    if size < LEAST_FILL * max(width * height, 1) or _stripes(shape, mask, size) < LEAST_STRIPES * MM / ink.dpi:
        return None
    left, top = corner
    box = (left, top, left + shape.shape[1], top + shape.shape[0])
    return TextureArea(box, float((angle + 45) % 90 - 45))


def _stripes(shape: Mask, mask: Mask, size: int) -> float:
    """Changes between dark and light along rows or columns, whichever has more, per pixel of the area."""
    inside = shape > 0
    across = (mask[:, 1:] != mask[:, :-1]) & inside[:, 1:]
    down = (mask[1:, :] != mask[:-1, :]) & inside[1:, :]
    return max(int(np.count_nonzero(across)), int(np.count_nonzero(down))) / max(size, 1)


def _size(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
