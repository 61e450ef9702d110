"""One row of a register to an entry, or to the reason why it cannot be one."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.filing import Department
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.romanian.dates import parse_date
from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.numbers import without_thousands
from pipeline.engines.register_table import BadRow, Row, RowWarning, plain, vocabulary

_STRUCK = frozenset({"-", "--", "---", "–", "—", "_", "/", "x", "n/a"})
"""registers strike out what stays empty"""
_NUMBER = re.compile(r"(?=.*\d)[A-Z0-9./-]{1,24}", re.ASCII)
_REGISTER = re.compile(r"[A-Z0-9-]{1,12}", re.ASCII)
_YEAR = re.compile(r"(?:18|19|20|21)\d\d", re.ASCII)
_WHOLE = re.compile(r"(?P<whole>\d{1,15})\.0", re.ASCII)
_PREFIXED = re.compile(r"(?P<register>[A-Za-z]{1,12})\s+(?P<rest>\d.*)", re.ASCII)
_JOINT = re.compile(r"\s*/\s*|\s+(?:din|of)\s+", re.IGNORECASE)
_CODED = re.compile(r"(?P<number>\d[\d.]*)\s*/\s*(?P<code>[A-Za-z]{1,8}[\d.]{0,6}|\d{1,5}(?:\.\d{1,3})?)", re.ASCII)
_CUE = re.compile(r"(?:nr|numarul|numar|no)\b\.?\s*", re.IGNORECASE)
_EXCEL_DAY = re.compile(r"\d{5}", re.ASCII)
_EXCEL_ZERO = dt.date(1899, 12, 30)
_EXCEL_DAYS = range(10_000, 80_000)
_SHEETS = re.compile(r"(?P<sheets>\d{1,5})(?:\s*(?:file|fila|foi|f\.?))?", re.ASCII | re.IGNORECASE)
_MOST_LETTERS = 4_000


class _Bad(Exception):
    """Carries the reason of a bad row to where its line is known."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class _Written:
    """What stands in a number cell: the number, and the year, date or register written with it."""

    number: str
    register: str | None = None
    year: int | None = None
    date: dt.date | None = None


class RowReader:
    """Knows the columns, departments and default register; reads rows one by one."""

    def __init__(self, columns: dict[str, int], departments: Sequence[Department], default_register: str) -> None:
        self._columns = columns
        self._default = default_register
        self._departments = _department_names(departments)
        words = vocabulary()
        self._channels = {name: channel for channel, names in words["channels"].items() for name in names}
        self._channels |= {plain(channel): channel for channel in words["channels"]}
        self._generic = frozenset(words["departments"]["generic"])

    def read(self, row: Row) -> tuple[RegistryEntry | BadRow, list[RowWarning]]:
        """The entry with its warnings, or the bad row."""
        try:
            entry, unknown = self._entry(row)
        except _Bad as bad:
            return BadRow(row.line, bad.reason, bad.values), []
        return entry, [RowWarning(row.line, "department", {"department": unknown})] if unknown else []

    def _entry(self, row: Row) -> tuple[RegistryEntry, str | None]:
        written = _number(self._cell(row, "number"))
        date = _date(self._cell(row, "date"))
        if date and written.date and date != written.date:
            raise _Bad("dates", number=written.date.isoformat(), date=date.isoformat())
        date = date or written.date
        register = self._register(self._cell(row, "register"), written)
        number = RegistryNumber(register, _year(self._cell(row, "year"), written, date), written.number)
        department_text = self._cell(row, "department")
        department = self._department(department_text)
        entry = RegistryEntry(
            number=number,
            date=date,
            sender=self._cell(row, "sender") or None,
            subject=self._cell(row, "subject") or None,
            sheets=_sheets(self._cell(row, "sheets")),
            department=department,
            channel=self._channel(self._cell(row, "channel")),
        )
        return entry, department_text if department_text and department is None else None

    def _cell(self, row: Row, field: str) -> str:
        """One line of text; a struck-out cell is empty."""
        place = self._columns.get(field)
        text = row.cells[place] if place is not None and place < len(row.cells) else ""
        text = " ".join(comma_letters(text).split())[:_MOST_LETTERS]
        return "" if text.lower() in _STRUCK else text

    def _register(self, text: str, written: _Written) -> str:
        register = fold(text).upper() if text else written.register or self._default
        if not _REGISTER.fullmatch(register):
            raise _Bad("register", register=text)
        if text and written.register and written.register != register:
            raise _Bad("registers", number=written.register, register=register)
        return register

    def _department(self, text: str) -> str | None:
        name = plain(text)
        known = self._departments.get(name)
        return known or self._departments.get(_without_generic(name, self._generic)) if name else None

    def _channel(self, text: str) -> str | None:
        return self._channels.get(plain(text), text) if text else None


