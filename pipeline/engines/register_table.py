"""A register file as a table: recognised columns, rows with the line they start on, and what fell out before."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pipeline.domain.errors import InputFault
from pipeline.domain.messages import say
from pipeline.domain.registry import RegistryEntry
from pipeline.domain.romanian.letters import fold

MAX_ROWS = 500_000
MAX_COLUMNS = 200
_HEADER_WITHIN = 15
"""filled rows in which the header must be: registers often carry titles above it"""
_LOOSE = frozenset({"sender", "subject", "department", "channel"})
"""fields whose names may go on in any way; ``Nr.`` and ``Data`` begin the names of many other columns"""
_TELLING = 6
_NO_LETTER = re.compile(r"[\W_]+")


FAULT_PREFIX = "register-"
"""of the codes of faults of a whole register file"""


def fault_text(code: str) -> str:
    """Romanian for the ``InputFault`` code of a register file."""
    return say(f"register.fault_{code.removeprefix(FAULT_PREFIX).replace('-', '_')}")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that did not go in; ``register.row_<reason_code>`` says why, filled with ``values``."""

    line: int
    """physical line (CSV) or row (XLSX) on which it starts, from 1"""
    reason_code: str
    values: dict[str, str]

    @property
    def reason(self) -> str:
        """Romanian."""
        return say(f"register.row_{self.reason_code}", **self.values)


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A row that went in with a field left out; ``register.warning_<code>`` says which."""

    line: int
    code: str
    values: dict[str, str]

    @property
    def reason(self) -> str:
        """Romanian."""
        return say(f"register.warning_{self.code}", **self.values)


@dataclass(frozen=True, slots=True)
class RegisterFile:
    rows: tuple[RegistryEntry, ...]
    bad: tuple[BadRow, ...]
    warnings: tuple[RowWarning, ...]


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: tuple[str, ...]
    """dates as ISO text, whole numbers without a fraction"""


@dataclass(frozen=True, slots=True)
class Table:
    columns: dict[str, int]
    """field → place in the cells"""
    rows: Iterable[Row]
    bad: tuple[BadRow, ...] = ()


@cache
def vocabulary() -> dict[str, Any]:
    text = (resources.files("pipeline.engines") / "register_columns.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def plain(text: str) -> str:
    """Folded, with every run of other signs as one blank: ``Nr. înreg.`` → ``nr inreg``."""
    return _NO_LETTER.sub(" ", fold(text)).strip()


def columns_of(cells: Sequence[str]) -> dict[str, int]:
    """Fields named by a header row; empty when it is none: it must name the number and one field more."""
    names = [plain(cell) for cell in cells]
    columns: dict[str, int] = {}
    known = vocabulary()["columns"]
    for field, exact in known.items():
        place = next((names.index(name) for name in exact if name in names), None)
        if place is not None and place not in columns.values():
            columns[field] = place
    for field in sorted(_LOOSE - columns.keys()):
        place = next((place for name in known[field] for place in _longer(names, name)), None)
        if place is not None and place not in columns.values():
            columns[field] = place
    return columns if "number" in columns and len(columns) > 1 else {}


def _longer(names: Sequence[str], known: str) -> Iterator[int]:
    """Places of names that begin with a known one: ``Expeditor / Emitent``, ``Direcția repartizată``."""
    if len(known) >= _TELLING:
        yield from (place for place, name in enumerate(names) if name.startswith(f"{known} "))


def split_header(rows: Iterator[Row]) -> tuple[dict[str, int], Row] | None:
    """Reads rows up to the header; None when the first filled rows hold none."""
    filled = 0
    for row in rows:
        if not any(row.cells):
            continue
        columns = columns_of(row.cells)
        if columns:
            return columns, row
        filled += 1
        if filled >= _HEADER_WITHIN:
            return None
    return None


def counted_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """The filled rows; raises ``InputFault`` behind the largest number of rows."""
    count = 0
    for row in rows:
        if any(row.cells):
            count += 1
            if count > MAX_ROWS:
                raise too_large(f"more than {MAX_ROWS} rows")
            yield row


def too_large(detail: str) -> InputFault:
    return InputFault("register-too-large", detail)


def no_header() -> InputFault:
    return InputFault("register-header", "no row names a number column and another known one")
