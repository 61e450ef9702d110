"""What ``opis run`` tells of itself, over the embedded parts: each of them spoilt alone."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from opis.monitor import Monitor, SparingProbe
from opis.wiring import Parts, open_parts
from pipeline.domain.errors import OpisError, PartDown
from pipeline.domain.settings import Settings
from pipeline.ports.probe import Probe
from pipeline.ports.workers import Doing
from search_api.app import create_watch_app
from search_api.health import HealthDesk


@dataclass
class Crew:
    size: int = 2
    busy: tuple[Doing, ...] = field(default=())

    def doing(self) -> tuple[Doing, ...]:
        return self.busy


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    parts = open_parts(Settings(home=tmp_path / "home"))
    parts.open_all()
    return parts


@pytest.fixture
def monitor(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    real = HealthDesk.__init__
    monkeypatch.setattr(HealthDesk, "__init__", lambda self, checks: real(self, checks, fresh=0.0, patience=20.0))
    lease = parts.catalog.acquire_line("test", 600)
    assert lease is not None
    monitor = Monitor(parts)
    monitor.line_began(Crew())
    yield monitor
    with suppress(OpisError):
        lease.release()


def states(monitor: Monitor) -> dict[str, str]:
    return {name: part.state.value for name, part in monitor.health.now().parts.items()}


WELL = {"objects": "ok", "catalog": "ok", "index": "ok", "line": "ok", "workers": "ok"}


def test_all_well(monitor: Monitor) -> None:
    assert states(monitor) == WELL
    with TestClient(create_watch_app(monitor.health, monitor.meter), base_url="http://127.0.0.1") as client:
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "opis_line_alive 1.0" in answer.text
    assert "opis_line_lease 1.0" in answer.text
    assert 'opis_part_up{part="catalog"} 1.0' in answer.text


def test_the_store_is_gone(monitor: Monitor, parts: Parts) -> None:
    states(monitor)
    shutil.rmtree(parts.settings.home / "objects")
    (parts.settings.home / "objects").write_text("no folder")
    assert states(monitor) == WELL | {"objects": "down"}
    assert monitor.health.now().status == "down"


def test_the_catalog_is_spoilt(monitor: Monitor, parts: Parts) -> None:
    before = monitor.health.now().parts["catalog"].since
    for path in parts.settings.home.glob("catalog.db*"):
        path.write_bytes(b"no database " * 1000)
    parts.catalog._database.engine.dispose()  # type: ignore[attr-defined]
    found = states(monitor)
    assert found == WELL | {"catalog": "down", "line": "unknown"}
    told = monitor.health.now().parts["catalog"]
    assert told.since >= before and told.detail
    text = monitor.meter.text().decode()
    assert "opis_catalog_up 0.0" in text and "opis_documents" not in text
    assert "opis_workers_size 2.0" in text


def test_no_line(monitor: Monitor, parts: Parts, tmp_path: Path) -> None:
    monitor.line_ended()
    assert states(monitor) == WELL | {"workers": "unknown"}
    other = open_parts(Settings(home=tmp_path / "other"))
    watched = Monitor(other).health.now()
    assert (watched.status, watched.parts["line"].state.value) == ("degraded", "down")


def test_a_probe_that_costs_much_is_made_now_and_then() -> None:
    made: list[str] = []
    good = True

    def probe() -> Probe:
        made.append("probe")
        return Probe("objects", True, "s3", good, "")

    sparing = SparingProbe(probe, lambda: made.append("ask"), seconds=600)
    assert all(sparing().good for _ in range(3))
    assert made == ["probe", "ask", "ask"]
    good = False
    made.clear()
    impatient = SparingProbe(probe, lambda: made.append("ask"), seconds=600)
    assert not any(impatient().good for _ in range(2))
    assert made == ["probe", "probe"], "a bad one does not stand"

    def gone() -> None:
        raise PartDown("gone")

    good = True
    silent = SparingProbe(probe, gone, seconds=600)
    silent()
    with pytest.raises(PartDown):
        silent()
