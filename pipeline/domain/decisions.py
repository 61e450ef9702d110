"""A person's decision: who, when, on which version, why. The line carries it out; nothing is overwritten."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    pages: tuple[int, ...]
    value: str | None
    """what was chosen: a department code, a registry number, degrees"""
    who: str
    at: datetime
    """UTC"""
    version: int
    """version of the batch or document the person saw"""
    why: str | None = None
