"""What every catalog tells of itself in numbers: what waits by lane, what is asked, how far the index is behind."""

from pipeline.ports.catalog import LineCatalog, Waiting
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_values import RETRO, arrived, digest, outcome, receive

NONE = {"received": 0, "working": 0, "filed": 0, "held": 0, "quarantined": 0}


def test_an_empty_catalog(catalog: SqlCatalog) -> None:
    found = catalog.backlog()
    assert found.batches == NONE
    assert (found.waiting, found.documents, found.reviews) == ({}, 0, {})
    assert (found.outbox, found.outbox_oldest, found.outbox_newest) == (0, None, None)
    assert not found.line_held


def test_what_waits_by_lane(catalog: SqlCatalog, line: LineCatalog) -> None:
    receive(line, arrived("a", 3))
    receive(line, arrived("b", 4))
    receive(line, arrived("c", 100), RETRO)
    line.begin(digest("b"))
    found = catalog.backlog()
    assert found.batches == NONE | {"received": 2, "working": 1}
    assert found.waiting == {"registry": Waiting(2, 7), "retro": Waiting(1, 100)}
    assert found.line_held


def test_what_is_done_no_longer_waits(catalog: SqlCatalog, line: LineCatalog) -> None:
    receive(line, arrived("a", 6))
    receive(line, arrived("b", 3))
    line.commit(outcome("a", "s11b22", asked=2))
    line.commit(outcome("b", "s11"))
    found = catalog.backlog()
    assert found.batches == NONE | {"filed": 1, "held": 1}
    assert (found.waiting, found.documents, found.reviews) == ({}, 3, {"link": 2})


def test_how_far_the_index_is_behind(catalog: SqlCatalog, line: LineCatalog) -> None:
    receive(line, arrived("a", 6))
    line.commit(outcome("a", "s11b22"))
    rows = line.pending_index(10)
    found = catalog.backlog()
    assert (found.outbox, found.outbox_oldest, found.outbox_newest) == (2, rows[0].id, rows[-1].id)
    line.indexed(rows[:1])
    found = catalog.backlog()
    assert (found.outbox, found.outbox_oldest, found.outbox_newest) == (1, rows[1].id, rows[1].id)
    line.indexed(rows[1:])
    receive(line, arrived("b", 3))
    line.commit(outcome("b", "s11"))
    found = catalog.backlog()
    assert found.outbox_oldest is not None and found.outbox_oldest > rows[-1].id, "a number is never given twice"


def test_a_lease_given_back(catalog: SqlCatalog, line: LineCatalog) -> None:
    line.release()
    assert not catalog.backlog().line_held
