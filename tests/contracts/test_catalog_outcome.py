"""What every catalog promises of an outcome: a ledger that balances, documents, reviews, the index's outbox."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.domain.batches import (
    BatchAccount,
    BatchState,
    DocumentKind,
    Fate,
    Ledger,
    PageFate,
    Problem,
)
from pipeline.domain.errors import NotFound
from pipeline.domain.registry import LinkState, RegistryNumber
from pipeline.ports.catalog import LineCatalog, OutboxRow
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_values import (
    FATES,
    arrived,
    digest,
    link,
    outcome,
    reading,
    receive,
    review,
)


def _spoilt(done: BatchAccount) -> dict[str, BatchAccount]:
    first = done.documents[0]
    other = replace(first, id=digest("other"), pages=(6,))
    return {
        "a page without a fate": replace(done, fates=done.fates[:-1]),
        "a page with two fates": replace(done, fates=(*done.fates, done.fates[0])),
        "a page that never was": replace(done, fates=(*done.fates, PageFate(7, Fate.BLANK))),
        "fewer pages than received": outcome("one", "s11b2"),
        "pages unknown": replace(done, batch=replace(done.batch, pages=None)),
        "a ledger that does not add up": replace(done, ledger=replace(done.ledger, blanks=0)),
        "a ledger that adds up but is wrong": replace(done, ledger=replace(done.ledger, blanks=0, rejected=1)),
        "an empty document": replace(done, documents=(*done.documents, replace(other, pages=()))),
        "a document too many": replace(done, documents=(*done.documents, other)),
        "a document missing": replace(done, documents=(first,)),
        "a document twice": replace(done, documents=(*done.documents, first)),
        "pages that descend": replace(done, documents=(replace(first, pages=first.pages[::-1]), *done.documents[1:])),
        "a document of another batch": replace(done, documents=(replace(first, batch="x"), *done.documents[1:])),
        "a parent elsewhere": replace(done, documents=(replace(first, parent="x"), *done.documents[1:])),
        "a separator in a document": replace(done, fates=(replace(done.fates[0], document=first.id), *done.fates[1:])),
        "a document page without its document": replace(
            done, fates=(done.fates[0], replace(done.fates[1], document=None), *done.fates[2:])
        ),
        "held without a question": replace(done, batch=replace(done.batch, state=BatchState.HELD)),
        "filed with a question": replace(done, reviews=(review("x", None),)),
        "a question about nothing": replace(outcome("one", "s11b22", asked=1), reviews=(review("x", "none"),)),
        "a question twice": replace(outcome("one", "s11b22"), reviews=(review("x", None), review("x", None))),
        "no outcome": replace(done, batch=replace(done.batch, state=BatchState.WORKING)),
        "quarantined with documents": replace(done, batch=replace(done.batch, state=BatchState.QUARANTINED)),
    }


def test_an_outcome_is_found_as_it_was_committed(catalog: SqlCatalog, line: LineCatalog) -> None:
    receive(line, arrived("one", 8))
    done = outcome("one", "sk11b2sr", [link("17", day=dt.date(2021, 3, 4))], asked=2)
    annex = replace(done.documents[1], kind=DocumentKind.ANNEX, parent=done.documents[0].id)
    done = replace(done, documents=(done.documents[0], annex), problems=(Problem("dark", "Pagină închisă.", 4),))
    line.commit(done)
    assert catalog.account(digest("one")) == done
    assert catalog.document(annex.id) == annex
    assert [(found.id, asked) for found, asked in catalog.open_reviews()] == [
        (digest("one"), one) for one in done.reviews
    ]
    assert done.ledger == Ledger(received=8, filed=3, separators=2, separator_backs=1, blanks=1, rejected=1)


def test_a_second_outcome_replaces_the_first_and_the_index_hears_of_both(
    catalog: SqlCatalog, line: LineCatalog
) -> None:
    receive(line, arrived("one", 4))
    first, second = outcome("one", "1122", asked=1), outcome("one", "1112")
    line.commit(first)
    rows = line.pending_index(10)
    assert [row.document for row in rows] == [document.id for document in first.documents]
    line.indexed(rows)
    line.commit(second)
    assert catalog.account(digest("one")) == second
    assert catalog.open_reviews() == []
    told = [row.document for row in line.pending_index(10)]
    assert sorted(told) == sorted(document.id for document in (*first.documents, *second.documents))
    with pytest.raises(NotFound):
        catalog.document(first.documents[0].id)


def test_the_outbox_keeps_what_came_after_it_was_read(line: LineCatalog) -> None:
    receive(line, arrived("one"))
    line.commit(outcome("one", "111"))
    before = line.pending_index(10)
    line.commit(outcome("one", "111"))
    line.indexed(before)
    after = line.pending_index(10)
    assert [row.document for row in after] == [before[0].document]
    assert after[0].id > before[0].id
    line.indexed(after)
    line.indexed([OutboxRow(999, "none")])
    line.indexed([])
    assert line.pending_index(10) == []
    line.commit(outcome("one", "123"))
    assert [row.document for row in line.pending_index(2)] == [row.document for row in line.pending_index(10)][:2]
    assert min(row.id for row in line.pending_index(10)) > after[0].id


def test_what_changes_in_other_batches_is_one_with_the_outcome(catalog: SqlCatalog, line: LineCatalog) -> None:
    receive(line, arrived("old"))
    receive(line, arrived("new"))
    line.save_readings(digest("old"), [reading(1)])
    line.commit(outcome("new", "111", [link("5")]))
    before = catalog.counts()
    wrong = replace(outcome("new", "111"), ledger=Ledger(3, 2))
    with pytest.raises(ValueError, match="ledger"):
        line.commit(outcome("old", "111"), [wrong])
    assert catalog.counts() == before
    assert len(catalog.readings(digest("old"))) == 1
    amended = outcome("new", "111", [link("5", LinkState.CONFLICT)], asked=1)
    line.commit(outcome("old", "111", [link("5", LinkState.CONFLICT)], asked=1), [amended])
    assert catalog.account(digest("new")) == amended
    claims = catalog.documents_claiming(RegistryNumber("RG", 2021, "005"))
    assert [claim.batch for claim in claims] == [digest("old"), digest("new")]


@pytest.mark.parametrize("fault", _spoilt(outcome("one", "s11b22")))
def test_a_ledger_that_does_not_balance_is_refused_whole(catalog: SqlCatalog, line: LineCatalog, fault: str) -> None:
    receive(line, arrived("one", 6))
    before = outcome("one", "s11b11")
    line.commit(before)
    counts = catalog.counts()
    with pytest.raises(ValueError, match="batch"):
        line.commit(_spoilt(outcome("one", "s11b22"))[fault])
    assert catalog.account(digest("one")) == before
    assert catalog.counts() == counts


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layout=st.text("skbr1234", min_size=1, max_size=12), page=st.integers(0, 11), sign=st.sampled_from("skbr1"))
def test_whatever_the_fates_they_are_kept_if_and_only_if_they_add_up(
    catalog: SqlCatalog, line: LineCatalog, layout: str, page: int, sign: str
) -> None:
    receive(line, arrived(layout, len(layout)))
    done = outcome(layout, layout)
    line.commit(done)
    assert catalog.account(digest(layout)) == done
    place = page % len(layout)
    if sign == layout[place]:
        return
    fates = list(done.fates)
    fates[place] = PageFate(place + 1, FATES.get(sign, Fate.DOCUMENT), None if sign in FATES else digest("no document"))
    with pytest.raises(ValueError, match="does not balance"):
        line.commit(replace(done, fates=tuple(fates)))
    assert catalog.account(digest(layout)) == done


def test_a_batch_that_was_never_received_has_no_outcome(line: LineCatalog) -> None:
    with pytest.raises(NotFound):
        line.commit(outcome("one", "111"))


def test_a_working_batch_can_still_end_in_quarantine(catalog: SqlCatalog, line: LineCatalog) -> None:
    receive(line, arrived("one"))
    line.begin(digest("one"))
    lost = arrived("one", state=BatchState.QUARANTINED)
    line.commit(lost)
    assert catalog.account(digest("one")) == lost


def test_claims_are_certain_or_in_conflict_and_never_an_annex(catalog: SqlCatalog, line: LineCatalog) -> None:
    states = [LinkState.CERTAIN, LinkState.CONFLICT, LinkState.PROPOSED, LinkState.CERTAIN, LinkState.CERTAIN]
    links = [link("48.213", state) for state in states]
    links[4] = replace(links[4], year=2020)
    receive(line, arrived("one", 5))
    done = outcome("one", "12345", links)
    documents = list(done.documents)
    documents[3] = replace(documents[3], kind=DocumentKind.ANNEX, parent=documents[0].id)
    line.commit(replace(done, documents=tuple(documents)))
    for written in ("48213", "048213", "48.213", "48 213"):
        found = catalog.documents_claiming(RegistryNumber("RG", 2021, written))
        assert found == documents[:2], written
    assert catalog.documents_claiming(RegistryNumber("URB", 2021, "48213")) == []


def test_documents_of_a_day_have_a_link_with_that_date(catalog: SqlCatalog, line: LineCatalog) -> None:
    day = dt.date(2021, 3, 4)
    receive(line, arrived("one", 4))
    links = [
        link("1", day=day),
        link("2", LinkState.PROPOSED, day=day),
        link("3"),
        replace(link("4", day=day), state=LinkState.NONE),
    ]
    done = outcome("one", "1234", links)
    line.commit(done)
    assert catalog.documents_of_day(day) == list(done.documents[:2])
    assert catalog.documents_of_day(dt.date(2021, 3, 5)) == []


def test_open_reviews_oldest_first_keep_their_place(catalog: SqlCatalog, line: LineCatalog) -> None:
    for name in ("one", "two"):
        receive(line, arrived(name))
        line.commit(outcome(name, "111", asked=2))
    line.commit(outcome("one", "111", asked=3))
    asked = [(found.source, one.id) for found, one in catalog.open_reviews()]
    expected = [
        ("one.pdf", "one-0"),
        ("one.pdf", "one-1"),
        ("two.pdf", "two-0"),
        ("two.pdf", "two-1"),
        ("one.pdf", "one-2"),
    ]
    assert asked == [(source, digest(name)[:32]) for source, name in expected]
    assert [one.id for _, one in catalog.open_reviews(limit=2, offset=1)] == [name for _, name in asked[1:3]]
