"""Reads the institution's own registration stamp or printed label on page one: number, date, and how sure both are.

Cue words may be misread by a letter or two, digits may not: what is not plainly a number gives nothing.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from pipeline.domain.pages import PageText
from pipeline.domain.registry import LinkSource
from pipeline.domain.romanian.dates import find_dates
from pipeline.domain.romanian.letters import fold
from pipeline.domain.romanian.names import folded_words, institution_named
from pipeline.domain.romanian.numbers import NumberRole, WrittenNumber, find_numbers, number_key
from pipeline.domain.romanian.segments import Segment, right_of, segments, stacked
from pipeline.domain.romanian.stamp_text import StampText, cue_words, stamp_text
from pipeline.domain.romanian.words import word_lists
from pipeline.domain.settings import Institution

READABLE = 0.6
"""digits less sure than this are not read at all"""
LINES_ABOVE, LINES_BELOW = 4, 3
HEAD_OF_PAGE = 0.4
"""a number without any word of registering is looked for in this share of the page"""
RUNNING_TEXT = 4
"""so many words that belong on no stamp make a wide line running text"""
HAND = 1.6
"""digits so many times as tall as the words beside them are written by hand"""
WIDE = 0.4
"""share of the page's width"""


NOISE = 2
"""words read before the cue that may be misread stamp, where the institution is named"""
_ANCHORS = frozenset({"nr", "no", "numar", "numarul", "intrare", "iesire", "inreg", "registratura"})
_REGISTERED = "inregistr"
_STROKES = tuple("|[]{}!")
_STROKE = re.compile(r"[|/\\\[\]]\s*$")
_SHORT_DATE = re.compile(r"\s?[/-]\s?\d{1,2}([./-])\d{1,2}\1\d{2}(?!\d)", re.ASCII)
"""its century is open, so it gives no year; but what stands before it is a number"""


class Standing(IntEnum):
    """How plainly a number is one of the own register's."""

    BARE = 0
    """``nr.`` with a date at the head of the page; a sender's own number looks the same"""
    CUED = 1
    """words of registering, but nobody named"""
    OWN = 2
    """the institution or its registry is named, or the stamp says INTRARE, or it is a registration label"""


@dataclass(frozen=True, slots=True)
class Registration:
    """What one stamp or label says."""

    register: str
    """the institution's default register unless ``names_register``"""
    number: str
    """as compared: see ``number_key``"""
    year: int | None
    date: dt.date | None
    kind: LinkSource
    """``stamp`` or ``label``"""
    confidence: float
    """least confidence of the words with the number's digits, 0 to 1"""
    date_confidence: float
    """the same for the date or year; 0 without one"""
    page: int
    standing: Standing = Standing.OWN
    names_register: bool = False
    by_hand: bool = False
    """the digits are far taller than the words around them"""


def find_registrations(page_text: PageText, institution: Institution, page: int = 1) -> list[Registration]:
    """The registrations on a page, most plainly the own register's first; the same number is listed once.

    ``page`` is the batch page that the registrations are to name.
    """
    runs = segments(page_text)
    found: dict[tuple[str, str, int | None], Registration] = {}
    for run in runs:
        registration = _Place(run, runs, page_text, institution).registration(page)
        if registration:
            key = (registration.register, registration.number, registration.year)
            found[key] = max(found.get(key, registration), registration, key=_rank)
    return sorted(_without_vaguer(found.values()), key=_rank, reverse=True)


def _rank(registration: Registration) -> tuple[int, bool, bool, float]:
    return (
        registration.standing,
        registration.date is not None,
        registration.kind is LinkSource.LABEL,
        registration.confidence,
    )


def _without_vaguer(registrations: Iterable[Registration]) -> list[Registration]:
    """Leaves out a number without year where the same number was found with one."""
    everything = list(registrations)
    dated = {(each.register, each.number) for each in everything if each.year is not None}
    return [each for each in everything if each.year is not None or (each.register, each.number) not in dated]


