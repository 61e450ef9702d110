"""Filing: document → competent department. The register first, then the profile, then what the text says."""

from dataclasses import dataclass, field

from pipeline.domain.filing import (
    NOT_FILED,
    Candidate,
    Classification,
    DecidedBy,
    Evidence,
    Filing,
    FilingState,
)
from pipeline.domain.messages import say
from pipeline.domain.registry import LinkState, RegistryEntry
from pipeline.domain.settings import Profile

STRONG_DISAGREEMENT = 0.9
"""confidence from which a sure classifier is heard against the register"""
ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class FilingQuestion:
    """A filing review to open; its sentence is ``say("filing." + code, **values)``."""

    code: str
    values: dict[str, str] = field(default_factory=dict)
    pages: tuple[int, ...] = ()
    """batch pages where the doubt comes from; empty: the document as a whole"""

    @property
    def reason(self) -> str:
        return say(f"filing.{self.code}", **self.values)


@dataclass(frozen=True, slots=True)
class FilingOutcome:
    """The filing, and the question that holds the document, if there is one."""

    filing: Filing
    question: FilingQuestion | None = None


def file_document(
    entry: RegistryEntry | None, profile: Profile, classification: Classification, link_state: LinkState
) -> FilingOutcome:
    """Decides by register (only over a certain link), profile, or text; else proposes and asks.

    ``entry`` is the register entry of the document's number. Both lanes are filed by the same rules.
    """
    if entry is not None and entry.department and link_state is LinkState.CERTAIN:
        return _by_register(entry, entry.department, classification)
    if profile.department:
        text = say("filing.evidence_profile", profile=profile.name, department=profile.department)
        return FilingOutcome(_decided(profile.department, DecidedBy.PROFILE, Evidence("profile", text)))
    return _by_text(classification)


def _by_register(entry: RegistryEntry, department: str, classification: Classification) -> FilingOutcome:
    text = say("filing.evidence_register", department=department, number=str(entry.number))
    filing = _decided(
        department, DecidedBy.REGISTER, Evidence("register", text), *_contrary(department, classification)
    )
    if len(filing.evidence) == 1:
        return FilingOutcome(filing)
    best = classification.candidates[0]
    values = {"register": department, "classifier": best.code}
    return FilingOutcome(filing, FilingQuestion("disagreement", values, _pages(best)))


def _contrary(department: str, classification: Classification) -> tuple[Evidence, ...]:
    """What speaks strongly for another department than the register's; empty when nothing does."""
    best = classification.candidates[0] if classification.candidates else None
    if best is None or not classification.sure or best.code == department or best.confidence < STRONG_DISAGREEMENT:
        return ()
    return (_alternative(best), *best.evidence)


def _by_text(classification: Classification) -> FilingOutcome:
    if not classification.candidates:
        return FilingOutcome(NOT_FILED, FilingQuestion("no_candidate"))
    best, *others = classification.candidates
    if classification.sure:
        filing = Filing(best.code, (), best.confidence, classification.decided_by, FilingState.FILED, best.evidence)
        return FilingOutcome(filing)
    alternatives = tuple(_alternative(other) for other in others[:ALTERNATIVES])
    filing = Filing(
        code=best.code,
        confidence=best.confidence,
        decided_by=classification.decided_by,
        state=FilingState.PROPOSED,
        evidence=(*best.evidence, *alternatives),
    )
    names = ", ".join(candidate.code for candidate in (best, *others[: ALTERNATIVES - 1]))
    return FilingOutcome(filing, FilingQuestion("unsure", {"candidates": names}, _pages(best)))


def _decided(code: str, by: DecidedBy, *evidence: Evidence) -> Filing:
    return Filing(code, (), 1.0, by, FilingState.FILED, evidence)


def _alternative(candidate: Candidate) -> Evidence:
    """A department that was not taken; the weight is its confidence."""
    first = next((evidence.page for evidence in candidate.evidence if evidence.page is not None), None)
    return Evidence("alternative", candidate.code, first, candidate.confidence)


def _pages(candidate: Candidate) -> tuple[int, ...]:
    return tuple(sorted({evidence.page for evidence in candidate.evidence if evidence.page is not None}))
