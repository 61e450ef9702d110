"""Original files of every kind, made on the spot: a sheet whose corners differ, and ways to store it."""

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import img2pdf
import numpy as np
import pikepdf
from PIL import Image, ImageDraw, ImageOps
from reportlab.pdfgen import canvas

from pipeline.domain.pages import PageText, Word
from pipeline.domain.work import DocumentPage, DocumentTask, PageRef

WIDTH, HEIGHT, DPI = 620, 876, 75
ONE_STRIP = 1 << 30

STORED_FOR = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""what to do to a picture so that an orientation tag brings it back"""


def sheet(mode: str = "RGB") -> Image.Image:
    """A page that looks different under every turn: a block at the top left, a bar at the right, lines below."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, 199, 119), fill=(0, 0, 90))
    draw.rectangle((560, 200, 579, 499), fill=(160, 0, 0))
    for y in range(300, 800, 40):
        draw.rectangle((60, y, 60 + y // 2, y + 11), fill="black")
    if mode == "1":
        return image.convert("L").point(lambda value: 255 if value > 128 else 0).convert("1")
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    if mode == "RGBA":
        transparent = image.convert("RGBA")
        transparent.putalpha(image.convert("L").point(lambda value: 0 if value > 250 else 255))
        return transparent
    return image.convert(mode)


def stored(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as a scanner stores it that writes this orientation tag."""
    turn = STORED_FOR[orientation]
    return image if turn is None else image.transpose(turn)


def coded(image: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **{"dpi": (DPI, DPI), **options})
    return out.getvalue()


def oriented_jpeg(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return coded(stored(sheet(), orientation), "JPEG", exif=exif)


def oriented_tiff(orientation: int) -> bytes:
    one_strip = {"compression": "group4", "strip_size": ONE_STRIP}
    return coded(stored(sheet("1"), orientation), "TIFF", tiffinfo={274: orientation}, **one_strip)


def scan_pdf(*images: bytes) -> bytes:
    """Image files as the pages of a PDF, as they are."""
    made = img2pdf.convert(list(images))
    assert made is not None
    return made


Change = Callable[[pikepdf.Pdf, pikepdf.Page, Any], None]
"""done to a PDF, its first page and that page's image"""


def changed(pdf: bytes, change: Change, **saving: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        images: Any = opened.pages[0].resources.XObject
        change(opened, opened.pages[0], next(iter(images.values())))
        opened.save(out, **saving)
    return out.getvalue()


def drawn(matrix: str, more: str = "") -> Change:
    """The image is laid down under another matrix, followed by other operators."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        del image
        resources: Any = page.resources
        name = next(iter(resources.XObject.keys()))
        page.obj.Contents = pdf.make_stream(f"q {matrix} cm {name} Do Q {more}".encode("ascii"))

    return change


def jbig2_pdf() -> bytes:
    """The bilevel sheet as JBIG2: one generic region, coded as in G4."""
    fax = strip_of(coded(ImageOps.invert(sheet("1")), "TIFF", compression="group4", strip_size=ONE_STRIP))
    page = struct.pack(">IIIIBH", WIDTH, HEIGHT, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", WIDTH, HEIGHT, 0, 0, 0, 1) + fax
    segments = [(48, page), (39, region)]
    data = b"".join(
        struct.pack(">IBBBI", number, kind, 0, 1, len(body)) + body for number, (kind, body) in enumerate(segments)
    )

    def change(pdf: pikepdf.Pdf, opened: pikepdf.Page, image: Any) -> None:
        image.write(data, filter=pikepdf.Name.JBIG2Decode)
        image.BitsPerComponent = 1

    return changed(scan_pdf(coded(sheet("L"), "PNG")), change)


def strip_of(tiff: bytes) -> bytes:
    """The coded samples of a TIFF of one strip."""
    with Image.open(io.BytesIO(tiff)) as image:
        tags: Any = image
        (offset,), (length,) = tags.tag_v2[273], tags.tag_v2[279]
    return tiff[offset : offset + length]


def vector_pdf(pages: int = 1, size: tuple[float, float] = (595, 842)) -> bytes:
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=size, invariant=1)
    for number in range(1, pages + 1):
        paper.setFont("Helvetica", 24)
        paper.drawString(60, 700, f"Vector page {number}")
        paper.rect(60, 500, 200, 100, fill=1)
        paper.showPage()
    paper.save()
    return out.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def page_text(width: int, height: int, words: tuple[Word, ...], rotation: int = 0) -> PageText:
    text = " ".join(word.text for word in words)
    return PageText(width, height, float(DPI), rotation, words, text, text, 0.9, "tesseract 5 ron")


def lines_of_words(*lines: str, left: int = 60, top: int = 300) -> tuple[Word, ...]:
    """Words in even boxes, one line every 40 pixels."""
    words: list[Word] = []
    for number, line in enumerate(lines):
        x = left
        for text in line.split():
            words.append(Word(text, x, top + 40 * number, 9 * len(text), 16, 0.9, number, block=1, paragraph=1))
            x += 9 * len(text) + 9
    return tuple(words)


def task_of(path: Path, *texts: PageText | None, rotation: int = 0) -> DocumentTask:
    """All pages of one file as a document; one text a page."""
    pages = tuple(
        DocumentPage(PageRef(index + 1, 0, index), text, rotation) for index, text in enumerate(texts or (None,))
    )
    return DocumentTask(
        (str(path),), pages, "Cerere privind înștiințarea", "RG 48213/2021", "2026-03-01T10:20:30+00:00"
    )
