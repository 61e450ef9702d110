"""The numbers for Prometheus: they are those of the catalog and of the work, and go on when a part is down."""

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from prometheus_client.parser import text_string_to_metric_families

from opis.metrics import RunMeter
from pipeline.domain.errors import PartDown
from pipeline.ports.catalog import Backlog, Waiting
from pipeline.ports.meter import STAGES, UNMETERED, timed
from pipeline.ports.workers import Doing
from search_api.health import Health, PartHealth, State

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
BACKLOG = Backlog(
    batches={"received": 2, "working": 1, "filed": 40, "held": 3, "quarantined": 1},
    waiting={"retro": Waiting(3, 180)},
    documents=123,
    reviews={"link": 4},
    outbox=5,
    outbox_oldest=11,
    outbox_newest=15,
    line_held=True,
)


def told(meter: RunMeter) -> dict[str, float]:
    """``name{label="value"}`` → value, as Prometheus reads it."""
    text = meter.text().decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {
        sample.name + "".join(f'{{{name}="{value}"}}' for name, value in sample.labels.items()): sample.value
        for sample in samples
    }


@dataclass
class Crew:
    """Workers as far as they are counted."""

    size: int = 2
    busy: list[Doing] = field(default_factory=list)

    def doing(self) -> tuple[Doing, ...]:
        return tuple(self.busy)


def test_what_the_catalog_holds() -> None:
    found = told(RunMeter(lambda: BACKLOG))
    assert found["opis_catalog_up"] == 1
    assert {name: found[f'opis_batches{{state="{name}"}}'] for name in BACKLOG.batches} == BACKLOG.batches
    assert found['opis_queue_batches{lane="retro"}'] == 3
    assert found['opis_queue_pages{lane="retro"}'] == 180
    assert found['opis_queue_batches{lane="registry"}'] == 0
    assert found["opis_documents"] == 123
    assert found['opis_open_reviews{kind="link"}'] == 4
    assert found['opis_open_reviews{kind="split"}'] == 0
    assert found["opis_outbox_rows"] == 5
    assert 0 <= found["opis_outbox_lag_seconds"] < 60
    assert found["opis_line_alive"] == 1


def test_a_catalog_that_is_down_silences_only_its_own_numbers() -> None:
    def down() -> Backlog:
        raise PartDown("gone")

    meter = RunMeter(down)
    meter.pages("registry", "text", 3)
    found = told(meter)
    assert found["opis_catalog_up"] == 0
    assert "opis_documents" not in found
    assert found['opis_pages_total{lane="registry"}{outcome="text"}'] == 3
    assert any(name.startswith("process_") for name in found)


def test_a_catalog_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opis.catalog_numbers.PATIENCE_SECONDS", 0.2)
    gate = threading.Event()

    def hang() -> Backlog:
        gate.wait(60)
        return BACKLOG

    meter = RunMeter(hang)
    assert told(meter)["opis_catalog_up"] == 0
    gate.set()


def test_the_catalog_is_asked_once_for_many_looks() -> None:
    asked = []
    meter = RunMeter(lambda: asked.append(1) or BACKLOG)
    for _ in range(5):
        meter.text()
    assert len(asked) == 1


def test_the_work_of_this_process() -> None:
    meter = RunMeter()
    for stage in STAGES:
        with timed(meter, stage):
            pass
    meter.pages("retro", "failed", 1)
    meter.fault("page-failed")
    meter.fault("PartDown")
    meter.fault("PartDown")
    found = told(meter)
    assert all(found[f'opis_stage_seconds_count{{stage="{stage}"}}'] == 1 for stage in STAGES)
    assert found['opis_pages_total{lane="retro"}{outcome="failed"}'] == 1
    assert found['opis_errors_total{code="page-failed"}'] == 1
    assert found['opis_errors_total{code="PartDown"}'] == 2
    assert [name for name in found if name.startswith('opis_build_info{python="')]


def test_a_stage_that_was_given_up_is_not_timed() -> None:
    meter = RunMeter()
    with pytest.raises(PartDown), timed(meter, "keep"):
        raise PartDown("store gone")
    assert told(meter)['opis_stage_seconds_count{stage="keep"}'] == 0


def test_lease_and_workers() -> None:
    meter, crew = RunMeter(), Crew()
    assert (told(meter)["opis_line_lease"], told(meter)["opis_workers_size"]) == (0, 0)
    meter.line_began(crew)
    crew.busy = [Doing("a", "pages", "b", (1,), NOW)] * 3
    found = told(meter)
    assert (found["opis_line_lease"], found["opis_workers_size"], found["opis_workers_busy"]) == (1, 2, 2)
    crew.size = 5
    assert told(meter)["opis_workers_busy"] == 3
    meter.line_ended()
    found = told(meter)
    assert (found["opis_line_lease"], found["opis_workers_size"], found["opis_workers_busy"]) == (0, 0, 0)


def test_the_parts() -> None:
    states = {"objects": State.OK, "catalog": State.DOWN, "index": State.UNFIT, "workers": State.UNKNOWN}
    health = Health({name: PartHealth(state, "in words", NOW) for name, state in states.items()})
    found = told(RunMeter(health=lambda: health))
    parts = {name: value for name, value in found.items() if name.startswith("opis_part_up")}
    expected = {"objects": 1, "catalog": 0, "index": 0}
    assert parts == {f'opis_part_up{{part="{name}"}}': value for name, value in expected.items()}


def test_two_meters_are_apart() -> None:
    one, two = RunMeter(), RunMeter()
    one.fault("empty")
    assert 'opis_errors_total{code="empty"}' not in told(two)


def test_nobody_looks() -> None:
    with timed(UNMETERED, "read"):
        UNMETERED.pages("registry", "text", 1)
        UNMETERED.fault("empty")


@pytest.fixture(autouse=True)
def all_threads_are_daemons() -> Iterator[None]:
    """What asks must never keep a program from ending."""
    yield
    assert [t for t in threading.enumerate() if t.name.startswith("asks ") and not t.daemon] == []
