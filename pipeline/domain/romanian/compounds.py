"""What is one thing though written as several words: ``544 din 2001``, ``4521/302/2020``, a date, a phone, a plate.

Every written form of one thing gives one value. Offsets are code points of ``comma_letters(text)``.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.domain.romanian.dates import WrittenDate, find_dates
from pipeline.domain.romanian.letters import fold
from pipeline.domain.romanian.numbers import number_key

_NUMBER = r"(?<![\w./])(?:l\.?\s?)?(?P<number>\d{1,3}(?:\.\d{3}){1,3}|\d{1,9})"
_YEAR = r"(?P<year>(?:18|19|20)\d\d)(?!\w)(?![./-]\d)"
_OF_YEAR = re.compile(rf"{_NUMBER}(?:\s?/\s?|\s{{1,3}}din\s{{1,3}}(?:anul\s{{1,3}})?){_YEAR}", re.ASCII)
_CASE = re.compile(
    r"(?<![\w./])(?P<file>\d{1,6})\s?/\s?(?P<court>\d{1,4})\s?/\s?(?P<year>(?:19|20)\d\d)(?P<tail>/[a-z0-9]{1,3})?(?![\w/])",
    re.ASCII,
)
_BEFORE_DATE = re.compile(
    rf"{_NUMBER}(?:\s?/\s?[a-z0-9.]{{1,8}})?(?:\s?/\s?|\s{{1,3}}din\s{{1,3}}(?:data\s{{1,3}}(?:de\s{{1,3}})?)?)$",
    re.ASCII,
)
_PHONE = re.compile(
    r"(?<![\w.+])(?:\+?40|0040|0)[ ]?"
    r"(?:[237]\d{2}[ ./-]?\d{3}[ .-]?\d{3}|[23]\d[ ./-]?\d{3}[ .-]?\d{2}[ .-]?\d{2}|[237]\d{2}(?:[ .-]\d{2}){3})(?!\w)",
    re.ASCII,
)
_IBAN = re.compile(r"(?<!\w)ro\d\d(?:[ ]?[a-z0-9]{4}){5}(?!\w)", re.ASCII)
_COUNTIES = (
    "ab|ag|ar|b|bc|bh|bn|br|bt|bv|bz|cj|cl|cs|ct|cv|db|dj|gj|gl|gr|hd|hr|if|il|is|mh|mm|ms|nt|ot|ph|sb|sj|sm|sv"
    "|tl|tm|tr|vl|vn|vs"
)
_PLATE = re.compile(
    rf"(?<!\w)(?P<county>{_COUNTIES})[ -]?(?P<digits>\d{{2,3}})[ -]?(?P<letters>[a-z]{{3}})(?!\w)", re.ASCII
)
_LOOK_BACK = 40
_DIGIT = re.compile(r"\d", re.ASCII)


class Compound(NamedTuple):
    """One thing: its place and the value that all its written forms share."""

    start: int
    end: int
    kind: str
    """``number`` (law or registry number with its year), ``case``, ``date``, ``phone``, ``iban``, ``plate``"""
    value: str


def compounds(text: str) -> list[Compound]:
    """All compounds of a text, by place; they may lie in one another (``13956 din 24.02.2020``)."""
    return compounds_of(fold(text))


def compounds_of(folded: str) -> list[Compound]:
    """The same for a folded text."""
    if _DIGIT.search(folded) is None:
        return []
    found = [*_cases(folded), *_of_year(folded), *_dated(folded), *_identifiers(folded)]
    return sorted(set(found))


def _cases(folded: str) -> Iterator[Compound]:
    for match in _CASE.finditer(folded):
        value = "/".join((match["file"].lstrip("0") or "0", match["court"], match["year"])) + (match["tail"] or "")
        yield Compound(match.start(), match.end(), "case", value)


def _of_year(folded: str) -> Iterator[Compound]:
    for match in _OF_YEAR.finditer(folded):
        yield Compound(match.start(), match.end(), "number", of_year(match["number"], int(match["year"])))


def of_year(number: str, year: int) -> str:
    """The value of a number with its year."""
    return f"{number_key(number).lower()}/{year}"


def _dated(folded: str) -> Iterator[Compound]:
    for date in find_dates(folded):
        yield Compound(date.start, date.end, "date", date.date.isoformat())
        if date.until is not None:
            yield Compound(date.start, date.end, "date", date.until.isoformat())
        yield from _number_before(folded, date)


def _number_before(folded: str, date: WrittenDate) -> Iterator[Compound]:
    before = max(0, date.start - _LOOK_BACK)
    if match := _BEFORE_DATE.search(folded, before, date.start):
        yield Compound(match.start(), date.end, "number", of_year(match["number"], date.date.year))


def _identifiers(folded: str) -> Iterator[Compound]:
    for match in _PHONE.finditer(folded):
        yield Compound(match.start(), match.end(), "phone", "0" + re.sub(r"\D", "", match.group())[-9:])
    for match in _IBAN.finditer(folded):
        yield Compound(match.start(), match.end(), "iban", match.group().replace(" ", ""))
    for match in _PLATE.finditer(folded):
        yield Compound(match.start(), match.end(), "plate", match["county"] + match["digits"] + match["letters"])
