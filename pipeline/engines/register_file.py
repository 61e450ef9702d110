"""Reads an imported register file (CSV or XLSX) into entries, with the rows that cannot go in and what is doubtful.

Foreign bytes: to be called inside the sandboxed child. ``InputFault`` codes: ``register-empty``, ``register-binary``,
``register-format``, ``register-xls``, ``register-encrypted``, ``register-broken``, ``register-too-large``,
``register-header``.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.domain.errors import InputFault
from pipeline.domain.filing import Department
from pipeline.domain.messages import say
from pipeline.domain.registry import RegistryEntry
from pipeline.domain.romanian.numbers import number_key
from pipeline.engines.register_csv import csv_table
from pipeline.engines.register_rows import RowReader
from pipeline.engines.register_table import BadRow, RegisterFile, RowWarning, Table, fault_text, too_large
from pipeline.engines.register_xlsx import OLE2, ZIP, ole2_fault, xlsx_table

MAX_BYTES = 100 * 2**20
__all__ = ["BadRow", "RegisterFile", "RowWarning", "bad_row_text", "fault_text", "read_register", "warning_text"]


def read_register(path: Path, departments: Sequence[Department], default_register: str = "RG") -> RegisterFile:
    """Rows that may go in, once each; bad rows by line; warnings by line. Raises ``InputFault`` for the whole file."""
    table = _table(path)
    reader = RowReader(table.columns, departments, default_register)
    rows: list[RegistryEntry] = []
    bad = list(table.bad)
    warnings: list[RowWarning] = []
    seen: dict[tuple[str, int, str], tuple[int, RegistryEntry]] = {}
    for row in table.rows:
        entry, doubts = reader.read(row)
        if isinstance(entry, BadRow):
            bad.append(entry)
            continue
        key = (entry.number.register, entry.number.year, number_key(entry.number.number))
        line, first = seen.setdefault(key, (row.line, entry))
        if line != row.line:
            if not _same(first, entry):
                bad.append(BadRow(row.line, "twice", {"number": str(entry.number), "first": str(line)}))
            continue
        rows.append(entry)
        warnings.extend(doubts)
    return RegisterFile(tuple(rows), tuple(sorted(bad, key=lambda item: item.line)), tuple(warnings))


def bad_row_text(bad: BadRow) -> str:
    """One line in Romanian: which line, and why it did not go in."""
    return say("register.line", line=bad.line, text=bad.reason)


def warning_text(warning: RowWarning) -> str:
    """One line in Romanian: which line, and what was left out of it."""
    return say("register.line", line=warning.line, text=warning.reason)


def _table(path: Path) -> Table:
    if path.stat().st_size > MAX_BYTES:
        raise too_large(f"more than {MAX_BYTES} bytes")
    data = path.read_bytes()
    if not data.strip():
        raise InputFault("register-empty", "no bytes")
    if data.startswith(OLE2):
        raise ole2_fault(data)
    return xlsx_table(data) if data.startswith(ZIP) else csv_table(data)


def _same(one: RegistryEntry, other: RegistryEntry) -> bool:
    """Whether two rows of one number say the same."""
    return (one.date, one.sender, one.subject, one.sheets, one.department, one.channel) == (
        other.date, other.sender, other.subject, other.sheets, other.department, other.channel,
    )  # fmt: skip
