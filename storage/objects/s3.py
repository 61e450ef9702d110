"""The object store in a bucket of an S3 server: the same promises as the folder, made over a network."""

import hashlib
from collections.abc import Iterator
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

from pipeline.domain.errors import KeyTaken, NotFound, PartDown, PartUnfit
from pipeline.domain.messages import say
from pipeline.ports.objects import StoredObject
from pipeline.ports.probe import Probe
from storage.objects.folder import digest_of, opened_source
from storage.objects.keys import MAX_KEY_BYTES, checked_key, checked_prefix, fault_of_key
from storage.objects.paths import CHUNK
from storage.objects.s3_address import Address, parse_address
from storage.objects.s3_claims import turn_at, wait_for_turns
from storage.objects.s3_credentials import find_credentials
from storage.objects.s3_faults import Fault, Kind
from storage.objects.s3_listing import ask_for_list, in_order, list_names
from storage.objects.s3_probe import probe_bucket
from storage.objects.s3_promises import SCRATCH, Promises, find_promises
from storage.objects.s3_reader import opened
from storage.objects.s3_requests import LIMITS, Limits, Refused, Requests
from storage.objects.s3_upload import (
    IF_FREE,
    TAKEN,
    Created,
    Renewing,
    Told,
    content_of,
    put_parts,
    put_piece,
    read_piece,
    retention_headers,
    sweep_uploads,
)

_LOOKS = 3


def open_s3(url: str, limits: Limits = LIMITS) -> "S3Store":
    """The bucket of the URL, found fit and swept of leftovers.

    Errors: ``ConfigurationError`` (the URL), ``PartUnfit`` (credentials, rights, bucket, certificate, clock, lock),
    ``PartDown`` (no answer), ``StorageFull``.
    """
    requests = _requests(parse_address(url), limits)
    try:
        promises = find_promises(requests)
        store = S3Store(requests, promises)
        store.sweep()
    except Refused as refused:
        raise refused.error from refused
    requests.opened = True
    return store


def create_bucket(url: str, limits: Limits = LIMITS) -> bool:
    """Makes the bucket where it is missing, with object lock when the URL demands it. Whether it was made.

    Errors: as ``open_s3``.
    """
    address = parse_address(url)
    requests = _requests(address, limits)
    try:
        ask_for_list(requests)
        return False
    except Refused as refused:
        if refused.fault.mend != "no_bucket":
            raise refused.error from refused
    try:
        requests.make_bucket(address.lock_required or address.retention is not None)
    except Refused as refused:
        if refused.fault.what.startswith("BucketAlreadyOwnedByYou"):
            return False
        if refused.fault.what.startswith("BucketAlreadyExists"):
            raise PartUnfit(f"objects: {address.shown}: {refused.fault.what}", say("s3.bucket_taken")) from refused
        raise refused.error from refused
    return True


def _requests(address: Address, limits: Limits) -> Requests:
    return Requests(address, find_credentials(address), limits)


