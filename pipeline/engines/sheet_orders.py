"""What to print: separator sheets from numbers, register entries or counts, each with its checked payload."""

import re
from collections.abc import Iterable, Iterator

from pipeline.domain.errors import UsageError
from pipeline.domain.payload import PayloadKind, make_payload
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.settings import Institution
from pipeline.engines.separator_sheets import MOST_SHEETS, Sheet

_RANGE = re.compile(r"(\d{1,12})-(\d{1,12})", re.ASCII)
_SLIP = re.compile(r"([A-Za-z0-9./-]{1,24}):(\d{1,5})", re.ASCII)


def sheets_from_numbers(
    institution: Institution, register: str, year: int, spec: str, kind: PayloadKind = PayloadKind.DOCUMENT
) -> tuple[Sheet, ...]:
    """One sheet for each number of a list such as ``1-20,48213``, in its order.

    Errors: ``UsageError`` naming the number, on an empty list, a range backwards, a number twice, too many.
    """
    sheets: dict[str, Sheet] = {}
    for number in _numbers(spec):
        if number in sheets:
            raise UsageError(f"number {number} is asked for twice")
        if len(sheets) >= MOST_SHEETS:
            raise UsageError(f"more than {MOST_SHEETS} separator sheets asked for")
        sheets[number] = _sheet(institution, kind, RegistryNumber(register.upper(), year, number), None)
    return tuple(sheets.values())


def _numbers(spec: str) -> Iterator[str]:
    for part in spec.split(","):
        item = part.strip().upper()
        if not item:
            raise UsageError(f"an empty place in the list of numbers: {spec[:80]!r}")
        span = _RANGE.fullmatch(item)
        if span is None:
            yield item
            continue
        first, last = int(span[1]), int(span[2])
        if first > last:
            raise UsageError(f"the range {item} runs backwards")
        if last - first >= MOST_SHEETS:
            raise UsageError(f"the range {item} is longer than {MOST_SHEETS}")
        yield from map(str, range(first, last + 1))


def sheets_from_entries(institution: Institution, entries: Iterable[RegistryEntry]) -> tuple[Sheet, ...]:
    """One document sheet for each register entry, with its count of sheets. Errors: ``UsageError``."""
    sheets = tuple(_sheet(institution, PayloadKind.DOCUMENT, entry.number, entry.sheets) for entry in entries)
    if len(sheets) > MOST_SHEETS:
        raise UsageError(f"{len(sheets)} separator sheets asked for, at most {MOST_SHEETS} at a time")
    return sheets


def blank_sheets(institution: Institution, count: int, kind: PayloadKind = PayloadKind.DOCUMENT) -> tuple[Sheet, ...]:
    """``count`` equal sheets without a number (``D``, ``A`` or ``E``). Errors: ``UsageError``."""
    if not 1 <= count <= MOST_SHEETS:
        raise UsageError(f"{count} separator sheets asked for: from 1 to {MOST_SHEETS}")
    return (_sheet(institution, kind, None, None),) * count


def batch_slip(institution: Institution, register: str, year: int, spec: str) -> Sheet:
    """The slip in front of a batch, from ``number:count`` such as ``17:32``. Errors: ``UsageError``."""
    return _batch_sheet(institution, PayloadKind.BATCH_SLIP, register, year, spec)


def batch_end(institution: Institution, register: str, year: int, spec: str) -> Sheet:
    """The sheet behind a batch, from the same ``number:count``. Errors: ``UsageError``."""
    return _batch_sheet(institution, PayloadKind.BATCH_END, register, year, spec)


def _batch_sheet(institution: Institution, kind: PayloadKind, register: str, year: int, spec: str) -> Sheet:
    match = _SLIP.fullmatch(spec.strip())
    if match is None:
        raise UsageError(f"a batch slip is number:count, such as 17:32, not {spec[:80]!r}")
    return _sheet(institution, kind, RegistryNumber(register.upper(), year, match[1].upper()), int(match[2]))


def _sheet(institution: Institution, kind: PayloadKind, number: RegistryNumber | None, count: int | None) -> Sheet:
    try:
        payload = make_payload(kind, institution.code, number, count)
    except ValueError as fault:
        named = "without number" if number is None else str(number)
        raise UsageError(f"no separator for {named}: {fault}") from fault
    return Sheet(payload, kind, institution.name, number, count)
