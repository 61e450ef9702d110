"""document → competent department, with confidence, evidence, and who decided."""

from dataclasses import dataclass
from enum import StrEnum

EXTERN = "EXTERN"
"""another authority is competent"""


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the institution as configured."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()


class DecidedBy(StrEnum):
    REGISTER = "register"
    PROFILE = "profile"
    RULE = "rule"
    MODEL = "model"
    PERSON = "person"


class FilingState(StrEnum):
    FILED = "filed"
    PROPOSED = "proposed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why: ``kind`` is ``phrase``, ``law``, ``addressee``, ``register``, ``profile`` or ``alternative``."""

    kind: str
    text: str
    page: int | None = None
    """batch page"""
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """The department decided or proposed; ``none`` has no code."""

    code: str | None = None
    secondary: tuple[str, ...] = ()
    confidence: float | None = None
    decided_by: DecidedBy | None = None
    state: FilingState = FilingState.NONE
    evidence: tuple[Evidence, ...] = ()


NOT_FILED = Filing()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A department that a classifier holds possible, best first."""

    code: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """What a classifier makes of a text: candidates best first, and whether the best is sure enough to file."""

    candidates: tuple[Candidate, ...] = ()
    sure: bool = False
    decided_by: DecidedBy = DecidedBy.RULE
