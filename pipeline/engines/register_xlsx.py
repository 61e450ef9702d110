"""XLSX registers, read row by row with openpyxl; what only looks like one is told apart."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl

from pipeline.domain.errors import InputFault
from pipeline.engines.register_table import MAX_COLUMNS, Row, Table, counted_rows, no_header, split_header, too_large

ZIP = b"PK\x03\x04"
OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MAX_UNPACKED = 500 * 2**20
"""bytes of all parts together, as the archive declares them (a part that is longer is not read further)"""
MAX_PARTS = 5_000
_MAX_SHEET_ROWS = 1_048_576


def ole2_fault(data: bytes) -> InputFault:
    """A password-protected XLSX and an old XLS are both OLE2 files."""
    if _ENCRYPTED in data:
        return InputFault("register-encrypted", "a workbook behind a password")
    return InputFault("register-xls", "an old Excel workbook or another OLE2 file")


def xlsx_table(data: bytes) -> Table:
    """The first sheet that has a register's header.

    Raises ``InputFault``: ``register-format``, ``register-broken``, ``register-encrypted``, ``register-too-large``,
    ``register-header``.
    """
    _check_archive(data)
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            rows = _rows(sheet)
            header = split_header(rows)
            if header is not None:
                return Table(header[0], list(counted_rows(rows)))
    except InputFault:
        raise
    except MemoryError as error:
        raise too_large("out of memory") from error
    except Exception as error:  # openpyxl lets its XML, ZIP and value errors through, of any kind
        raise InputFault("register-broken", f"{type(error).__name__}: {error}"[:300]) from error
    raise no_header()


def _check_archive(data: bytes) -> None:
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise InputFault("register-broken", f"archive: {error}") from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise too_large("unpacked")
    if any(part.flag_bits & 1 for part in parts):
        raise InputFault("register-encrypted", "archive parts behind a password")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise InputFault("register-format", "a ZIP archive that is no XLSX workbook")


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()
    for line, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), 1):
        if line > _MAX_SHEET_ROWS:
            raise too_large(f"more than {_MAX_SHEET_ROWS} sheet rows")
        yield Row(line, tuple(map(_text, cells)))


def _text(value: Any) -> str:
    """A cell as text: dates in ISO form, 48213.0 as 48213."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
