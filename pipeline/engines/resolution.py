"""How many pixels make an inch: what the file says when it can be believed, else worked out from A4."""

from dataclasses import dataclass

A4_SHORT_INCHES = 8.27
LOWEST, HIGHEST = 60.0, 2400.0
SCREEN = 100.0
"""a resolution up to this is often only a program's default …"""
LARGEST_SCREEN_PAGE = 12.0
"""… and is not believed when it makes the short side longer than so many inches"""
LONGEST_PAGE_POINTS = 14_400.0
SHORTEST_PAGE_POINTS = 3.0
UNEVEN = 0.02


@dataclass(frozen=True, slots=True)
class Resolution:
    """Pixels per inch along each axis; never 0."""

    x: float
    y: float

    @property
    def dpi(self) -> float:
        return max(self.x, self.y)

    @property
    def uneven(self) -> bool:
        """As fax lines are: the raster must be stretched before it is read."""
        return abs(self.x - self.y) > UNEVEN * self.dpi

    def page_points(self, width: float, height: float) -> tuple[float, float]:
        """Size of the page in points, inside what PDF/A allows."""
        wide, high = width * 72 / self.x, height * 72 / self.y
        shrink = min(1.0, LONGEST_PAGE_POINTS / max(wide, high))
        return max(SHORTEST_PAGE_POINTS, wide * shrink), max(SHORTEST_PAGE_POINTS, high * shrink)


def believable(width: float, height: float, x: float | None, y: float | None = None) -> Resolution:
    """The resolution of an image of ``width`` by ``height`` pixels, given what its file says of both axes."""
    y = x if y is None else y
    if x is None or y is None or not (LOWEST <= x <= HIGHEST and LOWEST <= y <= HIGHEST) or max(x, y) > 4 * min(x, y):
        return guessed(width, height)
    if max(x, y) <= SCREEN and min(width / x, height / y) > LARGEST_SCREEN_PAGE:
        return guessed(width, height)
    return Resolution(float(x), float(y))


def guessed(width: float, height: float) -> Resolution:
    """As if the short side were that of an A4 sheet."""
    dpi = min(HIGHEST, max(LOWEST, min(width, height) / A4_SHORT_INCHES))
    return Resolution(dpi, dpi)
