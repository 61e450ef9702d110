"""From received batch to reported documents: the flow of docs/architecture.md, in order, on one screen."""

import json
import logging
from dataclasses import dataclass, replace

from pipeline.domain.batches import BatchAccount, BatchState, Document, DocumentState, Problem, ReviewKind
from pipeline.domain.filing import FilingState
from pipeline.domain.messages import say
from pipeline.domain.pages import PageReading
from pipeline.domain.registry import LinkState
from pipeline.domain.settings import Institution, Profile
from pipeline.domain.work import ReadSettings
from pipeline.ports.catalog import Catalog, LineCatalog
from pipeline.ports.classifier import Classifier
from pipeline.ports.index import Index
from pipeline.ports.objects import ObjectStore, StoredObject
from pipeline.ports.workers import Workers
from pipeline.stages.amend import amended_accounts
from pipeline.stages.compose import Desk, compose, make_review
from pipeline.stages.duplicates import with_duplicates
from pipeline.stages.index import index_pending
from pipeline.stages.keep import Keeper, Kept, keep_documents, write_manifest
from pipeline.stages.read import Progress, Reader, page_refs, read_batch
from pipeline.stages.state import write_state

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts a batch goes through; ``line`` is the lease under which everything is written."""

    institution: Institution
    catalog: Catalog
    line: LineCatalog
    objects: ObjectStore
    index: Index
    workers: Workers
    classifier: Classifier


def process_batch(parts: Pipeline, batch_id: str, progress: Progress) -> BatchAccount:
    """Takes a received batch to its end. Every step may be done again; nothing is visible before the commit.

    Errors: ``PartDown``, ``MissingPart``, ``Fenced``: the batch stays as it was and is taken up again later.
    """
    batch = parts.catalog.batch(batch_id)
    profile = parts.catalog.profile_of(batch_id)
    page_counts = parts.catalog.page_counts(batch_id)
    refs = page_refs(page_counts)
    parts.line.begin(batch_id)

    reader = Reader(parts.catalog, parts.line, parts.workers)
    readings = read_batch(reader, batch, refs, read_settings(parts.institution, profile), progress)

    log.info("batch %.8s: read, %d of %d pages with text", batch_id, sum(map(_has_text, readings)), len(readings))

    desk = Desk(parts.institution, profile, parts.catalog, parts.classifier)
    composed = compose(batch, readings, desk)

    _log_composed(composed.account)

    keeper = Keeper(parts.objects, parts.workers)
    by_page = {reading.observation.page: reading for reading in readings}
    kept = keep_documents(keeper, batch, composed.account.documents, by_page, {ref.page: ref for ref in refs})

    log.info("batch %.8s: stored, %d objects", batch_id, sum(len(entry.stored) for entry in kept))

    account = _with_manifests(parts, _with_pdf_faults(composed.account, kept), kept)
    account = with_duplicates(account, parts.catalog.arrivals(batch=batch_id))
    account = write_state(parts.objects, account, profile, page_counts)
    amended = [
        _rewritten(parts, older) for older in amended_accounts(parts.catalog, account.documents, composed.rivals)
    ]

    parts.line.commit(account, amended)
    return account


def read_settings(institution: Institution, profile: Profile) -> ReadSettings:
    return ReadSettings(
        language=profile.language,
        institution=institution.code,
        separators=profile.separators,
        sticker_pattern=profile.sticker_pattern,
    )


def note_duplicates(catalog: Catalog, line: LineCatalog, objects: ObjectStore, batch_id: str) -> None:
    """Notes on a finished batch that its bytes have come in again."""
    account = catalog.account(batch_id)
    noted = with_duplicates(account, catalog.arrivals(batch=batch_id))
    if noted != account:
        profile, page_counts = catalog.profile_of(batch_id), catalog.page_counts(batch_id)
        line.commit(write_state(objects, noted, profile, page_counts))


def follow_index(parts: Pipeline) -> int:
    """Lets the index catch up by one helping; gives how many documents."""
    return index_pending(parts.catalog, parts.line, parts.objects, parts.index)


def _has_text(reading: PageReading) -> bool:
    return reading.text is not None and bool(reading.text.words)


def _log_composed(account: BatchAccount) -> None:
    """What was decided, in numbers: no text and no names of persons in the log."""
    documents = account.documents
    linked = sum(document.link.state is LinkState.CERTAIN for document in documents)
    filed = sum(document.filing.state is FilingState.FILED for document in documents)
    ledger, batch_id = account.ledger, account.batch.id
    log.info(
        "batch %.8s: split, %d pages = %d in %d documents + %d separators + %d backs + %d blanks",
        *(batch_id, ledger.received, ledger.filed, len(documents)),
        *(ledger.separators, ledger.separator_backs, ledger.blanks),
    )
    log.info("batch %.8s: linked, %d certain of %d; filed, %d", batch_id, linked, len(documents), filed)


def _with_pdf_faults(account: BatchAccount, kept: list[Kept]) -> BatchAccount:
    """A document without its PDF is kept, and a person is asked."""
    reviews, problems, documents = list(account.reviews), list(account.problems), []
    for entry in kept:
        document = entry.document
        faults = [("pdf_failed", page) for page in document.pages[:1] if entry.pdf_fault is not None]
        faults += [("pdf_page_missing", page) for page in entry.missing]
        for code, page in faults:
            values = {"page": page}
            reviews.append(make_review(document.batch, ReviewKind.PAGE, document.id, (page,), f"pages.{code}", values))
            problems.append(Problem(code.replace("_", "-"), say(f"pages.{code}", **values), page))
        documents.append(replace(document, state=DocumentState.HELD) if faults else document)
    state = BatchState.HELD if reviews else account.batch.state
    return replace(
        account,
        batch=replace(account.batch, state=state),
        documents=tuple(documents),
        reviews=tuple(reviews),
        problems=tuple(problems),
    )


def _with_manifests(parts: Pipeline, account: BatchAccount, kept: list[Kept]) -> BatchAccount:
    documents = [
        write_manifest(parts.objects, document, account.batch, entry.stored, entry.pages)
        for document, entry in zip(account.documents, kept, strict=True)
    ]
    return replace(account, documents=tuple(documents))


def _rewritten(parts: Pipeline, account: BatchAccount) -> BatchAccount:
    """Manifests of the documents that changed, and the state, of an older batch."""
    batch_id = account.batch.id or ""
    before = {document.id: document for document in parts.catalog.account(batch_id).documents}
    documents = [
        document if document == before[document.id] else _new_manifest(parts, account, document)
        for document in account.documents
    ]
    changed = replace(account, documents=tuple(documents))
    return write_state(parts.objects, changed, parts.catalog.profile_of(batch_id), parts.catalog.page_counts(batch_id))


def _new_manifest(parts: Pipeline, account: BatchAccount, document: Document) -> Document:
    """The next manifest of a document whose content stays: objects and pages as the one before says."""
    before = json.loads(parts.objects.read(document.objects.manifest or ""))
    stored = [StoredObject(key, entry["size"], entry["sha256"]) for key, entry in before["objects"].items()]
    return write_manifest(parts.objects, document, account.batch, stored, before["pages"])
