"""What the database reports, as our own errors."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.domain.errors import PartDown, StorageFull

Translate = Callable[[Exception], Exception | None]
"""an exception of a database driver to one of ours; None for what is none of the driver's"""


class CatalogDamaged(PartDown):
    """The file is no database, or a broken one; or tables and rows are not what this program wrote."""

    retry = False
    advice = "Catalogul este stricat. Opriți Opis și refaceți-l din depozit: opis rebuild --into."


class Aborted(PartDown):
    """The database undid the whole transaction, for another one's sake: it may be done again at once."""


@contextmanager
def translated(translate: Translate) -> Iterator[None]:
    """``PartDown``, ``StorageFull``, ``PartUnfit`` or ``CatalogDamaged`` instead of the vendor's exceptions.

    A broken constraint is a broken promise of the caller, a ``ValueError``. The vendor's exception is not chained: it
    may hold rows and passwords.
    """
    try:
        yield
    except DBAPIError as error:
        ours = translate(error.orig) if isinstance(error.orig, Exception) else None
        if ours is None:
            raise
        raise ours from None
    except PoolTimeout:
        raise PartDown("catalog: all its connections are in use") from None
    except SQLAlchemyError as error:
        raise PartDown(f"catalog: {type(error).__name__}") from None
    except Exception as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from None


def of_sqlite(error: Exception) -> Exception | None:
    if isinstance(error, OverflowError):
        return ValueError(f"a number too large for the catalog: {error}")
    if isinstance(error, sqlite3.IntegrityError):
        return ValueError(f"the catalog refuses it: {error}")
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return StorageFull("catalog: no space left on its disk")
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CatalogDamaged(f"catalog: the file is damaged or no database ({error})")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return PartDown("catalog: locked too long by another process")
    return PartDown(f"catalog: {error}")
