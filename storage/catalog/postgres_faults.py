"""What PostgreSQL reports, as our own errors: by its codes, never by its text, which is in the server's language."""

from dataclasses import dataclass

import psycopg

from pipeline.domain.errors import PartDown, PartUnfit, StorageFull
from pipeline.domain.messages import say
from storage.catalog.faults import Aborted, CatalogDamaged

_UNFIT = {
    "28": ("credentials", "the user or the password is not accepted"),
    "3D000": ("no_database", "there is no such database"),
    "57P04": ("no_database", "the database was dropped"),
    "3F000": ("no_schema", "there is no such schema"),
    "42501": ("no_right", "the user has not the rights it takes"),
}
"""code or class → what to say: trying again will not help until somebody mends it"""

_DOWN = {
    "57014": "the statement took too long",
    "55P03": "locked too long by another process",
    "25P03": "the transaction was left alone too long",
    "25P04": "the transaction took too long",
    "57P01": "the server is shutting down",
    "57P02": "the server is shutting down",
    "57P03": "the server is starting up or shutting down",
    "53300": "the server has too many connections",
    "25006": "the server only reads: a standby, or set so",
}
_ABORTED = ("40001", "40P01")
_FULL = ("53100",)
_STRANGE = ("42", "XX001", "XX002", "0A000")
"""tables or rows are not what this program made"""
_BAD_VALUE = ("22", "23")


@dataclass(frozen=True, slots=True)
class PostgresFaults:
    """Translates errors of one server; ``address`` is named in the messages, so it must hold no password."""

    address: str

    def __call__(self, error: Exception) -> Exception | None:
        if isinstance(error, OverflowError):
            return ValueError(f"a number too large for the catalog: {error}")
        if not isinstance(error, psycopg.Error):
            return None
        return self.of_code(error.sqlstate, error.diag.message_primary, error.diag.constraint_name)

    def of_code(self, code: str | None, told: str | None = None, constraint: str | None = None) -> Exception:
        """``told`` is the server's own words without the detail, which may quote rows."""
        if code is None:
            return PartDown(f"catalog: {self.address}: the connection was lost or could not be made")
        unfit = _UNFIT.get(code) or _UNFIT.get(code[:2])
        if unfit is not None:
            message, what = unfit
            return PartUnfit(f"catalog: {self.address}: {what} ({code})", say(f"catalog.{message}", where=self.address))
        if code in _ABORTED:
            return Aborted(f"catalog: {self.address}: undone for another transaction's sake ({code})")
        if code in _FULL:
            return StorageFull(f"catalog: {self.address}: no space left on the server's disk")
        if code in _DOWN:
            return PartDown(f"catalog: {self.address}: {_DOWN[code]}")
        if code.startswith(_BAD_VALUE):
            return ValueError(f"the catalog refuses it: {constraint or told} ({code})")
        if code.startswith(_STRANGE):
            return CatalogDamaged(f"catalog: {self.address}: {told} ({code})")
        return PartDown(f"catalog: {self.address}: {told} ({code})")
