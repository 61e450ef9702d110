"""A page as a JPEG for the web: colours kept, displayed orientation."""

from pathlib import Path

from PIL import Image

from pipeline.domain.work import SourceFormat
from pipeline.engines.pdf_pages import open_pdf, page_at, page_view
from pipeline.engines.poppler import render
from pipeline.engines.source_images import decode_colour, open_frame
from pipeline.engines.source_pdf import fitting_dpi

QUALITY = 80
LARGEST_WIDTH = 4000
NARROWEST_RATIO = 20
"""a strip longer than so many widths is cut down in proportion"""


def page_preview(path: Path, format: SourceFormat, index: int, width_px: int, out_path: Path) -> None:
    """Writes the displayed page as a JPEG ``width_px`` wide; images are not enlarged beyond their own width.

    Raises ``InputFault``, ``WorkerFault``, ``MissingPart``, ``OSError``.
    """
    width_px = max(1, min(width_px, LARGEST_WIDTH))
    picture = _of_pdf(path, index, width_px) if format is SourceFormat.PDF else _of_image(path, format, index, width_px)
    picture.convert("RGB" if picture.mode != "L" else "L").save(out_path, "JPEG", quality=QUALITY, optimize=True)


def _of_pdf(path: Path, index: int, width_px: int) -> Image.Image:
    pdf = open_pdf(path)
    view = page_view(page_at(pdf, index))
    dpi = fitting_dpi(view, width_px * 72 / view.width)
    return Image.fromarray(render(path, index, dpi * view.unit, view.pixels(dpi), grey=False).pixels)


def _of_image(path: Path, format: SourceFormat, index: int, width_px: int) -> Image.Image:
    with open_frame(path, format, index) as frame:
        picture = decode_colour(frame, width_px)
        displayed_width, displayed_height = frame.resolution.page_points(*picture.size)
    width = min(width_px, picture.width)
    height = max(1, min(NARROWEST_RATIO * width, round(width * displayed_height / displayed_width)))
    if (width, height) == picture.size:
        return picture
    return (picture.convert("L") if picture.mode == "1" else picture).resize((width, height), Image.Resampling.BOX)
