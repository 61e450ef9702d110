"""Moving without overwriting: renames that fail where the name is taken, made durable on both sides."""

import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.domain.errors import PartDown, StorageFull
from watchers.naming import variants

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


@contextmanager
def own_errors(what: str) -> Iterator[None]:
    """Turns what the operating system says about our own folders into ``StorageFull`` or ``PartDown``."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in _NO_SPACE else PartDown
        raise kind(f"{what}: {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable, where the file system knows how."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
    finally:
        os.close(descriptor)


def rename_new(source: Path, target: Path) -> None:
    """Renames anything (a link itself, never what it names); raises ``FileExistsError`` when the target is there."""
    if _renameat2 is None:
        _rename_new_portable(source, target)
        return
    if _renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE) == 0:
        return
    code = ctypes.get_errno()
    if code in _NOT_SUPPORTED:
        _rename_new_portable(source, target)
        return
    raise OSError(code, os.strerror(code), os.fspath(source), None, os.fspath(target))


def _rename_new_portable(source: Path, target: Path) -> None:
    """The same where the file system lacks the flag (some network shares).

    A folder is renamed over an empty one that was just made here, which can replace nothing else. Anything else gets
    a second name before it loses the first; where second names are not known either, an empty file holds the place.
    """
    if stat.S_ISDIR(os.lstat(source).st_mode):
        target.mkdir()
        try:
            source.rename(target)
        except OSError:
            with suppress(OSError):
                target.rmdir()
            raise
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        try:
            source.rename(target)
        except OSError:
            with suppress(OSError):
                target.unlink()
            raise
    else:
        source.unlink()


def move_new(source: Path, folder: Path, name: str, is_folder: bool) -> Path:
    """Moves an item into a folder under its name, else ``-2``, ``-3``…, durably; returns where it is now.

    Raises ``OSError``; ``FileNotFoundError`` when the source is gone.
    """
    for variant in variants(name, is_folder):
        target = folder / variant
        try:
            rename_new(source, target)
        except FileExistsError:
            continue
        sync_folder(folder)
        sync_folder(source.parent)
        return target
    raise AssertionError("variants are without end")
