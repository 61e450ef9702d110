"""Draws one page of a demo as it comes from the scanner; each page alone, so that memory stays small."""

from random import Random

from PIL import Image

from opis.demo.attachments import attachment_page
from opis.demo.layout import letter_page
from opis.demo.letters import compose_letter
from opis.demo.people import Facts
from opis.demo.scan import bilevel, scan, show_through
from opis.demo.separators import separator_page
from opis.demo.spec import DemoBatch, DemoDocument, DemoPage, DemoSpec, NumberOn, Side
from opis.demo.stamps import Mark

SHARED = ("name", "address", "street", "house", "town", "firm", "cnp", "cui", "institution", "subsemnat", "domiciliat")
"""facts that the attachments of a letter repeat"""
COLOUR_SHARE = 0.4
"""of page ones with a stamp are scanned in colour"""
ON_PAPER = (NumberOn.STAMP, NumberOn.LABEL, NumberOn.HAND, NumberOn.STICKER)


class Painter:
    """Draws the pages of a batch in order; keeps only the last separator sheet, whose back shows it through."""

    def __init__(self, spec: DemoSpec, batch: DemoBatch) -> None:
        self._spec = spec
        self._batch = batch
        self._front: Image.Image | None = None

    def paint(self, page: DemoPage) -> tuple[Image.Image, str]:
        """The scanned page (L, RGB; 1 for ``tiff-g4``) and the text printed on it ("" for separators and blanks)."""
        document = self._batch.documents[page.document]
        rng = Random(f"{document.seed}:{page.side.value}:{page.page - min(document.pages)}")
        clean, text = self._clean(page, document, rng)
        if page.side is not Side.BLANK_BACK and page.side is not Side.SEPARATOR_BACK:
            self._front = clean if self._spec.duplex else None
        scanned = scan(clean, self._spec.damage, rng, self._spec.dpi)
        return (bilevel(scanned) if self._spec.format == "tiff-g4" else scanned), text

    def _clean(self, page: DemoPage, document: DemoDocument, rng: Random) -> tuple[Image.Image, str]:
        if page.side is Side.SEPARATOR:
            return separator_page(self._spec, document), ""
        if page.side is Side.SEPARATOR_BACK or page.side is Side.BLANK_BACK:
            front = self._front or Image.new("L", (round(self._spec.dpi * 8.27), round(self._spec.dpi * 11.69)), 255)
            return show_through(front, rng), ""
        return content_page(self._spec, document, page.index, rng)


def content_page(spec: DemoSpec, document: DemoDocument, index: int, rng: Random) -> tuple[Image.Image, str]:
    """Page ``index`` (from 0) of the pages of a document that bear content, clean, and its text."""
    letter, facts = compose_letter(
        Random(document.seed), document.department, spec.institution.name, document.date, document.voice
    )
    if index == 0:
        mark = _mark(spec, document, rng)
        inked = mark is not None and mark.kind in (NumberOn.STAMP, NumberOn.HAND)
        colour = inked and spec.format != "tiff-g4" and rng.random() < COLOUR_SHARE
        return letter_page(letter, rng, spec.dpi, mark, colour, document.sheets)
    known = {key: facts[key] for key in SHARED}
    own = Facts(Random(f"{document.seed}:facts:{index}"), document.date, known)
    return attachment_page(document.department, own, rng, index + 1, spec.dpi)


def _mark(spec: DemoSpec, document: DemoDocument, rng: Random) -> Mark | None:
    kind = document.number_on
    if document.marked_too:
        kind = rng.choice([NumberOn.STAMP, NumberOn.LABEL])
    if kind not in ON_PAPER:
        return None
    return Mark(kind, document.number, document.date, spec.institution.name, document.sheets)
