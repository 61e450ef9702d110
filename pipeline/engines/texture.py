"""Areas of a page that look like a barcode: half black, half white, in a dense block."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.domain.pages import Box
from pipeline.engines.boxes import size
from pipeline.engines.ink import FAINTEST, MM, Mask, PageInk

TEXTURE_DPI = 60.0
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
    """Areas that may be a code, biggest first. They are looked for on a smaller copy of the page."""
    mask = ink.mask(max(FAINTEST, ink.print_contrast() / 2))
    step = max(1, round(ink.dpi / TEXTURE_DPI))
    rows, columns = max(1, mask.shape[0] // step), max(1, mask.shape[1] // step)
    coarse = cv2.resize(mask[: rows * step, : columns * step], (columns, rows), interpolation=cv2.INTER_AREA)
    dot = MM / ink.dpi * step
    window = max(3, round(WINDOW_MM / dot)) | 1
    dense = cv2.threshold(cv2.blur(coarse, (window, window)), LEAST_DENSITY * 255, 255, cv2.THRESH_BINARY)[1]
    join = np.ones((max(1, round(JOIN_MM / dot)),) * 2, np.uint8)
    dense = cv2.morphologyEx(dense, cv2.MORPH_CLOSE, join)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dense, connectivity=4)
    areas = []
    for label in range(1, count):
        left, top, width, height, filled = (int(value) for value in stats[label])
        if (
            min(width, height) * dot < LEAST_SIDES_MM[0]
            or filled * dot * dot < LEAST_SIDES_MM[0] * LEAST_SIDES_MM[1] / 2
        ):
            continue
        shape = np.asarray(labels[top : top + height, left : left + width] == label, dtype=np.uint8)
        angle = _code_angle(shape, dot)
        box = (left * step, top * step, (left + width) * step, (top + height) * step)
        if (
            angle is not None
            and _stripes(shape, mask[box[1] : box[3], box[0] : box[2]]) >= LEAST_STRIPES * MM / ink.dpi
        ):
            areas.append(TextureArea(box, angle))
    return sorted(areas, key=lambda area: -size(area.box))


def _code_angle(shape: Mask, dot: float) -> float | None:
    """The slant of an area of a code's size that fills its rectangle; None for any other. ``dot``: mm a pixel."""
    contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    (_, _), (width, height), angle = cv2.minAreaRect(max(contours, key=len))
    short, long = sorted(((width + 1) * dot, (height + 1) * dot))
    if not LEAST_SIDES_MM[0] <= short <= MOST_SHORT_SIDE_MM or long < LEAST_SIDES_MM[1]:
        return None
    if int(np.count_nonzero(shape)) < LEAST_FILL * (width + 1) * (height + 1):
        return None
    return float((angle + 45) % 90 - 45)


def _stripes(shape: Mask, mask: Mask) -> float:
    """Changes between dark and light along rows or columns, whichever has more, per pixel of the area."""
    inside = cv2.resize(shape, mask.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    across = (mask[:, 1:] != mask[:, :-1]) & inside[:, 1:]
    down = (mask[1:, :] != mask[:-1, :]) & inside[1:, :]
    changes = max(int(np.count_nonzero(across)), int(np.count_nonzero(down)))
    return changes / max(1, int(np.count_nonzero(inside)))
