"""CSV registers: encoding and delimiter found from the bytes, physical lines kept, broken quotes told."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from pipeline.domain.errors import InputFault
from pipeline.engines.register_table import BadRow, Row, Table, counted_rows, no_header, split_header

_DELIMITERS = (";", ",", "\t")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_EXCEL_HINT = re.compile(r"\ufeff?\"?sep=(?P<delimiter>.)\"?\r?\n", re.IGNORECASE)
_MOST_LINES = 20
"""lines in one field beyond which a quote was left open"""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

csv.field_size_limit(2**24)


def csv_table(data: bytes) -> Table:
    """Raises ``InputFault``: ``register-binary``, ``register-header``, ``register-too-large``."""
    text = _decoded(data)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    header = split_header(rows)
    if header is None:
        raise no_header()
    columns, first = header
    width = len(first.cells)
    good: list[Row] = []
    bad: list[BadRow] = []
    for row in counted_rows(rows):
        last = _left_open(row, width, delimiter)
        if last is not None:
            bad.append(BadRow(row.line, "quotes", {"last": str(last)}))
        elif any(row.cells[width:]):
            bad.append(BadRow(row.line, "cells", {"found": str(len(row.cells)), "expected": str(width)}))
        else:
            good.append(row)
    if good and _open_at_end(good[-1], width, text):
        bad.append(BadRow(good[-1].line, "quotes", {"last": str(good.pop().line)}))
    return Table(columns, good, tuple(bad))


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-16") if data.startswith(_UTF16) else _utf8(data)
        text = data.decode("cp1250") if text is None else text
    except UnicodeDecodeError as error:
        raise InputFault("register-binary", f"not text at byte {error.start}") from error
    control = _CONTROL.search(text)
    if control:
        raise InputFault("register-binary", f"control sign {control.group()!r} at {control.start()}")
    if not text.strip():
        raise InputFault("register-empty", "only blanks")
    return text


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _delimiter(text: str) -> str:
    """The one whose header names most columns; raises ``InputFault`` when none has a header."""
    hint = _EXCEL_HINT.match(text)
    if hint and hint["delimiter"] in _DELIMITERS:
        return hint["delimiter"]
    found = [(header[0], delimiter) for delimiter in _DELIMITERS if (header := split_header(_rows(text, delimiter)))]
    if not found:
        raise no_header()
    return max(found, key=lambda item: len(item[0]))[1]


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputFault("register-broken", f"line {line}: {error}") from error
        if cells is None:
            return
        yield Row(line, tuple(cell.strip() for cell in cells))
        line = reader.line_num + 1


def _left_open(row: Row, width: int, delimiter: str) -> int | None:
    """Last line of a row in whose quoted field other rows lie: its quote was never closed, or much too late."""
    lines = [cell.splitlines() for cell in row.cells]
    inside = sum(max(0, len(parts) - 1) for parts in lines)
    rows_inside = width > 2 and any(part.count(delimiter) >= width - 1 for parts in lines for part in parts[1:])
    return row.line + inside if inside > _MOST_LINES or rows_inside else None


def _open_at_end(row: Row, width: int, text: str) -> bool:
    """Whether the last row of the file ends inside a quote."""
    if len(row.cells) >= width:
        return False
    raw = io.StringIO(text, newline="").readlines()[row.line - 1 :]
    return "".join(raw).count('"') % 2 == 1
