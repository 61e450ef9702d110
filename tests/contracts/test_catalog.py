"""What every catalog promises of batches on their way: journal, order, attempts, readings, ids."""

from dataclasses import replace

import pytest

from pipeline.domain.batches import (
    BatchAccount,
    BatchState,
    Problem,
)
from pipeline.domain.errors import NotFound, UsageError
from pipeline.ports.catalog import LineCatalog
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_values import (
    PROFILE,
    RETRO,
    arrival_of,
    arrived,
    digest,
    outcome,
    reading,
    receive,
    review,
)


def test_a_batch_is_journalled_as_it_came(catalog: SqlCatalog, line: LineCatalog) -> None:
    account = arrived("one", 5)
    arrival = arrival_of(account)
    assert line.receive(account, [2, 3], PROFILE, arrival)
    assert catalog.account(digest("one")) == account
    assert catalog.batch(digest("one")) == account.batch
    assert catalog.profile_of(digest("one")) == PROFILE
    assert catalog.page_counts(digest("one")) == (2, 3)
    assert catalog.arrivals() == [arrival]


def test_a_known_batch_only_gets_another_arrival_however_far_it_is(catalog: SqlCatalog, line: LineCatalog) -> None:
    first, again = arrived("one"), arrived("one", source="copy.pdf")
    receive(line, first)
    done = outcome("one", "111")
    line.commit(done)
    second = arrival_of(again, RETRO)
    assert not line.receive(again, [3], RETRO, second)
    assert not line.receive(BatchAccount(done.batch), (), RETRO, second)
    assert catalog.account(digest("one")) == done
    assert catalog.profile_of(digest("one")) == PROFILE
    assert [arrival.profile for arrival in catalog.arrivals(batch=digest("one"))] == ["registratura", "arhiva"]


def test_a_quarantined_batch_that_comes_again_replaces_its_row(catalog: SqlCatalog, line: LineCatalog) -> None:
    broken = replace(
        arrived("one", state=BatchState.QUARANTINED, pages=None), problems=(Problem("truncated", "Fișier trunchiat."),)
    )
    assert line.receive(broken, (), PROFILE, arrival_of(broken))
    assert catalog.account(digest("one")) == broken
    assert line.next_batch(False) is None
    assert receive(line, arrived("two"))
    assert receive(line, arrived("one"), RETRO)
    assert catalog.account(digest("one")) == arrived("one")
    assert catalog.profile_of(digest("one")) == RETRO
    assert [batch.id for batch in catalog.batches()] == [digest("one"), digest("two")]
    assert len(catalog.arrivals()) == 3


@pytest.mark.parametrize(
    "account",
    [
        arrived("one", state=BatchState.FILED),
        arrived("one", id=None),
        arrived("one", pages=4),
        replace(arrived("one"), reviews=(review("x", None),)),
    ],
)
def test_what_has_not_just_come_in_is_not_received(
    catalog: SqlCatalog, line: LineCatalog, account: BatchAccount
) -> None:
    with pytest.raises(ValueError, match="batch"):
        line.receive(account, [3], PROFILE, arrival_of(arrived("one")))
    assert catalog.batches() == []
    assert catalog.arrivals() == []


def test_an_arrival_is_open_until_its_file_was_moved(catalog: SqlCatalog, line: LineCatalog) -> None:
    name = "hot/x/.opis/claimed/\udcff.pdf"
    first, second = replace(arrival_of(arrived("one")), claimed=name), arrival_of(arrived("one"))
    line.receive(arrived("one"), [3], PROFILE, first)
    line.receive(arrived("one"), [3], PROFILE, first)
    line.receive(arrived("one"), [3], PROFILE, second)
    assert catalog.arrivals(open_only=True) == [first, second]
    line.end_arrival(first.id, "hot/x/finalizate/\udcff.pdf")
    assert catalog.arrivals(open_only=True) == [second]
    assert catalog.arrivals()[0] == replace(first, end="hot/x/finalizate/\udcff.pdf")
    with pytest.raises(NotFound):
        line.end_arrival("none", "x")


def test_names_of_any_bytes_can_be_stored_and_shown(catalog: SqlCatalog, line: LineCatalog) -> None:
    account = arrived("one", source="scan\udcff\ud800\0.pdf", originals=("a\udcff",))
    account = replace(account, problems=(Problem("x", "nume \udcff"),))
    assert receive(line, account)
    found = catalog.account(digest("one"))
    assert found.batch.source == "scan\ufffd\ufffd\ufffd.pdf"
    assert found.batch.originals == ("a\ufffd",)
    assert found.problems[0].message == "nume \ufffd"
    assert catalog.batches(profile="\udcff") == []
    with pytest.raises(NotFound):
        catalog.batch("\udcff" * 10)


