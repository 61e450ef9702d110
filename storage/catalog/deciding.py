"""Decisions of persons on record: appended once, waiting until the line has carried them out or refused them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from pipeline.domain.decisions import Decision
from pipeline.domain.errors import NotFound, StaleDecision
from storage.catalog.insert import add_new
from storage.catalog.rows import text_of, value_of
from storage.catalog.tables import batches, decisions
from storage.catalog.types import storable

CARRIED_OUT = ""
"""an outcome; any other text is the reason of a refusal, none at all means that it waits"""


def append(connection: Connection, decision: Decision) -> None:
    """The same id again changes nothing. Errors: ``NotFound`` (no such batch), ``StaleDecision``."""
    found = select(batches.c.version).where(batches.c.id == decision.batch).with_for_update(key_share=True)
    version = connection.execute(found).scalar_one_or_none()
    if version is None:
        raise NotFound(f"no batch {decision.batch}")
    known = connection.execute(select(decisions.c.id).where(decisions.c.id == decision.id)).one_or_none()
    if known is not None:
        return
    if version != decision.version or _waits_on(connection, decision.batch):
        raise StaleDecision(f"batch {decision.batch}: decided on version {decision.version}, it is {version} now")
    add_new(connection, decisions, _row(decision))


def restore(connection: Connection, found: Sequence[Decision]) -> None:
    """Puts decisions on record that were carried out in another life of the catalog."""
    for decision in found:
        add_new(connection, decisions, _row(decision) | {"outcome": CARRIED_OUT})


def waiting(connection: Connection) -> list[Decision]:
    """Oldest first."""
    query = select(decisions.c.body).where(decisions.c.outcome.is_(None)).order_by(decisions.c.sequence)
    return [value_of(Decision, body) for body in connection.execute(query).scalars()]


def how_many_wait(connection: Connection) -> int:
    query = select(func.count()).select_from(decisions).where(decisions.c.outcome.is_(None))
    return int(connection.execute(query).scalar_one())


def of_batch(connection: Connection, batch_id: str) -> list[Decision]:
    """All but the refused, oldest first."""
    standing = decisions.c.outcome.is_(None) | (decisions.c.outcome == CARRIED_OUT)
    query = select(decisions.c.body).where(decisions.c.batch == batch_id, standing).order_by(decisions.c.sequence)
    return [value_of(Decision, body) for body in connection.execute(query).scalars()]


def end(connection: Connection, ids: Sequence[str], outcome: str = CARRIED_OUT) -> None:
    """Of those that wait; what has ended keeps its outcome."""
    if not ids:
        return
    here = (decisions.c.id == bindparam("ended")) & decisions.c.outcome.is_(None)
    values = update(decisions).where(here).values(outcome=storable(outcome))
    connection.execute(values, [{"ended": identity} for identity in ids])


def outcome(connection: Connection, identity: str) -> str | None:
    """``NotFound`` when there is no such decision."""
    row = connection.execute(select(decisions.c.outcome).where(decisions.c.id == identity)).one_or_none()
    if row is None:
        raise NotFound(f"no decision {identity}")
    found: str | None = row.outcome
    return found


def _row(decision: Decision) -> dict[str, Any]:
    named = {name: getattr(decision, name) for name in ("id", "batch", "document", "at")}
    return named | {"body": text_of(Decision, decision)}


def _waits_on(connection: Connection, batch_id: str) -> bool:
    query = select(decisions.c.id).where(decisions.c.batch == batch_id, decisions.c.outcome.is_(None)).limit(1)
    return connection.execute(query).one_or_none() is not None
