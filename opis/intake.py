"""Turns what came in into a journalled batch: inspected, hashed, stored and read back before anything is moved."""

import datetime as dt
import hashlib
import logging
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Ledger, Problem
from pipeline.domain.errors import InputFault, NotFound
from pipeline.domain.ids import folder_batch_id
from pipeline.domain.plain import plain
from pipeline.domain.settings import Profile
from pipeline.domain.work import EXTENSIONS, SourceFacts
from pipeline.ports.catalog import Arrival, Catalog, LineCatalog
from pipeline.ports.meter import UNMETERED, Meter, timed
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import Workers
from watchers.moves import own_errors
from watchers.reasons import reason_text
from watchers.safe_open import fault_of, open_regular

log = logging.getLogger(__name__)
FINISHED = (BatchState.FILED, BatchState.HELD)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file, or the page files of a folder in natural order, that nobody changes any more."""

    files: tuple[Path, ...]
    folder: bool
    source: str
    """display name"""
    profile: Profile
    claimed: str
    """token of the claimed item, or the absolute path given to ``opis process``"""
    fault: InputFault | None = None
    """it is already known that it cannot become a batch"""


@dataclass(frozen=True, slots=True)
class Intake:
    catalog: Catalog
    line: LineCatalog
    objects: ObjectStore
    workers: Workers
    meter: Meter = UNMETERED

    def take(self, incoming: Incoming) -> tuple[Batch, Arrival]:
        """Journals the batch; gives it as it stands with its arrival, to be ended when the hot file was moved.

        Input that cannot be opened is journalled as ``quarantined``. Errors: ``PartDown``, ``StorageFull``: nothing
        was journalled and the input is where it was.
        """
        digests = [file_digest(path) for path in incoming.files]
        batch_id = folder_batch_id(digests) if incoming.folder else digests[0]
        arrival = Arrival(uuid.uuid4().hex, batch_id, incoming.profile.name, incoming.source, incoming.claimed, _now())
        known = self._known(batch_id)
        if known is not None and known.state is not BatchState.QUARANTINED:
            self.line.receive(BatchAccount(known), (), incoming.profile, arrival)
            return known, arrival
        try:
            if incoming.fault is not None:
                raise incoming.fault
            facts = [self.inspect(path) for path in incoming.files]
        except InputFault as fault:
            self.meter.fault(fault.code)
            account = quarantined(batch_id, incoming, fault)
            self.line.receive(account, (), incoming.profile, arrival)
            return account.batch, arrival
        batch = self._stored(batch_id, incoming, digests, facts)
        self.line.receive(BatchAccount(batch), [fact.pages for fact in facts], incoming.profile, arrival)
        received = "batch %.8s: received, %d pages, profile %s"
        log.info(received, batch.id, batch.pages, batch.profile, extra={"batch": batch.id})
        return batch, arrival

    def inspect(self, path: Path) -> SourceFacts:
        """As ``Workers.inspect``."""
        with timed(self.meter, "inspect"):
            return self.workers.inspect(path)

    def _known(self, batch_id: str) -> Batch | None:
        try:
            return self.catalog.batch(batch_id)
        except NotFound:
            return None

    def _stored(self, batch_id: str, incoming: Incoming, digests: Sequence[str], facts: Sequence[SourceFacts]) -> Batch:
        keys = []
        for place, (path, digest, fact) in enumerate(zip(incoming.files, digests, facts, strict=True), start=1):
            name = f"original/{place:04d}" if incoming.folder else "original"
            stored = self.objects.put_file(f"batches/{batch_id}/{name}.{EXTENSIONS[fact.format]}", path)
            if stored.sha256 != digest:
                raise InputFault("vanished", "changed while it was taken in")
            keys.append(stored.key)
        return Batch(
            id=batch_id,
            source=incoming.source,
            sha256=batch_id,
            profile=incoming.profile.name,
            state=BatchState.RECEIVED,
            pages=sum(fact.pages for fact in facts),
            received_at=_now(),
            originals=tuple(keys),
        )


def quarantined(batch_id: str | None, incoming: Incoming, fault: InputFault) -> BatchAccount:
    """The account of input that cannot become a batch."""
    log.warning("batch %.8s: refused, %s", batch_id, plain(fault), extra={"batch": batch_id})
    log.debug("this is %s: %s", incoming.source, fault)
    return refused(incoming.source, incoming.profile.name, fault, batch_id)


def refused(source: str, profile: str | None, fault: InputFault, batch_id: str | None = None) -> BatchAccount:
    batch = Batch(batch_id, source, batch_id, profile, BatchState.QUARANTINED, None, _now())
    problem = Problem(fault.code, reason_text(fault.code), fault.page)
    return BatchAccount(batch, problems=(problem,), ledger=Ledger())


@contextmanager
def private_copy(incoming: Incoming, scratch: Path) -> Iterator[Incoming]:
    """The same input as a private copy, for originals that stay where they are and might change meanwhile.

    Raises ``InputFault`` for links and devices, ``PartDown``, ``StorageFull``.
    """
    with own_errors("private copies"):
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        holder = tempfile.TemporaryDirectory(prefix="child-intake-", dir=scratch)
    with holder as folder:
        copies = []
        for place, path in enumerate(incoming.files):
            copy = Path(folder) / f"{place:04d}{path.suffix[:16]}"
            with (
                open_regular(path) as source,
                own_errors("private copy"),
                copy.open("xb") as target,
            ):
                shutil.copyfileobj(source, target, 2**20)
            copies.append(copy)
        yield replace(incoming, files=tuple(copies))


def file_digest(path: Path) -> str:
    """SHA-256 of a regular file, links not followed. Raises ``InputFault``, also where its bytes cannot be read."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        try:
            while chunk := file.read(2**20):
                digest.update(chunk)
        except OSError as error:
            raise fault_of(error) from error
    return digest.hexdigest()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)
