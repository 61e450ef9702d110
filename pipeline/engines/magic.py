"""What a file is, by its first bytes, never by its name."""

from pathlib import Path

from pipeline.domain.work import SourceFormat
from pipeline.engines.input_faults import InputCode, refuse

HEAD = 1024
"""bytes in which a PDF header must begin"""

_MAGIC = (
    (b"%PDF-", SourceFormat.PDF),
    (b"II*\0", SourceFormat.TIFF),
    (b"MM\0*", SourceFormat.TIFF),
    (b"II+\0", SourceFormat.TIFF),
    (b"MM\0+", SourceFormat.TIFF),
    (b"\xff\xd8\xff", SourceFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", SourceFormat.PNG),
)
_OTHERS = (
    b"BM",
    b"GIF8",
    b"%!PS",
    b"\xc5\xd0\xd3\xc6",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"{\\rtf",
    b"<",
    b"\xef\xbb\xbf<",
    b"RIFF",
    b"\0\0\0\x0cjP  ",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
)
"""formats that may carry a PDF header a little further on, and are none of ours"""


def format_of(path: Path) -> SourceFormat:
    """The format; raises ``InputFault`` ``empty`` or ``unsupported-format``, ``OSError`` when it cannot be opened."""
    with path.open("rb") as file:
        head = file.read(HEAD + 5)
    if not head:
        raise refuse(InputCode.EMPTY, "zero bytes")
    for magic, format in _MAGIC:
        if head.startswith(magic):
            return format
    if b"%PDF-" in head and not head.startswith(_OTHERS):
        return SourceFormat.PDF
    raise refuse(InputCode.UNSUPPORTED_FORMAT, f"begins with {head[:8].hex(' ')}")
