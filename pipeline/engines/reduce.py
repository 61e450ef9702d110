"""Smaller copies of a page, by halving: the cheap way down for everything that needs no detail."""

import cv2
import numpy as np

from pipeline.ports.engines import GreyImage

LEAST_SIDE = 32


def halved_to(grey: GreyImage, dpi: float, most: float) -> tuple[GreyImage, float]:
    """The page halved until it has at most ``most`` dpi, and the dpi it has then; never below 32 pixels a side."""
    while dpi > most and min(grey.shape) >= 2 * LEAST_SIDE:
        height, width = grey.shape[0] // 2 * 2, grey.shape[1] // 2 * 2
        half = cv2.resize(grey[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        grey, dpi = np.asarray(half, dtype=np.uint8), dpi / 2
    return grey, dpi
