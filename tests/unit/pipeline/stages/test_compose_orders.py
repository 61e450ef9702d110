"""Composing under decisions: numbers, departments and answers hold for what they were given to, and for that alone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from pipeline.domain.batches import (
    Batch,
    BatchAccount,
    BatchState,
    Document,
    DocumentKind,
    DocumentState,
    Fate,
    Review,
    ReviewKind,
)
from pipeline.domain.decisions import NO_ORDERS, Orders, PageOrder
from pipeline.domain.errors import UsageError
from pipeline.domain.filing import Candidate, Classification, DecidedBy, FilingState
from pipeline.domain.pages import Code, Degradation, PageObservation, PageReading, PageText, SheetLook, Word
from pipeline.domain.payload import PayloadKind, make_payload
from pipeline.domain.registry import LinkSource, LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.settings import Institution, Profile
from pipeline.stages.amend import amended_accounts
from pipeline.stages.claims import claimed_again
from pipeline.stages.compose import Composed, Desk, compose
from pipeline.stages.decided import refuse_second_holders

OURS = Batch("b" * 64, "x.pdf", "b" * 64, "registratura", BatchState.WORKING, None)
THEIRS = Batch("c" * 64, "y.pdf", "c" * 64, "registratura", BatchState.WORKING, None)


def named(number: int) -> RegistryNumber:
    return RegistryNumber("RG", 2026, str(number))


class Register:
    """A register of entries 1 to 3 and of the documents that other batches hold."""

    def __init__(self, *others: Document) -> None:
        self.others = others

    def entry(self, number: RegistryNumber) -> RegistryEntry | None:
        if not self.register_known(number.register, number.year) or int(number.number) > 3:
            return None
        return RegistryEntry(number, dt.date(2026, 2, 27), "Popescu Ion", "Certificat", None, "URBANISM", "ghișeu")

    def entries_numbered(self, number: str, register: str | None = None) -> list[RegistryEntry]:
        found = self.entry(RegistryNumber(register or "RG", 2026, number))
        return [found] if found else []

    def register_known(self, register: str, year: int) -> bool:
        return (register, year) == ("RG", 2026)

    def documents_claiming(self, number: RegistryNumber) -> list[Document]:
        claiming = (LinkState.CERTAIN, LinkState.CONFLICT)
        return [one for one in self.others if one.link.registry_number == number and one.link.state in claiming]


class Unsure:
    """A classifier that always proposes the same."""

    def __init__(self, *codes: str) -> None:
        self.candidates = tuple(Candidate(code, 0.5) for code in codes)

    def departments(self) -> tuple[()]:
        return ()

    def classify(self, pages: object, sender: object, subject: object) -> Classification:
        return Classification(self.candidates, False, DecidedBy.MODEL)


def separator(page: int, number: int | None = None, kind: str = "D") -> PageReading:
    payload = make_payload(PayloadKind(kind), "DEMO", None if number is None else named(number), None)
    return PageReading(PageObservation(page, (Code(payload, "QR", (0, 0, 9, 9), "zbar"),), SheetLook.SHEET, True))


def letter(page: int, degraded: Degradation | None = None) -> PageReading:
    word = Word("Stimate", 10, 10, 9, 9, 0.95, 0)
    return PageReading(
        PageObservation(page), PageText(100, 100, 300.0, 0, (word,), "Stimate", "Stimate", 0.95, "x"), degraded
    )


def composed(
    readings: Sequence[PageReading],
    orders: Orders = NO_ORDERS,
    register: Register | None = None,
    batch: Batch = OURS,
    classifier: Unsure | None = None,
) -> Composed:
    desk = Desk(Institution(), Profile(), register or Register(), classifier or Unsure())
    return compose(batch, readings, desk, orders)


def ids(account: BatchAccount, kind: ReviewKind | None = None) -> frozenset[str]:
    return frozenset(review.id for review in account.reviews if kind is None or review.kind is kind)


TWO = (separator(1, 1), letter(2), separator(3, 2), letter(4))
WITH_ANNEX = (separator(1, 1), letter(2), separator(3, 1, "A"), letter(4))


def test_a_number_and_a_department_given_by_a_person_hold():
    account = composed(TWO, Orders(numbers={2: named(3)}, departments={4: "JURIDIC"})).account
    first, second = account.documents
    assert (first.link.number, first.link.source, first.link.state) == ("3", LinkSource.PERSON, LinkState.CERTAIN)
    assert first.link.date == dt.date(2026, 2, 27)
    assert (second.filing.code, second.filing.decided_by) == ("JURIDIC", DecidedBy.PERSON)
    assert account.batch.state is BatchState.FILED


def test_a_number_given_by_a_person_puts_who_announces_it_in_conflict_alone():
    first, second = composed(TWO, Orders(numbers={2: named(2)})).account.documents
    assert (first.link.state, second.link.state) == (LinkState.CERTAIN, LinkState.CONFLICT)
    assert second.state is DocumentState.HELD


def test_a_separator_by_hand_with_a_number_that_the_register_lacks_is_asked_about():
    readings = (separator(1, 1), letter(2), letter(3), letter(4))
    account = composed(readings, Orders({3: PageOrder.SEPARATOR}, numbers={3: named(77)})).account
    assert account.documents[1].link.state is LinkState.CONFLICT
    assert [review.kind for review in account.reviews if review.document == account.documents[1].id][:1] == [
        ReviewKind.LINK
    ]


def test_what_was_contested_is_certain_when_it_was_accepted_and_only_there():
    readings = (separator(1, 77), letter(2), separator(3, 78), letter(4))
    asked = composed(readings).account
    answered = frozenset(review.id for review in asked.reviews if review.document == asked.documents[0].id)
    first, second = composed(readings, Orders(accepted=answered)).account.documents
    assert (first.link.state, first.link.source) == (LinkState.CERTAIN, LinkSource.PERSON)
    assert second.link.state is LinkState.CONFLICT


def test_a_question_is_asked_again_of_another_document():
    readings = (separator(1, 77), letter(2), letter(3))
    answered = ids(composed(readings).account)
    account = composed(readings, Orders({3: PageOrder.REJECTED}, accepted=answered)).account
    assert account.documents[0].link.state is LinkState.CONFLICT
    assert account.batch.state is BatchState.HELD


def test_a_department_for_an_annex_leaves_it_the_number_of_its_document():
    main, annex = composed(WITH_ANNEX, Orders(departments={4: "JURIDIC"})).account.documents
    assert annex.link == main.link
    assert annex.link.state is LinkState.CERTAIN
    assert (main.filing.code, annex.filing.code) == ("URBANISM", "JURIDIC")


def test_a_number_for_an_annex_makes_it_the_annex_of_its_document_still():
    main, annex = composed(WITH_ANNEX, Orders(numbers={4: named(3)})).account.documents
    assert (annex.kind, annex.parent, annex.link.number) == (DocumentKind.ANNEX, main.id, "3")


def test_a_department_for_an_annex_does_not_answer_for_its_other_number():
    readings = (separator(1, 1), letter(2), separator(3, 2, "A"), letter(4))
    account = composed(readings, Orders(departments={4: "JURIDIC"})).account
    assert ReviewKind.LINK in {review.kind for review in account.reviews}


def test_an_annex_that_was_accepted_is_certain():
    readings = (separator(1, 77), letter(2), separator(3, 77, "A"), letter(4))
    unsure = Unsure("URBANISM", "JURIDIC")
    asked = composed(readings, classifier=unsure).account
    annex = asked.documents[1].id
    answered = frozenset(review.id for review in asked.reviews if review.document == annex)
    assert len(answered) == 2
    after = composed(readings, Orders(accepted=answered), classifier=unsure).account.documents[1]
    assert (after.link.state, after.filing.state, after.state) == (
        *(LinkState.CERTAIN, FilingState.FILED),
        DocumentState.FILED,
    )


def test_what_was_accepted_for_an_annex_is_asked_again_when_its_document_goes_elsewhere():
    readings = (separator(1, 77), letter(2), separator(3, 77, "A"), letter(4))
    asked = composed(readings, classifier=Unsure("URBANISM")).account
    answered = frozenset(review.id for review in asked.reviews if review.document == asked.documents[1].id)
    after = composed(readings, Orders(accepted=answered), classifier=Unsure("JURIDIC")).account
    assert after.documents[1].filing.state is FilingState.PROPOSED
    assert after.documents[1].state is DocumentState.HELD


@pytest.mark.parametrize("order", [PageOrder.BLANK, PageOrder.REJECTED])
def test_a_bad_page_that_a_person_took_out_is_no_question_any_more_and_stays_on_record(order: PageOrder):
    readings = (separator(1, 1), letter(2), letter(3, Degradation("page-failed", "why")))
    assert composed(readings).account.batch.state is BatchState.HELD
    account = composed(readings, Orders({3: order})).account
    assert [problem.page for problem in account.problems] == [3]
    assert account.batch.state is BatchState.FILED
    assert account.ledger.balanced
    assert account.fates[2].fate in (Fate.BLANK, Fate.REJECTED)


class Catalog:
    """The accounts of other batches, as ``amended_accounts`` asks for them."""

    def __init__(self, account: BatchAccount) -> None:
        self.known = account

    def document(self, identity: str) -> Document:
        return next(one for one in self.known.documents if one.id == identity)

    def account(self, identity: str) -> BatchAccount:
        return self.known


def collided() -> tuple[BatchAccount, Composed]:
    """The older batch in conflict, and the newer one whose document claims the number of its only document."""
    older = composed((separator(1, 1), letter(2))).account
    newer = composed((separator(1, 1), letter(2)), register=Register(*older.documents), batch=THEIRS)
    (amended,) = amended_accounts(Catalog(older), newer.account.documents, newer.rivals)
    return amended, newer


def question_of(account: BatchAccount) -> Review:
    (review,) = account.reviews
    return review


def test_an_answered_claim_from_elsewhere_is_answered_for_good():
    older, newer = collided()
    accepted = Orders(accepted=frozenset({question_of(older).id}))
    after = composed((separator(1, 1), letter(2)), accepted, Register(*newer.account.documents)).account
    (document,) = after.documents
    assert (document.link.state, document.link.source) == (LinkState.CERTAIN, LinkSource.PERSON)
    assert after.batch.state is BatchState.FILED


def test_an_answered_claim_says_nothing_of_another_claimant():
    older, newer = collided()
    accepted = Orders(accepted=frozenset({question_of(older).id}))
    third = replace(newer.account.documents[0], id="d" * 64, batch="d" * 64)
    after = composed((separator(1, 1), letter(2)), accepted, Register(*newer.account.documents, third)).account
    assert after.documents[0].link.state is LinkState.CONFLICT
    twice = (separator(1, 1), letter(2), separator(3, 1), letter(4))
    account = composed(twice, accepted, Register(*newer.account.documents)).account
    assert {document.link.state for document in account.documents} == {LinkState.CONFLICT}


@pytest.mark.parametrize("answer", [{"numbers": {2: named(1)}}, {"accepted": True}])
def test_what_a_person_decided_is_not_put_in_doubt_by_the_other_batch_composed_again(answer: Mapping):
    older, newer = collided()
    if "accepted" in answer:
        answer = {"accepted": frozenset({claimed_again(older.documents[0], newer.account.documents[0]).id})}
    decided = composed((separator(1, 1), letter(2)), Orders(**answer), Register(*newer.account.documents)).account
    again = composed((separator(1, 1), letter(2)), register=Register(*decided.documents), batch=THEIRS)
    assert again.account.documents[0].link.state is LinkState.CONFLICT
    assert again.rivals
    assert amended_accounts(Catalog(decided), again.account.documents, again.rivals) == []


def test_a_number_is_certain_for_one_document_only_whoever_decides():
    theirs = composed((separator(1), letter(2)), Orders(numbers={2: named(3)}), batch=THEIRS).account.documents
    register = Register(*theirs)
    ours = composed(TWO, Orders(numbers={2: named(3)}), register).account.documents
    with pytest.raises(UsageError, match=theirs[0].id[:8]):
        refuse_second_holders(ours, register)
    both = composed(TWO, Orders(numbers={2: named(3), 4: named(3)})).account.documents
    with pytest.raises(UsageError):
        refuse_second_holders(both, Register())
    refuse_second_holders(composed(WITH_ANNEX, Orders(numbers={2: named(3)})).account.documents, Register())
