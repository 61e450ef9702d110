"""A part of a page made easier for a barcode reader: straight, with other thresholds, sharper, larger."""

from collections.abc import Iterator

import cv2
import numpy as np

from pipeline.engines.ink import MM
from pipeline.ports.engines import GreyImage

STRAIGHT = 1.5
"""degrees of skew that readers do not mind"""
FINE_DPI = 260.0
"""coarser scans are enlarged"""
STREAK_MM = 0.65
"""a streak across a code is thinner, the modules of a QR code are broader"""
MOST_PIXELS = 6_000_000


def variants(part: GreyImage, dpi: float, angle: float) -> Iterator[GreyImage]:
    """Ways to look at a cut-out, likeliest first. ``angle``: degrees that it lies off the page's edges."""
    straight = _turned(part, angle) if abs(angle) > STRAIGHT else part
    stretched = _stretched(straight)
    yield stretched
    soft = np.asarray(cv2.medianBlur(stretched, 3), dtype=np.uint8)
    yield _otsu(soft)
    yield _unsharp(stretched)
    if dpi < FINE_DPI and part.size * 4 <= MOST_PIXELS:
        yield _enlarged(stretched, 2.0)
        yield _otsu(_enlarged(_unsharp(stretched), 2.0))
    elif part.size * 2.25 <= MOST_PIXELS:
        yield _enlarged(soft, 1.5)
    yield _adaptive(soft, dpi)
    hard = _otsu(soft)
    for size in sorted({3, round(STREAK_MM / MM * dpi)} - {0, 1, 2}):
        kernel = np.ones((size, size), np.uint8)
        for way in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
            yield np.asarray(cv2.morphologyEx(hard, way, kernel), dtype=np.uint8)
    if dpi >= FINE_DPI:
        yield np.asarray(cv2.resize(soft, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _turned(part: GreyImage, angle: float) -> GreyImage:
    height, width = part.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    paper = int(np.percentile(part, 90))
    turned = cv2.warpAffine(part, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=paper)
    return np.asarray(turned, dtype=np.uint8)


def _stretched(part: GreyImage) -> GreyImage:
    """From the darkest to the lightest that matters, over the whole range."""
    low, high = (float(value) for value in np.percentile(part, (2, 95)))
    factor = 255 / max(high - low, 1.0)
    return np.asarray(cv2.convertScaleAbs(np.maximum(part, low) - low, alpha=factor), dtype=np.uint8)


def _otsu(part: GreyImage) -> GreyImage:
    return np.asarray(cv2.threshold(part, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1], dtype=np.uint8)


def _adaptive(part: GreyImage, dpi: float) -> GreyImage:
    window = max(15, round(dpi * 0.25)) | 1
    found = cv2.adaptiveThreshold(part, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, 8)
    return np.asarray(found, dtype=np.uint8)


def _unsharp(part: GreyImage) -> GreyImage:
    return np.asarray(cv2.addWeighted(part, 2.2, cv2.GaussianBlur(part, (0, 0), 2.0), -1.2, 0), dtype=np.uint8)


def _enlarged(part: GreyImage, factor: float) -> GreyImage:
    return np.asarray(cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
