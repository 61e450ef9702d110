"""Dates as Romanian papers write them, day first: 27.09.2021, 27 septembrie 2021, 30.XII.2008, ziua 27 luna 09 ..."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.domain.romanian.letters import fold

MONTHS = (
    "ianuarie", "februarie", "martie", "aprilie", "mai", "iunie",
    "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie",
)  # fmt: skip
_SHORT = {
    "ian": 1, "feb": 2, "febr": 2, "mar": 3, "apr": 4, "iun": 6, "iul": 7, "aug": 8,
    "sep": 9, "sept": 9, "oct": 10, "noi": 11, "nov": 11, "dec": 12,
}  # fmt: skip
_ROMAN = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12,
}  # fmt: skip
_MONTH_NUMBERS = {name: place for place, name in enumerate(MONTHS, 1)} | _SHORT | _ROMAN


def _longest_first(*names: str) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_WORD_MONTH = rf"(?:{_longest_first(*MONTHS)}|(?:{_longest_first(*_SHORT)})\b\.?)"
_ROMAN_MONTH = r"(?:[il1]x|[il1]v|x[il1]{0,2}|v[il1]{0,3}|i{1,3})"
"""where an X or V is beside them, a 1 or l is an I that OCR misread: 27.1X.2021"""
_ANY_MONTH = rf"(?:\d{{1,2}}|{_WORD_MONTH}|{_ROMAN_MONTH})"
_DAY = r"(?P<day>\d{1,2})"
_YEAR = r"(?P<year>(?:1[89]|20|21)\d\d)"
_END = r"(?!\d)(?!\.\d)"
_FORMS = [
    re.compile(form + _END, re.ASCII)
    for form in (
        rf"{_DAY}\s?(?P<joint>[./-])\s?(?P<month>\d{{1,2}})\s?(?P=joint)\s?{_YEAR}",
        rf"{_YEAR}(?P<joint>[./-])(?P<month>\d{{2}})(?P=joint)(?P<day>\d{{2}})",
        rf"{_DAY}\s*[./-]?\s*(?P<month>{_WORD_MONTH})\s*[,./-]?\s*{_YEAR}",
        rf"{_DAY}\s?[./-]\s?(?P<month>{_ROMAN_MONTH})\s?[./-]\s?{_YEAR}",
        rf"{_DAY}\s(?P<month>{_ROMAN_MONTH})\s{_YEAR}",
        rf"ziua\W{{0,9}}{_DAY}\W{{0,9}}luna\W{{0,9}}(?P<month>{_ANY_MONTH})\W{{0,9}}anul\W{{0,9}}{_YEAR}",
        rf"anul\W{{0,9}}{_YEAR}\W{{0,9}}luna\W{{0,9}}(?P<month>{_ANY_MONTH})\W{{0,9}}ziua\W{{0,9}}{_DAY}",
    )
]
_START = re.compile(r"(?<![\da-z])(?<!\d\.)(?:\d|ziua|anul)", re.ASCII)
_RANGE_START = re.compile(
    rf"(?<!\d)(?<!\d[.])(?P<day>\d{{1,2}})(?:(?:\s*\.\s*|\s+)(?P<month>{_ANY_MONTH}))?\s*[-–—]\s*$", re.ASCII
)
_TIME = re.compile(r"[\sT,]*(?:ora\s*)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date and its place: code-point offsets into ``comma_letters(text)``."""

    date: dt.date
    start: int
    end: int
    until: dt.date | None = None
    """last day, when a range was written"""


def find_dates(text: str) -> list[WrittenDate]:
    """All dates of a text in order; a range is one of them. What is no day of the calendar is left out."""
    folded = fold(text)
    return _ranges_joined(folded, list(_single_dates(folded)))


def parse_date(text: str) -> dt.date | None:
    """The date, when the whole text is one (a time of day after it is allowed); else None."""
    folded = fold(text).strip()
    found = date_at(folded, 0)
    if found is None:
        return None
    rest = folded[found.end :].strip()
    return found.date if not rest or _TIME.fullmatch(rest) else None


def date_at(folded: str, start: int) -> WrittenDate | None:
    """The date that begins exactly at an offset of a folded text."""
    for form in _FORMS:
        match = form.match(folded, start)
        date = match and _calendar_day(match["year"], match["month"], match["day"])
        if match and date:
            return WrittenDate(date, start, match.end())
    return None


def _single_dates(folded: str) -> Iterator[WrittenDate]:
    position = 0
    while match := _START.search(folded, position):
        found = date_at(folded, match.start())
        position = found.end if found else match.end()
        if found:
            yield found


def _ranges_joined(folded: str, dates: list[WrittenDate]) -> list[WrittenDate]:
    joined: list[WrittenDate] = []
    for found in dates:
        before = joined[-1] if joined else None
        if before and before.until is None and re.fullmatch(r"\s*[-–—]\s*", folded[before.end : found.start]):
            joined[-1] = WrittenDate(before.date, before.start, found.end, found.date)
            continue
        joined.append(_with_range_start(folded, found, before.end if before else 0))
    return joined


def _with_range_start(folded: str, last: WrittenDate, after: int) -> WrittenDate:
    """``27 septembrie - 01 octombrie 2021``, ``27.09 - 01.10.2021``, ``27 - 30 septembrie 2021``: one year for both."""
    match = _RANGE_START.search(folded, max(after, last.start - 30), last.start)
    if match is None:
        return last
    month = match["month"]
    if month is None and not re.match(rf"\d+\s*{_WORD_MONTH}", folded[last.start : last.end]):
        return last
    first = _calendar_day(str(last.date.year), month or str(last.date.month), match["day"])
    if first and first > last.date:
        first = _calendar_day(str(last.date.year - 1), month or str(last.date.month), match["day"])
    return WrittenDate(first, match.start(), last.end, last.date) if first else last


def _calendar_day(year: str, month: str, day: str) -> dt.date | None:
    name = month.rstrip(".")
    try:
        number = int(name) if name.isdigit() else _MONTH_NUMBERS.get(name) or _ROMAN[re.sub("[l1]", "i", name)]
        return dt.date(int(year), number, int(day))
    except (KeyError, ValueError):
        return None
