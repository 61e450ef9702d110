"""Prints separator sheets: A4, one sheet a page, the payload as QR and Code 128 twice, the frame around it."""

import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportlab.graphics.barcode.code128 import Code128Auto
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.domain.errors import MissingPart, UsageError
from pipeline.domain.messages import counted, say
from pipeline.domain.payload import PayloadKind
from pipeline.domain.registry import RegistryNumber
from pipeline.engines import sheet_frame as frame
from pipeline.engines.fonts import PACKAGE, SANS, SANS_BOLD, font_path

MOST_SHEETS = 5000
QR_SIDE = 44.0
LINEAR_HEIGHT = 20.0
LINEAR_WIDTH = 156.0
LINEAR_BAR = 0.42
"""widest module; a long payload gets narrower ones, never wider than ``LINEAR_WIDTH`` in all"""
TEXT_WIDTH = 150.0
_REGULAR, _BOLD = "OpisSans", "OpisSans-Bold"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet to print: the payload, and what a person reads on it."""

    payload: str
    kind: PayloadKind
    institution: str
    """the institution's name"""
    number: RegistryNumber | None = None
    count: int | None = None
    """D, A: physical sheets of the document; B, E: documents of the batch"""


def print_sheets(sheets: Sequence[Sheet], out: Path) -> int:
    """Writes an A4 PDF, the same bytes for the same sheets, and gives back how many pages it has.

    Errors: ``UsageError`` (no sheet, too many, a path that cannot be written), ``MissingPart`` (fonts).
    """
    if not sheets:
        raise UsageError("no separator sheet to print")
    if len(sheets) > MOST_SHEETS:
        raise UsageError(f"{len(sheets)} separator sheets asked for, at most {MOST_SHEETS} at a time")
    _register_fonts()
    memory = io.BytesIO()
    canvas = Canvas(memory, pagesize=(frame.PAGE[0] * mm, frame.PAGE[1] * mm), invariant=1, initialFontName=_REGULAR)
    canvas.setTitle(say("separators.pdf_title"))
    canvas.setCreator("Opis")
    for sheet in sheets:
        _draw(canvas, sheet)
        canvas.showPage()
    canvas.save()
    _write(out, memory.getvalue())
    return len(sheets)


def _write(out: Path, data: bytes) -> None:
    """Beside the target first: a reader never sees half a file."""
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=".separators-", suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(out)
    except OSError as fault:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write {out}: {fault.strerror or fault}") from fault


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _register_fonts() -> None:
    try:
        for name, file in ((_REGULAR, SANS), (_BOLD, SANS_BOLD)):
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, str(font_path(file))))
    except (TTFError, OSError) as fault:
        raise MissingPart(f"a DejaVu font cannot be read (Debian package {PACKAGE}): {fault}") from fault


def _draw(canvas: Canvas, sheet: Sheet) -> None:
    canvas.saveState()
    _frame(canvas)
    for turned in (False, True):
        canvas.saveState()
        if turned:
            canvas.translate(frame.PAGE[0] * mm, frame.PAGE[1] * mm)
            canvas.rotate(180)
        _codes(canvas, sheet.payload)
        canvas.restoreState()
    _words(canvas, sheet)
    canvas.restoreState()


def _up(from_top: float) -> float:
    """Points from the bottom edge, of a height given in mm from the top edge."""
    return (frame.PAGE[1] - from_top) * float(mm)


def _frame(canvas: Canvas) -> None:
    canvas.setLineWidth(frame.LINE_WIDTH * mm)
    canvas.setLineCap(2)
    for offset in (-frame.LINE_OFFSET, frame.LINE_OFFSET):
        edge = frame.INSET + offset
        width, height = frame.PAGE[0] - 2 * edge, frame.PAGE[1] - 2 * edge
        canvas.rect(edge * mm, edge * mm, width * mm, height * mm, stroke=1, fill=0)
    for x, y in frame.MARKS:
        for grey, radius in zip((1, 0, 1, 0), (frame.MARK_CLEAR, *frame.MARK_RINGS), strict=True):
            canvas.setFillGray(grey)
            canvas.circle(x * mm, _up(y), radius * mm, stroke=0, fill=1)
    canvas.setFillGray(0)


