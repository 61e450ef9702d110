"""What the database reports, as our own errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, SQLAlchemyError

from pipeline.domain.errors import OpisError, PartDown, StorageFull


class CatalogDamaged(PartDown):
    """The file is no database, or a broken one."""

    retry = False
    advice = "Catalogul este stricat. Opriți Opis și refaceți-l din depozit: opis rebuild --into."


@contextmanager
def translated() -> Iterator[None]:
    """``PartDown``, ``StorageFull`` or ``CatalogDamaged`` instead of the vendor's exceptions.

    A broken constraint is a broken promise of the caller, a ``ValueError``.
    """
    try:
        yield
    except IntegrityError as error:
        raise ValueError(f"the catalog refuses it: {error.orig}") from error
    except DBAPIError as error:
        if isinstance(error.orig, OverflowError) or not isinstance(error.orig, Exception):
            raise
        raise _of_sqlite(error.orig) from error
    except sqlite3.Error as error:
        raise _of_sqlite(error) from error
    except OverflowError as error:
        raise ValueError(f"a number too large for the catalog: {error}") from error
    except (InterfaceError, SQLAlchemyError) as error:
        raise PartDown(f"catalog: {error}") from error


def _of_sqlite(error: Exception) -> OpisError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return StorageFull("catalog: no space left on its disk")
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CatalogDamaged(f"catalog: the file is damaged or no database ({error})")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return PartDown("catalog: locked too long by another process")
    return PartDown(f"catalog: {error}")
