"""What each page is to the splitter: a separator, the start of a document by sticker, or content, with its doubts."""

import re
from dataclasses import dataclass, replace
from functools import cache

import regex

from pipeline.domain.decisions import PageOrder
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.pages import PageObservation, SheetLook
from pipeline.domain.payload import Payload, PayloadKind, claims_to_be_ours, parse_payload
from pipeline.domain.registry import Announced, LinkSource, RegistryNumber
from pipeline.domain.settings import Blanks

STICKER_MATCH_SECONDS = 0.1
"""a code that takes the pattern longer than this does not fit it"""


@dataclass(frozen=True, slots=True)
class SplitRules:
    """What of the configuration the splitter goes by."""

    institution: str
    duplex: bool
    separators: tuple[str, ...]
    sticker_pattern: str
    blanks: Blanks
    default_register: str

    @property
    def stickers(self) -> bool:
        return "sticker" in self.separators

    @property
    def sheets(self) -> bool:
        """Whether separator sheets are expected at all."""
        return "opis" in self.separators or bool(self.fixed)

    @property
    def fixed(self) -> frozenset[str]:
        return frozenset(name.removeprefix("fixed:") for name in self.separators if name.startswith("fixed:"))


@dataclass(frozen=True, slots=True)
class Mark:
    """One page as the splitter sees it. At most one of ``payload``, ``fixed`` and ``sticker`` is set."""

    page: int
    payload: Payload | None = None
    """obeyed: the page is a separator of ours"""
    fixed: bool = False
    """obeyed: the page is a fixed-text separator"""
    sticker: bool = False
    """the page starts a document and stays in it"""
    announced: Announced | None = None
    doubt: str | None = None
    """code of ``messages_ro/split.toml``: held, never obeyed"""
    seen: str = ""
    """what the doubt is about, as read"""
    order: PageOrder | None = None
    """what a person says the page is"""
    bound: PageOrder | None = None
    """``START`` or ``CONTINUE`` where a person said so, also of a page that was taken out afterwards"""

    @property
    def separator(self) -> bool:
        return self.payload is not None or self.fixed

    @property
    def taken_out(self) -> bool:
        return self.order in (PageOrder.BLANK, PageOrder.REJECTED)


def ordered(
    mark: Mark, order: PageOrder | None, number: RegistryNumber | None = None, bound: PageOrder | None = None
) -> Mark:
    """The mark as a person sees the page: what was in doubt about it is decided.

    A page that is taken out still begins a document if it did before.
    """
    if order is None:
        return mark
    if order is PageOrder.SEPARATOR:
        kept = mark if mark.separator else Mark(mark.page, fixed=True)
        announced = kept.announced if number is None else _by_person(number)
        return replace(kept, announced=announced, doubt=None, order=order)
    if order in (PageOrder.START, PageOrder.CONTINUE):
        sticker = mark.sticker and order is PageOrder.START
        return Mark(mark.page, sticker=sticker, announced=mark.announced, order=order, bound=order)
    return replace(mark, doubt=None, order=order, bound=bound)


def _by_person(number: RegistryNumber) -> Announced:
    return Announced(number.register, number.year, number.number, LinkSource.PERSON)


def is_slip(mark: Mark) -> bool:
    """A batch slip or a batch end."""
    return mark.payload is not None and mark.payload.kind in (PayloadKind.BATCH_SLIP, PayloadKind.BATCH_END)


def repeats(first: Mark, second: Mark) -> bool:
    """The same number announced again for the same kind of document: a separator fed twice."""
    if first.payload is None or second.payload is None or first.announced is None or second.announced is None:
        return False
    return first.payload.kind is second.payload.kind and first.announced.names_same(second.announced)


