"""The last touch to a decoded page: square pixels, contiguous memory, a resolution."""

import cv2
import numpy as np

from pipeline.engines.resolution import Resolution
from pipeline.ports.engines import GreyImage, Raster


def raster_of(grey: GreyImage, resolution: Resolution, source: str, complaint: str = "") -> Raster:
    """A raster with square pixels; with a complaint it is not trusted."""
    if resolution.uneven:
        height, width = grey.shape
        size = (round(width * resolution.dpi / resolution.x), round(height * resolution.dpi / resolution.y))
        stretched = cv2.resize(np.ascontiguousarray(grey), size, interpolation=cv2.INTER_LINEAR)
        grey = np.asarray(stretched, dtype=np.uint8)
    return Raster(np.ascontiguousarray(grey), resolution.dpi, source, not complaint, complaint)