class _Place:
    """A run that may hold the number of a stamp, with the runs around it."""

    def __init__(self, run: Segment, runs: Sequence[Segment], page: PageText, institution: Institution) -> None:
        self.run = run
        self.runs = runs
        self.page = page
        self.institution = institution

    def registration(self, page: int) -> Registration | None:
        own_words = set(cue_words([self.run]))
        if not any(word in _ANCHORS or word.startswith(_REGISTERED) for word in own_words):
            return None
        above = self._above()
        words = own_words | set(cue_words(above))
        named = institution_named(self.institution.name, self.institution.code, words)
        read, number, strange = self._number()
        if number is None or number.repaired or number.role is NumberRole.QUOTED:
            return None
        if self._in_running_text(above) or self._titled(above):
            return None
        confidence = read.confidence(number.start, number.number_end)
        date, year, date_confidence = self._when(read, number, above)
        if date_confidence < READABLE:
            date = year = None
        if confidence < READABLE or strange > (NOISE if named and date and not self._wide(self.run) else 0):
            return None
        label = any(self._heads_label(line) for line in (self.run, *above))
        standing = self._standing(words, named, label, number, dated=date is not None)
        if standing is None:
            return None
        return Registration(
            register=number.register or self.institution.default_register,
            number=number_key(number.number),
            year=year,
            date=date,
            kind=LinkSource.LABEL if label else LinkSource.STAMP,
            confidence=confidence,
            date_confidence=date_confidence,
            page=page,
            standing=standing,
            names_register=number.register is not None,
            by_hand=read.height(number.start, number.number_end) > HAND * self.run.height,
        )

    def _number(self) -> tuple[StampText, WrittenNumber | None, int]:
        """The number on this run, else right of it, else below, and how many words before its cue are on no stamp."""
        right = right_of(self.run, self.runs)
        below = stacked(self.run, self.runs, downwards=True, most=1)
        register = self.institution.default_register
        row = stamp_text([[self.run]], register)
        choices = [row]
        choices += [stamp_text([[self.run, right]], register)] if right else []
        choices += [stamp_text([[self.run], [below[0]]], register)] if below else []
        for read in choices:
            for number in find_numbers(read.text, undated=True):
                cue = read.text.rfind(number.cue, 0, number.start)
                after = folded_words(read.text[number.end :])
                alone = not self._strange(after) and not set(after) & set(word_lists("stamp_words")["counted"])
                if not self._whole(read.text, number):
                    return read, None, 0
                if cue < len(row.text) and (number.start < len(row.text) or alone):
                    return read, number, len(self._strange(folded_words(read.text[:cue])))
        return row, None, 0

    def _whole(self, text: str, number: WrittenNumber) -> bool:
        """Whether nothing beside it may be a digit of it; what follows is known where a date or year does."""
        if _STROKE.search(number.cue) or text[number.number_end : number.number_end + 1] in _STROKES:
            return False
        if _SHORT_DATE.match(text, number.end):
            return True
        rest = folded_words(text[number.end :].split("\n")[0])
        return number.year is not None or not rest or not (rest[0].isdigit() or self._strange(rest[:1], 1))

    def _strange(self, words: Iterable[str], shortest: int = 2) -> list[str]:
        """The words of so many letters or more that belong on no stamp."""
        lists = word_lists("stamp_words")
        known = {*lists["cues"], *lists["usual"], *folded_words(self.institution.name), fold(self.institution.code)}
        known.add(fold(self.institution.default_register))
        return [word for word in words if word not in known and word.isalpha() and len(word) >= shortest]

    def _above(self) -> list[Segment]:
        """The lines above that may belong to the stamp: up to an address."""
        lines: list[Segment] = []
        for line in stacked(self.run, self.runs, downwards=False, most=LINES_ABOVE):
            if set(cue_words([line])[:2]) & set(word_lists("stamp_words")["address"]):
                break
            lines.append(line)
        return lines

    def _standing(
        self, words: set[str], named: bool, label: bool, number: WrittenNumber, dated: bool
    ) -> Standing | None:
        """How plainly it is an own number; None: another one's, or no registry number at all."""
        lists = word_lists("stamp_words")
        office = bool(words & set(lists["offices"]))
        incoming, outgoing, registry = "intrare" in words, "iesire" in words, "registratura" in words
        registering = incoming or outgoing or registry or label or number.role is NumberRole.REGISTRATION
        if not named and (words & set(lists["authorities"]) or (outgoing and not incoming and not registry)):
            return None
        if not registering and not dated:
            return None
        by_words = label or number.register == self.institution.default_register or registry or incoming
        if named and not self._another_named(words):
            return Standing.OWN if registry or not office else Standing.CUED
        if by_words and not office and not (incoming and outgoing and not registry):
            return Standing.OWN
        if registering:
            return Standing.CUED
        if self._registry_below():
            return Standing.CUED
        at_head = self.run.bottom <= HEAD_OF_PAGE * self.page.height
        return Standing.BARE if at_head and not office else None

    def _registry_below(self) -> bool:
        """Whether the stamp names its registry under the number, where a letter has its addressee."""
        lists = word_lists("stamp_words")
        words: set[str] = set()
        for line in stacked(self.run, self.runs, downwards=True, most=2):
            read = cue_words([line])
            if self._wide(line) or set(read) & {*lists["address"], *lists["authorities"], *lists["offices"]} - {
                "primaria"
            }:
                break
            words |= set(read)
        return "registratura" in words

    def _another_named(self, words: set[str]) -> bool:
        """Whether a company or authority stands there too: ``SC Construct SRL, municipiul Arad``."""
        lists = word_lists("stamp_words")
        others = words & set(lists["authorities"]) - set(lists["councils"])
        return bool(others - set(folded_words(self.institution.name)))

    def _in_running_text(self, above: Sequence[Segment]) -> bool:
        """Whether the run or the line above it is wide and says what stamps do not say."""
        return any(
            self._wide(line) and len(self._strange(cue_words([line]))) >= RUNNING_TEXT
            for line in (self.run, *above[:1])
        )

    def _titled(self, above: Sequence[Segment]) -> bool:
        """Whether the number is an act's (``CERTIFICAT DE URBANISM Nr. …``) or quoted (``Răspuns la adresa Nr. …``)."""
        titles = set(word_lists("stamp_words")["titles"])
        lines = [cue_words([line]) for line in (self.run, *above[:1])]
        return any(titles & set(words) or "adresa" in words[1:] for words in lines)

    def _wide(self, line: Segment) -> bool:
        return line.right - line.left >= WIDE * self.page.width

    @staticmethod
    def _heads_label(line: Segment) -> bool:
        words = cue_words([line])
        return "bon" in words and any(word.startswith(_REGISTERED) for word in words)

    def _when(
        self, read: StampText, number: WrittenNumber, above: Sequence[Segment]
    ) -> tuple[dt.date | None, int | None, float]:
        """Date, year and their confidence: written with the number, else on its row or below, else right above."""
        written = read.confidence(number.number_end, number.end)
        if number.date is not None:
            return number.date, number.year, written
        beside = [date for date in find_dates(read.text) if date.start >= number.number_end]
        for text, dates in ((read, beside), *((text, find_dates(text.text)) for text in self._around(above))):
            if dates and dates[0].until is None and number.year in (None, dates[0].date.year):
                sure = text.confidence(dates[0].start, dates[0].end)
                if number.year is None or sure >= READABLE:
                    return dates[0].date, dates[0].date.year, sure if number.year is None else min(sure, written)
        return None, number.year, written if number.year is not None else 0.0

    def _around(self, above: Sequence[Segment]) -> list[StampText]:
        return [stamp_text(self._rows_below(), ""), stamp_text([[line] for line in above[:2]], "")]

    def _rows_below(self) -> list[list[Segment]]:
        """The run's row and those below, each as far to the right as its values reach."""
        rows = []
        for line in (self.run, *stacked(self.run, self.runs, downwards=True, most=LINES_BELOW)):
            row = [line]
            while (beyond := right_of(row[-1], self.runs)) and not self._strange(cue_words([beyond])):
                row.append(beyond)
            rows.append(row)
        return rows
