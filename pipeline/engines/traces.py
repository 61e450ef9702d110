"""Whether nobody put there what is on a page: dust, holes, staples, edges, a feed mark, print shining through."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.engines.frame import FrameFit
from pipeline.engines.ink import DARK, WRITING, Mask, PageInk

DUST_MM = 1.1
SOFT_PIXELS = 2
"""that softening adds to a spot"""
JOIN_MM = 0.7
"""a faint stroke breaks into pieces that are nearer to each other"""
EDGE_TOUCH_MM = 1.5
EDGE_BAND_MM = 10.0
SHADOW_MM = 2.5
"""a shadow at the edge is at least so thick; a drawn line is thinner"""
SHADOW_DEPTH_MM = 40.0
MOST_SHADOW = 0.3
"""share of the page"""
HOLE_MM = (3.0, 9.0)
HOLE_FROM_EDGE_MM = 26.0
HOLE_FILL = 0.55
MOST_HOLES = 8
STAPLE_MM = (5.0, 16.0)
STAPLE_THICK_MM = 1.6
STAPLE_FROM_EDGE_MM = 35.0
MOST_STAPLES = 4
STREAK_SHARE = 0.5
STREAK_THICK_MM = 2.0
PRINTED = 0.01
"""share of the middle of a page that only print can darken"""
MARK_MM = 10.0
MOST_MARKS = 4
MARKS_APART_MM = 20.0
"""marks nearer to each other may be writing"""
SPOT_MM = 3.0
MOST_DUST_MM2 = 60.0
THROUGH = 1.3
"""what shines through is at most so much darker than the frame that shines through"""
MOST_THROUGH = 0.45
LEAST_PAPER = 110.0
"""brightness below which there is no telling paper from ink"""


@dataclass(frozen=True, slots=True)
class Traces:
    blank: bool
    nearly: bool
    """a feed mark, hole shadows or a spot may be there, but no writing; blank implies it"""


def traces_of(ink: PageInk, frame: FrameFit) -> Traces:
    """``frame`` tells how dark a separator's front shines through, if the page is its back."""
    if ink.paper < LEAST_PAPER:
        return Traces(False, False)
    if _printed(ink):
        return Traces(False, False)
    mask = ink.mask(_threshold(frame))
    mask, shadow = _without_shadow(mask, ink)
    if shadow > MOST_SHADOW:
        return Traces(False, False)
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((ink.pixels(JOIN_MM),) * 2, np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(joined), connectivity=8)
    return _judged(np.asarray(stats[1:], dtype=np.float64), joined.shape, ink)


def _printed(ink: PageInk) -> bool:
    """Plain print in the middle of the page: nothing else needs to be looked at."""
    deep = ink.pixels(SHADOW_DEPTH_MM)
    middle = ink.contrast[deep:-deep:2, deep:-deep:2]
    dark = int(np.count_nonzero(middle >= max(DARK, MOST_THROUGH) * 255))
    return bool(middle.size) and dark > PRINTED * middle.size


def _threshold(frame: FrameFit) -> float:
    shining = frame.mirrored and frame.shape and frame.contrast <= MOST_THROUGH
    return max(WRITING, frame.contrast * THROUGH) if shining else WRITING


def _judged(stats: NDArray[np.float64], shape: tuple[int, ...], ink: PageInk) -> Traces:
    scale = 25.4 / ink.dpi
    left, top, width, height = (stats[:, place] * scale for place in range(4))
    area = stats[:, 4] * scale * scale
    short, long = np.minimum(width, height), np.maximum(width, height)
    page_height, page_width = shape[0] * scale, shape[1] * scale
    gaps = np.stack([left, top, page_width - left - width, page_height - top - height])
    nearest = gaps.min(axis=0)
    reach = np.stack([left + width, top + height, page_width - left, page_height - top]).min(axis=0)

    dust = long < DUST_MM + SOFT_PIXELS * scale
    edge = (nearest <= EDGE_TOUCH_MM) & (reach <= EDGE_BAND_MM)
    fill = area / np.maximum(width * height, 1e-6)
    hole = (short >= HOLE_MM[0]) & (long <= HOLE_MM[1]) & (short >= 0.7 * long) & (fill >= HOLE_FILL)
    hole &= reach <= HOLE_FROM_EDGE_MM
    staple = (long >= STAPLE_MM[0]) & (long <= STAPLE_MM[1]) & (area / np.maximum(long, 1e-6) <= STAPLE_THICK_MM)
    straight = (short <= STAPLE_THICK_MM) | (fill <= 2 * STAPLE_THICK_MM * np.hypot(width, height) / (width * height))
    staple &= straight & (nearest <= STAPLE_FROM_EDGE_MM) & (area >= 0.3 * long * 0.5)
    explained = dust | edge | hole | staple
    few = np.count_nonzero(hole & ~edge) <= MOST_HOLES and np.count_nonzero(staple & ~edge) <= MOST_STAPLES
    clean = bool(few) and float(area[dust & ~edge].sum()) <= MOST_DUST_MM2
    if clean and bool(explained.all()):
        return Traces(True, True)
    rest = ~explained
    streak = (
        rest & (short <= STREAK_THICK_MM) & (long >= STREAK_SHARE * np.where(width > height, page_width, page_height))
    )
    rest &= ~streak
    small = (long <= MARK_MM) & (reach <= HOLE_FROM_EDGE_MM)
    middles = (left + width / 2 + 1j * (top + height / 2))[rest]
    if len(middles) == 1:
        return Traces(False, clean and bool((small | (long <= SPOT_MM))[rest][0]))
    nearly = clean and len(middles) <= MOST_MARKS and bool(small[rest].all()) and _apart(middles)
    return Traces(False, nearly)


def _apart(middles: NDArray[np.complex128]) -> bool:
    """Whether all places (mm) are far from each other."""
    distances = np.abs(middles[:, None] - middles[None, :]) + np.eye(len(middles)) * MARKS_APART_MM
    return bool((distances >= MARKS_APART_MM).all())


def _without_shadow(mask: Mask, ink: PageInk) -> tuple[Mask, float]:
    """Takes out solid dark areas that come in from the edge, and says what share of the page they are."""
    thick = ink.pixels(SHADOW_MM)
    framed = cv2.copyMakeBorder(mask, thick, thick, thick, thick, cv2.BORDER_CONSTANT, value=255)
    solid = np.asarray(cv2.morphologyEx(framed, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8)))
    _, labels, _, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    shadow = np.asarray(labels == labels[0, 0], dtype=np.uint8)[thick:-thick, thick:-thick]
    deep = ink.pixels(SHADOW_DEPTH_MM)
    share = float(np.count_nonzero(shadow)) / shadow.size
    shadow[deep:-deep, deep:-deep] = 0
    wide = cv2.dilate(shadow, np.ones((thick, thick), np.uint8))
    return np.where(wide > 0, 0, mask).astype(np.uint8), share
