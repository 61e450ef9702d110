"""A number claimed again is certain for neither side, and an annex shares the fate of its document's number."""

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Document, DocumentKind, DocumentState
from pipeline.domain.registry import Link, LinkSource, LinkState
from pipeline.stages.amend import amended_accounts

LINK = Link("RG", 2026, "7", None, None, LinkSource.SEPARATOR, LinkState.CERTAIN)
OTHER = Link("RG", 2026, "8", None, None, LinkSource.SEPARATOR, LinkState.CERTAIN)
OLD, NEW = "a" * 64, "b" * 64


class Catalog:
    def __init__(self, account):
        self.known = account

    def document(self, identity):
        return next(document for document in self.known.documents if document.id == identity)

    def account(self, identity):
        assert identity == OLD
        return self.known


def test_rival_and_its_annex_are_held_and_others_stay():
    main = Document("m" * 64, OLD, (1,), link=LINK)
    annex = Document("n" * 64, OLD, (2,), DocumentKind.ANNEX, main.id, link=LINK)
    stranger = Document("s" * 64, OLD, (3,), link=OTHER)
    batch = Batch(OLD, "x.pdf", OLD, "registratura", BatchState.FILED, 3)
    ours = Document("o" * 64, NEW, (1,), link=LINK)
    (amended,) = amended_accounts(
        Catalog(BatchAccount(batch, documents=(main, annex, stranger))), [ours], {ours.id: (main.id,)}
    )
    assert amended.batch.state is BatchState.HELD
    assert [document.link.state for document in amended.documents] == [
        LinkState.CONFLICT,
        LinkState.CONFLICT,
        LinkState.CERTAIN,
    ]
    assert [document.state for document in amended.documents] == [
        DocumentState.HELD,
        DocumentState.HELD,
        DocumentState.FILED,
    ]
    assert {review.document for review in amended.reviews} == {main.id, annex.id}
    assert all(ours.id[:8] in review.reason and NEW[:8] in review.reason for review in amended.reviews)


def test_a_document_in_conflict_is_asked_about_once():
    main = Document("m" * 64, OLD, (1,), link=LINK)
    batch = Batch(OLD, "x.pdf", OLD, "registratura", BatchState.FILED, 1)
    one, two = (Document(sign * 64, NEW, (1,), link=LINK) for sign in "op")
    (first,) = amended_accounts(Catalog(BatchAccount(batch, documents=(main,))), [one], {one.id: (main.id,)})
    assert amended_accounts(Catalog(first), [two], {two.id: (main.id,)}) == []


def test_nobody_claims():
    assert amended_accounts(Catalog(None), [], {}) == []