def test_the_registry_goes_first_and_the_oldest(catalog: SqlCatalog, line: LineCatalog) -> None:
    for name, profile in (("old", RETRO), ("first", PROFILE), ("second", PROFILE)):
        receive(line, arrived(name), profile)
    assert line.next_batch(False) == digest("first")
    assert line.next_batch(True) == digest("old")
    line.begin(digest("first"))
    assert catalog.batch(digest("first")).state is BatchState.WORKING
    assert line.next_batch(False) == digest("first")
    line.commit(outcome("first", "111"))
    assert line.next_batch(False) == digest("second")
    line.commit(outcome("second", "111"))
    assert line.next_batch(False) == digest("old")
    line.commit(outcome("old", "111"))
    assert line.next_batch(False) is None
    assert line.next_batch(True) is None
    with pytest.raises(NotFound):
        line.begin(digest("none"))


def test_attempts_and_suspects(catalog: SqlCatalog, line: LineCatalog) -> None:
    receive(line, arrived("one", 6))
    one = digest("one")
    line.begin_run(one, [1, 2, 3])
    assert catalog.suspects(one) == {1, 2, 3}
    assert catalog.attempts(one) == {}
    line.save_readings(one, [reading(1)])
    line.charge(one, [2, 5])
    line.charge(one, [2])
    line.begin_run(one, [2])
    assert catalog.suspects(one) == {2, 3, 5}
    assert catalog.attempts(one) == {2: 2, 5: 1}
    line.commit(outcome("one", "111111"))
    assert catalog.suspects(one) == set()
    assert catalog.attempts(one) == {}
    with pytest.raises(NotFound):
        line.charge(digest("none"), [1])


def test_readings_are_kept_until_the_commit_and_count_as_progress(catalog: SqlCatalog, line: LineCatalog) -> None:
    for name in ("one", "two"):
        receive(line, arrived(name))
        line.save_readings(digest(name), [reading(1), reading(2)])
    one = digest("one")
    line.save_readings(one, [reading(2, "din nou \udcff")])
    assert catalog.readings(one) == {1: reading(1), 2: reading(2, "din nou \ufffd")}
    assert catalog.progress(one) == (2, 3)
    line.commit(outcome("one", "111"))
    assert catalog.readings(one) == {}
    assert catalog.progress(one) == (3, 3)
    assert len(catalog.readings(digest("two"))) == 2
    with pytest.raises(NotFound):
        line.save_readings(digest("none"), [reading(1)])


def test_batches_newest_first_by_state_and_profile(catalog: SqlCatalog, line: LineCatalog) -> None:
    for number in range(5):
        receive(line, arrived(number, profile="arhiva" if number % 2 else "registratura"))
    line.commit(outcome(0, "111"))
    ids = [digest(number) for number in (4, 3, 2, 1, 0)]
    assert [batch.id for batch in catalog.batches()] == ids
    assert [batch.id for batch in catalog.batches(limit=2, offset=1)] == ids[1:3]
    assert [batch.id for batch in catalog.batches([BatchState.FILED])] == [digest(0)]
    assert [batch.id for batch in catalog.batches(profile="arhiva")] == [digest(3), digest(1)]
    assert [batch.id for batch in catalog.batches([BatchState.RECEIVED], "registratura")] == [digest(4), digest(2)]
    assert catalog.batches([BatchState.HELD]) == []


def test_ids_by_a_prefix_that_is_long_enough_and_fits_one(catalog: SqlCatalog, line: LineCatalog) -> None:
    twin = "abcdef0123" + "0" * 54
    other = "abcdef0123" + "f" * 54
    for one in (twin, other):
        account = arrived(one, id=one)
        line.receive(account, [3], PROFILE, arrival_of(account))
    assert catalog.batch(twin[:11]).id == twin
    assert catalog.account(other[:11].upper()).batch.id == other
    for prefix in ("abcdef01", "abcdef0123", "abcdef0", "a", ""):
        with pytest.raises(UsageError):
            catalog.batch(prefix)
    for prefix in ("abcdef01231", "00000000", "zzzzzzzz", "abcdef0%", "abcdef0_", twin + "0"):
        with pytest.raises(NotFound):
            catalog.batch(prefix)
    for method in (catalog.document, catalog.account, catalog.profile_of, catalog.page_counts, catalog.progress):
        with pytest.raises(NotFound):
            method("00000000")
