"""ALTO: what goes in comes out, in well-formed XML, always the same bytes."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from pipeline.domain.errors import WorkerFault
from pipeline.domain.pages import PageText, Word
from pipeline.stages.alto import NAMESPACE, alto_xml, words_of
from tests.support.originals import lines_of_words, page_text

WORDS = (
    *lines_of_words("Către Primăria Ploiești", "ș ț ă â î Ș Ț Ă Â Î"),
    Word("«<&\"'>»", 10, 700, 80, 20, 0.5, 2, paragraph=1, block=2),
    Word("12/2021", 100, 705, 60, 20, 0.25, 2, paragraph=1, block=2),
    Word("sfârșit", 60, 760, 60, 20, 1.0, 3, paragraph=2, block=1),
)
TEXT = page_text(620, 876, WORDS)


def tags(xml: bytes, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(xml).iter(f"{{{NAMESPACE}}}{name}"))


def test_words_come_back_as_they_were() -> None:
    assert words_of(alto_xml(TEXT, 1, "1.jpg")) == WORDS


def test_a_page_without_words() -> None:
    xml = alto_xml(replace(TEXT, words=(), confidence=None), 3, "3.jpg")
    assert words_of(xml) == ()
    assert tags(xml, "Page")[0].attrib == {"ID": "page_3", "PHYSICAL_IMG_NR": "3", "WIDTH": "620", "HEIGHT": "876"}


def test_pixels_engine_and_image_are_named() -> None:
    xml = alto_xml(TEXT, 2, "c1/2 <ș>.jpg")
    assert [tags(xml, name)[0].text for name in ("MeasurementUnit", "fileName", "softwareName")] == [
        "pixel",
        "c1/2 <ș>.jpg",
        "tesseract 5 ron",
    ]
    assert tags(xml, "Page")[0].attrib["PC"] == "0.9000"


def test_blocks_and_lines_hold_their_words() -> None:
    xml = alto_xml(TEXT, 1, "1.jpg")
    for name in ("TextBlock", "TextLine"):
        for element in tags(xml, name):
            inside = [child for child in element.iter() if child.tag.endswith("}String")]
            left, top = int(element.attrib["HPOS"]), int(element.attrib["VPOS"])
            right, bottom = left + int(element.attrib["WIDTH"]), top + int(element.attrib["HEIGHT"])
            assert inside
            for word in inside:
                x, y = int(word.attrib["HPOS"]), int(word.attrib["VPOS"])
                assert left <= x <= x + int(word.attrib["WIDTH"]) <= right
                assert top <= y <= y + int(word.attrib["HEIGHT"]) <= bottom


def test_ids_are_unique_when_blocks_come_back() -> None:
    again = (*WORDS, *(replace(word, left=word.left + 300) for word in WORDS))
    xml = alto_xml(page_text(620, 876, again), 1, "1.jpg")
    ids = [element.attrib["ID"] for element in ElementTree.fromstring(xml).iter() if "ID" in element.attrib]
    assert len(ids) == len(set(ids))
    assert words_of(xml) == again


def test_what_xml_forbids_is_left_out() -> None:
    word = Word("a\x00b\x0bc\ud800d\ufffee", 1, 1, 9, 9, 0.5, 0)
    (back,) = words_of(alto_xml(page_text(100, 100, (word,)), 1, "x\x1b.jpg"))
    assert back.text == "abcde"


def test_the_same_text_gives_the_same_bytes() -> None:
    same = PageText(**{name: getattr(TEXT, name) for name in PageText.__dataclass_fields__})
    assert alto_xml(TEXT, 1, "1.jpg") == alto_xml(same, 1, "1.jpg")


@pytest.mark.parametrize("data", [b"", b"<alto", b"not xml", alto_xml(TEXT, 1, "1").replace(b"line_1", b"zeile")])
def test_foreign_xml_is_refused(data: bytes) -> None:
    with pytest.raises(WorkerFault):
        words_of(data)
