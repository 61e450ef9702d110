"""The boxes of a JPEG 2000 file: whether PDF/A-2 takes it as it is."""

import struct
from collections.abc import Iterator

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_SRGB, _GREY, _SYCC = 16, 17, 18
_ENUMERATED = 1
_SUPER_BOXES = (b"jp2h",)
_MOST_BOXES = 1000


def jpx_allowed(data: bytes) -> bool:
    """A JP2 of one or three channels of one depth, in one enumerated colour space: sRGB, grey or sYCC."""
    if not data.startswith(_SIGNATURE):
        return False
    boxes = list(_boxes(data, 0, len(data)))
    names = [name for name, _ in boxes]
    if names.count(b"colr") != 1 or names.count(b"ihdr") != 1 or b"pclr" in names or b"cdef" in names:
        return False
    header, colour = dict(boxes)[b"ihdr"], dict(boxes)[b"colr"]
    if len(header) < 14 or len(colour) < 7:
        return False
    channels, depth = struct.unpack_from(">HB", header, 8)
    (space,) = struct.unpack_from(">I", colour, 3)
    wanted = 1 if space == _GREY else 3
    one_depth = depth != 255 and depth & 0x7F < 38
    return colour[0] == _ENUMERATED and space in (_SRGB, _GREY, _SYCC) and channels == wanted and one_depth


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each box, those inside the header box too, up to the code stream."""
    for _ in range(_MOST_BOXES):
        if place + 8 > end:
            return
        length, name = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if length == 1 and start + 8 <= end:
            (length,) = struct.unpack_from(">Q", data, start)
            start += 8
        stop = end if length == 0 else place + length
        if name == b"jp2c" or stop > end or stop < start:
            return
        if name in _SUPER_BOXES:
            yield from _boxes(data, start, stop)
        else:
            yield name, data[start:stop]
        place = stop
