"""The object store: the truth. A key is created once and never changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.ports.probe import Probe


@dataclass(frozen=True, slots=True)
class StoredObject:
    key: str
    size: int
    """bytes"""
    sha256: str
    """of the bytes read back after writing"""


class ObjectStore(Protocol):
    """Errors: ``PartDown`` (down or slow), ``StorageFull``, ``NotFound``, ``KeyTaken`` (there with other content)."""

    def put_file(self, key: str, path: Path) -> StoredObject:
        """Stores a file, durably and read back, before it returns. The same bytes again succeed and change nothing."""

    def put_bytes(self, key: str, data: bytes) -> StoredObject:
        """As ``put_file``."""

    def read(self, key: str) -> bytes: ...

    def open(self, key: str) -> BinaryIO: ...

    def hash(self, key: str) -> StoredObject | None:
        """Size and SHA-256 of what is stored now, read from the medium; None when there is no such key."""

    def exists(self, key: str) -> bool: ...

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin with the prefix, in order."""

    def local_path(self, key: str) -> Path | None:
        """A path of this machine where the bytes can be read, never written; None when there is none."""

    def probe(self) -> Probe: ...
