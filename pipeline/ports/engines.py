"""What the child process calls on a raster: OCR engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.pages import PageText
from pipeline.ports.probe import Probe

GreyImage = NDArray[np.uint8]
"""height × width, 0 black to 255 white"""


@dataclass(frozen=True, slots=True)
class Raster:
    """A page decoded once: shared by codes, blank test, orientation and OCR."""

    grey: GreyImage
    dpi: float
    """as the file says, else worked out from the paper size; never 0"""
    source: str
    """``embedded`` (the scanned image itself) or ``rendered``"""
    trusted: bool = True
    """False when the decoder complained or the size was not as predicted: never blank"""
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class OcrPage:
    """A page prepared for an engine: an uncompressed upright image file and what is needed to map words back."""

    path: Path
    width: int
    """pixels of the upright page before scaling"""
    height: int
    dpi: float
    scale: float
    """prepared pixels per original pixel"""
    rotation: int


class OcrEngine(Protocol):
    def read(
        self, pages: Sequence[OcrPage], language: str, folder: Path, dpi: int, layout: str = "auto"
    ) -> list[PageText]:
        """Reads a run of pages prepared at ``dpi``; ``folder`` is private and temporary.

        ``layout``: ``auto``, ``column`` or ``block``. Errors: ``WorkerFault``, ``MissingPart``.
        """

    def probe(self) -> Probe: ...
