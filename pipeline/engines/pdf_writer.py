"""Writes the searchable PDF/A-2u of a document: page images as received, an invisible text layer over them.

Pages are laid down upright: what turns a scan (its own /Rotate or orientation, and the rotation found in reading) is
in the matrix under which its image is drawn, so that image bytes stay as they are and words stand upright in every
reader. ``page_geometry`` says how words and pages go together.
"""

import zlib
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.domain.errors import InputFault, WorkerDied, WorkerFault, WorkerTimeout
from pipeline.domain.work import DocumentPage, DocumentTask, PageRef, SourceFormat, WrittenPage, WrittenPdf
from pipeline.engines.magic import format_of
from pipeline.engines.page_geometry import clockwise
from pipeline.engines.pdf_glyphless_font import InvisibleFont
from pipeline.engines.pdf_metadata import add_metadata
from pipeline.engines.pdf_pages import open_pdf
from pipeline.engines.pdf_sheets import Sheet, image_sheet, pdf_sheet
from pipeline.engines.pdf_text_layer import layer_text, text_layer

MISSING = "missing"
"""a page of which no picture could be had: a blank page of A4 size stands in its place"""
_A4 = (595.28, 841.89)


def write_pdf(task: DocumentTask, out_path: Path) -> WrittenPdf:
    """Writes the document; ``task.originals`` are local paths. The same task gives the same bytes.

    A page that cannot be opened becomes an empty one, told by ``WrittenPage.how`` = ``missing``; what may go better
    another time is raised: ``WorkerTimeout``, ``WorkerDied``, ``StorageFull``, ``MissingPart``, ``OSError``; and
    ``WorkerFault`` when the document cannot be written.
    """
    originals = [Path(original) for original in task.originals]
    formats = [format_of(path) for path in originals]
    with pikepdf.new() as pdf:
        used = {letter for page in task.pages if page.text for letter in layer_text(page.text)}
        font = InvisibleFont(pdf, used) if used else None
        written: list[WrittenPage] = []
        sources: dict[Path, pikepdf.Pdf] = {}
        for page in task.pages:
            sheet = _sheet(pdf, sources, page.ref, originals[page.ref.original], formats[page.ref.original])
            _add_page(pdf, sheet, page, font)
            written.append(WrittenPage(page.ref.page, sheet.how))
        add_metadata(pdf, task.title, task.subject, task.created)
        _save(pdf, out_path)
    _check(out_path, len(task.pages))
    return WrittenPdf(tuple(written), out_path.stat().st_size)


def _sheet(pdf: pikepdf.Pdf, sources: dict[Path, pikepdf.Pdf], ref: PageRef, path: Path, format: SourceFormat) -> Sheet:
    try:
        if format is not SourceFormat.PDF:
            return image_sheet(pdf, path, format, ref.index)
        if path not in sources:
            sources[path] = open_pdf(path)
        return pdf_sheet(pdf, sources[path], path, ref.index)
    except (WorkerTimeout, WorkerDied):
        raise
    except (InputFault, WorkerFault):
        return Sheet(*_A4, (), MISSING)


def _add_page(pdf: pikepdf.Pdf, sheet: Sheet, page: DocumentPage, font: InvisibleFont | None) -> None:
    turn, width, height = clockwise(page.rotation, sheet.width, sheet.height)
    added = pdf.add_blank_page(page_size=(_rounded(width), _rounded(height)))
    images = pikepdf.Dictionary()
    operators: list[str] = []
    for place, image in enumerate(sheet.layers):
        images[f"/I{place}"] = image.stream
        operators.append(image.operators(f"/I{place}", turn))
    resources = pikepdf.Dictionary(XObject=images) if sheet.layers else pikepdf.Dictionary()
    if page.text is not None and font is not None:
        layer = text_layer(page.text, font, width, height)
        operators.append(layer.operators)
        resources.Font = pikepdf.Dictionary(layer.fonts)
    content = "\n".join(operators).encode("ascii")
    added.obj.Resources = resources
    added.obj.Contents = pdf.make_stream(zlib.compress(content, 9), Filter=pikepdf.Name.FlateDecode)


def _rounded(points: float) -> Any:
    return round(points, 3)


def _save(pdf: pikepdf.Pdf, out_path: Path) -> None:
    try:
        with out_path.open("wb") as out:
            pdf.save(
                out,
                force_version="1.7",
                deterministic_id=True,
                compress_streams=True,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
            )
    except (pikepdf.PdfError, RuntimeError) as fault:
        raise WorkerFault(f"qpdf cannot write the document: {fault}"[:300]) from fault


def _check(out_path: Path, pages: int) -> None:
    """A document that cannot be opened again, or has other pages, is not handed on."""
    try:
        with pikepdf.open(out_path) as written:
            found, problems = len(written.pages), written.get_warnings()
    except (pikepdf.PdfError, RuntimeError) as fault:
        raise WorkerFault(f"the written document cannot be opened: {fault}"[:300]) from fault
    if found != pages or problems:
        raise WorkerFault(f"the written document has {found} pages of {pages}: {problems[:3]}")
