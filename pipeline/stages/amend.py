"""What a new batch changes in older ones: a number claimed twice is certain for neither."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.domain.batches import BatchAccount, BatchState, Document, DocumentState, Review, ReviewKind
from pipeline.domain.registry import LinkSource, LinkState
from pipeline.ports.catalog import Catalog
from pipeline.stages.claims import claimed_again
from pipeline.stages.link import conflict_with


def amended_accounts(
    catalog: Catalog, ours: Sequence[Document], rivals: Mapping[str, Sequence[str]]
) -> list[BatchAccount]:
    """Accounts of other batches with their rival documents in conflict and asked about, before objects are written."""
    by_batch: dict[str, dict[str, Document]] = {}
    for document in ours:
        for rival in rivals.get(document.id, ()):
            batch_id = catalog.document(rival).batch
            by_batch.setdefault(batch_id, {})[rival] = document
    amended = []
    for batch_id, claims in sorted(by_batch.items()):
        before = catalog.account(batch_id)
        after = _amend(before, claims)
        if after != before:
            amended.append(after)
    return amended


def _amend(account: BatchAccount, claims: Mapping[str, Document]) -> BatchAccount:
    documents, reviews = [], list(account.reviews)
    for document in account.documents:
        claim = claims.get(document.id) or _claim_on_parent(document, claims)
        if claim is None or _decided(document) or _asked_already(document, reviews):
            documents.append(document)
            continue
        review = claimed_again(document, claim)
        if all(known.id != review.id for known in reviews):
            reviews.append(review)
        documents.append(replace(document, link=conflict_with(document.link), state=DocumentState.HELD))
    if documents == list(account.documents):
        return account
    return replace(
        account,
        batch=replace(account.batch, state=BatchState.HELD),
        documents=tuple(documents),
        reviews=tuple(reviews),
    )


def _decided(document: Document) -> bool:
    """A person said whose the number is: who claims it too is asked about, not this one."""
    return document.link.state is LinkState.CERTAIN and document.link.source is LinkSource.PERSON


def _asked_already(document: Document, reviews: Sequence[Review]) -> bool:
    """One open question about a conflict is enough, however many claim the number; each new claimant names them all."""
    asked = any(review.kind is ReviewKind.LINK and review.document == document.id for review in reviews)
    return asked and document.link.state is LinkState.CONFLICT


def _claim_on_parent(document: Document, claims: Mapping[str, Document]) -> Document | None:
    """An annex that shares its document's number is in the same conflict."""
    claim = claims.get(document.parent or "")
    return claim if claim is not None and claim.link.registry_number == document.link.registry_number else None
