"""Recognises the frame of a separator sheet printed by Opis, with or without its codes."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.engines import sheet_frame
from pipeline.engines.reduce import halved_to
from pipeline.ports.engines import GreyImage

MM = 25.4
MARK_DPI = 55.0
"""most dpi that marks are looked for at; at least half of it is needed"""
LIKENESS = 0.5
"""correlation from which a place may be a mark"""
MOST_CANDIDATES = 28
SCALE = 0.1
"""a sheet printed to fit the page is smaller by so much at most"""
TOLERANCE = 2.5
"""mm that a mark may lie off its place"""
LEAST_MARKS = 4
CONTRAST = 0.16
"""of mark against paper; what shines through from the back has less"""
LINE_CONTRAST = 0.4
"""of the lines, as a share of the contrast of the marks"""
GAP_CONTRAST = 0.25
"""of the lines against the white between them, as a share of the contrast of the marks"""
MOST_STRAYS = 2
"""marks on the lines where none belong: an ornamental border has many"""
STRAY_MM = (4.0, 7.0)
"""nearer to a line than the second, farther from the marks than the first"""
LINE_SHARE = 0.5
"""of the lines between neighbouring marks that must be there"""
DPI_DOUBT = 0.12

_MODEL = np.array([complex(x, y) for x, y in sheet_frame.MARKS])
_Complex = NDArray[np.complex128]
_Fit = tuple[float, dict[int, complex], _Complex]
"""a score, where each met mark is, where all should be"""


@dataclass(frozen=True, slots=True)
class FrameFit:
    """How well the frame fits: marks found, the share of its lines found, and the contrast of the marks."""

    marks: int
    lines: float
    contrast: float
    mirrored: bool

    @property
    def sure(self) -> bool:
        """The front of a sheet."""
        return not self.mirrored and self.shape and self.contrast >= CONTRAST

    @property
    def shape(self) -> bool:
        return self.marks >= LEAST_MARKS and self.lines >= LINE_SHARE


NO_FRAME = FrameFit(0, 0.0, 0.0, False)


def find_frame(grey: GreyImage, dpi: float) -> FrameFit:
    """The best fit of the frame or of its mirror image, at any angle. ``dpi`` may be wrong for an A4 page."""
    by_paper = max(grey.shape) / sheet_frame.PAGE[1] * MM
    guesses = [dpi] if abs(by_paper / dpi - 1) < DPI_DOUBT else [dpi, by_paper]
    fits = [_find(grey, guess) for guess in guesses]
    return max(fits, key=lambda fit: (fit.shape, fit.marks, fit.lines))


def _find(grey: GreyImage, dpi: float) -> FrameFit:
    small, small_dpi = halved_to(grey, dpi, MARK_DPI)
    if min(small.shape) < 3 * sheet_frame.INSET / MM * small_dpi:
        return NO_FRAME
    places, likeness = _candidates(small, small_dpi)
    if len(places) < LEAST_MARKS:
        return NO_FRAME
    front = _fit(places, likeness, _MODEL)
    back = _fit(places, likeness, _MODEL.conj())
    mirrored = back[0] > front[0]
    _, found, expected = back if mirrored else front
    if len(found) < LEAST_MARKS or abs(back[0] - front[0]) < LIKENESS or _strays(places, expected) > MOST_STRAYS:
        return NO_FRAME
    contrast = float(np.median([_contrast(small, small_dpi, place) for place in found.values()]))
    lines = _line_share(small, small_dpi, found, contrast)
    return FrameFit(len(found), lines, contrast, mirrored)


def _candidates(small: GreyImage, dpi: float) -> tuple[_Complex, NDArray[np.float64]]:
    """Places (mm, x + iy) that look like a mark, best first, and how much."""
    template = _template(round(dpi, 1))
    margin = template.shape[0] // 2
    padded = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    likeness = np.asarray(cv2.matchTemplate(padded, template, cv2.TM_CCOEFF_NORMED))
    likeness[~np.isfinite(likeness)] = 0
    size = max(3, int(sheet_frame.MARK_RINGS[0] / MM * dpi)) | 1
    peaks = (likeness >= LIKENESS) & (likeness == cv2.dilate(likeness, np.ones((size, size), np.uint8)))
    rows, columns = np.nonzero(peaks)
    best = np.argsort(-likeness[rows, columns], kind="stable")[:MOST_CANDIDATES]
    rows, columns = rows[best], columns[best]
    offset = (template.shape[0] - 1) / 2 - margin + 0.5
    places = (columns + offset + 1j * (rows + offset)) / dpi * MM
    return places, likeness[rows, columns].astype(np.float64)


@lru_cache(maxsize=8)
def _template(dpi: float) -> GreyImage:
    """A mark with the white around it, drawn fine and averaged down."""
    fine = 8
    half = int(np.ceil((sheet_frame.MARK_RINGS[0] + 0.8) / MM * dpi))
    side = 2 * half + 1
    middle = side * fine / 2
    across, down = np.meshgrid(np.arange(side * fine) + 0.5 - middle, np.arange(side * fine) + 0.5 - middle)
    radius = np.hypot(across, down) / fine / dpi * MM
    outer, white, core = sheet_frame.MARK_RINGS
    dark = (radius <= core) | ((radius > white) & (radius <= outer))
    drawn = np.where(dark, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _fit(places: _Complex, likeness: NDArray[np.float64], model: _Complex) -> _Fit:
    """The turn, scale and shift under which most marks are met."""
    first, second = _pairs(len(model))
    one, other = _pairs(len(places))
    spans = places[other] - places[one]
    turns = spans[None, :] / (model[second] - model[first])[:, None]
    pair, hit = np.nonzero(np.abs(np.abs(turns) - 1) <= SCALE)
    if len(pair) == 0:
        return 0.0, {}, model
    turn = turns[pair, hit]
    shift = places[one[hit]] - turn * model[first[pair]]
    expected = turn[:, None] * model[None, :] + shift[:, None]
    distance = np.abs(expected[:, :, None] - places[None, None, :])
    nearest = distance.argmin(axis=2)
    met = np.take_along_axis(distance, nearest[:, :, None], axis=2)[:, :, 0] <= TOLERANCE
    score = (met * (1 + likeness[nearest])).sum(axis=1)
    best = int(score.argmax())
    found = {mark: complex(places[nearest[best, mark]]) for mark in np.nonzero(met[best])[0].tolist()}
    return float(score[best]), found, expected[best]


def _strays(places: _Complex, marks: _Complex) -> int:
    """How many places lie on a side of the fitted frame where it has no mark."""
    away = np.abs(places[:, None] - marks[None, :]).min(axis=1) > STRAY_MM[0]
    corners = marks[::2]
    ends = np.roll(corners, -1)
    along = (places[:, None] - corners) / (ends - corners)
    beside = np.abs(along.imag * np.abs(ends - corners))
    on_side = ((along.real >= 0) & (along.real <= 1) & (beside <= STRAY_MM[1])).any(axis=1)
    return int(np.count_nonzero(away & on_side))


def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All ordered pairs of different places."""
    one, other = np.nonzero(~np.eye(count, dtype=bool))
    return one, other


