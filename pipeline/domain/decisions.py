"""Decisions of persons: who, when, on which version, why; and what they come to for each page and document.

Nothing is overwritten: a decision is added, an undo is a decision too. What holds is derived from all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.domain.errors import UsageError
from pipeline.domain.registry import RegistryNumber


class Action(StrEnum):
    SPLIT = "split"
    JOIN = "join"
    SEPARATOR = "separator"
    BLANK = "blank"
    ROTATE = "rotate"
    REJECT = "reject"
    LINK = "link"
    FILE = "file"
    ACCEPT = "accept"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Decision:
    id: str
    action: Action
    batch: str
    document: str | None
    """the document as the person saw it"""
    pages: tuple[int, ...]
    """batch pages; of a document its first one"""
    value: str | None
    """what was chosen: a department code, a registry number, degrees, ids of reviews, the id of a decision"""
    who: str
    at: datetime
    """UTC"""
    version: int
    """version of the batch that the person saw"""
    why: str | None = None


class PageOrder(StrEnum):
    """What a person says a page is."""

    START = "start"
    """a document starts here"""
    CONTINUE = "continue"
    """it goes on from the document before, whatever stands between"""
    SEPARATOR = "separator"
    BLANK = "blank"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Orders:
    """What all decisions on a batch come to. Documents are named by their first page: they keep it when split."""

    pages: Mapping[int, PageOrder] = field(default_factory=dict)
    bounds: Mapping[int, PageOrder] = field(default_factory=dict)
    """``START`` or ``CONTINUE``: a page that is taken out afterwards leaves the bound of documents where it was"""
    rotations: Mapping[int, int] = field(default_factory=dict)
    """degrees clockwise that bring the page upright as scanned"""
    numbers: Mapping[int, RegistryNumber] = field(default_factory=dict)
    """of the document that starts here, or of the separator that this page is"""
    departments: Mapping[int, str] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    """ids of reviews that are answered by leaving it as it stands"""


NO_ORDERS = Orders()
_PAGE_ORDERS = {
    Action.SPLIT: PageOrder.START,
    Action.JOIN: PageOrder.CONTINUE,
    Action.SEPARATOR: PageOrder.SEPARATOR,
    Action.BLANK: PageOrder.BLANK,
    Action.REJECT: PageOrder.REJECTED,
}


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that were not undone, in order; the undoing of an undoing brings the decision back."""
    undone: set[str] = set()
    holding: list[Decision] = []
    for decision in reversed(list(decisions)):
        if decision.id in undone:
            continue
        if decision.action is Action.UNDO:
            undone.add(decision.value or "")
        else:
            holding.append(decision)
    return holding[::-1]


def orders_of(decisions: Iterable[Decision]) -> Orders:
    """What holds for each page and document: of two decisions on one thing the later one."""
    pages: dict[int, PageOrder] = {}
    bounds: dict[int, PageOrder] = {}
    rotations: dict[int, int] = {}
    numbers: dict[int, RegistryNumber] = {}
    departments: dict[int, str] = {}
    accepted: set[str] = set()
    for decision in in_force(decisions):
        for page in decision.pages:
            if decision.action in _PAGE_ORDERS:
                pages[page] = _PAGE_ORDERS[decision.action]
            if decision.action in (Action.SPLIT, Action.JOIN):
                bounds[page] = _PAGE_ORDERS[decision.action]
            elif decision.action is Action.SEPARATOR:
                bounds.pop(page, None)
            if decision.action in (Action.LINK, Action.SEPARATOR) and decision.value:
                numbers[page] = registry_number(decision.value)
            elif decision.action is Action.ROTATE:
                rotations[page] = int(decision.value or 0) % 360
            elif decision.action is Action.FILE:
                departments[page] = decision.value or ""
        if decision.action is Action.ACCEPT:
            accepted.update((decision.value or "").split())
    return Orders(pages, bounds, rotations, numbers, departments, frozenset(accepted))


def registry_number(text: str) -> RegistryNumber:
    """``RG 48213/2021`` or ``RG/2021/48213`` as a number; ``UsageError`` for anything else."""
    register, _, rest = text.strip().partition(" ")
    number, slash, year = rest.strip().rpartition("/")
    if not slash and text.count("/") == 2:
        register, year, number = text.strip().split("/")
    year = year.strip()
    if not register or not number.strip() or not (year.isascii() and year.isdigit() and len(year) == 4):
        raise UsageError(f"a registry number is written REGISTER NUMBER/YEAR, such as 'RG 48213/2021', not {text!r}")
    return RegistryNumber(register.strip().upper(), int(year), number.strip())
