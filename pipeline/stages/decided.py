"""What persons decided about one document: its number, its department, the questions they answered."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from pipeline.domain.decisions import Orders
from pipeline.domain.filing import DecidedBy, Evidence, Filing, FilingState
from pipeline.domain.messages import say
from pipeline.domain.registry import LinkSource, LinkState
from pipeline.stages.file import FilingOutcome
from pipeline.stages.link_values import LinkOutcome, RegisterLookup, link_to


@dataclass(frozen=True, slots=True)
class Decided:
    """The orders that concern the document whose first batch page is ``first``."""

    orders: Orders
    first: int

    @property
    def anything(self) -> bool:
        """Whether a person gave it a number or a department of its own."""
        return self.first in self.orders.numbers or self.first in self.orders.departments

    def link(self, register: RegisterLookup) -> LinkOutcome | None:
        """The link that a person chose: certain, whatever else claims the number; None when nobody did."""
        number = self.orders.numbers.get(self.first)
        if number is None:
            return None
        entry = register.entry(number)
        link = replace(link_to(number, entry, LinkSource.PERSON), state=LinkState.CERTAIN)
        return LinkOutcome(link, entry=entry)

    def accepted_link(self, outcome: LinkOutcome, asked: Collection[str]) -> LinkOutcome:
        """What was proposed or contested is certain when a person left it so. ``asked``: ids of its questions."""
        link = outcome.link
        if not asked or not self.orders.accepted.issuperset(asked) or link.registry_number is None:
            return outcome
        return replace(outcome, link=replace(link, state=LinkState.CERTAIN, source=LinkSource.PERSON), rivals=())

    def filing(self) -> FilingOutcome | None:
        """The department that a person chose; None when nobody did."""
        code = self.orders.departments.get(self.first)
        return None if code is None else FilingOutcome(_by_person(code, ()))

    def accepted_filing(self, filing: Filing, asked: str) -> Filing:
        """What was proposed is decided when a person left it so."""
        if asked not in self.orders.accepted or filing.code is None:
            return filing
        return _by_person(filing.code, filing.evidence)


def _by_person(code: str, evidence: tuple[Evidence, ...]) -> Filing:
    said = Evidence("person", say("filing.evidence_person", department=code))
    return Filing(code, (), 1.0, DecidedBy.PERSON, FilingState.FILED, (said, *evidence))
