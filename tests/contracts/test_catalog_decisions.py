"""What every catalog promises of a person's decision: on what was seen, once, until it is carried out or refused."""

from dataclasses import replace

import pytest

from pipeline.domain.decisions import Action, Decision
from pipeline.domain.errors import NotFound, StaleDecision
from pipeline.ports.catalog import LineCatalog
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_values import NOW, arrived, digest, outcome, receive

BATCH = digest("one")
SPLIT = Decision("d1", Action.SPLIT, BATCH, None, (2,), None, "ana", NOW, 1, "două cereri")


@pytest.fixture(autouse=True)
def finished(line: LineCatalog) -> None:
    receive(line, arrived("one"))
    line.commit(outcome("one", "s12"))


def test_a_decision_waits_until_its_batch_is_committed_with_it(catalog: SqlCatalog, line: LineCatalog) -> None:
    catalog.append_decision(SPLIT)
    assert line.pending_decisions() == [SPLIT]
    assert catalog.counts()["decisions"] == 1
    assert catalog.outcome_of("d1") is None
    line.commit(replace(outcome("one", "s12"), batch=replace(outcome("one", "s12").batch, version=2)), (), ["d1"])
    assert line.pending_decisions() == []
    assert catalog.outcome_of("d1") == ""
    assert catalog.decisions(BATCH) == [SPLIT]
    assert catalog.counts()["decisions"] == 0


def test_a_refused_decision_keeps_its_reason_and_counts_no_more(catalog: SqlCatalog, line: LineCatalog) -> None:
    catalog.append_decision(SPLIT)
    line.refuse_decisions(["d1"], "nu se poate")
    assert (line.pending_decisions(), catalog.decisions(BATCH)) == ([], [])
    assert catalog.outcome_of("d1") == "nu se poate"
    line.commit(outcome("one", "s12"), (), ["d1"])
    assert catalog.outcome_of("d1") == "nu se poate"


def test_what_was_seen_as_another_version_is_refused(catalog: SqlCatalog, line: LineCatalog) -> None:
    with pytest.raises(StaleDecision):
        catalog.append_decision(replace(SPLIT, version=0))
    with pytest.raises(StaleDecision):
        catalog.append_decision(replace(SPLIT, version=2))
    assert line.pending_decisions() == []


def test_while_a_decision_waits_another_one_on_its_batch_is_refused(catalog: SqlCatalog, line: LineCatalog) -> None:
    catalog.append_decision(SPLIT)
    catalog.append_decision(SPLIT)
    with pytest.raises(StaleDecision):
        catalog.append_decision(replace(SPLIT, id="d2", pages=(3,)))
    assert [decision.id for decision in line.pending_decisions()] == ["d1"]


def test_unknown_decisions_and_batches(catalog: SqlCatalog) -> None:
    with pytest.raises(NotFound):
        catalog.outcome_of("d9")
    with pytest.raises(NotFound):
        catalog.append_decision(replace(SPLIT, batch=digest("two")))


def test_what_the_line_is_doing_is_told_while_it_lives(catalog: SqlCatalog, line: LineCatalog) -> None:
    assert catalog.line_doing() is None
    line.tell('[{"worker": "pc1"}]')
    assert catalog.line_doing() == '[{"worker": "pc1"}]'
    line.release()
    assert catalog.line_doing() is None
