"""What the store alone knows: every batch with its account, as its last state and the manifests it names say."""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipeline.domain.batches import Batch, BatchAccount, Document, PageFate, Problem, Review, ledger_of
from pipeline.domain.errors import NotFound
from pipeline.domain.settings import Profile
from pipeline.domain.wire import from_json
from pipeline.ports.objects import ObjectStore
from pipeline.stages.state import History, state_key

log = logging.getLogger(__name__)
_STATE = re.compile(r"batches/[^/]+/state/(\d+)\.json")
_PAGE_FILE = re.compile(r"batches/[^/]+/original/(\d+)\.[a-z]+")


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch that came to its end."""

    account: BatchAccount
    profile: Profile
    """as it was when the batch came in"""
    page_counts: tuple[int, ...]
    history: History


@dataclass(frozen=True, slots=True)
class StoredOriginal:
    """A batch of which the store has only what came in: it was received, and its work not finished."""

    batch: str
    keys: tuple[str, ...]
    """of its files, in order"""


@dataclass(frozen=True, slots=True)
class LostBatch:
    """A batch whose record is damaged or incomplete; its originals are there to be taken in anew."""

    batch: str
    reason: str


def stored_batches(objects: ObjectStore, batch_id: str = "") -> Iterator[StoredBatch | StoredOriginal | LostBatch]:
    """All batches of the store by id, or the one that is named. Errors: ``PartDown``."""
    prefix = f"batches/{batch_id}/" if batch_id else "batches/"
    for batch, keys in groupby(objects.keys(prefix), lambda key: key.split("/")[1]):
        yield _stored(objects, batch, list(keys))


def _stored(objects: ObjectStore, batch: str, keys: Sequence[str]) -> StoredBatch | StoredOriginal | LostBatch:
    numbers = sorted(int(found.group(1)) for key in keys if (found := _STATE.fullmatch(key)))
    if not numbers:
        return StoredOriginal(batch, _originals(keys))
    try:
        return _from_state(objects, batch, numbers[-1])
    except (NotFound, ValueError, KeyError, TypeError) as fault:
        log.error("batch %.8s: state %d cannot be used: %s", batch, numbers[-1], type(fault).__name__)
        return LostBatch(batch, f"state {numbers[-1]}: {type(fault).__name__}")


def _originals(keys: Sequence[str]) -> tuple[str, ...]:
    """One file, or page files in the order of their numbers."""
    numbered = sorted((int(found.group(1)), key) for key in keys if (found := _PAGE_FILE.fullmatch(key)))
    return tuple(key for _, key in numbered) or tuple(key for key in keys if "/original." in key)


def _from_state(objects: ObjectStore, batch_id: str, number: int) -> StoredBatch:
    record = json.loads(objects.read(state_key(batch_id, number)))
    batch = _value(Batch, record["value"])
    fates = _value(tuple[PageFate, ...], record["pages"])
    account = BatchAccount(
        batch=batch,
        fates=fates,
        documents=tuple(_document(objects, named["manifest"]) for named in record["documents"]),
        reviews=_value(tuple[Review, ...], record["reviews"]),
        problems=_value(tuple[Problem, ...], record["problems"]),
        ledger=ledger_of(batch.pages or 0, fates),
    )
    history = {name: record.get(name, []) for name in ("observations", "decisions")}
    return StoredBatch(
        account,
        _value(Profile, record["profile"]),
        _value(tuple[int, ...], record["page_counts"]),
        _value(History, history),
    )


def _document(objects: ObjectStore, manifest: str) -> Document:
    document: Document = _value(Document, json.loads(objects.read(manifest))["value"])
    return document


def _value(kind: Any, plain: Any) -> Any:
    return from_json(kind, json.dumps(plain))
