"""True boxes for linear codes: zbar answers equal ones as one, with a box from the first to the last."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.domain.pages import Box, Code
from pipeline.engines.ink import MM

SQUARE = frozenset({"QR", "DATAMATRIX", "AZTEC"})
TALLEST_MM = 35.0
"""no linear code is taller: a taller box holds several"""
LEAST_MM = 2.0
STRIP_MM = 6.0
LIKE_LENGTH = 0.8


def settled(codes: Iterable[Code], areas: Sequence[Box], dpi: float) -> tuple[list[Code], list[Code]]:
    """The codes whose place is sure, and those whose box is only a guess.

    A linear code gets the box of the code-like area it lies in, one code an area.
    """
    placed: list[Code] = []
    placeless: list[Code] = []
    for code in codes:
        own = [] if code.symbology in SQUARE else [area for area in areas if _belongs(area, code.box)]
        if own:
            placed += [replace(code, box=area) for area in own]
        elif code.symbology in SQUARE or _sound(code.box, dpi):
            placed.append(code)
        else:
            placeless += [replace(code, box=box) for box in _strips(code.box, dpi)]
    return placed, placeless


def _sound(box: Box, dpi: float) -> bool:
    """Neither the line of a single scan nor several codes in one."""
    short = min(box[2] - box[0], box[3] - box[1])
    return LEAST_MM / MM * dpi <= short <= TALLEST_MM / MM * dpi


def _belongs(area: Box, box: Box) -> bool:
    """Whether the area's middle is on the box (the box's middle on the area) and it is about as long."""
    length, own = (area[2] - area[0], box[2] - box[0])
    if area[3] - area[1] > length:
        length, own = (area[3] - area[1], box[3] - box[1])
    like = LIKE_LENGTH <= length / max(own, 1) <= 1 / LIKE_LENGTH
    return like and (_on(_middle(area), box) or _on(_middle(box), area))


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
