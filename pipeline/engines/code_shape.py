"""Whether an area is a barcode though no reader can read it: bars from end to end, or a finder of a QR code."""

import cv2
import numpy as np

from pipeline.engines.boxes import grown, inside
from pipeline.engines.ink import FAINTEST, MM, Mask, PageInk
from pipeline.engines.texture import TextureArea

STRIPED = ((0.72, 12), (0.92, 8))
"""share of the contrast that the means of the columns (or rows) of a linear code keep, and its bars: big letters have
fewer; a part of a code has few but straight ones"""
MARGIN_MM = 2.0
TALLEST_MM = 45.0
"""lines of print run together into longer bars"""
CORE = 0.5
"""of a linear code's height that is looked at"""
RINGS = ((1.5, 2.9), (1.8, 6.0))
"""area of a finder's outer square by its white one, and of that by its core; printed 49:25:9, spread by scanning"""
SQUARE_SHAPE = 0.7
SQUARE_FILL = 0.7
LEAST_FINDER_MM = 1.8


def looks_like_code(ink: PageInk, area: TextureArea) -> bool:
    """``area`` as found on that ink."""
    left, top, right, bottom = inside(grown(area.box, ink.pixels(MARGIN_MM)), ink.contrast.shape)
    mask = ink.mask(max(FAINTEST, ink.print_contrast() / 2))[top:bottom, left:right]
    return _has_finder(mask, ink) or _linear(mask, area.angle, TALLEST_MM / MM * ink.dpi)


def _linear(mask: Mask, angle: float, tallest: float) -> bool:
    height, width = mask.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    straight = np.asarray(cv2.warpAffine(mask, turn, (width, height)), dtype=np.uint8)
    parts = (straight, np.ascontiguousarray(straight.T))
    return any(part.shape[0] <= tallest and _striped(part) for part in parts)


def _striped(part: Mask) -> bool:
    """Whether the columns of the middle rows are dark or light throughout, and change often."""
    edge = round(part.shape[0] * (1 - CORE) / 2)
    middle = part[edge : part.shape[0] - edge].astype(np.float64)
    spread = float(middle.std())
    if middle.shape[0] < 3 or spread == 0:
        return False
    means = middle.mean(axis=0)
    changes = int(np.count_nonzero(np.diff((means > middle.mean()).astype(np.int8)) == 1))
    kept = float(means.std()) / spread
    return any(kept >= share and changes >= bars for share, bars in STRIPED)


def _has_finder(mask: Mask, ink: PageInk) -> bool:
    """A dark square in a white one in a dark one."""
    contours, tree = cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return False
    sizes = [_square(contour) for contour in contours]
    least = ink.pixels(LEAST_FINDER_MM) ** 2
    for outer, (_, _, white, _) in enumerate(tree[0].tolist()):
        core = tree[0][white][2] if white >= 0 else -1
        if core < 0 or sizes[outer] < least or min(sizes[white], sizes[core]) == 0:
            continue
        steps = (sizes[outer] / sizes[white], sizes[white] / sizes[core])
        if all(low <= step <= high for step, (low, high) in zip(steps, RINGS, strict=True)):
            return True
    return False


def _square(contour: "cv2.typing.MatLike") -> float:
    """Its area when it is about a square at any angle, else 0."""
    _, sides, _ = cv2.minAreaRect(contour)
    short, long = sorted(side + 1 for side in sides)
    full = short * long
    return full if short >= SQUARE_SHAPE * long and cv2.contourArea(contour) + 2 * long >= SQUARE_FILL * full else 0.0
