"""How much running text is on a page, apart from its codes: characters, lines, and lines as long as a letter's."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.pages import Box
from pipeline.engines.boxes import grown, inside
from pipeline.engines.ink import MM, Mask, PageInk

TEXT_CONTRAST = 0.2
SIGN_MM = (0.9, 9.0)
"""height of a letter, a figure or a word written by hand"""
LONGEST_WORD_MM = 70.0
RULE_SHAPE = 12.0
"""wider than so many heights is a rule, not a word"""
STEM_SHAPE = 9.0
"""higher than so many widths is a bar"""
SIGN_SHAPE = 0.75
"""width of a letter as a share of the height of what it stands in"""
GAP_MM = 4.5
"""between two words of a line at most"""
LINE_DPI = 75.0
LONG_LINE_MM = 85.0
LONG_LINE_SIGNS = 18
CODE_MARGIN_MM = 1.0
RULE_MM = 40.0
THICKEST_RULE_MM = 1.6
MIDDLE = (0.25, 0.65)
"""between paper and the darkest print: what a photograph has most of"""


@dataclass(frozen=True, slots=True)
class Writing:
    characters: int
    """estimated; words that run together count by their width"""
    long_lines: int
    """lines as long as a letter's"""


@dataclass(frozen=True, slots=True)
class Furniture:
    rules: int
    """thin lines of a table or a form, in the direction that has more"""
    half_tone: float
    """share of the page that is neither paper nor print"""


def without(ink: PageInk, codes: Iterable[Box]) -> PageInk:
    """The ink beside the codes (boxes in pixels of the ink image) and their edges."""
    contrast = ink.contrast.copy()
    for box in codes:
        left, top, right, bottom = inside(grown(box, ink.pixels(CODE_MARGIN_MM)), contrast.shape)
        contrast[top:bottom, left:right] = 0
    return replace(ink, contrast=contrast)


def writing_of(ink: PageInk) -> Writing:
    """The running text on a page at any of four angles."""
    signs, counts = _signs(ink.mask(TEXT_CONTRAST), ink)
    shape = ink.contrast.shape
    lines = max(_long_lines(signs, counts, shape, ink), _long_lines(signs[:, [1, 0, 3, 2]], counts, shape[::-1], ink))
    return Writing(int(counts.sum()), lines)


def furniture_of(ink: PageInk) -> Furniture:
    """What a form or a photograph has and a separator sheet has not."""
    return Furniture(_rules(ink.mask(TEXT_CONTRAST), ink), _half_tone(ink.contrast, ink))


def _signs(mask: Mask, ink: PageInk) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Left, top, width, height of each letter or word, and how many letters it may hold."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    stats = np.asarray(stats[1:, :4])
    width, height = stats[:, 2], stats[:, 3]
    short, long = np.minimum(width, height), np.maximum(width, height)
    least, most = (size * ink.dpi / MM for size in SIGN_MM)
    fits = (long >= least) & (short <= most) & (long <= LONGEST_WORD_MM / MM * ink.dpi)
    fits &= (width <= RULE_SHAPE * height) & (height <= max(STEM_SHAPE, RULE_SHAPE) * width)
    stem = (short < 0.35 / MM * ink.dpi) & (long > 5.0 / MM * ink.dpi)
    signs = np.asarray(stats[fits & ~stem], dtype=np.int64)
    low, high = np.minimum(signs[:, 2], signs[:, 3]), np.maximum(signs[:, 2], signs[:, 3])
    counts = np.maximum(1, np.rint(high / np.maximum(low, least) * SIGN_SHAPE)).astype(np.int64)
    return signs, counts


def _long_lines(signs: NDArray[np.int64], counts: NDArray[np.int64], shape: tuple[int, ...], ink: PageInk) -> int:
    """Lines along the rows that are long and hold enough letters, drawn small and joined."""
    if len(signs) == 0:
        return 0
    scale = LINE_DPI / ink.dpi
    rows, columns = (int(side * scale) + 2 for side in shape)
    left, top, width, height = signs.T * scale
    start, end = left.astype(np.intp), (left + width).astype(np.intp) + 1
    middle = (top + height / 2).astype(np.intp)
    half = np.maximum(1, height / 4).astype(np.intp)
    canvas = np.zeros((rows, columns), np.uint8)
    for x, y, to, thick in zip(start.tolist(), middle.tolist(), end.tolist(), half.tolist(), strict=True):
        canvas[max(0, y - thick) : y + thick + 1, x:to] = 255
    joined = cv2.morphologyEx(canvas, cv2.MORPH_CLOSE, np.ones((1, round(GAP_MM / MM * LINE_DPI)), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    held = np.bincount(labels[middle, (start + end) // 2], weights=counts, minlength=count)[1:]
    return int(np.count_nonzero((stats[1:, 2] >= LONG_LINE_MM / MM * LINE_DPI) & (held >= LONG_LINE_SIGNS)))


def _rules(mask: Mask, ink: PageInk) -> int:
    thick = ink.pixels(THICKEST_RULE_MM) + 1
    solid = cv2.dilate(cv2.erode(mask, np.ones((thick, thick), np.uint8)), np.ones((thick + 2, thick + 2), np.uint8))
    thin = cv2.bitwise_and(mask, cv2.bitwise_not(solid))
    long = ink.pixels(RULE_MM)
    return max(
        cv2.connectedComponents(cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones(kernel, np.uint8)))[0] - 1
        for kernel in ((1, long), (long, 1))
    )


def _half_tone(contrast: NDArray[np.uint8], ink: PageInk) -> float:
    """Grey that stays grey when it is blurred a little: letters and lines do not count."""
    inked = contrast[contrast >= TEXT_CONTRAST * 255]
    if inked.size == 0:
        return 0.0
    darkest = float(np.percentile(inked, 95))
    eroded = cv2.erode(contrast, np.ones((ink.pixels(0.8), ink.pixels(0.8)), np.uint8))
    middle = cv2.inRange(eroded, MIDDLE[0] * darkest, MIDDLE[1] * darkest)
    return float(np.count_nonzero(middle)) / middle.size
