"""Pages of image files put into a PDF: the coded samples as they are where a PDF can hold them, else without loss."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.domain.work import SourceFormat
from pipeline.engines.jpeg_structure import JpegFacts, jpeg_facts
from pipeline.engines.page_geometry import AS_STORED, ORIENTATIONS, Turn
from pipeline.engines.pdf_encoded_images import fax_stream, image_stream, jpeg_stream, png_stream, without_loss
from pipeline.engines.pillow_images import plain
from pipeline.engines.png_structure import png_facts
from pipeline.engines.resolution import Resolution
from pipeline.engines.source_images import Frame, open_frame
from pipeline.engines.tiff_directory import (
    BITS,
    COMPRESSION,
    EXTRA_SAMPLES,
    FILL_ORDER,
    ORIENTATION,
    PHOTOMETRIC,
    PLANAR,
    PREDICTOR,
    SAMPLES,
    TiffPage,
    tiff_page,
)
from pipeline.engines.tiff_jpeg import whole_jpeg

_G4, _JPEG, _DEFLATE = 4, 7, (8, 32946)
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_INVERTED = [1, 0]


@dataclass(frozen=True, slots=True)
class EmbeddedPage:
    """An image XObject and how it lies on the displayed page."""

    stream: Any
    turn: Turn
    width: int
    """pixels as displayed"""
    height: int
    resolution: Resolution
    as_scanned: bool


def embed_page(pdf: pikepdf.Pdf, path: Path, format: SourceFormat, index: int) -> EmbeddedPage:
    """One page of an image file. ``InputFault`` when it has to be decoded and cannot be."""
    with open_frame(path, format, index) as frame:
        width, height = (int(side) for side in frame.turn.size(*frame.image.size))
        stream, turn = _COPIES[format](pdf, path, index, frame)
        as_scanned = stream is not None
        if stream is None:
            stream, turn = without_loss(pdf, _keeping_depth(frame)), frame.turn
    return EmbeddedPage(stream, turn, width, height, frame.resolution, as_scanned)


def _keeping_depth(frame: Frame) -> Any:
    """The picture in a mode that PDF can hold; 16 bits of grey stay 16 bits."""
    if frame.image.mode == "I;16" and "transparency" not in frame.image.info:
        frame.image.load()
        return frame.image
    return plain(frame.image)


def _copied_jpeg(pdf: pikepdf.Pdf, path: Path, index: int, frame: Frame) -> tuple[Any, Turn]:
    del index
    data = path.read_bytes()
    facts = jpeg_facts(data)
    if not facts.usual or facts.components not in (1, 3) or _unmarked_rgb(facts):
        return None, AS_STORED
    return jpeg_stream(pdf, data, facts.width, facts.height, facts.components), frame.turn


def _unmarked_rgb(facts: JpegFacts) -> bool:
    """Red, green and blue that only the component names tell: PDF readers would take them for YCbCr."""
    return facts.component_ids == b"RGB" and not facts.adobe


def _copied_png(pdf: pikepdf.Pdf, path: Path, index: int, frame: Frame) -> tuple[Any, Turn]:
    del index
    facts = png_facts(path.read_bytes())
    return (png_stream(pdf, facts), frame.turn) if facts.plain else (None, AS_STORED)


def _copied_tiff(pdf: pikepdf.Pdf, path: Path, index: int, frame: Frame) -> tuple[Any, Turn]:
    page = tiff_page(path, index)
    turn = ORIENTATIONS.get(page.one(ORIENTATION, 1), AS_STORED)
    compression = page.one(COMPRESSION, 1)
    if compression == _JPEG:
        return _tiff_jpeg(pdf, path, page), turn
    if len(page.strips) != 1 or page.one(PLANAR, 1) != 1 or page.one(FILL_ORDER, 1) != 1:
        return None, turn
    if compression == _G4 and page.one(BITS, 1) == 1 and page.one(SAMPLES, 1) == 1:
        black_is_1 = page.one(PHOTOMETRIC, _WHITE_IS_ZERO) == _BLACK_IS_ZERO
        return fax_stream(pdf, _strips(path, page)[0], page.width, page.height, black_is_1), turn
    return (_tiff_deflate(pdf, path, page) if compression in _DEFLATE else None), turn


def _tiff_jpeg(pdf: pikepdf.Pdf, path: Path, page: TiffPage) -> Any:
    data = whole_jpeg(page, _strips(path, page))
    if data is None:
        return None
    facts = jpeg_facts(data)
    inverted = facts.components == 1 and page.one(PHOTOMETRIC, _BLACK_IS_ZERO) == _WHITE_IS_ZERO
    more = {"Decode": pikepdf.Array(_INVERTED)} if inverted else {}
    return jpeg_stream(pdf, data, facts.width, facts.height, facts.components, **more)


def _tiff_deflate(pdf: pikepdf.Pdf, path: Path, page: TiffPage) -> Any:
    bits, samples, photometric = page.one(BITS, 1), page.one(SAMPLES, 1), page.one(PHOTOMETRIC, _BLACK_IS_ZERO)
    colours = (samples, photometric)
    known = colours in ((1, _WHITE_IS_ZERO), (1, _BLACK_IS_ZERO), (3, _RGB))
    predictor = page.one(PREDICTOR, 1)
    if not known or bits not in (1, 8) or predictor not in (1, 2) or EXTRA_SAMPLES in page.tags:
        return None
    if predictor == 2 and bits != 8:
        return None
    more: dict[str, Any] = {"Decode": pikepdf.Array(_INVERTED)} if photometric == _WHITE_IS_ZERO else {}
    if predictor == 2:
        more["DecodeParms"] = pikepdf.Dictionary(Predictor=2, Colors=samples, BitsPerComponent=bits, Columns=page.width)
    space = pikepdf.Name.DeviceRGB if samples == 3 else pikepdf.Name.DeviceGray
    data = _strips(path, page)[0]
    return image_stream(pdf, data, page.width, page.height, bits, space, Filter=pikepdf.Name.FlateDecode, **more)


def _strips(path: Path, page: TiffPage) -> list[bytes]:
    pieces: list[bytes] = []
    with path.open("rb") as file:
        for offset, length in page.strips:
            file.seek(offset)
            pieces.append(file.read(length))
    return pieces


_COPIES: dict[SourceFormat, Callable[[pikepdf.Pdf, Path, int, Frame], tuple[Any, Turn]]] = {
    SourceFormat.JPEG: _copied_jpeg,
    SourceFormat.PNG: _copied_png,
    SourceFormat.TIFF: _copied_tiff,
}
