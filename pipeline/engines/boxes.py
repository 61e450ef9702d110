"""Arithmetic of boxes: left, top, right, bottom in pixels, right and bottom outside."""

from collections.abc import Iterable, Sequence

from pipeline.domain.pages import Box


def size(box: Box) -> int:
    """Pixels in the box; 0 for one that is turned inside out."""
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def scaled(box: Box, factor: float) -> Box:
    left, top, right, bottom = (round(side * factor) for side in box)
    return (left, top, right, bottom)


def grown(box: Box, by: float) -> Box:
    """Larger by so many pixels on each side."""
    step = round(by)
    return (box[0] - step, box[1] - step, box[2] + step, box[3] + step)


def inside(box: Box, shape: tuple[int, ...]) -> Box:
    """What of the box lies on an image of that (height, width); at least one pixel."""
    height, width = shape[:2]
    left, top = min(max(0, box[0]), width - 1), min(max(0, box[1]), height - 1)
    return (left, top, max(left + 1, min(box[2], width)), max(top + 1, min(box[3], height)))


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box with all of them in it; there is at least one."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return (min(left), min(top), max(right), max(bottom))


def common(one: Box, other: Box) -> Box:
    return (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))


def overlap(one: Box, other: Box) -> float:
    """What they share, as a share of the smaller."""
    return size(common(one, other)) / max(1, min(size(one), size(other)))


def covered(box: Box, by: Iterable[Box]) -> float:
    """The largest share of the box that one of the others covers."""
    return max((size(common(box, other)) / max(1, size(box)) for other in by), default=0.0)
