"""ALTO 4: the words of a page with their boxes and confidences, as archives exchange them."""

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.etree import ElementTree

from pipeline.domain.errors import WorkerFault
from pipeline.domain.pages import PageText, Word

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_VERSION = "4.4"
_BLOCK = re.compile(r"block_(\d+)_(\d+)(?:\.\d+)?")
_LINE = re.compile(r"line_(\d+)(?:\.\d+)?")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def alto_xml(text: PageText, page_number: int, image_name: str) -> bytes:
    """The ALTO of a page in UTF-8. Boxes are pixels of the upright page; the same text gives the same bytes."""
    root = ElementTree.Element("alto", {"xmlns": NAMESPACE, "SCHEMAVERSION": _VERSION})
    _describe(root, text, image_name)
    size = {"HEIGHT": str(text.height), "WIDTH": str(text.width)}
    layout = ElementTree.SubElement(root, "Layout")
    number = str(page_number)
    page = ElementTree.SubElement(layout, "Page", {"ID": f"page_{number}", "PHYSICAL_IMG_NR": number, **size})
    if text.confidence is not None:
        page.set("PC", f"{text.confidence:.4f}")
    space = ElementTree.SubElement(page, "PrintSpace", {"HPOS": "0", "VPOS": "0", **size})
    used: dict[str, int] = {}
    for (block, paragraph), words in groupby(text.words, key=lambda word: (word.block, word.paragraph)):
        _add_block(space, _once(f"block_{block}_{paragraph}", used), list(words), used)
    ElementTree.indent(root)
    body: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()


def _describe(root: Any, text: PageText, image_name: str) -> None:
    description = ElementTree.SubElement(root, "Description")
    ElementTree.SubElement(description, "MeasurementUnit").text = "pixel"
    source = ElementTree.SubElement(description, "sourceImageInformation")
    ElementTree.SubElement(source, "fileName").text = _printable(image_name)
    processing = ElementTree.SubElement(description, "Processing", {"ID": "ocr"})
    settings = f"{text.dpi:g} dpi, turned {text.rotation} degrees clockwise"
    ElementTree.SubElement(processing, "processingStepSettings").text = settings
    software = ElementTree.SubElement(processing, "processingSoftware")
    ElementTree.SubElement(software, "softwareName").text = _printable(text.engine)


def _add_block(space: Any, identity: str, words: list[Word], used: dict[str, int]) -> None:
    block = ElementTree.SubElement(space, "TextBlock", {"ID": identity, **_box(words)})
    for line, line_words in groupby(words, key=lambda word: word.line):
        inside = list(line_words)
        element = ElementTree.SubElement(block, "TextLine", {"ID": _once(f"line_{line}", used), **_box(inside)})
        for place, word in enumerate(inside):
            if place:
                ElementTree.SubElement(element, "SP")
            confidence = f"{word.confidence:.4f}"
            content = {"CONTENT": _printable(word.text), "WC": confidence}
            ElementTree.SubElement(element, "String", {**content, **_box([word])})


def _once(identity: str, used: dict[str, int]) -> str:
    """An id that the document does not have yet: blocks and lines may come back after others."""
    used[identity] = used.get(identity, 0) + 1
    return identity if used[identity] == 1 else f"{identity}.{used[identity]}"


def _box(words: list[Word]) -> dict[str, str]:
    left, top = min(word.left for word in words), min(word.top for word in words)
    right = max(word.left + word.width for word in words)
    bottom = max(word.top + word.height for word in words)
    return {"HPOS": str(left), "VPOS": str(top), "WIDTH": str(right - left), "HEIGHT": str(bottom - top)}


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _printable(text: str) -> str:
    """Without what XML forbids."""
    return _FORBIDDEN.sub("", text)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page that an ALTO describes: pixels upright, and the resolution of its raster."""

    width: int
    height: int
    dpi: float


def page_of(xml: bytes) -> Sheet:
    """``WorkerFault`` when it is no ALTO of ours."""
    try:
        root = ElementTree.fromstring(xml)
        (page,) = root.iter(_name("Page"))
        (settings,) = root.iter(_name("processingStepSettings"))
        return Sheet(
            int(page.attrib["WIDTH"]), int(page.attrib["HEIGHT"]), float((settings.text or "").split(" dpi")[0])
        )
    except (ElementTree.ParseError, KeyError, ValueError, AttributeError) as fault:
        raise WorkerFault(f"not an ALTO of ours: {fault}"[:300]) from fault


def words_of(xml: bytes) -> tuple[Word, ...]:
    """The words of an ALTO of ours, in order. ``WorkerFault`` when it is none."""
    try:
        root = ElementTree.fromstring(xml)
        return tuple(
            _word(string, line, block)
            for block in root.iter(_name("TextBlock"))
            for line in block.iter(_name("TextLine"))
            for string in line.iter(_name("String"))
        )
    except (ElementTree.ParseError, KeyError, ValueError, AttributeError) as fault:
        raise WorkerFault(f"not an ALTO of ours: {fault}"[:300]) from fault


def _word(string: Any, line: Any, block: Any) -> Word:
    block_place, paragraph = _numbers(_BLOCK, block)
    (line_place,) = _numbers(_LINE, line)
    box = {name.lower(): int(string.attrib[name]) for name in ("WIDTH", "HEIGHT")}
    return Word(
        text=string.attrib["CONTENT"],
        left=int(string.attrib["HPOS"]),
        top=int(string.attrib["VPOS"]),
        confidence=float(string.attrib["WC"]),
        line=line_place,
        paragraph=paragraph,
        block=block_place,
        **box,
    )


def _numbers(pattern: re.Pattern[str], element: Any) -> tuple[int, ...]:
    found = pattern.fullmatch(element.attrib["ID"])
    if found is None:
        raise ValueError(f"the id {element.attrib['ID']!r}")
    return tuple(int(number) for number in found.groups())
