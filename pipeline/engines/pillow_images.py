"""Pillow, strictly: bomb warnings are errors, its exceptions become ours, odd modes become grey or RGB on white."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

from pipeline.engines.input_faults import MOST_PIXELS, InputCode, refuse
from pipeline.ports.engines import GreyImage

_UNREADABLE = (
    *(ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, ArithmeticError),
    *(AssertionError, RuntimeError, struct.error, zlib.error),
)
"""what Pillow is known to raise on damaged files, beside ``OSError``"""


@contextmanager
def decoding(index: int | None = None) -> Iterator[None]:
    """Around everything that Pillow decodes. ``InputFault`` ``too-large`` or ``corrupt-image``."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as fault:
        raise refuse(InputCode.TOO_LARGE, str(fault), index) from fault
    except OSError as fault:
        if fault.errno is not None:
            raise
        raise refuse(InputCode.CORRUPT_IMAGE, str(fault), index) from fault
    except _UNREADABLE as fault:
        raise refuse(InputCode.CORRUPT_IMAGE, f"{type(fault).__name__}: {fault}", index) from fault
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def plain(image: Image.Image) -> Image.Image:
    """The picture in mode ``1``, ``L`` or ``RGB``; what is transparent shows white paper."""
    if image.mode in ("1", "L", "RGB"):
        return image if "transparency" not in image.info else _on_white(image)
    if image.mode in ("LA", "RGBA", "La", "RGBa", "PA") or "transparency" in image.info:
        return _on_white(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        return Image.fromarray(_stretched(np.asarray(image, dtype=np.float64)))
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    with_alpha = image.convert("RGBA")
    paper = Image.new("RGBA", with_alpha.size, "white")
    paper.alpha_composite(with_alpha)
    colourless = image.mode in ("1", "L", "LA", "La")
    return paper.convert("L" if colourless else "RGB")


def _stretched(samples: np.ndarray) -> GreyImage:
    """Samples of unknown range: 8 bit as they are, 16 bit scaled down, anything else from its least to its most."""
    least, most = float(samples.min(initial=0)), float(samples.max(initial=0))
    if least >= 0 and most <= 255:
        return samples.astype(np.uint8)
    if least >= 0 and most <= 65535:
        return (samples / 257).astype(np.uint8)
    return ((samples - least) * (255 / (most - least))).astype(np.uint8)


def grey_of(image: Image.Image) -> GreyImage:
    """Height × width, 0 black to 255 white."""
    return np.asarray(plain(image).convert("L"))
