"""Claiming: out of the hot folder by one rename, then proof that what was taken is what was checked."""

import errno
import logging
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.domain.errors import InputFault
from watchers.candidates import Candidate, Claimed, ItemState
from watchers.checking import shape_fault
from watchers.layout import Layout
from watchers.moves import move_new, sync_folder
from watchers.naming import display_name, natural_key
from watchers.safe_open import open_regular
from watchers.settle import state_of

log = logging.getLogger(__name__)


def claim(layout: Layout, candidate: Candidate) -> Claimed | None:
    """Moves a candidate into ``.opis/claimed/``; None when it vanished or changed meanwhile (then it is put back).

    Raises ``OSError`` when it may not be moved.
    """
    name = candidate.path.name
    try:
        path = move_new(candidate.path, layout.claimed, name, candidate.is_folder)
    except FileNotFoundError:
        log.info("gone before it was claimed: %s", candidate.mark)
        return None
    try:
        taken = state_of(path)
        if taken == candidate.state:
            return Claimed(path, candidate.display, make_private(layout, path, taken), candidate.fault)
        log.info("changed before it was claimed, waits again: %s", candidate.mark)
    except OSError as error:
        log.warning("put back, %s: %s", error.strerror, candidate.mark)
    put_back(layout, path, name, candidate.is_folder)
    return None


def put_back(layout: Layout, path: Path, name: str, is_folder: bool) -> Path:
    """Moves a claimed item back into the hot folder, under another number when its name was taken since."""
    return move_new(path, layout.root, name, is_folder)


def leftovers(layout: Layout) -> list[Claimed]:
    """What an earlier run left in ``.opis/claimed/``, in natural order; also wipes half-written files.

    Raises ``OSError``.
    """
    for scrap in layout.scratch.iterdir():
        scrap.unlink()
    names = sorted((path.name for path in layout.claimed.iterdir()), key=natural_key)
    items = (recall(layout, name) for name in names)
    return [item for item in items if item is not None]


def recall(layout: Layout, name: str) -> Claimed | None:
    """The claimed item of that name; None when it is not there."""
    path = layout.claimed / name
    try:
        state = make_private(layout, path, state_of(path))
    except FileNotFoundError:
        return None
    return Claimed(path, display_name(name), state, shape_fault(state))


def make_private(layout: Layout, path: Path, state: ItemState) -> ItemState:
    """Replaces each file that has a second name elsewhere by a copy of its own; returns the state afterwards.

    Through its second name such a file could still be changed after it was checked and hashed. The copy is taken
    from a descriptor that follows no link and gets the same time; the other name keeps the old bytes. Raises
    ``OSError``, also when the file changes while it is copied.
    """
    shared = [entry for entry in state if entry.is_file and entry.links > 1]
    for entry in shared:
        _copy_in_place(layout, path / entry.name if entry.name else path)
    return state_of(path) if shared else state


def _open(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except InputFault as fault:
        raise OSError(errno.EACCES, fault.detail, str(path)) from fault


def _copy_in_place(layout: Layout, path: Path) -> None:
    scrap = layout.scratch / f"copy-{os.getpid()}"
    try:
        with _open(path) as source, scrap.open("wb") as target:
            before = os.fstat(source.fileno())
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fchmod(target.fileno(), stat.S_IMODE(before.st_mode) & 0o777)
            os.utime(target.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))
            os.fsync(target.fileno())
            after = os.fstat(source.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise OSError(errno.EBUSY, "changed while it was copied")
        scrap.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            scrap.unlink()
