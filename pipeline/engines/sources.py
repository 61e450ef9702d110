"""Opens original files: what a file is, its pages as rasters for reading, and as pictures for the web.

``page_geometry`` says which way up a raster is.
"""

from pathlib import Path

from pipeline.domain.work import SourceFacts, SourceFormat
from pipeline.engines.magic import format_of
from pipeline.engines.previews import page_preview
from pipeline.engines.source_images import image_raster, inspect_image
from pipeline.engines.source_pdf import inspect_pdf, pdf_raster
from pipeline.ports.engines import Raster

__all__ = ["format_of", "inspect_source", "page_preview", "page_raster"]

READING_DPI = 300.0


def inspect_source(path: Path) -> SourceFacts:
    """Opens a file to its end and counts its pages on two ways.

    Raises ``InputFault`` with an ``InputCode``, ``MissingPart``, ``WorkerTimeout``, ``OSError``.
    """
    format = format_of(path)
    pages = inspect_pdf(path) if format is SourceFormat.PDF else inspect_image(path, format)
    return SourceFacts(format, pages)


def page_raster(path: Path, format: SourceFormat, index: int, dpi_wanted: float = READING_DPI) -> Raster:
    """The displayed page ``index`` (from 0), grey, with square pixels.

    ``dpi_wanted`` is for pages that have to be rendered; scanned images come at their own resolution. Raises
    ``InputFault``, ``WorkerFault``, ``MissingPart``.
    """
    if format is SourceFormat.PDF:
        return pdf_raster(path, index, dpi_wanted)
    return image_raster(path, format, index)
