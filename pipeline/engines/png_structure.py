"""The chunks of a PNG: its header, its palette, its compressed samples as they stand, and whether the end is there."""

import struct
import zlib
from dataclasses import dataclass

from pipeline.engines.input_faults import InputCode, refuse

_SIGNATURE = 8
GREY, RGB, PALETTE = 0, 2, 3


@dataclass(frozen=True, slots=True)
class PngFacts:
    width: int
    height: int
    bits: int
    colour: int
    interlaced: bool
    transparent: bool
    """has a tRNS chunk or an alpha channel"""
    palette: bytes
    samples: bytes
    """all IDAT chunks together: one zlib stream of filtered rows"""

    @property
    def plain(self) -> bool:
        """Its samples may stand in a PDF as they are."""
        return not self.interlaced and not self.transparent and self.colour in (GREY, RGB, PALETTE)

    @property
    def channels(self) -> int:
        return 3 if self.colour == RGB else 1


def png_facts(data: bytes) -> PngFacts:
    """Walks all chunks to the end. ``InputFault`` ``truncated`` or ``corrupt-image``."""
    header, palette, transparent = b"", b"", False
    samples: list[bytes] = []
    place = _SIGNATURE
    while True:
        kind, body, place = _chunk(data, place)
        if kind == b"IHDR":
            header = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"tRNS":
            transparent = True
        elif kind == b"IDAT":
            samples.append(body)
        elif kind == b"IEND":
            break
    if len(header) != 13 or not samples:
        raise refuse(InputCode.CORRUPT_IMAGE, "a PNG without header or samples")
    width, height, bits, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    return PngFacts(
        width=width,
        height=height,
        bits=bits,
        colour=colour,
        interlaced=interlace != 0,
        transparent=transparent or colour in (4, 6),
        palette=palette,
        samples=b"".join(samples),
    )


def _chunk(data: bytes, place: int) -> tuple[bytes, bytes, int]:
    if place + 12 > len(data):
        raise refuse(InputCode.TRUNCATED, "the PNG ends before its last chunk")
    length, kind = struct.unpack_from(">I4s", data, place)
    end = place + 12 + length
    if end > len(data):
        raise refuse(InputCode.TRUNCATED, f"the PNG ends inside a {kind!r} chunk")
    body = data[place + 8 : end - 4]
    if kind[:1].isupper() and zlib.crc32(kind + body) != struct.unpack_from(">I", data, end - 4)[0]:
        raise refuse(InputCode.CORRUPT_IMAGE, f"the checksum of a {kind!r} chunk does not fit")
    return kind, body, end
