"""What persons decided about one document: its number, its department, the questions they answered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pipeline.domain.batches import Document, DocumentKind
from pipeline.domain.decisions import Orders
from pipeline.domain.errors import UsageError
from pipeline.domain.filing import DecidedBy, Evidence, Filing, FilingState
from pipeline.domain.messages import say
from pipeline.domain.registry import LinkSource, LinkState, RegistryNumber
from pipeline.stages.claims import claimed_again
from pipeline.stages.file import FilingOutcome
from pipeline.stages.link_values import LinkOutcome, RegisterLookup, claim_key, link_to


@dataclass(frozen=True, slots=True)
class Decided:
    """The orders that concern the document whose first batch page is ``first``."""

    orders: Orders
    first: int

    @property
    def numbered(self) -> bool:
        """Whether a person gave it a number of its own."""
        return self.first in self.orders.numbers

    def link(self, register: RegisterLookup) -> LinkOutcome | None:
        """The link that a person chose: certain, whatever else claims the number; None when nobody did."""
        number = self.orders.numbers.get(self.first)
        if number is None:
            return None
        entry = register.entry(number)
        link = replace(link_to(number, entry, LinkSource.PERSON), state=LinkState.CERTAIN)
        return LinkOutcome(link, entry=entry)

    def rivals_left(self, linked: Document, rivals: Collection[str], register: RegisterLookup) -> set[str]:
        """Ids of the answered questions about each of ``rivals``, raised when it came to claim the number.

        Empty when one of them was never asked about, or the answer is open.
        """
        number = linked.link.registry_number
        others = register.documents_claiming(number) if number is not None else []
        asked = {other.id: claimed_again(linked, other).id for other in others if other.id in rivals}
        answered = len(asked) == len(rivals) and self.orders.accepted.issuperset(asked.values())
        return set(asked.values()) if answered else set()

    def accepted_link(self, outcome: LinkOutcome, asked: Collection[str]) -> LinkOutcome:
        """What was proposed or contested is certain when a person left it so. ``asked``: ids of its questions."""
        link = outcome.link
        if (
            not asked
            or link.state is LinkState.CERTAIN
            or not self.orders.accepted.issuperset(asked)
            or link.registry_number is None
        ):
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


def refuse_second_holders(documents: Sequence[Document], register: RegisterLookup) -> None:
    """Raises ``UsageError`` when a person gave a document of a batch a number that another one holds for certain.

    Between the wish and its carrying out others may have decided, and what is undone or split may bring a number back.
    """
    certain = [document for document in documents if document.link.state is LinkState.CERTAIN]
    for document in certain:
        number = document.link.registry_number
        if number is None or document.link.source is not LinkSource.PERSON or document.kind is DocumentKind.ANNEX:
            continue
        elsewhere = [other for other in register.documents_claiming(number) if other.batch != document.batch]
        for other in certain + elsewhere:
            if _holds(other, number) and other.id != document.id and document.id != other.parent:
                raise UsageError(say("decide.number_taken", number=str(number), document=other.id[:8]))


def _holds(document: Document, number: RegistryNumber) -> bool:
    link = document.link
    known = link.registry_number
    return link.state is LinkState.CERTAIN and known is not None and claim_key(known) == claim_key(number)


def _by_person(code: str, evidence: tuple[Evidence, ...]) -> Filing:
    said = Evidence("person", say("filing.evidence_person", department=code))
    return Filing(code, (), 1.0, DecidedBy.PERSON, FilingState.FILED, (said, *evidence))
