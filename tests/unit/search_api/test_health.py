"""``/health/ready``: each part by name, in which state, in words, since when; 503 only when nothing can be shown."""

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from pipeline.domain.errors import MissingPart, OpisError, PartDown, PartUnfit, StorageFull
from pipeline.ports.probe import Probe
from search_api.app import create_watch_app
from search_api.health import HealthDesk, State, part_health

GOOD = Probe("part", True, "1.2", True, "", details=(("promise", "create-only"),))
PARTS = ("objects", "catalog", "index", "line", "workers")


class NoNumbers:
    content_type = "text/plain"

    def text(self) -> bytes:
        return b""


class Parts:
    """What each part answers; may be changed while they are watched."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[], Any]] = {name: lambda: GOOD for name in PARTS}
        self.desk = HealthDesk({name: self._asking(name) for name in PARTS}, fresh=0, patience=0.3)
        self.client: httpx.Client = TestClient(create_watch_app(self.desk, NoNumbers()), base_url="http://127.0.0.1")

    def _asking(self, name: str) -> Callable[[], Any]:
        return lambda: self.answers[name]()

    def fail(self, name: str, fault: Exception) -> None:
        def ask() -> Probe:
            raise fault

        self.answers[name] = ask

    def mend(self, name: str) -> None:
        self.answers[name] = lambda: GOOD

    def ready(self) -> tuple[int, dict[str, Any]]:
        answer = self.client.get("/health/ready")
        return answer.status_code, answer.json()


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_all_well(parts: Parts) -> None:
    status, told = parts.ready()
    assert (status, told["status"]) == (200, "ready")
    assert list(told["parts"]) == list(PARTS)
    assert {part["state"] for part in told["parts"].values()} == {"ok"}
    assert told["parts"]["objects"]["detail"] == "1.2 (create-only)"


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (PartDown("server gone"), "down"),
        (StorageFull("disk is full"), "down"),
        (PartUnfit("bucket is another's", "Alegeți alt nume."), "unfit"),
        (MissingPart("no driver"), "unfit"),
        (RuntimeError("Popescu's secret"), "down"),
    ],
)
def test_one_part_alone(parts: Parts, name: str, fault: Exception, state: str) -> None:
    parts.fail(name, fault)
    status, told = parts.ready()
    needed = name in ("objects", "catalog")
    assert (status, told["status"]) == ((503, "down") if needed else (200, "degraded"))
    assert {other: part["state"] for other, part in told["parts"].items() if part["state"] != "ok"} == {name: state}
    detail = told["parts"][name]["detail"]
    if isinstance(fault, OpisError):
        assert str(fault) in detail and fault.advice in detail
    else:
        assert "Popescu" not in detail and "RuntimeError" in detail


@pytest.mark.parametrize(("found", "state"), [(False, "down"), (True, "unfit")])
def test_a_probe_that_is_not_good(parts: Parts, found: bool, state: str) -> None:
    parts.answers["index"] = lambda: Probe("index", found, None, False, "Porniți serverul.")
    _, told = parts.ready()
    assert (told["parts"]["index"]["state"], told["parts"]["index"]["detail"]) == (state, "Porniți serverul.")


def test_a_part_that_hangs_hangs_nobody(parts: Parts) -> None:
    gate = threading.Event()

    def hang() -> Probe:
        gate.wait(60)
        return GOOD

    parts.answers["index"] = hang
    status, told = parts.ready()
    assert (status, told["status"], told["parts"]["index"]["state"]) == (200, "degraded", "down")
    assert "Nu răspunde" in told["parts"]["index"]["detail"]
    assert told["parts"]["catalog"]["state"] == "ok"
    gate.set()


def test_since_when(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter(range(24))

    def seen(state: State, detail: str) -> Any:
        moment = dt.datetime(2026, 1, 1, next(hours), tzinfo=dt.UTC)
        return part_health(state, detail).__class__(state, detail, moment)

    parts.answers = {name: lambda: GOOD for name in PARTS}
    desk = HealthDesk({"index": lambda: parts.answers["index"]()}, fresh=0)
    monkeypatch.setattr("search_api.health.part_health", seen)

    def since() -> int:
        return desk.now().parts["index"].since.hour

    first = since()
    assert since() == first
    parts.fail("index", PartDown("gone"))
    fallen = since()
    assert fallen > first
    parts.fail("index", PartDown("gone, and said otherwise"))
    assert since() == fallen
    parts.mend("index")
    assert since() > fallen


def test_a_change_is_logged_once_each_way(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "search_api.health"):
        parts.ready()
        parts.fail("index", PartDown("gone"))
        parts.ready()
        parts.ready()
        parts.mend("index")
        parts.ready()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_no_password_and_one_line(parts: Parts) -> None:
    parts.fail("catalog", PartDown("postgresql+psycopg://opis:hunter2@db/opis?password=hunter2 is\nnot there"))
    _, told = parts.ready()
    detail = told["parts"]["catalog"]["detail"]
    assert "hunter2" not in detail and "\n" not in detail
    assert "postgresql+psycopg://db/opis" in detail


def test_what_cannot_be_told_from_here_is_not_held_against_it(parts: Parts) -> None:
    parts.answers["workers"] = lambda: part_health(State.UNKNOWN, "elsewhere")
    status, told = parts.ready()
    assert (status, told["status"]) == (200, "ready")
    parts.answers["catalog"] = lambda: part_health(State.UNKNOWN, "?")
    assert parts.ready()[0] == 503


def test_the_process_answers_whatever_its_parts_do(parts: Parts) -> None:
    parts.fail("catalog", PartDown("gone"))
    assert parts.client.get("/health/live").status_code == 200


def test_other_names_get_nothing(parts: Parts) -> None:
    for address in ("/health/ready", "/metrics"):
        assert parts.client.get(address, headers={"Host": "prometheus.example"}).status_code == 421
