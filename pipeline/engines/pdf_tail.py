"""Whether a PDF is there to its end: a parser that repairs opens a cut file too, and shows fewer pages."""

import re
from pathlib import Path

from pipeline.engines.input_faults import InputCode, refuse

_WINDOW = 2048
"""bytes at the end in which the last ``%%EOF`` must stand"""
_PADDING = b"\0\r\n\t \x1a"
_MOST_PADDING = 1 << 20
_END = re.compile(rb"startxref\s+(\d+)\s*%%EOF")
_MORE = re.compile(rb"\d+\s+\d+\s+obj\b|\bxref\b|\bendobj\b|\bendstream\b")


def check_tail(path: Path) -> None:
    """Refuses (``truncated``) a PDF whose last trailer is missing; other junk after it does no harm."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _MOST_PADDING))
        tail = file.read().rstrip(_PADDING)[-_WINDOW:]
    ends = list(_END.finditer(tail))
    if not ends:
        raise refuse(InputCode.TRUNCATED, "no startxref and %%EOF at the end of the PDF")
    if _MORE.search(tail, ends[-1].end()):
        raise refuse(InputCode.TRUNCATED, "an update of the PDF was begun after its last %%EOF")
    if int(ends[-1][1]) >= size:
        raise refuse(InputCode.TRUNCATED, f"startxref points to byte {ends[-1][1].decode()} of {size}")