class S3Store:
    """Safe for threads; each process opens its own. Made by ``open_s3``."""

    def __init__(self, requests: Requests, promises: Promises) -> None:
        self._requests = requests
        self._address = requests.address
        self.promises = promises

    def put_file(self, key: str, path: Path) -> StoredObject:
        """See the port; also ``NotFound`` when the source is no regular file, ``ValueError`` when the key is none."""
        self._name(key)
        with opened_source(path) as source:
            return self._put(key, source)

    def put_bytes(self, key: str, data: bytes) -> StoredObject:
        return self._put(key, BytesIO(data))

    def put_stream(self, key: str, source: BinaryIO) -> StoredObject:
        """As ``put_file``, of a source whose length nobody knows; it is read once, to its end."""
        return self._put(key, source)

    def read(self, key: str) -> bytes:
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        reader = opened(self._requests, self._name(key))
        if reader is None:
            raise NotFound(f"no object {key}")
        return BufferedReader(reader, CHUNK)

    def hash(self, key: str) -> StoredObject | None:
        found = self._look(key)
        return found and found[0]

    def exists(self, key: str) -> bool:
        try:
            return self._there(self._name(key))
        except Refused as refused:
            raise refused.error from refused

    def keys(self, prefix: str) -> Iterator[str]:
        start = len(self._address.prefix)
        names = list_names(self._requests, self._address.prefix + checked_prefix(prefix))
        keys = (name[start:] for name in names if fault_of_key(name[start:]) is None)
        return keys if self.promises.ordered else in_order(keys)

    def local_path(self, key: str) -> Path | None:
        self._name(key)
        return None

    def sweep(self) -> int:
        """Takes away uploads in parts that killed writers left more than a day ago. How many."""
        try:
            return sweep_uploads(self._requests, self._address.prefix)
        except Refused as refused:
            if refused.fault.kind in (Kind.PASSING, Kind.FULL):
                raise refused.error from refused
            return 0  # a server without that list, or one that does not let us see it

    def probe(self) -> Probe:
        """Whether it answers and promises what it did when it was opened; with little patience."""
        return probe_bucket(self._address, self._requests.limits, self.promises)

    def _there(self, name: str) -> bool:
        """Raises ``Refused``."""
        try:
            self._requests.send("HEAD", name)
        except Refused as refused:
            if refused.fault.kind is not Kind.ABSENT:
                raise
            return self._there_by_reading(name)
        return True

    def _there_by_reading(self, name: str) -> bool:
        """An answer to HEAD has no body, and so does not tell a missing key from a missing bucket."""
        try:
            self._requests.send("GET", name, stream=True).close()
        except Refused as refused:
            if refused.fault.kind is not Kind.ABSENT:
                raise
            return False
        return True

    def _name(self, key: str) -> str:
        """The key's name in the bucket. Raises ``ValueError``."""
        name = self._address.prefix + checked_key(key)
        if len(name.encode("utf-8")) > MAX_KEY_BYTES:
            raise ValueError(f"not an object key (longer than {MAX_KEY_BYTES} bytes with its prefix): {key!r}")
        return name

    def _put(self, key: str, source: BinaryIO) -> StoredObject:
        name = self._name(key)
        told = Told(source, key)
        first = read_piece(told, self._requests.limits.part_bytes + 1)
        large = len(first) > self._requests.limits.part_bytes
        try:
            if not large:
                created = self._put_small(name, first)
            elif self.exists(key):
                created = TAKEN
            else:
                created = self._put_large(name, first, told, content_of(source, first))
        except Refused as refused:
            raise refused.error from refused
        return self._confirmed(StoredObject(key, *told.to_end()), created)

    def _put_small(self, name: str, data: bytes) -> Created:
        scratch, held = self._address.prefix + SCRATCH, self._held()
        content = hashlib.sha256(data).hexdigest()
        if self.promises.conditional:
            created = put_piece(self._requests, name, data, {**held, **IF_FREE})
            if created.fresh:
                wait_for_turns(self._requests, scratch, name, content)  # of who saw it free, and joins its parts now
            return created
        with turn_at(self._requests, scratch, name, content):
            return TAKEN if self._there(name) else put_piece(self._requests, name, data, held)

    def _put_large(self, name: str, first: bytes, rest: Told, content: str) -> Created:
        scratch, condition = self._address.prefix + SCRATCH, IF_FREE if self.promises.conditional else {}
        with turn_at(self._requests, scratch, name, content) as renew:
            if self._there(name):
                return TAKEN
            return put_parts(self._requests, name, Renewing(rest, renew), first, self._held(), condition)

    def _held(self) -> dict[str, str]:
        return retention_headers(self._address.retention, self._requests.skew)

    def _confirmed(self, written: StoredObject, created: Created) -> StoredObject:
        """Reads back. What differs is read again: a way that alters bytes must not condemn what is stored well."""
        seen = []
        for _ in range(_LOOKS):
            stored = self._look(written.key)
            if stored is not None and stored[0] == written:
                return written
            seen.append(stored)
        found = seen[0]
        if found is None or any(stored != found for stored in seen):
            raise self._down(written.key, "reads back differently each time, or is gone")
        if not created.fresh or created.etag != found[1]:
            raise KeyTaken(f"{written.key} exists with other content")
        self._withdraw(written.key, created)
        raise self._down(written.key, "reads back differently from what was written")

    def _look(self, key: str) -> tuple[StoredObject, str] | None:
        """What is stored, read to its end, and the server's own mark of it; None when there is no such key."""
        reader = opened(self._requests, self._name(key))
        if reader is None:
            return None
        with BufferedReader(reader, CHUNK) as file:
            return StoredObject(key, *digest_of(file)), reader.etag.strip('"')

    def _withdraw(self, key: str, created: Created) -> None:
        query = {"versionId": created.version} if created.version else None
        try:
            self._requests.send("DELETE", self._name(key), query=query)
        except Refused as refused:
            raise self._down(key, "reads back differently and cannot be withdrawn") from refused

    def _down(self, key: str, what: str) -> PartDown:
        error = self._requests.refused(Fault(Kind.PASSING, what), self._name(key)).error
        assert isinstance(error, PartDown)
        return error
