"""Folders below a root, opened one segment at a time so that no symbolic link leads out of it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.domain.errors import PartDown, StorageFull

CHUNK = 1 << 20
"""bytes copied or hashed at a time"""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def translated(what: str) -> Iterator[None]:
    """``OSError`` becomes ``StorageFull`` or ``PartDown``; the message names what was worked on."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in _FULL else PartDown
        raise kind(f"{what}: {error.strerror or error}") from error


@contextmanager
def opened_folder(root: Path, folder: str, make: bool = False) -> Iterator[int]:
    """A descriptor of ``root/folder`` (segments joined by ``/``; empty: the root itself). Raises ``OSError``.

    Only the root may be reached through links. Missing folders are made when told.
    """
    current = os.open(root, _FOLDER)
    try:
        for segment in folder.split("/") if folder else ():
            if make:
                with suppress(FileExistsError):
                    os.mkdir(segment, dir_fd=current)
            inner = os.open(segment, _FOLDER | os.O_NOFOLLOW, dir_fd=current)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def make_root(root: Path) -> None:
    """Makes a folder and its parents, durably. Raises ``OSError``."""
    missing = [folder for folder in (root, *root.parents) if not folder.exists()]
    root.mkdir(parents=True, exist_ok=True)
    for folder in reversed(missing):
        with opened_folder(folder.parent, "") as parent:
            sync_folder(parent)


def sync_folder(folder: int) -> None:
    """Makes the names in an open folder durable; file systems that cannot are taken as they are."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
