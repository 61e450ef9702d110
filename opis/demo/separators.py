"""The separator sheets of a demo as images: Opis' own, printed by the product itself, or a fixed text."""

import tempfile
from pathlib import Path

from pdf2image import convert_from_path
from PIL import Image

from opis.demo.canvas import Canvas
from opis.demo.spec import DemoDocument, DemoSpec, NumberOn
from opis.demo.stamps import barcode
from pipeline.domain.payload import PayloadKind, make_payload
from pipeline.engines.separator_sheets import Sheet, print_sheets


def separator_page(spec: DemoSpec, document: DemoDocument) -> Image.Image:
    """The sheet before a document, A4 in mode L."""
    if spec.separators == "opis":
        return _opis_sheet(spec, document)
    return _fixed_sheet(spec)


def _opis_sheet(spec: DemoSpec, document: DemoDocument) -> Image.Image:
    named = document.number_on is NumberOn.SEPARATOR
    number, count = (document.number, document.sheets) if named else (None, None)
    payload = make_payload(PayloadKind.DOCUMENT, spec.institution.code, number, count)
    sheet = Sheet(payload, PayloadKind.DOCUMENT, spec.institution.name, number, count)
    size = Canvas(spec.dpi).image.size
    with tempfile.TemporaryDirectory(prefix="opis-demo-") as folder:
        path = Path(folder) / "sheet.pdf"
        print_sheets([sheet], path)
        image: Image.Image = convert_from_path(path, dpi=spec.dpi, grayscale=True, size=size)[0]
    return image.convert("L")


def _fixed_sheet(spec: DemoSpec) -> Image.Image:
    """Broad bars across the feed and the text as Code 128, as common patch sheets have them."""
    text = spec.separators.removeprefix("fixed:")
    canvas = Canvas(spec.dpi)
    for top in (24.0, 252.0):
        for left, width in ((22.0, 5.0), (32.0, 2.0), (37.0, 2.0), (42.0, 5.0)):
            for x in (left, left + 68, left + 136):
                canvas.shade(x, top, x + width, top + 20.3, 0)
    canvas.put(105, 90, text, "sans", 48, True, "ms")
    code = barcode(text, "Code128", canvas.pixels(120), canvas.pixels(26))
    canvas.image.paste(code, ((canvas.image.width - code.width) // 2, canvas.pixels(120)))
    canvas.put(105, 170, "SEPARATOR DE DOCUMENTE", "sans", 20, True, "ms")
    return canvas.image
