"""The marker segments of a JPEG: what the frame header says, and whether the end is there."""

import struct
from dataclasses import dataclass

from pipeline.engines.input_faults import InputCode, refuse

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_START_OF_SCAN, _TABLES = 0xDA, {0xC4, 0xDB}
_RESTART_INTERVAL = 0xDD
_ONE_SCAN_FRAMES = {0xC0, 0xC1}
_USUAL_FRAMES = {0xC0, 0xC1, 0xC2}
"""baseline, extended and progressive Huffman: what a PDF reader must know"""


@dataclass(frozen=True, slots=True)
class JpegFacts:
    width: int
    height: int
    components: int
    bits: int
    usual: bool
    """may stand in a PDF as it is"""
    baseline: bool
    """one scan of all components"""
    adobe: bool
    """says itself how its colours are stored"""
    component_ids: bytes
    sampling: tuple[int, int]
    """pixels of one coding unit, across and down"""
    restart_interval: int
    tables: bytes
    """quantisation and Huffman segments, as they stand"""
    frame: tuple[int, int]
    """where the frame header's segment is: from, to"""
    scan: int
    """where the first scan's header begins"""
    entropy: int
    """where its data begins"""


def jpeg_facts(data: bytes) -> JpegFacts:
    """Reads the headers up to the first scan. ``InputFault`` ``truncated`` or ``corrupt-image``."""
    place, tables, restart, adobe = 2, b"", 0, False
    frame: tuple[int, int, int] | None = None
    while True:
        start, marker, end = _segment(data, place)
        if marker in _FRAMES:
            frame = (marker, start, end)
        elif marker in _TABLES:
            tables += data[start:end]
        elif marker == _RESTART_INTERVAL:
            (restart,) = struct.unpack_from(">H", data, start + 4)
        elif marker == 0xEE and data[start + 4 : start + 9] == b"Adobe":
            adobe = True
        elif marker == _START_OF_SCAN:
            return _facts(data, frame, tables, restart, adobe, (start, end))
        place = end


def _segment(data: bytes, place: int) -> tuple[int, int, int]:
    """The next segment from ``place``: where it starts, its marker, where it ends."""
    while True:
        if place + 4 > len(data):
            raise refuse(InputCode.TRUNCATED, "the JPEG ends inside its headers")
        if data[place] != 0xFF:
            raise refuse(InputCode.CORRUPT_IMAGE, f"no JPEG marker at byte {place}")
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _STANDALONE:
            place += 2
        elif marker == EOI[1]:
            raise refuse(InputCode.CORRUPT_IMAGE, "a JPEG without a scan")
        else:
            break
    (length,) = struct.unpack_from(">H", data, place + 2)
    end = place + 2 + length
    if length < 2 or end > len(data):
        raise refuse(InputCode.TRUNCATED, "a JPEG segment goes beyond the end")
    return place, marker, end


def _facts(
    data: bytes,
    frame: tuple[int, int, int] | None,
    tables: bytes,
    restart: int,
    adobe: bool,
    scan: tuple[int, int],
) -> JpegFacts:
    if frame is None:
        raise refuse(InputCode.CORRUPT_IMAGE, "a JPEG scan without a frame")
    marker, start, end = frame
    if end - start < 10 or end - start < 10 + 3 * data[start + 9]:
        raise refuse(InputCode.CORRUPT_IMAGE, "a JPEG frame header that is too short")
    bits, height, width, components = struct.unpack_from(">BHHB", data, start + 4)
    records = [data[start + 10 + 3 * n : start + 13 + 3 * n] for n in range(components)]
    across = max((record[1] >> 4 for record in records), default=1)
    down = max((record[1] & 15 for record in records), default=1)
    return JpegFacts(
        width=width,
        height=height,
        components=components,
        bits=bits,
        usual=marker in _USUAL_FRAMES and bits == 8,
        baseline=marker in _ONE_SCAN_FRAMES,
        adobe=adobe,
        component_ids=bytes(record[0] for record in records),
        sampling=(8 * across, 8 * down) if components > 1 else (8, 8),
        restart_interval=restart,
        tables=tables,
        frame=(start, end),
        scan=scan[0],
        entropy=scan[1],
    )


def check_end(data: bytes, facts: JpegFacts) -> None:
    """Refuses a JPEG whose end marker is missing; what stands after it does no harm."""
    if data.find(EOI, facts.entropy) < 0:
        raise refuse(InputCode.TRUNCATED, "the JPEG has no end marker")
