"""Opening what others dropped: only regular files, no link followed, no FIFO waited for."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from pipeline.domain.errors import InputFault

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFDIR: "a folder",
}


def not_regular(kind: int) -> InputFault:
    """The fault for an entry whose ``stat.S_IFMT`` is not that of a regular file."""
    return InputFault("not-regular", f"{_KINDS.get(kind, 'a special file')} is not taken")


def open_regular(path: Path) -> BinaryIO:
    """Opens a regular file for reading, at its start.

    Raises ``InputFault`` with code ``not-regular``, ``vanished`` or ``permission``. A device is looked at before it
    is opened, because opening alone can make a device act; what was opened is looked at again.
    """
    try:
        _require_regular(os.lstat(path))
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise fault_of(error) from error
    try:
        _require_regular(os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def fault_of(error: OSError) -> InputFault:
    """The operating system's refusal of a path as a fault of the input."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return InputFault("vanished", "no longer there")
        case errno.ELOOP:
            return not_regular(stat.S_IFLNK)
        case errno.ENXIO:
            return not_regular(stat.S_IFSOCK)
        case errno.EACCES | errno.EPERM:
            return InputFault("permission", "permission denied")
        case _:
            return InputFault("unreadable", os.strerror(error.errno or errno.EIO))


def _require_regular(seen: os.stat_result) -> None:
    if not stat.S_ISREG(seen.st_mode):
        raise not_regular(stat.S_IFMT(seen.st_mode))
