"""True boxes for linear codes: zbar answers equal ones as one, with a box from the first to the last."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.domain.pages import Box, Code
from pipeline.engines.boxes import common, covered, grown, size
from pipeline.engines.ink import MM

SQUARE = frozenset({"QR", "DATAMATRIX", "AZTEC"})
TALLEST_MM = 35.0
"""no linear code is taller: a taller box holds several"""
LEAST_MM = 2.0
"""a thinner box is the trace of a single scan line"""
STRIP_MM = 6.0
LIKE_LENGTH = 0.8
MOST_SHARE = 0.6
"""one of several codes takes no more of their common box"""
MOSTLY = 0.5
NEAR_MM = 2.0


def settled(codes: Iterable[Code], areas: Sequence[Box], dpi: float) -> tuple[list[Code], list[Code]]:
    """The codes whose place is sure, and those whose box is only a guess.

    A linear code gets the box of the code-like area it lies in, one code an area.
    """
    placed: list[Code] = []
    placeless: list[Code] = []
    for code in codes:
        boxes = [code.box] if code.symbology in SQUARE else _own_boxes(code.box, areas, dpi)
        if boxes:
            placed += [replace(code, box=box) for box in boxes]
        else:
            placeless += [replace(code, box=box) for box in _strips(code.box, dpi)]
    return placed, placeless


def _own_boxes(box: Box, areas: Sequence[Box], dpi: float) -> list[Box]:
    short = min(box[2] - box[0], box[3] - box[1])
    if short < LEAST_MM / MM * dpi:
        near = grown(box, NEAR_MM / MM * dpi)
        return [area for area in areas if size(common(near, area)) >= size(near) / 4][:1]
    if short > TALLEST_MM / MM * dpi:
        return [area for area in areas if _one_of(area, box)]
    for area in areas:
        if covered(area, [box]) >= MOSTLY or covered(box, [area]) >= MOSTLY:
            box = (min(box[0], area[0]), min(box[1], area[1]), max(box[2], area[2]), max(box[3], area[3]))
    return [box]


def _one_of(area: Box, box: Box) -> bool:
    """Whether the area lies on the box, as long as it one way and much shorter the other."""
    if not _on(_middle(area), box):
        return False
    shares = ((area[2] - area[0]) / (box[2] - box[0]), (area[3] - area[1]) / (box[3] - box[1]))
    return LIKE_LENGTH <= max(shares) <= 1 / LIKE_LENGTH and min(shares) <= MOST_SHARE


def _middle(box: Box) -> tuple[float, float]:
    return ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)


def _on(point: tuple[float, float], box: Box) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _strips(box: Box, dpi: float) -> Iterator[Box]:
    """The box itself, or its two ends when it is too tall for one code: what lies between is not the code."""
    left, top, right, bottom = box
    tallest, strip = TALLEST_MM / MM * dpi, round(STRIP_MM / MM * dpi)
    if min(right - left, bottom - top) <= tallest:
        yield box
        return
    yield (left, top, right, top + strip)
    yield (left, bottom - strip, right, bottom)
