"""Drafts: what is being written and has no key yet, in a folder of its own on the store's file system.

A writer holds a lock on its draft as long as it lives, so that ``sweep`` knows leftovers from work in progress.
"""

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from storage.objects.paths import CHUNK, opened_folder, sync_folder

FOLDER = ".tmp"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})
_PUBLISHING = "publish.lock"


class Draft:
    """One file being written; ``discard`` must be called at the end, published or not."""

    def __init__(self, root: Path, name: str, descriptor: int) -> None:
        self.name = name
        self._root = root
        self._descriptor = descriptor

    def write(self, source: BinaryIO) -> tuple[int, str]:
        """Copies the source to its end, read-only and durable; size in bytes and SHA-256 of what was copied."""
        size, digest = 0, hashlib.sha256()
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        os.fchmod(self._descriptor, 0o444)
        os.fsync(self._descriptor)
        return size, digest.hexdigest()

    def discard(self) -> None:
        """Takes the draft's own name away; the name it was published under stays."""
        try:
            with opened_folder(self._root, FOLDER) as folder, suppress(FileNotFoundError):
                os.unlink(self.name, dir_fd=folder)
        finally:
            os.close(self._descriptor)


class Drafts:
    """All methods raise ``OSError``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with opened_folder(root, FOLDER, make=True) as folder:
            sync_folder(folder)

    def present(self) -> bool:
        """Whether the folder of drafts is still there: without it the root is not the store that was opened."""
        return (self._root / FOLDER).is_dir()

    def start(self) -> Draft:
        while True:
            name = f"{os.getpid()}-{secrets.token_hex(8)}"
            with opened_folder(self._root, FOLDER) as folder:
                descriptor = os.open(name, _CREATE, 0o600, dir_fd=folder)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                swept = os.fstat(descriptor).st_nlink == 0
            except BaseException:
                Draft(self._root, name, descriptor).discard()
                raise
            if not swept:
                return Draft(self._root, name, descriptor)
            os.close(descriptor)

    def publish(self, draft: str, target: int, name: str) -> bool:
        """Links the draft into the open folder ``target``; False when the name is taken there."""
        with opened_folder(self._root, FOLDER) as folder:
            try:
                os.link(draft, name, src_dir_fd=folder, dst_dir_fd=target, follow_symlinks=False)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in _NO_HARD_LINKS:
                    raise
                return self._rename(folder, draft, target, name)
        return True

    def _rename(self, folder: int, draft: str, target: int, name: str) -> bool:
        """For file systems without hard links: writers take turns between looking and renaming."""
        with self._turn(folder):
            try:
                os.stat(name, dir_fd=target, follow_symlinks=False)
            except FileNotFoundError:
                os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=target)
                return True
            return False

    def sweep(self) -> int:
        removed = 0
        with opened_folder(self._root, FOLDER) as folder:
            for name in [entry.name for entry in os.scandir(folder)]:
                removed += name != _PUBLISHING and _remove_if_left(folder, name)
        return removed

    @contextmanager
    def _turn(self, folder: int) -> Iterator[None]:
        descriptor = os.open(_PUBLISHING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _remove_if_left(folder: int, name: str) -> bool:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=folder)
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(descriptor)
    return True
