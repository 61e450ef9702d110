"""Image files: inspected to their end, and decoded in displayed orientation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.domain.work import SourceFormat
from pipeline.engines.input_faults import InputCode, check_size, refuse
from pipeline.engines.jpeg_pixels import jpeg_grey
from pipeline.engines.jpeg_structure import check_end, jpeg_facts
from pipeline.engines.library_stderr import listening
from pipeline.engines.page_geometry import AS_STORED, ORIENTATIONS, Turn
from pipeline.engines.pillow_images import decoding, grey_of, plain
from pipeline.engines.png_structure import png_facts
from pipeline.engines.rasters import raster_of
from pipeline.engines.resolution import Resolution, believable
from pipeline.engines.tiff_directory import ORIENTATION, tiff_page, tiff_pages
from pipeline.ports.engines import Raster

_ORIENTATION_IN_EXIF = 0x0112
_EIGHTH = 8
"""at an eighth of its size a JPEG is decoded to its end all the same, in a third of the time"""


def inspect_image(path: Path, format: SourceFormat) -> int:
    """Decodes every page of an image file and counts them on two ways. Raises ``InputFault``."""
    if format is SourceFormat.TIFF:
        return _inspect_tiff(path)
    data = path.read_bytes()
    if format is SourceFormat.JPEG:
        jpeg = jpeg_facts(data)
        check_size(jpeg.width, jpeg.height)
        check_end(data, jpeg)
    else:
        png = png_facts(data)
        check_size(png.width, png.height)
    with decoding(0), Image.open(path, formats=[format.name]) as image:
        image.draft("L", (max(1, image.width // _EIGHTH), max(1, image.height // _EIGHTH)))
        image.load()
    return 1


def _inspect_tiff(path: Path) -> int:
    pages = tiff_pages(path)
    for index, page in enumerate(pages):
        check_size(page.width, page.height, index)
    with decoding(), Image.open(path, formats=["TIFF"]) as image:
        frames = int(getattr(image, "n_frames", 1))
    if frames != len(pages):
        raise refuse(InputCode.PAGE_COUNT, f"{len(pages)} TIFF directories, {frames} frames")
    with Image.open(path, formats=["TIFF"]) as image:
        for index in range(frames):
            with decoding(index):
                image.seek(index)
                image.load()
    return frames


@dataclass(frozen=True, slots=True)
class Frame:
    """A page of an image file, opened and not decoded yet."""

    image: Image.Image
    turn: Turn
    """what is still to be done, after decoding, to see it as displayed"""
    resolution: Resolution
    """along the displayed axes"""


@contextmanager
def open_frame(path: Path, format: SourceFormat, index: int) -> Iterator[Frame]:
    """Opens one page. ``InputFault`` when it cannot be opened, or decoded inside the block."""
    with decoding(index), Image.open(path, formats=[format.name]) as image:
        if format is SourceFormat.TIFF:
            image.seek(index)
            turned = ORIENTATIONS.get(tiff_page(path, index).one(ORIENTATION, 1), AS_STORED)
            left = AS_STORED  # Pillow turns a TIFF itself
        else:
            turned = left = exif_turn(image)
        width, height = left.size(*image.size)
        check_size(width, height, index)
        yield Frame(image, left, believable(width, height, *_said(image, turned)))


def exif_turn(image: Image.Image) -> Turn:
    """What the EXIF orientation of a JPEG or PNG asks for."""
    return ORIENTATIONS.get(image.getexif().get(_ORIENTATION_IN_EXIF, 1), AS_STORED)


def _said(image: Image.Image, turned: Turn) -> tuple[float | None, float | None]:
    """What the file says of its resolution, along the displayed axes."""
    try:
        x, y = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None, None
    return turned.size(x, y) if np.isfinite([x, y]).all() else (None, None)


def image_raster(path: Path, format: SourceFormat, index: int) -> Raster:
    """The displayed page in grey. ``InputFault`` when it cannot be decoded."""
    with open_frame(path, format, index) as frame:
        if format is SourceFormat.JPEG and frame.image.mode in ("L", "RGB"):
            grey, complaint = jpeg_grey(path.read_bytes())
        else:
            with listening() as complaints:
                grey = grey_of(frame.image)
            complaint = complaints.text
        return raster_of(frame.turn.pixels(grey), frame.resolution, "embedded", complaint)


def decode_colour(frame: Frame, width: int | None = None) -> Image.Image:
    """Mode ``1``, ``L`` or ``RGB``, as displayed; about ``width`` pixels wide or more when that is given."""
    if width is not None:
        shown, _ = frame.turn.size(*frame.image.size)
        factor = min(1.0, width / shown)
        wanted = (max(1, int(frame.image.width * factor)), max(1, int(frame.image.height * factor)))
        frame.image.draft(None, wanted)
    frame.image.load()
    picture = plain(frame.image)
    if frame.turn == AS_STORED:
        return picture
    return Image.fromarray(np.ascontiguousarray(frame.turn.pixels(np.asarray(picture))))
