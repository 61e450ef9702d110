"""Tantivy's faults become ours: it raises ``ValueError`` for nearly everything, and panics on some damaged files."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.domain.errors import OpisError, PartDown, StorageFull
from storage.index.faults import IndexDamaged

_FULL = ("no space left", "os error 28", "storagefull", "disk quota")
_BUSY = "lockbusy"
_DAMAGED = (
    "corrupt",
    "deserializ",
    "does not exist",
    "doesnotexist",
    "filedoesnotexist",
    "magic",
    "incompatible",
    "footer",
)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Errors: ``StorageFull``, ``IndexDamaged``, ``PartDown``."""
    try:
        yield
    except OpisError:
        raise
    except (ValueError, KeyError, RuntimeError, zlib.error) as error:
        raise _ours(doing, error) from error
    except OSError as error:
        raise _ours(doing, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise IndexDamaged(f"index: {doing}: {_first_line(error)}") from error


def _ours(doing: str, error: BaseException) -> OpisError:
    text = str(error).lower()
    message = f"index: {doing}: {_first_line(error)}"
    if any(mark in text for mark in _FULL):
        return StorageFull(message)
    if _BUSY in text:
        return PartDown(message)
    if isinstance(error, (KeyError, zlib.error)) or any(mark in text for mark in _DAMAGED):
        return IndexDamaged(message)
    return PartDown(message)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:300]
