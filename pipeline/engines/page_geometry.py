"""The displayed page, the one convention that rasters, words and the PDF writer share.

The *displayed page* is what a viewer shows of a source page: its crop box after /Rotate (PDF), its pixels after the
TIFF or EXIF orientation (images). A raster covers exactly the displayed page, pixel (0, 0) at its top left. The
*upright page* is the displayed page turned clockwise by ``PageText.rotation`` / ``DocumentPage.rotation``; words are
in pixels of the upright page. The writer maps them to points in proportion: ``x * page width / PageText.width``.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Rect = tuple[float, float, float, float]
"""left, bottom, right, top"""
NOWHERE: Rect = (0.0, 0.0, 0.0, 0.0)
Sample = TypeVar("Sample", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Affine:
    """A PDF matrix: (x, y) → (a·x + c·y + e, b·x + d·y + f)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def then(self, next: "Affine") -> "Affine":
        """This matrix first, the other one after it."""
        return Affine(
            self.a * next.a + self.b * next.c,
            self.a * next.b + self.b * next.d,
            self.c * next.a + self.d * next.c,
            self.c * next.b + self.d * next.d,
            self.e * next.a + self.f * next.c + next.e,
            self.e * next.b + self.f * next.d + next.f,
        )

    def apply(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def bounds(self, x: float = 0.0, y: float = 0.0, width: float = 1.0, height: float = 1.0) -> Rect:
        """What a rectangle, by default the unit square, covers after the matrix."""
        corners = [self.apply(x + along, y + up) for along in (0, width) for up in (0, height)]
        xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
        return min(xs), min(ys), max(xs), max(ys)


IDENTITY = Affine()


@dataclass(frozen=True, slots=True)
class Turn:
    """One of the eight ways to lay an image down: first swap rows and columns, then mirror."""

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def pixels(self, stored: NDArray[Sample]) -> NDArray[Sample]:
        """The image as displayed, a view."""
        turned = stored.swapaxes(0, 1) if self.swap else stored
        if self.mirror_x:
            turned = turned[:, ::-1]
        return turned[::-1] if self.mirror_y else turned

    def size(self, width: float, height: float) -> tuple[float, float]:
        return (height, width) if self.swap else (width, height)

    @property
    def unit(self) -> Affine:
        """Takes the unit square of a stored image to that of the displayed one (y upwards)."""
        matrix = Affine(0, -1, -1, 0, 1, 1) if self.swap else Affine()
        if self.mirror_x:
            matrix = matrix.then(Affine(a=-1, e=1))
        return matrix.then(Affine(d=-1, f=1)) if self.mirror_y else matrix


AS_STORED = Turn()

ORIENTATIONS = {
    1: AS_STORED,
    2: Turn(False, True, False),
    3: Turn(False, True, True),
    4: Turn(False, False, True),
    5: Turn(True, False, False),
    6: Turn(True, True, False),
    7: Turn(True, True, True),
    8: Turn(True, False, True),
}
"""by TIFF and EXIF orientation tag"""


def turn_of(matrix: Affine) -> Turn | None:
    """How the unit square's image lies after the matrix; None when it is skewed or turned by an odd angle."""
    along, across = max(abs(matrix.a), abs(matrix.d)), max(abs(matrix.b), abs(matrix.c))
    if min(along, across) > 0.002 * max(along, across):
        return None
    if along >= across:
        return Turn(False, matrix.a < 0, matrix.d < 0)
    return Turn(True, matrix.c > 0, matrix.b > 0)


def clockwise(degrees: int, width: float, height: float) -> tuple[Affine, float, float]:
    """Turns a page of the given size clockwise: the matrix, and the size afterwards."""
    match degrees % 360:
        case 90:
            return Affine(0, -1, 1, 0, 0, width), height, width
        case 180:
            return Affine(-1, 0, 0, -1, width, height), width, height
        case 270:
            return Affine(0, 1, -1, 0, height, 0), height, width
        case _:
            return Affine(), width, height


def common(first: Rect, second: Rect) -> Rect:
    """What two rectangles share; ``NOWHERE`` when that is nothing."""
    left, bottom = max(first[0], second[0]), max(first[1], second[1])
    right, top = min(first[2], second[2]), min(first[3], second[3])
    return (left, bottom, right, top) if left < right and bottom < top else NOWHERE


def covers(outer: Rect, inner: Rect, slack: float) -> bool:
    """Whether nothing of ``inner`` is out of ``outer`` by more than ``slack``."""
    reaches_left_and_down = outer[0] <= inner[0] + slack and outer[1] <= inner[1] + slack
    return reaches_left_and_down and outer[2] >= inner[2] - slack and outer[3] >= inner[3] - slack


def area(rect: Rect) -> float:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])