def _department_names(departments: Sequence[Department]) -> dict[str, str | None]:
    """Plain code, name or alias → code; a name that two departments share is nobody's."""
    names: dict[str, str | None] = {}
    generic = frozenset(vocabulary()["departments"]["generic"])
    for shorten in (False, True):
        found: dict[str, set[str]] = {}
        for department in departments:
            for name in (department.code, department.name, *department.aliases):
                key = _without_generic(plain(name), generic) if shorten else plain(name)
                found.setdefault(key, set()).add(department.code)
        for key, codes in found.items():
            names.setdefault(key, next(iter(codes)) if len(codes) == 1 else None)
    names.pop("", None)
    return names


def _without_generic(name: str, generic: frozenset[str]) -> str:
    words = name.split()
    while words and words[0] in generic:
        words.pop(0)
    return " ".join(words)


def _number(text: str) -> _Written:
    if not text:
        raise _Bad("number_missing")
    rest = _CUE.sub("", text, count=1) if _CUE.match(text) else text
    if whole := _WHOLE.fullmatch(rest):
        rest = whole["whole"]
    prefixed = _PREFIXED.fullmatch(rest)
    register = prefixed["register"].upper() if prefixed else None
    rest = prefixed["rest"] if prefixed else rest
    if parse_date(rest) is not None:
        raise _Bad("number_is_date", number=text[:40])
    year, date = None, None
    if when := _year_or_date(rest):
        rest, year, date = when
        if coded := _CODED.fullmatch(rest):
            rest = coded["number"]
    number = "".join(rest.split())
    if not _NUMBER.fullmatch(number.upper()):
        raise _Bad("number_shape", number=text[:40])
    return _Written(without_thousands(number), register, year, date)


def _year_or_date(text: str) -> tuple[str, int, dt.date | None] | None:
    """Number, year and date of ``48213/2021``, ``48213/27.09.2021``, ``48213/27/09/2021``, ``48213 din 27.09.2021``."""
    for joint in _JOINT.finditer(text):
        tail = text[joint.end() :]
        date = parse_date(tail)
        if date is not None:
            return text[: joint.start()], date.year, date
        if _YEAR.fullmatch(tail):
            return text[: joint.start()], int(tail), None
    return None


def _date(text: str) -> dt.date | None:
    if not text:
        return None
    if _EXCEL_DAY.fullmatch(text) and int(text) in _EXCEL_DAYS:
        return _EXCEL_ZERO + dt.timedelta(days=int(text))
    date = parse_date(text.rstrip(". "))
    if date is None:
        raise _Bad("date", date=text[:40])
    return date


def _year(text: str, written: _Written, date: dt.date | None) -> int:
    if whole := _WHOLE.fullmatch(text):
        text = whole["whole"]
    if text and not _YEAR.fullmatch(text):
        raise _Bad("year", year=text[:40])
    years = [int(text)] if text else []
    years += [written.year] if written.year else []
    years += [date.year] if date else []
    if not years:
        raise _Bad("year_missing")
    if len(set(years)) > 1:
        raise _Bad("years", year=str(years[0]), other=str(next(year for year in years if year != years[0])))
    return years[0]


def _sheets(text: str) -> int | None:
    if not text:
        return None
    if whole := _WHOLE.fullmatch(text):
        text = whole["whole"]
    match = _SHEETS.fullmatch(text)
    if match is None:
        raise _Bad("sheets", sheets=text[:40])
    return int(match["sheets"])
