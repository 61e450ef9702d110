"""A new home out of the object store alone: objects copied or shared, registers read again, batches put back."""

import datetime as dt
import logging
import tempfile
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path

from opis.heart import LEASE_SECONDS
from opis.moving.plan import place_of
from opis.moving.progress import tracked
from opis.register_import import import_register
from opis.wiring import Parts, open_parts, start_workers
from pipeline.domain.batches import Batch, BatchAccount, BatchState
from pipeline.domain.errors import Fenced, InputFault, PartUnfit, UsageError
from pipeline.domain.messages import say
from pipeline.domain.settings import Profile, Settings
from pipeline.ports.catalog import Arrival, LineCatalog
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import Workers
from pipeline.stages.copy_objects import copy_objects, take_stock
from pipeline.stages.index import rebuild_index
from pipeline.stages.restore import StoredBatch, StoredOriginal, stored_batches
from pipeline.stages.verify import Difference

log = logging.getLogger(__name__)
REBUILT = "rebuilt"
"""the end of an arrival that only the store remembers"""


@dataclass
class Rebuilt:
    """What the store gave; ``lost`` are batches and registers whose records cannot be used, with the reason."""

    copied: int = 0
    registers: int = 0
    entries: int = 0
    batches: int = 0
    unfinished: int = 0
    documents: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)


def rebuild(source: Settings, into: Path) -> Rebuilt:
    """Fills the empty home ``into``; the source's catalog and index are neither read nor needed.

    Errors: ``UsageError`` (the home is the source's, or not empty), ``PartDown``, ``PartUnfit``.
    """
    target = replace(source, home=into.absolute())
    if place_of("catalog", source) == place_of("catalog", target) or target.home == source.home:
        raise UsageError(say("rebuilding.same_place"))
    old, new = Parts(source), open_parts(target)
    found = Rebuilt()
    if place_of("objects", source) != place_of("objects", target):
        found.copied = _copy(old.objects, new.objects, new.scratch)
    if new.catalog.counts() != _empty(new):
        raise PartUnfit(f"the catalog of {target.home} is not empty", say("rebuilding.not_empty"))
    lease = new.catalog.acquire_line("rebuild", LEASE_SECONDS)
    if lease is None:
        raise Fenced(f"a line is running on {target.home}")
    workers = start_workers(new, first=True)
    try:
        _registers(new, found)
        _batches(new, lease, workers, found)
        found.documents = rebuild_index(new.catalog, new.objects, new.index)
        lease.indexed(lease.pending_index(1_000_000))
    finally:
        workers.close()
        lease.release()
    return found


def _empty(parts: Parts) -> dict[str, int]:
    return dict.fromkeys(parts.catalog.counts(), 0)


def _copy(source: ObjectStore, target: ObjectStore, scratch: Path) -> int:
    """``PartUnfit`` when the target has other objects."""
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="rebuild-", dir=scratch) as folder:
        keys = Path(folder) / "keys"
        stock = take_stock(source, target, keys)
        if stock.foreign:
            raise PartUnfit(f"the store has other objects: {stock.foreign[0].subject}", say("rebuilding.not_empty"))
        copied = 0
        with keys.open(encoding="utf-8") as listed:
            copying = copy_objects(source, target, (line.rstrip("\n") for line in listed), Path(folder))
            for one in tracked(copying, say("moving.bar_copy"), stock.missing):
                if isinstance(one, Difference):
                    raise PartUnfit(f"{one.code}: {one.subject}", say("rebuilding.not_empty"))
                copied += 1
        return copied


def _registers(parts: Parts, found: Rebuilt) -> None:
    for key in parts.objects.keys("registers/"):
        with tempfile.TemporaryDirectory(prefix="register-", dir=parts.scratch) as folder:
            path = Path(folder) / key.rpartition("/")[2]
            path.write_bytes(parts.objects.read(key))
            try:
                imported = import_register(parts, path)
            except InputFault as fault:
                found.lost.append((key, fault.code))
                continue
        found.registers += 1
        found.entries += imported.count.new


def _batches(parts: Parts, lease: LineCatalog, workers: Workers, found: Rebuilt) -> None:
    """In the order in which they came; what was never finished comes last, to be worked on."""
    finished: list[tuple[dt.datetime, str]] = []
    unfinished: list[StoredOriginal] = []
    for one in tracked(stored_batches(parts.objects), say("rebuilding.bar_read"), None):
        if isinstance(one, StoredBatch):
            received = one.account.batch.received_at or dt.datetime.min.replace(tzinfo=dt.UTC)
            finished.append((received, one.account.batch.id or ""))
        elif isinstance(one, StoredOriginal):
            unfinished.append(one)
        else:
            found.lost.append((one.batch, one.reason))
    for _, batch in sorted(finished):
        _put_back(parts, lease, batch)
        found.batches += 1
    for original in unfinished:
        if _take_up(parts, lease, workers, original, found):
            found.unfinished += 1


def _put_back(parts: Parts, lease: LineCatalog, batch_id: str) -> None:
    """One finished batch as its record says: received, committed, its decisions on record as carried out."""
    (stored,) = (one for one in stored_batches(parts.objects, batch_id) if isinstance(one, StoredBatch))
    batch = stored.account.batch
    arrival = _arrival(batch, stored.profile)
    lease.receive(BatchAccount(_received(batch)), stored.page_counts, stored.profile, arrival)
    lease.end_arrival(arrival.id, REBUILT)
    lease.commit(stored.account)
    lease.restore_decisions(stored.history.decisions)


def _take_up(parts: Parts, lease: LineCatalog, workers: Workers, original: StoredOriginal, found: Rebuilt) -> bool:
    """A batch of which only the originals are left is received once more, under the first profile."""
    profile = parts.settings.profiles[0]
    with tempfile.TemporaryDirectory(prefix="rebuild-", dir=parts.scratch) as folder:
        counts = []
        for key in original.keys:
            path = Path(folder) / key.rpartition("/")[2]
            path.write_bytes(parts.objects.read(key))
            try:
                counts.append(workers.inspect(path).pages)
            except InputFault as fault:
                found.lost.append((original.batch, fault.code))
                return False
    now = dt.datetime.now(dt.UTC)
    source = f"{original.batch[:8]}{Path(original.keys[0]).suffix}"
    batch = Batch(
        original.batch, source, original.batch, profile.name, BatchState.RECEIVED, sum(counts), now, original.keys
    )
    arrival = _arrival(batch, profile)
    lease.receive(BatchAccount(batch), counts, profile, arrival)
    lease.end_arrival(arrival.id, REBUILT)
    return True


def _received(batch: Batch) -> Batch:
    return replace(batch, state=BatchState.RECEIVED, version=0)


def _arrival(batch: Batch, profile: Profile) -> Arrival:
    at = batch.received_at or dt.datetime.now(dt.UTC)
    return Arrival(uuid.uuid4().hex, batch.id or "", profile.name, batch.source, f"{REBUILT}:{batch.id}", at)
