"""Registry numbers as papers write them: ``nr. 156773/CP/03.08.2018``, ``nr. 13956 din 24.02.2020``, ``RG 48213/2021``.

What carries a number but registers nothing (laws, articles, streets, court files, phones, identity papers) is left out.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.domain.romanian.dates import date_at
from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.words import any_word, word_lists

_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+", re.ASCII)
_CONTEXT = 90
"""code points before a cue in which its owner is looked for"""


def number_key(number: str) -> str:
    """What the written forms of one number have in common: ``60.167`` and ``060167`` → ``60167``; ``6.11.0`` stays."""
    key = without_thousands("".join(number.split()).upper())
    if key.isascii() and key.isdigit():
        key = key.lstrip("0") or "0"
    return key


def without_thousands(number: str) -> str:
    """``60.167`` → ``60167``; anything else stays as it is."""
    return number.replace(".", "") if _THOUSANDS.fullmatch(number) else number


class NumberRole(StrEnum):
    REGISTRATION = "registration"
    """words of registering stand before it: ``înregistrat sub nr.``, ``INTRARE Nr.``"""
    PLAIN = "plain"
    """only ``nr.``"""
    QUOTED = "quoted"
    """of a paper that the text speaks of: ``adresa dumneavoastră nr.``"""


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A registry number in a text. Offsets are code points of ``comma_letters(text)``."""

    number: str
    """as written, without blanks; repaired where OCR took a letter for a digit"""
    start: int
    """of the number, without its cue"""
    end: int
    """of the number with its department, year or date"""
    cue: str
    """the words that said that a number follows, as written"""
    role: NumberRole
    register: str | None = None
    """letters written before it: ``RG 48213``"""
    department: str | None = None
    """code between number and date: ``CP``, ``451.2``"""
    year: int | None = None
    date: dt.date | None = None
    repaired: bool = False
    """a digit was read as a letter: never to be relied on alone"""
    number_end: int = 0
    """end of the number alone"""


_LISTS = word_lists("registry_words")


def _words(*names: str) -> str:
    return rf"(?<![a-z]){any_word([word for name in names for word in _LISTS[name]])}(?![a-z])"


_ACTS = re.compile(_words("acts"))
_NEAR = re.compile(_words("acts", "articles", "courts", "identity") + r"[\s.:,]*(?:[a-z]{1,3}[\s.:,]*)?$")
_STREETS = re.compile(_words("streets"))
_PAPERS = re.compile(_words("papers"))
_REGISTERED = re.compile(_words("registration"))
_NUMBER_WORD = re.compile(_words("number"))
_CLAUSE_END = re.compile(r"\n\s*\n|;|\d/(?:19|20)\d\d(?!\d)")
_DOTTED = re.compile(r"(?<![a-z.])(?:[a-z]\.\s?){2,6}")
_AND = re.compile(r"[\s,]*(?:si|respectiv|iar)\b|\s*,")
_GLUED = r"(?=[lioszb|]?\d)"
_CUE_WORD = any_word([*_LISTS["number"], *_LISTS["registration"]])
_FILLER = any_word(_LISTS["filler"])
_GAP = r"(?:[ \t.:;,_/\\№°|-]{0,40}(?:\n[ \t]*)?)"
_CUE = re.compile(
    rf"(?<![a-z0-9])(?:{_CUE_WORD}(?![a-z0-9]){_GAP}(?:{_FILLER}(?![a-z0-9]){_GAP}){{0,3}}){{1,4}}"
    rf"(?:(?<![a-z])nr\.?{_GLUED})?|(?<![a-z0-9])nr\.?{_GLUED}"
)
_NUMBER = re.compile(
    r"(?:(?P<register>[A-ZĂÂÎȘȚ]{1,12})(?:\s?[-/]\s?|\s+))?"
    r"(?P<number>[A-Z]{1,6}(?:19|20)\d\d-\d{1,9}|[A-Z]{1,3}(?:\.\d{1,6})+|\d{1,3}(?:\.\d{3})+(?![.\d])|\d+(?:\.\d+)+"
    r"|\d{1,9})(?!\w)(?!\.\d)",
    re.ASCII,
)
_MISREAD = re.compile(r"(?P<number>(?=[\dlIiOoSZB|]{2,9}(?![\w|]))(?=\D*\d)[\dlIiOoSZB|]{2,9})", re.ASCII)
_REPAIR = str.maketrans("lIi|OoSZB", "111100528")
_TO_DATE = re.compile(r"\s*(?:[/\\,;–-]\s*)?(?:(?:din|la)?\s*(?:data\s*(?:de)?|ziua)?)?\s*[:/]?\s*", re.ASCII)
_DEPARTMENT = re.compile(
    r"\s?[/\\]\s?(?P<code>[A-Za-zĂÂÎȘȚ]{1,8}[\d.]{0,6}|\d{1,5}(?:\.\d{1,3})?)\s?(?=[/\\])", re.ASCII
)
_TO_YEAR = re.compile(r"\s*(?:[/\\]|din(?:\s+anul)?)\s*(?P<year>(?:19|20)\d\d)(?![\d])(?![./-]\d)", re.ASCII)
_JOINERS = re.compile(
    r"[\s,;.]*(?:(?:si|sau|respectiv|precum|ori|cu|ale|din|modificat[a-z]*|completat[a-z]*)[\s,;.]*)*"
)


