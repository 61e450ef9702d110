"""The second barcode reader: ``zxing-cpp``."""

import importlib
import importlib.metadata
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from pipeline.domain.errors import MissingPart, WorkerFault
from pipeline.domain.messages import say
from pipeline.domain.pages import Code
from pipeline.engines.code_text import shown_text
from pipeline.ports.engines import GreyImage
from pipeline.ports.probe import Probe

SYMBOLOGIES = {
    "QRCode": "QR",
    "Code128": "CODE128",
    "Code39": "CODE39",
    "Code93": "CODE93",
    "Codabar": "CODABAR",
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "UPCA": "UPCA",
    "UPCE": "UPCE",
    "ITF": "ITF",
    "DataMatrix": "DATAMATRIX",
    "Aztec": "AZTEC",
    "PDF417": "PDF417",
}
LEAST_SIDE = 16


class Zxing:
    name = "zxing"

    def read(self, grey: GreyImage) -> Sequence[Code]:
        """All codes on the image, at any of four angles; boxes in pixels of the given image.

        Errors: ``MissingPart`` (not installed), ``WorkerFault`` (the reader failed: not the same as no code).
        """
        if min(grey.shape) < LEAST_SIDE:
            return ()
        zxing = _zxing()
        try:
            found = zxing.read_barcodes(
                np.ascontiguousarray(grey), formats=_formats(), try_invert=False, text_mode=zxing.TextMode.Plain
            )
            return tuple(_code(barcode) for barcode in found)
        except (RuntimeError, ValueError, TypeError, MemoryError, UnicodeError) as fault:
            raise WorkerFault(f"zxing-cpp failed: {fault}") from fault


def _code(barcode: Any) -> Code:
    place = barcode.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    name = barcode.format.name
    symbology = SYMBOLOGIES.get(name, name.upper())
    return Code(shown_text(barcode.text), symbology, (min(across), min(down), max(across), max(down)), Zxing.name)


@cache
def _zxing() -> Any:
    try:
        return importlib.import_module("zxingcpp")
    except (ImportError, OSError) as fault:
        raise MissingPart(f"zxing-cpp cannot be loaded: {fault}") from fault


@cache
def _formats() -> Any:
    zxing = _zxing()
    return zxing.barcode_formats_from_str("|".join(SYMBOLOGIES))


def probe_zxing() -> Probe:
    """Whether zxing-cpp can be loaded and looks at an image."""
    try:
        Zxing().read(np.full((64, 64), 255, np.uint8))
    except (MissingPart, WorkerFault):
        return Probe("zxing-cpp", False, None, False, say("separators.mend_zxing"))
    return Probe("zxing-cpp", True, importlib.metadata.version("zxing-cpp"), True, "")
