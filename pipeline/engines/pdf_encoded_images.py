"""Pixels put into a PDF: G4 for black and white, Flate with PNG filters without loss, JPEG for rendered pages."""

from io import BytesIO
from typing import Any

import numpy as np
import pikepdf
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.engines.png_structure import PALETTE, RGB, PngFacts, png_facts

JPEG_QUALITY = 85
_FLATE_LEVEL = 6
_ONE_STRIP = 1 << 31
_COLOURLESS = 2
"""the most that red, green and blue of a grey pixel differ by rounding"""


def image_stream(pdf: pikepdf.Pdf, data: bytes, width: int, height: int, bits: int, space: Any, **more: Any) -> Any:
    """An image XObject of samples that are coded already."""
    return pdf.make_stream(
        data,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        BitsPerComponent=bits,
        ColorSpace=space,
        **more,
    )


def without_loss(pdf: pikepdf.Pdf, image: Image.Image) -> Any:
    """Mode ``1`` as G4, every other mode that PNG knows without alpha (``L`` ``RGB`` ``P`` ``I;16``) as Flate."""
    if image.mode == "1":
        return _g4(pdf, image)
    out = BytesIO()
    bare = image.copy()
    bare.info = {}
    bare.save(out, "PNG", compress_level=_FLATE_LEVEL)
    return png_stream(pdf, png_facts(out.getvalue()))


def png_stream(pdf: pikepdf.Pdf, png: PngFacts) -> Any:
    """The compressed samples of a plain PNG as they stand."""
    space: Any = pikepdf.Name.DeviceRGB if png.colour == RGB else pikepdf.Name.DeviceGray
    if png.colour == PALETTE:
        colours = png.palette[: 3 * 2**png.bits]
        space = pikepdf.Array(
            [pikepdf.Name.Indexed, pikepdf.Name.DeviceRGB, len(colours) // 3 - 1, pikepdf.String(colours)]
        )
    parameters = pikepdf.Dictionary(Predictor=15, Colors=png.channels, BitsPerComponent=png.bits, Columns=png.width)
    return image_stream(
        *(pdf, png.samples, png.width, png.height, png.bits, space),
        Filter=pikepdf.Name.FlateDecode,
        DecodeParms=parameters,
    )


def _g4(pdf: pikepdf.Pdf, image: Image.Image) -> Any:
    out = BytesIO()
    ImageOps.invert(image).save(out, "TIFF", compression="group4", strip_size=_ONE_STRIP)
    with Image.open(out, formats=["TIFF"]) as coded:
        (offset,), (length,) = coded.tag_v2[273], coded.tag_v2[279]  # type: ignore[attr-defined]
    return fax_stream(pdf, out.getvalue()[offset : offset + length], image.width, image.height, False)


def fax_stream(pdf: pikepdf.Pdf, data: bytes, width: int, height: int, black_is_1: bool) -> Any:
    """G4-coded data as it stands."""
    parameters = pikepdf.Dictionary(K=-1, Columns=width, Rows=height, BlackIs1=black_is_1)
    return image_stream(
        *(pdf, data, width, height, 1, pikepdf.Name.DeviceGray),
        Filter=pikepdf.Name.CCITTFaxDecode,
        DecodeParms=parameters,
    )


def jpeg_stream(pdf: pikepdf.Pdf, data: bytes, width: int, height: int, components: int, **more: Any) -> Any:
    """A JPEG of one or three components as it stands."""
    space = pikepdf.Name.DeviceGray if components == 1 else pikepdf.Name.DeviceRGB
    return image_stream(pdf, data, width, height, 8, space, Filter=pikepdf.Name.DCTDecode, **more)


def rendered_stream(pdf: pikepdf.Pdf, pixels: NDArray[np.uint8], lossless: bool) -> Any:
    """A rendered page (height × width × 3) in the leanest form: grey when it has no colours, G4 when only two tones."""
    image = leanest(pixels)
    if lossless or image.mode == "1":
        return without_loss(pdf, image)
    out = BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return jpeg_stream(pdf, out.getvalue(), image.width, image.height, 1 if image.mode == "L" else 3)


def leanest(pixels: NDArray[np.uint8]) -> Image.Image:
    """Mode ``1``, ``L`` or ``RGB``."""
    red, green, blue = (pixels[:, :, channel] for channel in range(3))
    apart = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    if int(apart.max(initial=0)) > _COLOURLESS:
        return Image.fromarray(pixels)
    grey = Image.fromarray(np.ascontiguousarray(green))
    two_tones = not np.any((green > 0) & (green < 255))
    return grey.convert("1", dither=Image.Dither.NONE) if two_tones else grey
