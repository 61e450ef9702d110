"""Reconciliation: scanned, missing, extra."""

import datetime as dt

from pipeline.domain.batches import Document, DocumentKind
from pipeline.domain.registry import Link, LinkSource, LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.wire import from_json, to_json
from pipeline.stages.reconcile import ExtraReason, Reconciliation, reconcile

DAY = dt.date(2021, 9, 27)


def entry(number: str, channel: str | None = "ghișeu", date: dt.date | None = DAY) -> RegistryEntry:
    return RegistryEntry(RegistryNumber("RG", 2021, number), date, channel=channel)


def document(
    identity: str,
    number: str | None,
    state: LinkState = LinkState.CERTAIN,
    date: dt.date | None = DAY,
    kind: DocumentKind = DocumentKind.DOCUMENT,
) -> Document:
    link = Link("RG", 2021, number, date, None, LinkSource.SEPARATOR, state)
    return Document(identity, "b", (1,), kind=kind, link=link)


def test_scanned_missing_extra() -> None:
    entries = [entry("10", "poștă"), entry("9"), entry("11", "fax"), entry("12", None), entry("13", "e-mail")]
    answer = reconcile(DAY, entries, [document("a", "9"), document("b", "99")])
    assert [item.entry.number.number for item in answer.scanned] == ["9"]
    assert answer.scanned[0].documents == ("a",) and answer.scanned[0].certain
    assert [item.number.number for item in answer.missing] == ["10", "11", "12"]
    assert [(item.document, item.reason) for item in answer.extra] == [("b", ExtraReason.NOT_IN_REGISTER)]
    assert from_json(Reconciliation, to_json(Reconciliation, answer)) == answer


def test_channels_that_are_never_scanned_are_neither_missing_nor_scanned() -> None:
    entries = [entry("1", "e-mail"), entry("2", "aplicație"), entry("3", "telefon"), entry("4", "altfel")]
    answer = reconcile(DAY, entries, [document("a", "2"), document("b", "4")])
    assert answer.missing == ()
    assert [(item.document, item.reason) for item in answer.extra] == [("a", ExtraReason.NEVER_SCANNED)]
    assert [item.documents for item in answer.scanned] == [("b",)]


def test_numbers_meet_by_their_key_and_also_when_the_link_has_no_date() -> None:
    answer = reconcile(DAY, [entry("60.167")], [document("a", "060167", date=None)])
    assert answer.scanned[0].documents == ("a",) and answer.extra == ()


def test_two_claims_and_proposed_links_are_not_certain() -> None:
    documents = [document("a", "1", LinkState.CONFLICT), document("b", "1"), document("c", "2", LinkState.PROPOSED)]
    answer = reconcile(DAY, [entry("1"), entry("2")], documents)
    assert [(item.documents, item.certain) for item in answer.scanned] == [(("a", "b"), False), (("c",), False)]


def test_other_days_annexes_and_unlinked_documents_do_not_count() -> None:
    other = dt.date(2021, 9, 28)
    documents = [
        document("a", "1", kind=DocumentKind.ANNEX),
        document("b", "7", date=other),
        Document("c", "b", (1,)),
    ]
    answer = reconcile(DAY, [entry("1"), entry("5", date=other), entry("6", date=None)], documents)
    assert answer.scanned == () and answer.extra == ()
    assert [item.number.number for item in answer.missing] == ["1"]


def test_a_document_with_a_date_and_no_number_is_extra() -> None:
    answer = reconcile(DAY, [], [document("a", None, LinkState.PROPOSED)])
    assert [(item.document, item.number) for item in answer.extra] == [("a", None)]
    assert reconcile(DAY, [], []) == Reconciliation(DAY, (), (), ())
