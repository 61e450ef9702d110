"""What is waiting and what there is, in numbers: for those who watch, in one cheap transaction."""

from sqlalchemy import Connection, func, select

from pipeline.domain.batches import BatchState
from pipeline.ports.catalog import Backlog, Waiting
from storage.catalog import lease
from storage.catalog.tables import batches, documents, outbox, reviews

_OPEN = (BatchState.RECEIVED.value, BatchState.WORKING.value)


def read_backlog(connection: Connection) -> Backlog:
    """Counts only: no name and no number of anything leaves the catalog here."""
    grouped = select(batches.c.lane, batches.c.state, func.count(), func.coalesce(func.sum(batches.c.pages), 0))
    states = {state.value: 0 for state in BatchState}
    waiting: dict[str, Waiting] = {}
    for lane, state, number, pages in connection.execute(grouped.group_by(batches.c.lane, batches.c.state)):
        states[state] += number
        if state in _OPEN:
            before = waiting.get(lane, Waiting())
            waiting[lane] = Waiting(before.batches + number, before.pages + int(pages))
    kinds = connection.execute(select(reviews.c.kind, func.count().label("found")).group_by(reviews.c.kind))
    pending = connection.execute(select(func.count(), func.min(outbox.c.id), func.max(outbox.c.id))).one()
    return Backlog(
        batches=states,
        waiting=waiting,
        documents=connection.execute(select(func.count()).select_from(documents)).scalar_one(),
        reviews={row.kind: row.found for row in kinds},
        outbox=pending[0],
        outbox_oldest=pending[1],
        outbox_newest=pending[2],
        line_held=lease.held(connection),
    )
