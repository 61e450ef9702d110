"""Faults of page work, by name: who is charged, who is tried alone, and that the batch goes on."""

from concurrent.futures import Future

import pytest

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Ledger
from pipeline.domain.errors import MissingPart, PartDown, Stopped, WorkerDied, WorkerTimeout
from pipeline.domain.pages import PageObservation, PageReading, SheetLook
from pipeline.domain.settings import Profile
from pipeline.domain.work import ReadSettings
from pipeline.ports.catalog import Arrival
from pipeline.stages.read import ATTEMPTS, Reader, page_refs, read_batch
from storage.catalog.open import open_catalog

BATCH = "b" * 64
PAGES = 9


class ScriptedWorkers:
    """Workers that fail on named pages; everything else is read."""

    size = 2

    def __init__(self, fault_of=lambda pages: None, text_fault_of=lambda pages: None):
        self.fault_of = fault_of
        self.text_fault_of = text_fault_of
        self.tasks = []

    def read_pages(self, task):
        pages = [ref.page for ref in task.pages]
        self.tasks.append(pages)
        future = Future()
        fault = self.fault_of(pages) or (self.text_fault_of(pages) if task.settings.read_text else None)
        if fault is not None:
            future.set_exception(fault)
        else:
            future.set_result([PageReading(PageObservation(page)) for page in pages])
        return future


@pytest.fixture
def catalog(tmp_path):
    import datetime as dt

    own = open_catalog("sqlite:///catalog.db", tmp_path)
    line = own.acquire_line("test", 60)
    now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    batch = Batch(BATCH, "x.pdf", BATCH, "registratura", BatchState.RECEIVED, PAGES, now, ("batches/x/original.pdf",))
    arrival = Arrival("a" * 32, BATCH, "registratura", "x.pdf", "f1:x.pdf", now)
    line.receive(BatchAccount(batch, ledger=Ledger()), [PAGES], Profile(), arrival)
    yield own, line, batch
    own.close()


def read(catalog, workers):
    own, line, batch = catalog
    return read_batch(Reader(own, line, workers), batch, page_refs([PAGES]), ReadSettings(), lambda done, total: None)


def test_all_is_well(catalog):
    workers = ScriptedWorkers()
    readings = read(catalog, workers)
    assert [reading.observation.page for reading in readings] == list(range(1, PAGES + 1))
    assert catalog[0].attempts(BATCH) == {} or set(catalog[0].attempts(BATCH).values()) == {0}
    assert max(map(len, workers.tasks)) > 1


def test_poison_page_costs_itself_alone(catalog):
    workers = ScriptedWorkers(lambda pages: WorkerDied("killed") if 4 in pages else None)
    readings = read(catalog, workers)
    failed = [reading for reading in readings if reading.degraded is not None]
    assert [reading.observation.page for reading in failed] == [4]
    assert failed[0].degraded.code == "page-failed"
    assert failed[0].observation.look is SheetLook.UNKNOWN
    assert failed[0].observation.codes_failed
    assert workers.tasks.count([4]) == ATTEMPTS + 1


def test_page_that_only_the_engine_fails_on_keeps_its_codes(catalog):
    workers = ScriptedWorkers(text_fault_of=lambda pages: WorkerTimeout("hangs") if 4 in pages else None)
    readings = read(catalog, workers)
    assert [reading.degraded.code for reading in readings if reading.degraded] == ["page-failed"]
    assert readings[3].observation == PageObservation(4)


def test_pages_of_a_line_that_is_told_to_stop_are_not_charged(catalog):
    own, line, _batch = catalog
    line.begin_run(BATCH, [5])
    with pytest.raises(Stopped):
        read(catalog, ScriptedWorkers(lambda pages: Stopped("told to") if 1 in pages else None))
    assert own.suspects(BATCH) == {5}
    with pytest.raises(Stopped):
        read(catalog, ScriptedWorkers(lambda pages: Stopped("told to") if pages == [5] else None))
    assert not any(own.attempts(BATCH).values())


def test_passing_fault_is_forgotten(catalog):
    seen = []

    def once(pages):
        seen.append(pages)
        return WorkerTimeout("slow") if 2 in pages and sum(2 in earlier for earlier in seen) == 1 else None

    readings = read(catalog, ScriptedWorkers(once))
    assert all(reading.degraded is None for reading in readings)


def test_pages_read_before_the_line_died_are_kept(catalog):
    _own, line, _batch = catalog
    line.begin_run(BATCH, [1, 2])
    line.save_readings(BATCH, [PageReading(PageObservation(page)) for page in (1, 2)])
    workers = ScriptedWorkers()
    read(catalog, workers)
    assert not {1, 2} & {page for pages in workers.tasks for page in pages}


def test_suspects_of_a_dead_line_run_one_by_one(catalog):
    _own, line, _batch = catalog
    line.begin_run(BATCH, [3, 4, 5])
    workers = ScriptedWorkers()
    readings = read(catalog, workers)
    assert all(reading.degraded is None for reading in readings)
    for page in (3, 4, 5):
        assert [page] in workers.tasks
        assert sum(page in pages for pages in workers.tasks) == 1


def test_page_that_kills_the_line_three_times_is_given_up(catalog):
    _own, line, _batch = catalog
    for _ in range(ATTEMPTS):
        line.charge(BATCH, [6])
    workers = ScriptedWorkers()
    readings = read(catalog, workers)
    assert readings[5].degraded is not None
    assert [6] not in workers.tasks


def test_missing_engine_stops_the_batch_and_charges_nobody(catalog):
    with pytest.raises(MissingPart):
        read(catalog, ScriptedWorkers(lambda pages: MissingPart("tesseract")))
    assert not any(catalog[0].attempts(BATCH).values())


def test_a_store_that_is_down_costs_no_page_an_attempt(catalog):
    down = True
    workers = ScriptedWorkers(lambda pages: PartDown("store: no answer") if down else None)
    for _ in range(ATTEMPTS + 1):
        with pytest.raises(PartDown):
            read(catalog, workers)
        assert catalog[0].suspects(BATCH) == set()
    down = False
    assert all(reading.degraded is None for reading in read(catalog, workers))


def test_a_store_that_goes_down_while_a_suspect_is_tried_alone_costs_it_no_attempt(catalog):
    catalog[1].begin_run(BATCH, [3])
    workers = ScriptedWorkers(lambda pages: PartDown("store: no answer") if pages == [3] else None)
    for _ in range(ATTEMPTS + 1):
        with pytest.raises(PartDown):
            read(catalog, workers)
        assert not catalog[0].attempts(BATCH).get(3)
    workers.fault_of = lambda pages: None
    assert all(reading.degraded is None for reading in read(catalog, workers))
