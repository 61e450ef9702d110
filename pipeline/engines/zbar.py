"""The first barcode reader: libzbar through ``pyzbar``."""

import ctypes
import importlib
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

PACKAGE = "libzbar0"
SYMBOLOGIES = {
    "QRCODE": "QR",
    "CODE128": "CODE128",
    "CODE39": "CODE39",
    "CODE93": "CODE93",
    "CODABAR": "CODABAR",
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "UPCA": "UPCA",
    "UPCE": "UPCE",
    "I25": "ITF",
}
"""what is looked for, and its name in ``Code``; DataBar and PDF417 find ghosts in text"""
GHOSTS = {"ITF": 4, "CODABAR": 4}
"""symbologies without a check that appear in print where there is none, and the shortest text believed"""
LEAST_SIDE = 16
"""pixels: a smaller image holds no code"""
_FORMAT_Y800 = 808466521
_CONFIG_DENSITIES = (0x100, 0x101)


class Zbar:
    """Scans every ``density``-th row and column."""

    name = "zbar"

    def __init__(self, density: int = 1) -> None:
        self.density = density

    def read(self, grey: GreyImage) -> Sequence[Code]:
        """All codes on the image, at any angle; boxes in pixels of the given image.

        Errors: ``MissingPart`` (no libzbar), ``WorkerFault`` (the reader failed: not the same as no code).
        """
        pyzbar, wrapper = _parts()
        if min(grey.shape) < LEAST_SIDE:
            return ()
        height, width = grey.shape
        pixels = np.ascontiguousarray(grey)
        try:
            with pyzbar._image_scanner() as scanner, pyzbar._image() as image:
                self._configure(wrapper, scanner)
                wrapper.zbar_image_set_format(image, _FORMAT_Y800)
                wrapper.zbar_image_set_size(image, width, height)
                data = pixels.ctypes.data_as(ctypes.c_void_p)
                wrapper.zbar_image_set_data(image, data, pixels.size, None)
                if wrapper.zbar_scan_image(scanner, image) < 0:
                    raise WorkerFault("zbar refused the image")
                found = list(pyzbar._decode_symbols(pyzbar._symbols_for_image(image)))
        except (pyzbar.PyZbarError, ctypes.ArgumentError, ValueError, OSError, MemoryError) as fault:
            raise WorkerFault(f"zbar failed: {fault}") from fault
        codes = (_code(decoded) for decoded in found if decoded.type in SYMBOLOGIES)
        return tuple(code for code in codes if len(code.text) >= GHOSTS.get(code.symbology, 1))

    def _configure(self, wrapper: Any, scanner: Any) -> None:
        for symbol in wrapper.ZBarSymbol:
            wanted = symbol.name in SYMBOLOGIES
            wrapper.zbar_image_scanner_set_config(scanner, symbol, wrapper.ZBarConfig.CFG_ENABLE, int(wanted))
        for config in _CONFIG_DENSITIES:
            wrapper.zbar_image_scanner_set_config(scanner, 0, config, self.density)


def _code(decoded: Any) -> Code:
    left, top, width, height = decoded.rect
    text = shown_text(decoded.data.decode("utf-8", errors="replace"))
    return Code(text, SYMBOLOGIES[decoded.type], (left, top, left + width, top + height), Zbar.name)


@cache
def _parts() -> tuple[Any, Any]:
    """``pyzbar.pyzbar`` and ``pyzbar.wrapper``; ``MissingPart`` when the library cannot be loaded."""
    try:
        return importlib.import_module("pyzbar.pyzbar"), importlib.import_module("pyzbar.wrapper")
    except (ImportError, OSError, AttributeError) as fault:
        raise MissingPart(f"zbar cannot be loaded (Debian package {PACKAGE}): {fault}") from fault


def probe_zbar() -> Probe:
    """Whether libzbar can be loaded and looks at an image."""
    try:
        _, wrapper = _parts()
        Zbar().read(np.full((64, 64), 255, np.uint8))
    except (MissingPart, WorkerFault):
        return Probe("zbar", False, None, False, say("separators.mend_zbar"))
    return Probe("zbar", True, _version(wrapper), True, "")


def _version(wrapper: Any) -> str | None:
    """The library's own version; None when it does not say."""
    parts = [ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()]
    try:
        library = wrapper.load_libzbar()
        library.zbar_version(*(ctypes.byref(part) for part in parts))
    except (AttributeError, OSError, ctypes.ArgumentError):
        return None
    return ".".join(str(part.value) for part in parts)
