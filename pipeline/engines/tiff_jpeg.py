"""A JPEG-coded TIFF page as one JPEG, its coded samples untouched.

Strips are separate scans with common tables; put one after the other with restart markers between them they are the
scan of the whole page.
"""

import struct
from collections.abc import Sequence

from pipeline.domain.errors import InputFault
from pipeline.engines.jpeg_structure import EOI, SOI, JpegFacts, jpeg_facts
from pipeline.engines.tiff_directory import PHOTOMETRIC, PLANAR, STRIP_ROWS, TiffPage

_YCBCR, _RGB = 6, 2
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""says that three components are red, green and blue as they are"""
_MOST_UNITS = 0xFFFF


def whole_jpeg(page: TiffPage, strips: Sequence[bytes]) -> bytes | None:
    """The page as one JPEG file; None when its strips do not fit together that way."""
    if not strips or page.one(PLANAR, 1) != 1:
        return None
    try:
        facts = [jpeg_facts(strip) for strip in strips]
    except InputFault:
        return None
    if not _fit(page, facts):
        return None
    first, start = facts[0], strips[0]
    parts = [SOI]
    if first.components == 3 and page.one(PHOTOMETRIC, _YCBCR) == _RGB and not first.adobe:
        parts.append(_ADOBE_RGB)
    parts += [_body(page.jpeg_tables), first.tables, _frame(start, first, page.height)]
    interval = _interval(page, first) if len(strips) > 1 else first.restart_interval
    if interval:
        parts.append(struct.pack(">HHH", 0xFFDD, 4, interval))
    parts.append(start[first.scan : first.entropy])
    for place, (strip, fact) in enumerate(zip(strips, facts, strict=True)):
        if place:
            parts.append(bytes((0xFF, 0xD0 + (place - 1) % 8)))
        parts.append(_samples(strip, fact))
    return b"".join([*parts, EOI])


def _fit(page: TiffPage, facts: Sequence[JpegFacts]) -> bool:
    first = facts[0]
    if not first.usual or first.components not in (1, 3) or first.width != page.width:
        return False
    if len(facts) == 1:
        return first.height == page.height
    rows = page.one(STRIP_ROWS, page.height)
    alike = all(
        (fact.width, fact.components, fact.sampling, fact.component_ids, fact.tables, fact.usual, fact.baseline)
        == (first.width, first.components, first.sampling, first.component_ids, first.tables, True, True)
        for fact in facts
    )
    return (
        alike
        and all(fact.restart_interval == 0 for fact in facts)
        and all(fact.height == rows for fact in facts[:-1])
        and rows * (len(facts) - 1) < page.height <= rows * len(facts)
        and rows % first.sampling[1] == 0
        and 0 < _interval(page, first) <= _MOST_UNITS
    )


def _interval(page: TiffPage, facts: JpegFacts) -> int:
    """Coding units of one strip."""
    across, down = facts.sampling
    return -(-page.width // across) * (page.one(STRIP_ROWS, page.height) // down)


def _frame(data: bytes, facts: JpegFacts, height: int) -> bytes:
    """The frame header with the height of the page."""
    start, end = facts.frame
    return data[start : start + 5] + struct.pack(">H", height) + data[start + 7 : end]


def _samples(strip: bytes, facts: JpegFacts) -> bytes:
    end = strip.rfind(EOI)
    return strip[facts.entropy : end if end >= facts.entropy else len(strip)]


def _body(tables: bytes) -> bytes:
    """A tables-only stream without its first and last marker."""
    return tables.removeprefix(SOI).removesuffix(EOI)