def recognise(observation: PageObservation, rules: SplitRules) -> Mark:
    """Decides one page; a row of the splitting table each."""
    page = observation.page
    ours = sorted({code.text for code in observation.codes if claims_to_be_ours(code.text)})
    if len(ours) > 1:
        return Mark(page, doubt="codes_disagree", seen=" / ".join(ours))
    if ours:
        return _own_payload(observation, ours[0], rules)
    fixed = any(code.text in rules.fixed for code in observation.codes)
    if fixed and observation.look is SheetLook.SHEET:
        return Mark(page, fixed=True)
    if fixed and (observation.sheetlike or observation.look is SheetLook.UNKNOWN):
        return Mark(page, doubt="fixed_in_doubt")
    if observation.framed:
        return Mark(page, doubt="separator_unreadable")
    stickers = _stickers(observation, rules)
    if len(stickers) > 1:
        return Mark(page, doubt="codes_disagree", seen=" / ".join(sorted(stickers)))
    if stickers:
        return Mark(page, sticker=True, announced=next(iter(stickers.values())))
    if observation.codes_failed:
        return Mark(page, doubt="codes_failed")
    if observation.sheetlike and not observation.codes and rules.sheets:
        return Mark(page, doubt="separator_unreadable")
    return Mark(page)


def _own_payload(observation: PageObservation, text: str, rules: SplitRules) -> Mark:
    page = observation.page
    payload = parse_payload(text)
    if payload is None:
        return Mark(page, doubt="payload_unsound", seen=_shown(text))
    if payload.institution != rules.institution:
        return Mark(page, doubt="foreign_institution", seen=payload.institution)
    if observation.look is SheetLook.SHEET:
        if "opis" in rules.separators:
            return Mark(page, payload=payload, announced=_announced(payload, LinkSource.SEPARATOR))
        return Mark(page, doubt="separator_unexpected", seen=text)
    if rules.stickers and payload.kind is PayloadKind.DOCUMENT:
        return _payload_sticker(observation, payload, rules)
    return Mark(page, doubt="payload_in_content", seen=text)


def _payload_sticker(observation: PageObservation, payload: Payload, rules: SplitRules) -> Mark:
    announced = _announced(payload, LinkSource.STICKER)
    others = _stickers(observation, rules)
    if others and (announced is None or any(other != announced for other in others.values())):
        return Mark(observation.page, doubt="codes_disagree", seen=" / ".join(sorted(others)))
    return Mark(observation.page, sticker=True, announced=announced)


def _announced(payload: Payload, source: LinkSource) -> Announced | None:
    if payload.number is None:
        return None
    return Announced(payload.number.register, payload.number.year, payload.number.number, source)


def _stickers(observation: PageObservation, rules: SplitRules) -> dict[str, Announced]:
    """Codes that fit the sticker pattern, by what they say; the same said twice is one."""
    if not rules.stickers:
        return {}
    found: dict[str, Announced] = {}
    for code in observation.codes:
        announced = None if claims_to_be_ours(code.text) else _sticker(code.text, rules)
        if announced is not None and announced not in found.values():
            found[code.text] = announced
    return found


def _sticker(text: str, rules: SplitRules) -> Announced | None:
    try:
        match = sticker_regex(rules.sticker_pattern).fullmatch(text, timeout=STICKER_MATCH_SECONDS)
    except TimeoutError:
        return None
    if match is None:
        return None
    groups = match.groupdict()
    year = groups.get("year")
    return Announced(
        register=groups.get("register") or rules.default_register,
        year=int(year) if year else None,
        number=groups["number"],
        source=LinkSource.STICKER,
    )


@cache
def sticker_regex(pattern: str) -> "regex.Pattern[str]":
    """The compiled pattern; ``ConfigurationError`` when it is broken or has no ``number`` group."""
    try:
        compiled = regex.compile(pattern)
    except regex.error as fault:
        raise ConfigurationError(f"sticker_pattern is not a regular expression: {fault}") from fault
    if "number" not in compiled.groupindex:
        raise ConfigurationError("sticker_pattern has no group named 'number'")
    return compiled


def _shown(text: str) -> str:
    """A payload as it may be shown: printable, short."""
    return re.sub(r"[^\x20-\x7e]", "?", text)[:60]