def _contrast(small: GreyImage, dpi: float, place: complex) -> float:
    """How much darker the black of a mark is than its white, as a share of the white."""
    outer, white, core = sheet_frame.MARK_RINGS
    around = place + np.exp(2j * np.pi * np.arange(24) / 24) * (white + core) / 2
    black = place + np.exp(2j * np.pi * np.arange(24) / 24) * (outer + white) / 2
    light = float(np.median(_values(small, dpi, around)))
    return (light - float(np.median(_values(small, dpi, black)))) / max(light, 1.0)


def _line_share(small: GreyImage, dpi: float, found: dict[int, complex], contrast: float) -> float:
    """The share of points between neighbouring marks where both lines are darker than the paper beside and between."""
    hits: list[Any] = []
    for mark, start in found.items():
        end = found.get((mark + 1) % len(_MODEL))
        if end is None:
            continue
        length = abs(end - start)
        way = (end - start) / length
        along = np.arange(sheet_frame.MARK_CLEAR + 1, length - sheet_frame.MARK_CLEAR - 1, 1.0)
        points = np.asarray(start + along * way, dtype=np.complex128)
        ink = np.minimum(*(_darkest(small, dpi, points, 1j * way * side * sheet_frame.LINE_OFFSET) for side in (-1, 1)))
        paper = np.maximum(*(_values(small, dpi, points + 1j * way * side * 6.0) for side in (-1, 1)))
        between = np.maximum(*(_values(small, dpi, points + 1j * way * shift) for shift in (-0.4, 0.4)))
        scale = np.maximum(paper, 1.0) * contrast
        hits.append((paper - ink >= LINE_CONTRAST * scale) & (between - ink >= GAP_CONTRAST * scale))
    return float(np.concatenate(hits).mean()) if hits else 0.0


def _darkest(small: GreyImage, dpi: float, points: _Complex, offset: complex) -> NDArray[np.float64]:
    """The least value near a line: it may be off its place by a millimetre."""
    step = offset / abs(offset)
    near = [_values(small, dpi, points + offset + step * shift) for shift in (-1.0, 0.0, 1.0)]
    return np.asarray(np.min(near, axis=0), dtype=np.float64)


def _values(small: GreyImage, dpi: float, points: _Complex) -> NDArray[np.float64]:
    """Grey values at places in mm; outside the page, those of its edge."""
    rows = np.clip(points.imag / MM * dpi, 0, small.shape[0] - 1).astype(np.intp)
    columns = np.clip(points.real / MM * dpi, 0, small.shape[1] - 1).astype(np.intp)
    return small[rows, columns].astype(np.float64)
