"""Fixity: every object against what is written of it, and store, catalog and index against each other.

Reads only. Everything is a stream: memory does not grow with the number of objects, but with that of the documents in
the index, whose versions come as one mapping.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Document
from pipeline.domain.errors import NotFound
from pipeline.domain.ids import folder_batch_id
from pipeline.domain.seals import seal_holds
from pipeline.domain.wire import to_plain
from pipeline.ports.catalog import Catalog
from pipeline.ports.index import Index
from pipeline.ports.objects import ObjectStore

AT_ONCE = 200
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be."""

    code: str
    """closed list: ``object_missing`` ``object_differs`` ``object_foreign`` ``object_unknown`` ``record_damaged``
    ``record_differs`` ``rows_differ`` ``catalog_foreign`` ``index_lacks`` ``index_version`` ``index_foreign``
    ``hot_differs``"""
    subject: str
    """the object key, the document id, the table, the path"""


@dataclass(frozen=True, slots=True)
class Checked:
    """One object that was read back: its size in bytes, and what is wrong with it."""

    key: str
    size: int
    difference: Difference | None = None


def check_objects(objects: ObjectStore, part: int = 1, parts: int = 1) -> Iterator[Checked]:
    """Reads every object and compares it with what is written of it; also yields objects that are named but gone.

    Originals and registers are named by their SHA-256; what belongs to a document stands in its manifests, with size
    and SHA-256. Manifests and states must be whole JSON with the number of their key, and hold their seal. With
    ``parts`` only every so manieth batch, document and register is looked at, beginning with the ``part``-th (from 1).
    Errors: ``PartDown``.
    """
    for number, (folder, keys) in enumerate(groupby(objects.keys(""), _folder_of)):
        if number % parts == part - 1:
            yield from _CHECKS.get(folder.partition("/")[0], _unknown)(objects, list(keys))


def check_catalog(catalog: Catalog, objects: ObjectStore) -> Iterator[Difference]:
    """The catalog against the store: every batch that ended has the state it names, every document its manifest and its
    objects, and the manifest says what the catalog says."""
    for account in accounts(catalog):
        batch = account.batch
        if batch.state in (BatchState.FILED, BatchState.HELD) and batch.version:
            key = f"batches/{batch.id}/state/{batch.version}.json"
            yield from _check_record(objects, key, to_plain(Batch, batch))
        yield from (Difference("object_missing", key) for key in batch.originals if not objects.exists(key))
        for document in account.documents:
            yield from _check_document(document, objects)


def check_index(catalog: Catalog, index: Index) -> Iterator[Difference]:
    """The index against the catalog: the same documents, each in the version that holds."""
    found = index.versions()
    for account in accounts(catalog):
        for document in account.documents:
            version = found.pop(document.id, None)
            if version is None:
                yield Difference("index_lacks", document.id)
            elif version != document.version:
                yield Difference("index_version", document.id)
    yield from (Difference("index_foreign", identity) for identity in sorted(found))


def accounts(catalog: Catalog) -> Iterator[BatchAccount]:
    """The account of every batch, newest first."""
    offset = 0
    while found := catalog.batches(limit=AT_ONCE, offset=offset):
        yield from (catalog.account(batch.id) for batch in found if batch.id)
        offset += len(found)


def _folder_of(key: str) -> str:
    """``documents/<id>``, ``batches/<id>``; a register stands for itself."""
    return "/".join(key.split("/")[:2])


def _check_document(document: Document, objects: ObjectStore) -> Iterator[Difference]:
    named = document.objects
    for key in (named.pdf, named.text, *named.alto):
        if key is not None and not objects.exists(key):
            yield Difference("object_missing", key)
    if named.manifest is not None:
        yield from _check_record(objects, named.manifest, to_plain(Document, document))


def _check_record(objects: ObjectStore, key: str, value: Any) -> Iterator[Difference]:
    try:
        record = _record(objects.read(key))
    except NotFound:
        yield Difference("object_missing", key)
        return
    if record is None:
        yield Difference("record_damaged", key)
    elif record.get("value") != value:
        yield Difference("record_differs", key)


def _record(data: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(data)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _documents(objects: ObjectStore, keys: list[str]) -> Iterator[Checked]:
    """The keys of one document."""
    named: dict[str, tuple[Any, Any]] = {}
    content = []
    for key in keys:
        if "/manifest/" not in key:
            content.append(key)
            continue
        checked, record = _read_record(objects, key, "manifest")
        yield checked
        for name, facts in (record.get("objects") or {}).items():
            named[name] = (facts.get("size"), facts.get("sha256"))
    for key in content:
        expected = named.pop(key, None)
        yield _hashed(objects, key, expected) if expected else Checked(key, 0, Difference("object_unknown", key))
    yield from (Checked(key, 0, Difference("object_missing", key)) for key in sorted(named))


def _batches(objects: ObjectStore, keys: list[str]) -> Iterator[Checked]:
    """The keys of one batch, whose id is the SHA-256 of its file, or of the list of its files' digests."""
    identity = keys[0].split("/")[1]
    pages = [key for key in keys if key.startswith(f"batches/{identity}/original/")]
    for key in keys:
        if "/state/" in key:
            yield _read_record(objects, key, "state")[0]
        elif key not in pages:
            yield _hashed(objects, key, (None, identity))
    found = [objects.hash(key) for key in pages]
    digests = [stored.sha256 for stored in found if stored is not None]
    whole = not pages or folder_batch_id(digests) == identity
    for key, stored in zip(pages, found, strict=True):
        yield Checked(key, stored.size if stored else 0, None if whole else Difference("object_differs", key))


def _registers(objects: ObjectStore, keys: list[str]) -> Iterator[Checked]:
    for key in keys:
        digest = key.split("/")[1].partition(".")[0]
        known = _SHA256.fullmatch(digest) is not None
        yield _hashed(objects, key, (None, digest)) if known else Checked(key, 0, Difference("object_unknown", key))


def _unknown(objects: ObjectStore, keys: list[str]) -> Iterator[Checked]:
    yield from (Checked(key, 0, Difference("object_unknown", key)) for key in keys)


_CHECKS = {"documents": _documents, "batches": _batches, "registers": _registers}


def _hashed(objects: ObjectStore, key: str, expected: tuple[Any, Any]) -> Checked:
    """``expected`` are size and SHA-256; a size of None is not known."""
    stored = objects.hash(key)
    if stored is None:
        return Checked(key, 0, Difference("object_missing", key))
    size, sha256 = expected
    good = stored.sha256 == sha256 and size in (None, stored.size)
    return Checked(key, stored.size, None if good else Difference("object_differs", key))


def _read_record(objects: ObjectStore, key: str, kind: str) -> tuple[Checked, dict[str, Any]]:
    """A manifest or state as read; empty when it cannot be."""
    try:
        data = objects.read(key)
    except NotFound:
        return Checked(key, 0, Difference("object_missing", key)), {}
    record = None if seal_holds(data) is False else _record(data)
    number = key.rpartition("/")[2].removesuffix(".json")
    if record is None or str(record.get(kind)) != number or not isinstance(record.get("objects", {}), dict):
        return Checked(key, len(data), Difference("record_damaged", key)), {}
    return Checked(key, len(data)), record
