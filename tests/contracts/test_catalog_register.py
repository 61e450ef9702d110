"""What every catalog promises of the register, of requests, decisions and counts."""

import datetime as dt
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from pipeline.domain.batches import (
    BatchState,
)
from pipeline.domain.decisions import Action, Decision
from pipeline.domain.errors import NotFound
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.ports.catalog import ImportCount, LineCatalog, Request
from storage.catalog import migrate
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_values import (
    NOW,
    arrived,
    digest,
    link,
    outcome,
    receive,
)

ENTRIES = [
    RegistryEntry(
        RegistryNumber("RG", 2021, str(number)),
        dt.date(2021, 3, 1 + number % 3),
        f"Ion {number}",
        "Cerere",
        2,
        "URB",
        "ghișeu",
    )
    for number in range(1, 601)
]


def test_a_register_twice_in_is_no_change(catalog: SqlCatalog) -> None:
    assert catalog.import_entries(ENTRIES, "registers/a.csv") == ImportCount(600, 0, 0)
    assert catalog.import_entries(iter(ENTRIES), "registers/a.csv") == ImportCount(0, 0, 600)
    assert catalog.counts()["entries"] == 600


def test_changed_rows_are_counted_and_hold(catalog: SqlCatalog) -> None:
    catalog.import_entries(ENTRIES, "registers/a.csv")
    moved = replace(ENTRIES[0], date=dt.date(2021, 5, 5), department=None)
    written = replace(ENTRIES[1], number=RegistryNumber("RG", 2021, "00002"))
    new = replace(ENTRIES[2], number=RegistryNumber("RG", 2022, "3"), sender="S.C. \udcff S.R.L.")
    assert catalog.import_entries([moved, written, ENTRIES[3], new], "registers/b.csv") == ImportCount(1, 2, 1)
    assert catalog.import_entries([moved, written, ENTRIES[3], new], "registers/b.csv") == ImportCount(0, 0, 4)
    assert catalog.entry(RegistryNumber("RG", 2021, "1")) == moved
    assert catalog.entries_of_day(dt.date(2021, 5, 5)) == [moved]
    assert catalog.entry(RegistryNumber("RG", 2021, "2")) == written


def test_of_a_number_twice_in_one_file_the_later_row_holds_each_time(catalog: SqlCatalog) -> None:
    twice = [ENTRIES[0], replace(ENTRIES[0], subject="Adresă")]
    assert catalog.import_entries(twice, "registers/a.csv") == ImportCount(1, 0, 0)
    assert catalog.import_entries(twice, "registers/a.csv") == ImportCount(0, 0, 1)
    assert catalog.entry(ENTRIES[0].number) == twice[1]
    assert catalog.import_entries([], "registers/empty.csv") == ImportCount(0, 0, 0)


def test_entries_are_found_by_number_day_and_year(catalog: SqlCatalog) -> None:
    others = [
        replace(ENTRIES[99], number=RegistryNumber(register, year, "100"))
        for register, year in (("RG", 2019), ("URB", 2021))
    ]
    catalog.import_entries([*ENTRIES, *others], "registers/a.csv")
    assert catalog.entry(RegistryNumber("RG", 2021, "0100")) == ENTRIES[99]
    assert catalog.entry(RegistryNumber("RG", 2018, "100")) is None
    assert catalog.entries_numbered("100") == [others[0], ENTRIES[99], others[1]]
    assert catalog.entries_numbered("100", register="URB") == [others[1]]
    assert catalog.entries_numbered("100", "RG") == [others[0], ENTRIES[99]]
    day = catalog.entries_of_day(dt.date(2021, 3, 2))
    assert [
        int(entry.number.number) for entry in day if entry.number.register == "RG" and entry.number.year == 2021
    ] == [number for number in range(1, 601) if number % 3 == 1]
    assert catalog.register_known("RG", 2021)
    assert not catalog.register_known("RG", 2020)
    assert not catalog.register_known("XX", 2021)


def test_requests_are_answered_once(catalog: SqlCatalog, line: LineCatalog) -> None:
    asked = [Request(f"r{number}", f"/scan/{number}\udcff", "registratura") for number in range(3)]
    for request in (*asked, asked[0]):
        catalog.add_request(request)
    assert line.open_requests() == asked
    line.end_request("r0", digest("one"), None)
    line.end_request("r2", None, "{}")
    assert line.open_requests() == [asked[1]]
    assert catalog.request("r0") == replace(asked[0], batch=digest("one"))
    assert catalog.request("r2").refused == "{}"
    with pytest.raises(NotFound):
        catalog.request("none")
    with pytest.raises(NotFound):
        line.end_request("none", None, "{}")


def test_decisions_are_appended_to_batches_that_exist(catalog: SqlCatalog, line: LineCatalog) -> None:
    decision = Decision("d1", Action.SPLIT, digest("one"), None, (2,), None, "ana", NOW, 0, "două cereri")
    with pytest.raises(NotFound):
        catalog.append_decision(decision)
    receive(line, arrived("one"))
    catalog.append_decision(decision)
    catalog.append_decision(decision)


def test_counts_name_every_state(catalog: SqlCatalog, line: LineCatalog) -> None:
    nothing = {state.value: 0 for state in BatchState} | dict.fromkeys(
        ("documents", "reviews", "entries", "outbox", "decisions"), 0
    )
    assert catalog.counts() == nothing
    receive(line, arrived("one", 4))
    receive(line, arrived("two"))
    line.commit(outcome("one", "1122", asked=1))
    assert catalog.counts() == nothing | {"received": 1, "held": 1, "documents": 2, "reviews": 1, "outbox": 2}


def test_all_is_there_after_opening_again(
    catalog: SqlCatalog, line: LineCatalog, reopen_catalog: Callable[[], SqlCatalog]
) -> None:
    receive(line, arrived("one"))
    line.commit(outcome("one", "112", [link("7")]))
    with closing(reopen_catalog()) as other:
        assert other.account(digest("one")) == catalog.account(digest("one"))
        assert other.probe() == catalog.probe()


def test_the_probe_names_versions_and_revision(catalog: SqlCatalog) -> None:
    probe = catalog.probe()
    assert (probe.part, probe.found, probe.good, probe.mend) == ("catalog", True, True, "")
    assert probe.version is not None
    assert "SQLAlchemy 2." in probe.version
    assert probe.version.endswith(f"revision {migrate.newest()}")
