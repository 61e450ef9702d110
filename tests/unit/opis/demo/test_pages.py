import datetime as dt
import unicodedata
from random import Random

import numpy as np
import pytesseract
import pytest
import zxingcpp

from opis.demo.attachments import KINDS, attachment_page
from opis.demo.batch import make_demo
from opis.demo.canvas import Canvas
from opis.demo.handwriting import signature, written
from opis.demo.layout import letter_page
from opis.demo.letters import compose_letter
from opis.demo.pages import Painter, content_page
from opis.demo.people import Facts
from opis.demo.spec import DemoSpec, NumberOn, Side, Wish
from opis.demo.stamps import Mark, apply_mark
from pipeline.domain.payload import parse_payload
from pipeline.domain.registry import RegistryNumber

DAY = dt.date(2026, 3, 16)
NUMBER = RegistryNumber("RG", 2026, "48213")


def plain(text):
    marks = unicodedata.normalize("NFD", text.replace("ş", "ș").replace("ţ", "ț"))
    return " ".join("".join(sign for sign in marks if not unicodedata.combining(sign)).lower().split())


def ink(image):
    return float((np.asarray(image.convert("L")) < 128).mean())


def read(image):
    return pytesseract.image_to_string(image, lang="ron")


def test_every_page_one_names_its_sender_and_is_one_page():
    spec = DemoSpec(documents=60, seed=8, max_pages=1, dpi=100)
    for document in make_demo(spec).batches[0].documents:
        image, text = content_page(spec, document, 0, Random(1))
        assert plain(document.sender) in plain(text)
        assert image.size == (827, 1169)
        assert not np.asarray(image.convert("L"))[-60:].min() < 100, "runs off the page"


def test_tesseract_reads_a_letter_as_printed():
    letter, _ = compose_letter(Random("read"), "SPATII_VERZI", "Primăria Demonstrativă", DAY, "citizen")
    image, text = letter_page(letter, Random(2))
    words, seen = plain(text).split(), set(plain(read(image)).split())
    assert sum(word in seen for word in words) > 0.97 * len(words)


@pytest.mark.parametrize("kind", [NumberOn.STAMP, NumberOn.LABEL])
def test_a_stamp_or_label_can_be_read(kind):
    mark = Mark(kind, NUMBER, DAY, "Primăria Demonstrativă", 2)
    image, text = letter_page("Vă rog să îmi răspundeți.", Random(3), mark=mark)
    corner = image.crop((image.width // 2, 0, image.width, image.height // 4))
    assert "48213" in read(corner)
    assert "48213" not in text


def test_a_mark_by_hand_is_ink_and_other_ink_each_time():
    page, _ = letter_page("x", Random(3), mark=Mark(NumberOn.HAND, NUMBER, DAY, "Primăria Demonstrativă"), colour=True)
    assert page.mode == "RGB"
    assert written("48213", 60, Random(1)).getbbox() is not None
    assert written("48213", 60, Random(1)).tobytes() != written("48213", 60, Random(2)).tobytes()
    assert signature(300, Random(1)).tobytes() != signature(300, Random(2)).tobytes()


def test_a_separator_is_no_mark():
    with pytest.raises(ValueError, match="not a mark"):
        apply_mark(Canvas(72), Mark(NumberOn.SEPARATOR, NUMBER, DAY, "X"), Random(1))


@pytest.mark.parametrize("kind", KINDS)
def test_attachments_fit_the_page_and_vary(kind):
    facts = [Facts(Random(seed), DAY, {"institution": "Primăria"}) for seed in range(2)]
    first, second = (attachment_page("URBANISM", facts[n], Random(n), 2 + n, 100, kind) for n in range(2))
    assert first[0].tobytes() != second[0].tobytes()
    assert 0.0005 < ink(first[0]) < 0.3
    assert len(first[1]) > 20
    assert not np.asarray(first[0])[-30:].min() < 100, "runs off the page"


def test_tables_add_up():
    facts = Facts(Random(5), DAY, {})
    _, text = attachment_page("ACHIZITII", facts, Random(5), 2, 100, "table")
    lines = text.split("\n")
    values = [int(line.removesuffix(",00").replace(".", "")) for line in lines if line.endswith(",00")]
    assert values[-1] == sum(values[1:-1:2])


def painted(spec):
    (batch,) = make_demo(spec).batches
    painter = Painter(spec, batch)
    return batch, [(page, *painter.paint(page)) for page in batch.pages]


@pytest.mark.parametrize("damage", [0, 1, 2])
def test_the_separator_carries_number_and_sheets(damage):
    spec = DemoSpec(seed=6, dpi=200, damage=damage, wishes=(Wish(sheets=2, number_on=NumberOn.SEPARATOR),))
    batch, pages = painted(spec)
    assert pages[0][0].side is Side.SEPARATOR
    payloads = {parse_payload(code.text) for code in zxingcpp.read_barcodes(pages[0][1])}
    (payload,) = payloads
    assert payload is not None
    assert (payload.number, payload.count, payload.institution) == (batch.documents[0].number, 2, "DEMO")
    assert pages[0][2] == ""


def test_a_separator_without_number_says_so():
    _, pages = painted(DemoSpec(seed=6, dpi=200, wishes=(Wish(sheets=1, number_on=NumberOn.STAMP),)))
    (payload,) = {parse_payload(code.text) for code in zxingcpp.read_barcodes(pages[0][1])}
    assert payload is not None
    assert payload.number is None


def test_fixed_separators_and_stickers():
    _, pages = painted(DemoSpec(documents=1, seed=6, dpi=200, max_pages=1, separators="fixed:PATCHT"))
    assert {code.text for code in zxingcpp.read_barcodes(pages[0][1])} == {"PATCHT"}
    batch, pages = painted(DemoSpec(documents=1, seed=6, dpi=200, max_pages=1, separators="sticker"))
    number = batch.documents[0].number
    assert [code.text for code in zxingcpp.read_barcodes(pages[0][1])] == [f"RG-{number.number}/{number.year}"]


def test_backs_are_nearly_empty():
    spec = DemoSpec(seed=6, dpi=100, duplex=True, wishes=(Wish(sheets=4),))
    _, pages = painted(spec)
    backs = [image for page, image, _ in pages if page.side in (Side.SEPARATOR_BACK, Side.BLANK_BACK)]
    assert len(backs) >= 2
    assert all(ink(image) < 0.002 for image in backs)
    assert len({image.tobytes() for image in backs}) == len(backs)


def test_pages_two_to_n_are_not_repeated():
    _, pages = painted(DemoSpec(seed=3, dpi=100, wishes=(Wish(sheets=25),), separators="none"))
    texts = [text for _, _, text in pages]
    assert len(set(texts)) == 25
