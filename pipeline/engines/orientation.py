"""Which way up a page lies, from its lines and from the letters that rise above or hang below them. Cheap."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.engines.ink import FAINTEST, MM, page_ink
from pipeline.ports.engines import GreyImage

ORIENTATION_DPI = 210.0
"""letters are told apart down to 100 dpi"""
CONTRAST = 0.3
SIGN_MM = (0.9, 6.5)
MOST_SIGNS = 4000
LEAST_SIGNS = 60
MOST_SKEW = 12.0
SKEW_STEP = 0.25
BIN_MM = 0.35
STRIP_MM = 45.0
"""within so narrow a strip a line is straight and level once the skew is out"""
LEAST_IN_LINE = 4
RISE = 0.22
"""of the height of a small letter: what is farther out is an ascender or a descender"""
STEADY = 0.14
SURE_AXIS = 1.6
"""how much sharper lines are one way than the other when there is no doubt"""
SURE_SCORE = 5.0
"""standard deviations of ascenders over descenders that are beyond doubt"""
LEAST_PROTRUDING = 0.07
"""of all letters: in capitals and figures only diacritics and commas stand out, and they say little"""
LEAST_SHARE = 0.62
"""of ascenders among the two: Romanian has four to one, print that runs together less"""


@dataclass(frozen=True, slots=True)
class Orientation:
    degrees_clockwise_to_upright: int
    """0, 90, 180 or 270"""
    confidence: float
    """0 to 1; from 0.8 it need not be asked for elsewhere"""


UNKNOWN = Orientation(0, 0.0)
_Signs = NDArray[np.float64]
"""one row a letter: left, top, right, bottom in mm"""


def orientation_of(grey: GreyImage, dpi: float) -> Orientation:
    """How far the page must be turned; confidence 0 when there is too little text to tell."""
    signs = _signs_of(grey, dpi)
    if len(signs) < LEAST_SIGNS:
        return UNKNOWN
    sideways = _turned(signs)
    skew, sharp = _lines(signs)
    skew_sideways, sharp_sideways = _lines(sideways)
    if sharp >= sharp_sideways:
        way, ratio = 0, sharp / max(sharp_sideways, 1e-9)
        rising, hanging = _protruding(signs, skew)
    else:
        way, ratio = 90, sharp_sideways / max(sharp, 1e-9)
        rising, hanging = _protruding(sideways, skew_sideways)
    if hanging > rising:
        way, rising, hanging = way + 180, hanging, rising
    return Orientation(way, _confidence(ratio, rising, hanging, len(signs)))


def _signs_of(grey: GreyImage, dpi: float) -> _Signs:
    """Boxes of what may be letters, without rules, pictures and dust."""
    ink = page_ink(grey, dpi, finest=ORIENTATION_DPI)
    contrast = min(CONTRAST, max(FAINTEST, ink.print_contrast() / 2))
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.mask(contrast), connectivity=8)
    boxes = np.asarray(stats[1:], dtype=np.float64)
    left, top, width, height = (boxes[:, place] * MM / ink.dpi for place in range(4))
    short, long = np.minimum(width, height), np.maximum(width, height)
    fits = (long >= SIGN_MM[0]) & (long <= SIGN_MM[1]) & (long <= 5 * short)
    signs = np.stack([left, top, left + width, top + height], axis=1)[fits]
    step = max(1, -(-len(signs) // MOST_SIGNS))
    return np.asarray(signs[::step] if step > 1 and len(signs) > 2 * MOST_SIGNS else signs)


def _turned(signs: _Signs) -> _Signs:
    """The boxes after a quarter turn clockwise."""
    left, top, right, bottom = signs.T
    return np.stack([-bottom, left, -top, right], axis=1)


def _lines(signs: _Signs) -> tuple[float, float]:
    """The skew (tangent) at which lower and upper edges fall together best, and how sharply they do."""
    best = (0.0, 0.0)
    across = (signs[:, 0] + signs[:, 2]) / 2
    steps = np.tan(np.radians(np.arange(-MOST_SKEW, MOST_SKEW + SKEW_STEP, SKEW_STEP)))
    for skew in steps.tolist():
        sharp = sum(_sharpness(signs[:, edge] - skew * across) for edge in (1, 3))
        if sharp > best[1]:
            best = (skew, sharp)
    return best


def _sharpness(heights: NDArray[np.float64]) -> float:
    places = ((heights - heights.min()) / BIN_MM).astype(np.intp)
    counts = np.bincount(places).astype(np.float64)
    return float((counts * counts).sum() / len(heights))


def _protruding(signs: _Signs, skew: float) -> tuple[int, int]:
    """How many letters rise above their neighbours' tops, and how many hang below their bottoms."""
    across = (signs[:, 0] + signs[:, 2]) / 2
    tops, bottoms = signs[:, 1] - skew * across, signs[:, 3] - skew * across
    strips = ((across - across.min()) / STRIP_MM).astype(np.intp)
    rising = hanging = 0
    for strip in range(int(strips.max()) + 1):
        own = strips == strip
        for line in _rows(tops[own], bottoms[own]):
            up, down = _count(*line)
            rising, hanging = rising + up, hanging + down
    return rising, hanging


def _rows(
    tops: NDArray[np.float64], bottoms: NDArray[np.float64]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Letters of a strip, line by line: sorted by their middle, parted where the middles leave a gap."""
    order = np.argsort((tops + bottoms) / 2, kind="stable")
    middles = ((tops + bottoms) / 2)[order]
    if len(middles) < LEAST_IN_LINE:
        return []
    typical = float(np.median(bottoms - tops))
    cuts = np.nonzero(np.diff(middles) > 0.35 * typical)[0] + 1
    return [(tops[part], bottoms[part]) for part in np.split(order, cuts) if len(part) >= LEAST_IN_LINE]


def _count(tops: NDArray[np.float64], bottoms: NDArray[np.float64]) -> tuple[int, int]:
    upper, lower = float(np.median(tops)), float(np.median(bottoms))
    height = lower - upper
    if height <= 0 or len(tops) > 80:
        return 0, 0
    rises, hangs = upper - tops, bottoms - lower
    rising = (rises > RISE * height) & (rises < 1.2 * height) & (np.abs(hangs) < STEADY * height)
    hanging = (hangs > RISE * height) & (hangs < 1.2 * height) & (np.abs(rises) < STEADY * height)
    return int(np.count_nonzero(rising)), int(np.count_nonzero(hanging))


def _confidence(ratio: float, rising: int, hanging: int, signs: int) -> float:
    """0 to 1: the weaker of what is known about the axis and about up and down."""
    total = rising + hanging
    if total == 0:
        return 0.0
    axis = min(1.0, max(0.0, (ratio - 1) / (SURE_AXIS - 1)))
    score = (rising - hanging) / total**0.5
    upright = min(1.0, score / SURE_SCORE)
    if rising / total < LEAST_SHARE or rising / signs < LEAST_PROTRUDING:
        upright = min(upright, 0.5)
    return round(float(min(axis, upright)), 3)
