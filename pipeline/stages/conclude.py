"""From what was composed and kept to what is committed: manifests, the batch's state, and what changes elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.domain.batches import BatchAccount, Document, Problem, ReviewKind
from pipeline.domain.decisions import NO_ORDERS, Orders, orders_of
from pipeline.domain.messages import say
from pipeline.domain.settings import Profile
from pipeline.ports.catalog import Catalog, LineCatalog
from pipeline.ports.objects import ObjectStore
from pipeline.stages.amend import amended_accounts
from pipeline.stages.claims import make_review
from pipeline.stages.compose import Composed, settled
from pipeline.stages.duplicates import with_duplicates
from pipeline.stages.keep import Kept, kept_before, write_manifest
from pipeline.stages.state import History, read_history, write_state


@dataclass(frozen=True, slots=True)
class Archive:
    """Where conclusions are written and looked up, and the lease under which they are."""

    objects: ObjectStore
    catalog: Catalog
    line: LineCatalog


@dataclass(frozen=True, slots=True)
class Source:
    """What a conclusion comes from, as it was when the batch came in, and what persons decided since."""

    profile: Profile
    page_counts: tuple[int, ...]
    history: History
    orders: Orders = NO_ORDERS


def conclude(
    archive: Archive, composed: Composed, kept: Sequence[Kept], source: Source, before: Sequence[Document] = ()
) -> tuple[BatchAccount, list[BatchAccount]]:
    """The account to be committed, and the accounts of older batches that it changes. All objects are written.

    ``before`` are the documents as they hold now: those that stay just so get no new manifest.
    """
    account = _with_pdf_faults(composed.account, kept)
    account = settled(with_duplicates(account, archive.catalog.arrivals(batch=account.batch.id)), source.orders)
    account = _with_manifests(archive, account, kept, before)
    older = amended_accounts(archive.catalog, account.documents, composed.rivals)
    rewritten = [_rewritten(archive, one) for one in older]
    # the state that names decisions as carried out comes last: what fails before it leaves no record that they were
    account = _stated(archive, account, source.profile, source.page_counts, source.history)
    return account, rewritten


def noted_duplicates(archive: Archive, batch_id: str) -> BatchAccount | None:
    """The account of a finished batch whose bytes have come in again; None when that is noted already."""
    account = archive.catalog.account(batch_id)
    orders = _orders(archive.objects, account)
    noted = settled(with_duplicates(account, archive.catalog.arrivals(batch=batch_id)), orders)
    return None if noted == account else _with_state(archive, noted)


def _orders(objects: ObjectStore, account: BatchAccount) -> Orders:
    return orders_of(read_history(objects, account.batch).decisions)


def _with_pdf_faults(account: BatchAccount, kept: Sequence[Kept]) -> BatchAccount:
    """A document without its PDF is kept, and a person is asked."""
    reviews, problems = list(account.reviews), list(account.problems)
    for entry in kept:
        document = entry.document
        faults = [("pdf_failed", page) for page in document.pages[:1] if entry.pdf_fault is not None]
        faults += [("pdf_page_missing", page) for page in entry.missing]
        for code, page in faults:
            values = {"page": page}
            reviews.append(make_review(document.batch, ReviewKind.PAGE, document.id, (page,), f"pages.{code}", values))
            problems.append(Problem(code.replace("_", "-"), say(f"pages.{code}", **values), page))
    documents = tuple(entry.document for entry in kept)
    return replace(account, documents=documents, reviews=tuple(reviews), problems=tuple(problems))


def _with_manifests(
    archive: Archive, account: BatchAccount, kept: Sequence[Kept], before: Sequence[Document]
) -> BatchAccount:
    documents = [
        document if document in before else _manifest(archive, account, document, entry)
        for document, entry in zip(account.documents, kept, strict=True)
    ]
    return replace(account, documents=tuple(documents))


def _manifest(archive: Archive, account: BatchAccount, document: Document, kept: Kept) -> Document:
    return write_manifest(archive.objects, document, account.batch, kept.stored, kept.pages, archive.line.check)


def _stated(
    archive: Archive, account: BatchAccount, profile: Profile, page_counts: tuple[int, ...], history: History
) -> BatchAccount:
    return write_state(archive.objects, account, profile, page_counts, history, archive.line.check)


def _rewritten(archive: Archive, account: BatchAccount) -> BatchAccount:
    """Manifests of the documents that changed, and the state, of an older batch."""
    before = {document.id: document for document in archive.catalog.account(account.batch.id or "").documents}
    documents = [
        document
        if document == before[document.id]
        else _manifest(archive, account, document, kept_before(archive.objects, document, document))
        for document in account.documents
    ]
    return _with_state(archive, replace(account, documents=tuple(documents)))


def _with_state(archive: Archive, account: BatchAccount) -> BatchAccount:
    """The next state of a batch whose pages and decisions stay."""
    batch_id = account.batch.id or ""
    profile, page_counts = archive.catalog.profile_of(batch_id), archive.catalog.page_counts(batch_id)
    return _stated(archive, account, profile, page_counts, read_history(archive.objects, account.batch))
