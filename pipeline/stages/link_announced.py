"""Links a document by the number that a separator or a sticker names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.domain.registry import Announced, Link, LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.romanian.numbers import number_key
from pipeline.domain.romanian.stamps import Registration, Standing
from pipeline.stages.link_values import (
    SHORT_ID,
    SOURCE_NAMES,
    ClaimKey,
    LinkOutcome,
    LinkQuestion,
    Paper,
    RegisterLookup,
    day,
    document_names,
    link_to,
    other_claimants,
    registration_name,
)

CONTRADICTS = 0.8
"""confidence from which the digits of a stamp may contradict a separator"""


def link_announced(
    paper: Paper,
    announced: Announced,
    read: Sequence[Registration],
    register: RegisterLookup,
    claims: Mapping[ClaimKey, Sequence[str]],
    batch: str | None,
) -> LinkOutcome:
    """``certain`` unless the register, another document or an own stamp objects; ``proposed`` without a year."""
    pages = paper.first
    year = announced.year
    asked: list[LinkQuestion] = []
    if year is None:
        year, question = _year_of(announced, read, register, pages)
        asked.append(question)
    objections = _contradictions(announced, year, read, register, pages)
    if year is None:
        link = Link(register=announced.register, number=announced.number, source=announced.source)
        return _outcome(link, None, objections, asked, ())
    number = RegistryNumber(announced.register, year, "".join(announced.number.split()))
    entry = register.entry(number)
    if entry is None and announced.year is not None and register.register_known(number.register, year):
        objections.insert(0, _unknown(number, announced, register, pages))
    rivals = other_claimants(number, paper.id, register, claims, batch)
    if rivals:
        objections.append(_claimed_twice(str(number), paper.id, rivals, pages))
    dates = [each.date for each in read if each.year == year and _same_number(each, announced)]
    link = link_to(number, entry, announced.source, next((date for date in dates if date), None))
    return _outcome(link, entry, objections, asked, rivals)


def _outcome(
    link: Link,
    entry: RegistryEntry | None,
    objections: Sequence[LinkQuestion],
    asked: Sequence[LinkQuestion],
    rivals: tuple[str, ...],
) -> LinkOutcome:
    state = LinkState.CONFLICT if objections else LinkState.PROPOSED if asked else LinkState.CERTAIN
    return LinkOutcome(replace(link, state=state), (*objections, *asked), rivals, entry)


def _year_of(
    announced: Announced, read: Sequence[Registration], register: RegisterLookup, pages: tuple[int, ...]
) -> tuple[int | None, LinkQuestion]:
    """The year of a sticker that names none: the register's only one, else the one an agreeing stamp says."""
    entries = register.entries_numbered(announced.number, announced.register)
    years = sorted({entry.number.year for entry in entries})
    values = [("number", f"{announced.register} {announced.number}")]
    if len(years) == 1:
        values.append(("found", f"{entries[0].number} din {day(entries[0].date)}"))
        return years[0], LinkQuestion("year_missing", pages, tuple(values))
    stamped = {
        each.year
        for each in read
        if each.year is not None and each.number == number_key(announced.number) and (not years or each.year in years)
    }
    year = stamped.pop() if len(stamped) == 1 else None
    if not years:
        return year, LinkQuestion("year_unknown", pages, tuple(values))
    values.append(("years", ", ".join(map(str, years))))
    return year, LinkQuestion("year_open", pages, tuple(values))


def _unknown(
    number: RegistryNumber, announced: Announced, register: RegisterLookup, pages: tuple[int, ...]
) -> LinkQuestion:
    years = sorted({entry.number.year for entry in register.entries_numbered(number.number, number.register)})
    values = [("number", str(number)), ("source", SOURCE_NAMES[announced.source]), ("year", str(number.year))]
    if years:
        return LinkQuestion("other_year", pages, (*values, ("years", ", ".join(map(str, years)))))
    return LinkQuestion("unknown_number", pages, tuple(values))


def _claimed_twice(number: str, document_id: str, rivals: Sequence[str], pages: tuple[int, ...]) -> LinkQuestion:
    """The question that names a document and those that claim the same number."""
    values = (("number", number), ("this", document_id[:SHORT_ID]), ("others", document_names(rivals)))
    return LinkQuestion("claimed_twice", pages, values)


def _contradictions(
    announced: Announced,
    year: int | None,
    read: Sequence[Registration],
    register: RegisterLookup,
    pages: tuple[int, ...],
) -> list[LinkQuestion]:
    """What stamps and labels of the own register say against the number, unless one of them says the same."""
    if any(_agrees(each, announced, year) for each in read if each.standing >= Standing.CUED):
        return []
    sure = [
        each
        for each in read
        if each.confidence >= CONTRADICTS and not each.by_hand and _own(each, announced, year, register)
    ]
    against = next((each for each in sure if not _same_number(each, announced)), None)
    other_year = next(
        (each for each in sure if _same_number(each, announced) and each.date_confidence >= CONTRADICTS), None
    )
    values = [("number", _written(announced, year)), ("source", SOURCE_NAMES[announced.source])]
    if other_year:
        values += [("read_source", SOURCE_NAMES[other_year.kind]), ("read_year", str(other_year.year))]
        return [LinkQuestion("contradicted_year", pages, tuple(values))]
    if against:
        values += [("read_source", SOURCE_NAMES[against.kind]), ("read", registration_name(against))]
        return [LinkQuestion("contradicted", pages, tuple(values))]
    return []


def _same_number(each: Registration, announced: Announced) -> bool:
    register_fits = not each.names_register or each.register == announced.register
    return register_fits and each.number == number_key(announced.number)


def _agrees(each: Registration, announced: Announced, year: int | None) -> bool:
    return _same_number(each, announced) and (each.year is None or year is None or each.year == year)


def _own(each: Registration, announced: Announced, year: int | None, register: RegisterLookup) -> bool:
    """Whether a registration is plainly one of the institution's, in a register where it can contradict."""
    if each.names_register and each.register != announced.register:
        stamped = each.year if each.year is not None else year
        if stamped is None or not register.register_known(each.register, stamped):
            return False
    if each.standing is Standing.OWN:
        return True
    return each.standing is Standing.CUED and _in_register(each, register)


def _in_register(each: Registration, register: RegisterLookup) -> bool:
    """Whether number and date are those of one entry."""
    if each.year is None or each.date is None:
        return False
    entry = register.entry(RegistryNumber(each.register, each.year, each.number))
    return entry is not None and entry.date == each.date


def _written(announced: Announced, year: int | None) -> str:
    return f"{announced.register} {announced.number}" + (f"/{year}" if year is not None else "")
