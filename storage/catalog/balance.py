"""What must be true of an account before the catalog takes it: the ledger is enforced where it is written."""

from collections.abc import Sequence

from pipeline.domain.batches import BatchAccount, BatchState, Document, Fate, ledger_of

_ENDED = (BatchState.FILED, BatchState.HELD, BatchState.QUARANTINED)


def check_received(account: BatchAccount, page_counts: Sequence[int]) -> None:
    """Raises ``ValueError`` when this is not a batch that has just come in."""
    batch = account.batch
    if batch.state not in (BatchState.RECEIVED, BatchState.QUARANTINED):
        raise ValueError(f"batch {batch.id} cannot be received in state {batch.state}")
    if account.fates or account.documents or account.reviews:
        raise ValueError(f"batch {batch.id} was only received: it has no fates, documents or reviews yet")
    if batch.state is BatchState.RECEIVED and batch.pages != sum(page_counts):
        raise ValueError(f"batch {batch.id} has {batch.pages} pages, its originals {sum(page_counts)}")


def check_outcome(account: BatchAccount, page_counts: Sequence[int]) -> str:
    """The batch's id; raises ``ValueError`` when a page has not exactly one fate or a sum does not come out."""
    batch = account.batch
    if batch.id is None:
        raise ValueError("a batch without an id has no outcome")
    if batch.state not in _ENDED:
        raise ValueError(f"batch {batch.id}: {batch.state} is no outcome")
    fault = _quarantine_fault(account) if batch.state is BatchState.QUARANTINED else _fault(account, page_counts)
    if fault is not None:
        raise ValueError(f"batch {batch.id} does not balance: {fault}")
    return batch.id


def _quarantine_fault(account: BatchAccount) -> str | None:
    if account.fates or account.documents or account.reviews:
        return "a quarantined batch has no fates, documents or reviews"
    return None


def _fault(account: BatchAccount, page_counts: Sequence[int]) -> str | None:
    pages = account.batch.pages
    if pages is None or pages != sum(page_counts):
        return f"{sum(page_counts)} pages were received, {pages} are accounted for"
    if sorted(fate.page for fate in account.fates) != list(range(1, pages + 1)):
        return f"pages 1 to {pages} must have one fate each"
    if account.ledger != ledger_of(pages, account.fates) or not account.ledger.balanced:
        return f"the ledger does not count the fates: {account.ledger}"
    return _documents_fault(account) or _reviews_fault(account)


def _documents_fault(account: BatchAccount) -> str | None:
    ids = {document.id for document in account.documents}
    if len(ids) != len(account.documents):
        return "a document is named twice"
    for document in account.documents:
        fault = _document_fault(document, account.batch.id, ids)
        if fault is not None:
            return f"document {document.id}: {fault}"
    told = [(page, document.id) for document in account.documents for page in document.pages]
    fated = [(fate.page, fate.document) for fate in account.fates if fate.fate is Fate.DOCUMENT]
    if sorted(told) != sorted((page, name or "") for page, name in fated):
        return "the documents' pages are not those whose fate names them"
    if any(fate.document is not None for fate in account.fates if fate.fate is not Fate.DOCUMENT):
        return "only a page in a document names one"
    return None


def _document_fault(document: Document, batch: str | None, ids: set[str]) -> str | None:
    if document.batch != batch:
        return f"belongs to batch {document.batch}"
    if not document.pages:
        return "has no pages"
    if list(document.pages) != sorted(set(document.pages)):
        return "its pages do not ascend"
    if document.parent is not None and (document.parent == document.id or document.parent not in ids):
        return "its parent is no other document of the batch"
    return None


def _reviews_fault(account: BatchAccount) -> str | None:
    if len({review.id for review in account.reviews}) != len(account.reviews):
        return "a review is named twice"
    ids = {document.id for document in account.documents}
    if any(review.document not in ids for review in account.reviews if review.document is not None):
        return "a review asks about a document that is not there"
    if (account.batch.state is BatchState.HELD) != bool(account.reviews):
        return f"{account.batch.state} with {len(account.reviews)} open reviews"
    return None