def find_numbers(text: str, undated: bool = False) -> list[WrittenNumber]:
    """Registry numbers of a text, in order, with their year or date.

    A number without both is taken only behind ``nr.`` with words of registering, or, with ``undated``, behind any cue.
    """
    return [found for found in _numbers(comma_letters(text)) if undated or found.year is not None or _told(found)]


def _told(found: WrittenNumber) -> bool:
    return found.role is NumberRole.REGISTRATION and _NUMBER_WORD.search(fold(found.cue)) is not None


def _numbers(text: str) -> Iterator[WrittenNumber]:
    folded = fold(text)
    position, after = 0, 0
    before: NumberRole | None = NumberRole.PLAIN
    while cue := _CUE.search(folded, position):
        found = _number_at(text, folded, cue.end())
        if found is None:
            position = cue.end()
            continue
        before = _role(folded, cue, after, before, dated=found.year is not None)
        position = after = found.end
        if before is not None:
            yield replace(found, role=before, cue=text[cue.start() : cue.end()].strip())


def _role(folded: str, cue: re.Match[str], after: int, before: NumberRole | None, dated: bool) -> NumberRole | None:
    """Whose number it is, by its cue and what stands before that; None: the number of something else."""
    if _REGISTERED.search(cue.group()):
        return NumberRole.REGISTRATION
    context = folded[max(after, cue.start() - _CONTEXT) : cue.start()]
    context = context[max((end.end() for end in _CLAUSE_END.finditer(context)), default=0) :]
    context = _DOTTED.sub(lambda letters: re.sub(r"[.\s]", "", letters.group()) + " ", context)
    if after and _JOINERS.fullmatch(context):
        return before
    line = context[context.rfind("\n") + 1 :]
    if _NEAR.search(context) or (not dated and _STREETS.search(line)):
        return None
    registered = max((word.start() for word in _REGISTERED.finditer(context)), default=-1)
    if any(act.start() > registered for act in _ACTS.finditer(context)):
        return None
    if registered >= 0 or (after and before is NumberRole.REGISTRATION and _AND.match(context)):
        return NumberRole.REGISTRATION
    return NumberRole.QUOTED if _PAPERS.search(context) else NumberRole.PLAIN


def _number_at(text: str, folded: str, start: int) -> WrittenNumber | None:
    match = _NUMBER.match(text, start)
    repaired = match is None
    match = match or _MISREAD.match(text, start)
    if match is None or date_at(folded, match.start("number")):
        return None
    found = WrittenNumber(
        number=match["number"].translate(_REPAIR) if repaired else match["number"],
        start=match.start(),
        end=match.end(),
        cue="",
        role=NumberRole.PLAIN,
        register=match.groupdict().get("register"),
        repaired=repaired,
        number_end=match.end(),
    )
    found = _with_when(folded, text, found)
    return None if repaired and found.date is None else found


def _with_when(folded: str, text: str, found: WrittenNumber) -> WrittenNumber:
    """The number with what follows it: date, year, or department code and one of both."""
    department = _DEPARTMENT.match(text, found.end)
    for code, end in ((None, found.end), *([(department["code"], department.end())] if department else [])):
        to_date = _TO_DATE.match(folded, end)
        date = date_at(folded, to_date.end()) if to_date and to_date.end() > end else None
        if date:
            return replace(found, date=date.date, year=date.date.year, department=code, end=date.end)
        if year := _TO_YEAR.match(folded, end):
            return replace(found, year=int(year["year"]), department=code, end=year.end())
    return found
