"""From received batch to reported documents: the flow of docs/architecture.md, in order, on one screen."""

import logging
import time
from dataclasses import dataclass

from pipeline.domain.batches import BatchAccount
from pipeline.domain.decisions import orders_of
from pipeline.domain.filing import FilingState
from pipeline.domain.pages import PageReading
from pipeline.domain.registry import LinkState
from pipeline.domain.settings import Institution, Profile
from pipeline.domain.work import ReadSettings
from pipeline.ports.catalog import Catalog, LineCatalog
from pipeline.ports.classifier import Classifier
from pipeline.ports.index import Index
from pipeline.ports.meter import UNMETERED, Meter, timed
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import Workers
from pipeline.stages.compose import Desk, compose, split_rules
from pipeline.stages.conclude import Archive, Source, conclude, noted_duplicates
from pipeline.stages.decided import refuse_second_holders
from pipeline.stages.index import index_pending
from pipeline.stages.keep import Keeper, keep_again, keep_documents
from pipeline.stages.read import Progress, Reader, page_refs, read_batch
from pipeline.stages.recall import Decreed, recalled_readings, reread
from pipeline.stages.state import History, read_history

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
    meter: Meter = UNMETERED


def process_batch(parts: Pipeline, batch_id: str, progress: Progress) -> BatchAccount:
    """Takes a received batch to its end. Every step may be done again; nothing is visible before the commit.

    Errors: ``PartDown``, ``MissingPart``, ``Fenced``: the batch stays as it was and is taken up again later.
    """
    batch = parts.catalog.batch(batch_id)
    profile = parts.catalog.profile_of(batch_id)
    page_counts = parts.catalog.page_counts(batch_id)
    refs = page_refs(page_counts)
    parts.line.begin(batch_id)

    reader = Reader(parts.catalog, parts.line, parts.workers, profile.lane.value, parts.meter)
    with timed(parts.meter, "read"):
        readings = read_batch(reader, batch, refs, read_settings(parts.institution, profile), progress)

    log.info("batch %.8s: read, %d of %d pages with text", batch_id, sum(map(_has_text, readings)), len(readings))

    desk = Desk(parts.institution, profile, parts.catalog, parts.classifier, parts.meter)
    with timed(parts.meter, "compose"):
        composed = compose(batch, readings, desk)

    _log_composed(composed.account)

    keeper = Keeper(parts.objects, parts.workers)
    by_page = {reading.observation.page: reading for reading in readings}
    with timed(parts.meter, "keep"):
        kept = keep_documents(keeper, batch, composed.account.documents, by_page, {ref.page: ref for ref in refs})

    log.info("batch %.8s: stored, %d objects", batch_id, sum(len(entry.stored) for entry in kept))

    source = Source(profile, page_counts, History(tuple(reading.observation for reading in readings)))
    account, amended = conclude(Archive(parts.objects, parts.catalog, parts.line), composed, kept, source)

    with timed(parts.meter, "commit"):
        parts.line.commit(account, amended)
    for problem in account.problems:
        parts.meter.fault(problem.code)
    return account


def read_settings(institution: Institution, profile: Profile) -> ReadSettings:
    return ReadSettings(
        language=profile.language,
        institution=institution.code,
        separators=profile.separators,
        sticker_pattern=profile.sticker_pattern,
    )


def carry_out(parts: Pipeline, batch_id: str, progress: Progress) -> BatchAccount:
    """Makes a finished batch what persons decided it is; the original stays, what changes gets new versions.

    Only pages that are turned, or were never read, are read again. Errors: as ``process_batch``.
    """
    before = parts.catalog.account(batch_id)
    profile, page_counts = parts.catalog.profile_of(batch_id), parts.catalog.page_counts(batch_id)
    refs = page_refs(page_counts)
    decisions = parts.catalog.decisions(batch_id)
    orders = orders_of(decisions)
    history = read_history(parts.objects, before.batch)

    reader = Reader(parts.catalog, parts.line, parts.workers, profile.lane.value, parts.meter)
    desk = Desk(parts.institution, profile, parts.catalog, parts.classifier, parts.meter)
    recalled = recalled_readings(parts.objects, history.observations, before)
    inside = {page for document in before.documents for page in document.pages}
    decreed = Decreed(orders, orders_of(history.decisions), split_rules(desk))
    settings = read_settings(parts.institution, profile)
    readings = reread(reader, before.batch, refs, settings, recalled, inside, decreed, progress)

    composed = compose(before.batch, [readings[ref.page] for ref in refs], desk, orders)
    refuse_second_holders(composed.account.documents, parts.catalog)
    _log_composed(composed.account)

    keeper = Keeper(parts.objects, parts.workers)
    kept = keep_again(keeper, before, composed.account, readings, {ref.page: ref for ref in refs}, recalled)

    seen = tuple(readings[ref.page].observation for ref in refs)
    source = Source(profile, page_counts, History(seen, tuple(decisions)), orders)
    account, amended = conclude(
        Archive(parts.objects, parts.catalog, parts.line), composed, kept, source, before.documents
    )

    parts.line.commit(account, amended, [decision.id for decision in decisions])
    return account


def note_duplicates(catalog: Catalog, line: LineCatalog, objects: ObjectStore, batch_id: str) -> None:
    """Notes on a finished batch that its bytes have come in again."""
    noted = noted_duplicates(Archive(objects, catalog, line), batch_id)
    if noted is not None:
        line.commit(noted)


def follow_index(parts: Pipeline) -> int:
    """Lets the index catch up by one helping; gives how many documents."""
    begun = time.perf_counter()
    indexed = index_pending(parts.catalog, parts.line, parts.objects, parts.index)
    if indexed:
        parts.meter.took("index", time.perf_counter() - begun)
    return indexed


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
