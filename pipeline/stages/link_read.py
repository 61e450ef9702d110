"""Links a document by the stamp or label read on its first page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.domain.registry import Link, LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.romanian.names import name_found
from pipeline.domain.romanian.stamps import Registration, Standing
from pipeline.domain.settings import Lane
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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A registration held against the register; without ``doubt`` it is certain."""

    registration: Registration
    entry: RegistryEntry | None
    link: Link
    doubt: LinkQuestion | None

    @property
    def agrees(self) -> bool:
        """Number and date are those of one entry."""
        return self.entry is not None and self.entry.date is not None and self.entry.date == self.registration.date

    @property
    def known(self) -> bool:
        """Too much speaks for it to be passed over in silence."""
        return self.agrees or (self.entry is not None and self.registration.standing is Standing.OWN)


def link_read(
    paper: Paper,
    read: Sequence[Registration],
    lane: Lane,
    register: RegisterLookup,
    claims: Mapping[ClaimKey, Sequence[str]],
    batch: str | None,
) -> LinkOutcome:
    """``certain`` when number, date and sender agree with an unclaimed entry; else proposed with a question.

    Where no number is expected (lane retro) only what the register knows is proposed.
    """
    pages = paper.first
    held = [_held_against(paper, each, register, claims, batch, pages) for each in read]
    candidates = _usable(held)
    expected = lane is Lane.REGISTRY
    if not candidates:
        return LinkOutcome(questions=(_nothing(paper, pages),)) if expected else LinkOutcome()
    best = max(candidates, key=_merit)
    doubt = best.doubt if len(candidates) == 1 else _several(best, candidates, pages)
    if doubt is None:
        return LinkOutcome(replace(best.link, state=LinkState.CERTAIN), entry=best.entry)
    if not (expected or best.known):
        return LinkOutcome()
    return LinkOutcome(replace(best.link, state=LinkState.PROPOSED), (doubt,), entry=best.entry)


def _usable(held: Sequence[_Candidate]) -> list[_Candidate]:
    """Those that may be the own register's; where one plainly is, the vaguer ones need an entry to agree with.

    So does what was written by hand: the engine reads print.
    """
    held = [each for each in held if each.agrees or not each.registration.by_hand]
    plain = any(each.registration.standing is Standing.OWN for each in held)
    least = Standing.OWN if plain else Standing.CUED
    return [each for each in held if each.registration.standing >= least or each.agrees]


def _merit(candidate: _Candidate) -> tuple[bool, bool, int, bool, float]:
    registration = candidate.registration
    return (
        candidate.doubt is None,
        candidate.agrees,
        registration.standing,
        candidate.entry is not None,
        registration.confidence,
    )


def _nothing(paper: Paper, pages: tuple[int, ...]) -> LinkQuestion:
    unread = bool(paper.pages) and paper.pages[0][1] is None
    return LinkQuestion("first_page_unread" if unread else "nothing_found", pages)


def _several(best: _Candidate, candidates: Sequence[_Candidate], pages: tuple[int, ...]) -> LinkQuestion:
    others = ", ".join(registration_name(each.registration) for each in candidates if each is not best)
    values = (("read", registration_name(best.registration)), ("others", others))
    return LinkQuestion("two_registrations", pages, values)


def _held_against(
    paper: Paper,
    registration: Registration,
    register: RegisterLookup,
    claims: Mapping[ClaimKey, Sequence[str]],
    batch: str | None,
    pages: tuple[int, ...],
) -> _Candidate:
    values = [("read", registration_name(registration)), ("read_source", SOURCE_NAMES[registration.kind])]

    def doubt(code: str, *more: tuple[str, str]) -> LinkQuestion:
        return LinkQuestion(code, pages, (*values, *more))

    if registration.year is None:
        entries = register.entries_numbered(registration.number, registration.register)
        entry = entries[0] if len(entries) == 1 else None
        link = Link(register=registration.register, number=registration.number, source=registration.kind)
        if entry is None:
            return _Candidate(registration, None, link, doubt("read_without_year"))
        link = link_to(entry.number, entry, registration.kind)
        found = f"{entry.number} din {day(entry.date)}"
        return _Candidate(registration, entry, link, doubt("read_without_year_found", ("found", found)))
    number = RegistryNumber(registration.register, registration.year, registration.number)
    entry = register.entry(number)
    link = link_to(number, entry, registration.kind, registration.date)
    if entry is None:
        return _Candidate(registration, None, link, doubt(*_unknown(number, register)))
    others = other_claimants(number, paper.id, register, claims, batch)
    question = None
    if others:
        question = doubt("read_claimed", ("this", paper.id[:SHORT_ID]), ("others", document_names(others)))
    elif registration.date is None or entry.date is None:
        question = doubt("read_without_date", ("entry_date", day(entry.date)))
    elif registration.date != entry.date:
        question = doubt("read_other_date", ("read_date", day(registration.date)), ("entry_date", day(entry.date)))
    elif not _sender_found(entry, paper):
        question = doubt("read_unlike_sender", ("sender", entry.sender or "—"))
    elif registration.standing is Standing.BARE:
        question = doubt("read_unnamed")
    return _Candidate(registration, entry, link, question)


def _unknown(number: RegistryNumber, register: RegisterLookup) -> tuple[str, *tuple[tuple[str, str], ...]]:
    """What is to be said of a number that the register does not have: text and values."""
    if not register.register_known(number.register, number.year):
        return ("read_unchecked",)
    years = sorted({entry.number.year for entry in register.entries_numbered(number.number, number.register)})
    return ("read_other_year", ("years", ", ".join(map(str, years)))) if years else ("read_unknown",)


def _sender_found(entry: RegistryEntry, paper: Paper) -> bool:
    texts = (text.text for _, text in paper.pages if text is not None)
    return entry.sender is not None and name_found(entry.sender, texts)