def _codes(canvas: Canvas, payload: str) -> None:
    """QR at the top left, Code 128 below it; drawn again after half a turn."""
    _qr(canvas, payload, 28.0, 28.0)
    linear: Any = Code128Auto(payload, barWidth=1.0, barHeight=LINEAR_HEIGHT * mm, quiet=0)
    modules = linear.width
    bar = min(LINEAR_BAR, LINEAR_WIDTH / modules)
    linear = Code128Auto(payload, barWidth=bar * mm, barHeight=LINEAR_HEIGHT * mm, quiet=0)
    linear.drawOn(canvas, (frame.PAGE[0] - bar * modules) / 2 * mm, _up(78.0 + LINEAR_HEIGHT))


def _qr(canvas: Canvas, payload: str, left: float, top: float) -> None:
    """Row by row in one path, each run of dark modules a rectangle: no seams between modules."""
    code = QrCodeWidget(payload, barLevel="H").qr
    code.make()
    module = QR_SIDE / code.getModuleCount()
    path = canvas.beginPath()
    for row, cells in enumerate(code.modules):
        start = None
        for column, dark in enumerate([*cells, False]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                x, y = left + start * module, top + (row + 1) * module
                path.rect(x * mm, _up(y), (column - start) * module * mm, module * 1.01 * mm)
                start = None
    canvas.drawPath(path, stroke=0, fill=1)


def _words(canvas: Canvas, sheet: Sheet) -> None:
    right = frame.PAGE[0] - 27.0
    _text(canvas, say(f"separators.title_{sheet.kind.value}"), 46.0, 9.0, _BOLD, right, right - 78.0)
    _text(canvas, sheet.institution, 58.0, 5.0, _REGULAR, right, right - 78.0)
    middle = frame.PAGE[0] / 2 + TEXT_WIDTH / 2
    number = sheet.number
    if number is None:
        _text(canvas, say("separators.blank_number"), 152.0, 16.0, _REGULAR, middle, TEXT_WIDTH)
    else:
        _text(canvas, say("separators.register", register=number.register), 128.0, 8.0, _REGULAR, middle, TEXT_WIDTH)
        _text(canvas, f"{number.number}/{number.year}", 152.0, 24.0, _BOLD, middle, TEXT_WIDTH)
    if sheet.count is not None:
        _text(canvas, _count(sheet.kind, sheet.count), 168.0, 8.0, _REGULAR, middle, TEXT_WIDTH)
    _text(canvas, sheet.payload, 178.0, 4.2, _REGULAR, middle, TEXT_WIDTH)
    _text(canvas, say(f"separators.instruction_{sheet.kind.value}"), 187.0, 5.0, _REGULAR, middle, TEXT_WIDTH)


def _count(kind: PayloadKind, count: int) -> str:
    if kind in (PayloadKind.BATCH_SLIP, PayloadKind.BATCH_END):
        return say("separators.documents", n=counted(count, "documente"))
    return say("separators.sheets", n=counted(count, "foi"))


def _text(canvas: Canvas, text: str, baseline: float, size: float, font: str, right: float, room: float) -> None:
    """One line centred in ``room`` mm that end at ``right``; smaller, then cut, when it is too long."""
    while pdfmetrics.stringWidth(text, font, size * mm) > room * mm and size > 3.5:
        size -= 0.25
    while text and pdfmetrics.stringWidth(text, font, size * mm) > room * mm:
        text = text[:-2].rstrip() + "…" if len(text) > 2 else ""
    canvas.setFont(font, size * mm)
    canvas.drawCentredString((right - room / 2) * mm, _up(baseline), text)
