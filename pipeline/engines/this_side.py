"""Tells the codes printed on a page from those that shine through from its back."""

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.domain.pages import Box, Code
from pipeline.engines.boxes import inside
from pipeline.engines.frame import find_frame
from pipeline.engines.ink import INK_DPI
from pipeline.engines.reduce import halved_to
from pipeline.engines.traces import MOST_THROUGH
from pipeline.ports.engines import GreyImage

THROUGH = 0.19
"""contrast below which a code is not on this side of the paper"""


def on_this_side(codes: Sequence[Code], grey: GreyImage, dpi: float) -> list[Code]:
    """Readers read what is hardly there, mirrored too: a code may shine through from the front of the sheet."""
    contrasts = [_contrast(grey, code.box) for code in codes]
    if any(contrast <= MOST_THROUGH for contrast in contrasts):
        frame = find_frame(*halved_to(grey, dpi, INK_DPI))
        if frame.mirrored and frame.shape and frame.contrast <= MOST_THROUGH:
            return [code for code, contrast in zip(codes, contrasts, strict=True) if contrast > MOST_THROUGH]
    return [code for code, contrast in zip(codes, contrasts, strict=True) if contrast >= THROUGH]


def _contrast(grey: GreyImage, box: Box) -> float:
    """How much darker the dark half of a code is than its light half, as a share of the light."""
    left, top, right, bottom = inside(box, grey.shape)
    part = grey[top:bottom, left:right]
    counts = np.bincount(part.ravel(), minlength=256)
    threshold = int(cv2.threshold(part, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]) + 1
    values = np.arange(256) * counts
    dark = values[:threshold].sum() / max(1, counts[:threshold].sum())
    light = values[threshold:].sum() / max(1, counts[threshold:].sum())
    return float((light - dark) / max(light, 1.0))
