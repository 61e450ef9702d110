"""Composing: what of split, link and filing ends in documents, reviews and states; annexes, bad pages, rivals."""

import datetime as dt

import pytest

from pipeline.domain.batches import Batch, BatchState, DocumentKind, DocumentState, ReviewKind
from pipeline.domain.filing import Classification, FilingState
from pipeline.domain.ids import document_id
from pipeline.domain.pages import Code, Degradation, PageObservation, PageReading, PageText, SheetLook, Word
from pipeline.domain.payload import PayloadKind, make_payload
from pipeline.domain.registry import LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.settings import Institution, Profile
from pipeline.stages.compose import Desk, compose

BATCH = Batch("b" * 64, "x.pdf", "b" * 64, "registratura", BatchState.WORKING, None)


class Register:
    """A register in memory."""

    def __init__(self, *entries, claimed=()):
        self.entries = {entry.number: entry for entry in entries}
        self.claimed = dict(claimed)

    def entry(self, number):
        return self.entries.get(number)

    def entries_numbered(self, number, register=None):
        return [entry for entry in self.entries.values() if entry.number.number == number]

    def register_known(self, register, year):
        return any((number.register, number.year) == (register, year) for number in self.entries)

    def documents_claiming(self, number):
        return self.claimed.get(number, [])


class Undecided:
    def departments(self):
        return ()

    def classify(self, pages, sender, subject):
        return Classification()


def entry(number, department="URBANISM", sheets=None):
    named = RegistryNumber("RG", 2026, str(number))
    return RegistryEntry(named, dt.date(2026, 2, 27), "Popescu Ion", "Certificat", sheets, department, "ghișeu")


def separator(page, kind="D", number=None, count=None):
    named = None if number is None else RegistryNumber("RG", 2026, str(number))
    code = Code(make_payload(PayloadKind(kind), "DEMO", named, count), "QR", (0, 0, 9, 9), "zbar")
    return PageReading(PageObservation(page, (code,), SheetLook.SHEET, True))


def letter(page, text="Stimate domnule primar", degraded=None):
    words = tuple(Word(word, 10 * place, 10, 9, 9, 0.95, 0) for place, word in enumerate(text.split()))
    read = PageText(100, 100, 300.0, 0, words, text, text, 0.95, "tesseract 5 ron")
    return PageReading(PageObservation(page), read, degraded)


def composed(*readings, register=None, profile=None):
    desk = Desk(Institution(), profile or Profile(), register or Register(entry(1), entry(2)), Undecided())
    return compose(BATCH, readings, desk)


def kinds(account):
    return [review.kind for review in account.reviews]


def test_a_clear_batch_is_filed():
    account = composed(separator(1, number=1), letter(2), separator(3, number=2), letter(4)).account
    assert account.batch.state is BatchState.FILED
    assert [document.id for document in account.documents] == [
        document_id("b" * 64, [2]),
        document_id("b" * 64, [4]),
    ]
    assert {document.link.state for document in account.documents} == {LinkState.CERTAIN}
    assert {document.filing.code for document in account.documents} == {"URBANISM"}
    assert account.ledger.balanced


def test_the_annex_goes_where_its_document_goes():
    account = composed(separator(1, number=1), letter(2), separator(3, "A", 1), letter(4)).account
    main, annex = account.documents
    assert (annex.kind, annex.parent) == (DocumentKind.ANNEX, main.id)
    assert (annex.link, annex.filing) == (main.link, main.filing)
    assert account.batch.state is BatchState.FILED


def test_the_annex_of_a_document_in_conflict_is_held():
    account = composed(separator(1, number=99), letter(2), separator(3, "A", 99), letter(4)).account
    assert {document.link.state for document in account.documents} == {LinkState.CONFLICT}
    assert {document.state for document in account.documents} == {DocumentState.HELD}


def test_an_annex_with_another_number_is_held():
    account = composed(separator(1, number=1), letter(2), separator(3, "A", 2), letter(4)).account
    main, annex = account.documents
    assert main.state is DocumentState.FILED
    assert annex.state is DocumentState.HELD
    assert annex.parent == main.id


def test_a_number_used_twice_in_a_batch_is_certain_for_neither():
    account = composed(separator(1, number=1), letter(2), separator(3, number=1), letter(4)).account
    assert [document.link.state for document in account.documents] == [LinkState.CONFLICT] * 2
    assert kinds(account).count(ReviewKind.LINK) == 2


def test_a_rival_elsewhere_is_named():
    other = composed(separator(1, number=1), letter(2)).account.documents[0]
    register = Register(entry(1), claimed={other.link.registry_number: [other]})
    later = Batch("c" * 64, "y.pdf", "c" * 64, "registratura", BatchState.WORKING, None)
    desk = Desk(Institution(), Profile(), register, Undecided())
    outcome = compose(later, [separator(1, number=1), letter(2)], desk)
    (document,) = outcome.account.documents
    assert outcome.rivals == {document.id: (other.id,)}
    assert document.link.state is LinkState.CONFLICT


def test_sheets_unlike_the_register():
    account = composed(separator(1, number=1), letter(2), register=Register(entry(1, sheets=3))).account
    assert kinds(account) == [ReviewKind.BALANCE]
    assert account.documents[0].link.state is LinkState.CERTAIN


@pytest.mark.parametrize("code", ["page-failed", "page-unreadable", "page-degraded"])
def test_a_page_that_cannot_be_trusted_is_asked_about(code):
    bad = letter(2, degraded=Degradation(code, "why"))
    account = composed(separator(1, number=1), bad, letter(3)).account
    assert [problem.code for problem in account.problems] == [code]
    assert account.problems[0].page == 2
    (review,) = account.reviews
    assert (review.kind, review.pages, review.document) == (ReviewKind.PAGE, (2,), account.documents[0].id)


def test_no_candidate_leaves_the_department_open_and_asks():
    register = Register(entry(1, department=None))
    account = composed(separator(1, number=1), letter(2), register=register).account
    assert account.documents[0].filing.state is FilingState.NONE
    assert kinds(account) == [ReviewKind.FILING]


def test_the_profile_decides_where_the_register_does_not():
    register = Register(entry(1, department=None))
    profile = Profile(department="JURIDIC")
    account = composed(separator(1, number=1), letter(2), register=register, profile=profile).account
    assert account.documents[0].filing.code == "JURIDIC"
    assert account.batch.state is BatchState.FILED


def test_only_separators():
    account = composed(separator(1), separator(2)).account
    assert (account.documents, account.batch.state) == ((), BatchState.FILED)
    assert account.ledger.separators == 2


def test_ids_of_reviews_are_stable():
    pages = (separator(1, number=99), letter(2))
    assert composed(*pages).account.reviews == composed(*pages).account.reviews
