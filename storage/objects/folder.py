"""The object store in a folder: a key is a path below the root, created once, durable and read back."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pipeline.domain.errors import KeyTaken, NotFound, PartDown
from pipeline.domain.messages import say
from pipeline.ports.objects import StoredObject
from pipeline.ports.probe import Probe
from storage.objects.drafts import Drafts
from storage.objects.keys import checked_key, checked_prefix, fault_of_key
from storage.objects.paths import CHUNK, make_root, opened_folder, sync_folder, translated

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
_LOW_SPACE = 200_000_000
"""bytes: below this the probe warns"""


class FolderStore:
    """Several processes and threads may use one folder at once. Symbolic links below the root are never followed."""

    def __init__(self, root: Path) -> None:
        """Makes the root when missing. Errors: ``PartDown``, ``StorageFull``."""
        self._root = root.absolute()
        with translated(str(self._root)):
            make_root(self._root)
            self._drafts = Drafts(self._root)

    def put_file(self, key: str, path: Path) -> StoredObject:
        """See the port; also ``NotFound`` when the source is no regular file, ``ValueError`` when the key is none."""
        checked_key(key)
        with opened_source(path) as source:
            return self._put(key, source)

    def put_bytes(self, key: str, data: bytes) -> StoredObject:
        return self._put(checked_key(key), BytesIO(data))

    def read(self, key: str) -> bytes:
        with self.open(key) as file, translated(key):
            return file.read()

    def open(self, key: str) -> BinaryIO:
        file = self._open(checked_key(key))
        if file is None:
            raise NotFound(f"no object {key}")
        return file

    def hash(self, key: str) -> StoredObject | None:
        file = self._open(checked_key(key))
        if file is None:
            return None
        with file, translated(key):
            # what the kernel still remembers of the file proves nothing about the medium
            with suppress(OSError):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return StoredObject(key, *digest_of(file))

    def exists(self, key: str) -> bool:
        file = self._open(checked_key(key))
        if file is None:
            return False
        file.close()
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        folder, slash, _ = checked_prefix(prefix).rpartition("/")
        if not self._drafts.present():
            raise PartDown(f"{self._root} is not the store that was opened")
        return self._walk(folder + slash, prefix)

    def local_path(self, key: str) -> Path | None:
        return self._root / key if self.exists(key) else None

    def sweep(self) -> int:
        """Removes what killed writers left; whatever a living writer of any process holds stays. How many."""
        with translated(str(self._root)):
            return self._drafts.sweep()

    def probe(self) -> Probe:
        try:
            with translated(str(self._root)):
                draft = self._drafts.start()
                draft.discard()
                free = os.statvfs(self._root)
        except PartDown as error:
            return Probe("objects", self._root.is_dir(), None, False, say("storage.objects_unwritable", reason=error))
        available = free.f_bavail * free.f_frsize
        low = available < _LOW_SPACE
        details = (("promise", say("storage.folder_promise")), ("space", f"{available / 2**30:.1f} GiB"))
        return Probe("objects", True, "folder", not low, say("storage.space_low") if low else "", details=details)

    def _put(self, key: str, source: BinaryIO) -> StoredObject:
        present = self.hash(key)
        if present is not None:
            with translated(key):
                size, sha256 = digest_of(source)
            self._sync(key)
            return self._same(key, present, size, sha256)
        with translated(key):
            draft = self._drafts.start()
            try:
                size, sha256 = draft.write(source)
                created = self._publish(key, draft.name)
            finally:
                draft.discard()
        self._sync(key)
        stored = self.hash(key)
        if stored is None and created:
            raise PartDown(f"{key} is gone after it was written")
        if created and stored is not None and (stored.size, stored.sha256) != (size, sha256):
            self._withdraw(key)
            raise PartDown(f"{key} reads back differently from what was written")
        return self._same(key, stored, size, sha256)

    @staticmethod
    def _same(key: str, stored: StoredObject | None, size: int, sha256: str) -> StoredObject:
        if stored is None or (stored.size, stored.sha256) != (size, sha256):
            raise KeyTaken(f"{key} exists with other content")
        return stored

    def _publish(self, key: str, draft: str) -> bool:
        """Gives the draft its name unless the name is taken. Whether it was free."""
        folder, _, name = key.rpartition("/")
        with opened_folder(self._root, folder, make=True) as target:
            return self._drafts.publish(draft, target, name)

    def _sync(self, key: str) -> None:
        """Every folder from the key's up to the root: whoever made them, a key that is told is a key that stays."""
        with translated(key):
            parts = key.split("/")[:-1]
            for depth in range(len(parts), -1, -1):
                with opened_folder(self._root, "/".join(parts[:depth])) as folder:
                    sync_folder(folder)

    def _withdraw(self, key: str) -> None:
        folder, _, name = key.rpartition("/")
        with translated(key), opened_folder(self._root, folder) as target:
            os.unlink(name, dir_fd=target)
        self._sync(key)

    def _open(self, key: str) -> BinaryIO | None:
        """None when there is no such key, or a link, a folder or a device in its place."""
        folder, _, name = key.rpartition("/")
        with translated(key):
            try:
                with opened_folder(self._root, folder) as parent:
                    descriptor = os.open(name, _READ, dir_fd=parent)
            except OSError as error:
                if error.errno in _ABSENT and self._drafts.present():
                    return None
                raise
            return _regular(descriptor)

    def _walk(self, folder: str, prefix: str) -> Iterator[str]:
        """Keys of a folder (empty, or with its ``/``) in the order of their whole text; foreign names are skipped."""
        for name in self._names(folder):
            path = folder + name
            if name.endswith("/"):
                if path.startswith(prefix) or prefix.startswith(path):
                    yield from self._walk(path, prefix)
            elif path.startswith(prefix):
                yield path

    def _names(self, folder: str) -> list[str]:
        with translated(folder):
            try:
                with opened_folder(self._root, folder.rstrip("/")) as target, os.scandir(target) as entries:
                    found = [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries]
            except OSError as error:
                if error.errno in _ABSENT and self._drafts.present():
                    return []
                raise
        good = [(name, mode) for name, mode in found if fault_of_key(name) is None]
        files = [name for name, mode in good if stat.S_ISREG(mode)]
        return sorted(files + [f"{name}/" for name, mode in good if stat.S_ISDIR(mode)])


def _regular(descriptor: int) -> BinaryIO | None:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    return None


def digest_of(file: BinaryIO) -> tuple[int, str]:
    """Size in bytes and SHA-256 from here to the end."""
    size, digest = 0, hashlib.sha256()
    while chunk := file.read(CHUNK):
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()


def opened_source(path: Path) -> BinaryIO:
    with translated("the file to be stored"):
        try:
            file = _regular(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
            file = None
    if file is None:
        raise NotFound("no file to store at the path given")
    return file
