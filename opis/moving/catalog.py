"""The catalog's rows: copied from one database into the other, under the leases of both, and compared."""

from collections.abc import Mapping

from opis.moving.parts import HeldLine
from pipeline.stages.verify import Difference
from storage.catalog.copying import CopyDiffers, HeldTokens, copy_catalog, refuse_foreign
from storage.catalog.sql import SqlCatalog


def foreign_rows(source: HeldLine, target: HeldLine) -> tuple[Difference, ...]:
    """What the target's catalog holds that the source's does not, looked for before long work is begun."""
    try:
        refuse_foreign(_sql(source), _sql(target))
    except CopyDiffers as fault:
        return (_difference(fault),)
    return ()


def move_rows(source: HeldLine, target: HeldLine) -> tuple[Mapping[str, int], tuple[Difference, ...]]:
    """Table → rows that are the same on both sides, or what differs. Errors: ``Fenced``, ``PartDown``."""
    try:
        copied = copy_catalog(_sql(source), _sql(target), held=HeldTokens(source.token, target.token))
    except CopyDiffers as fault:
        return {}, (_difference(fault),)
    return {table.name: table.rows for table in copied}, ()


def _difference(fault: CopyDiffers) -> Difference:
    return Difference("catalog_foreign" if fault.foreign else "rows_differ", fault.table)


def _sql(line: HeldLine) -> SqlCatalog:
    assert isinstance(line.catalog, SqlCatalog)
    return line.catalog
