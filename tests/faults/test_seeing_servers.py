"""Each server down alone: the health page says which and since when, the numbers go on, the doctor says what to do."""

import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from opis.monitor import Monitor
from opis.wiring import open_parts
from pipeline.domain.settings import Settings
from search_api.health import Health, HealthDesk
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.proxy import Proxy, Refuse, Stall
from tests.servers.seaweed import SeaweedServer
from tests.support.program import Program

PATIENCE = 3.0


@dataclass
class Watched:
    """A home on three servers, each behind a proxy of its own."""

    monitor: Monitor
    proxies: dict[str, Proxy]
    urls: dict[str, str]
    environment: dict[str, str]
    secrets: tuple[str, ...]

    def health(self) -> Health:
        return self.monitor.health.now()

    def states(self) -> dict[str, str]:
        return {name: part.state.value for name, part in self.health().parts.items()}


WELL = {"objects": "ok", "catalog": "ok", "index": "ok", "line": "ok", "workers": "unknown"}


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    store, database, search = map(shared_server, (SeaweedServer, PostgresServer, ElasticsearchServer))
    name = f"seeing-{secrets.token_hex(4)}"
    with ExitStack() as stack:
        ports = {"objects": store.port, "catalog": database.ports[0], "index": search.ports[0]}
        proxies = {part: stack.enter_context(Proxy(port)) for part, port in ports.items()}
        urls = {
            "objects": store.bucket_url(name, proxies["objects"].port),
            "catalog": database.new_database(proxies["catalog"].port),
            "index": search.index_url(name).replace(f":{ports['index']}/", f":{proxies['index'].port}/"),
        }
        for variable, value in store.environment.items():
            monkeypatch.setenv(variable, value)
        settings = Settings(tmp_path / "home", **{f"{part}_url": url for part, url in urls.items()})  # type: ignore[arg-type]
        parts = open_parts(settings)
        parts.open_all()
        lease = parts.catalog.acquire_line("test", 600)
        assert lease is not None
        real = HealthDesk.__init__
        monkeypatch.setattr(
            HealthDesk, "__init__", lambda self, checks: real(self, checks, fresh=0.0, patience=PATIENCE)
        )
        monkeypatch.setattr("opis.catalog_numbers.FRESH_SECONDS", 0.0)
        environment = {f"OPIS_{part.upper()}__URL": url for part, url in urls.items()} | dict(store.environment)
        yield Watched(Monitor(parts), proxies, urls, environment, (PASSWORD, *store.environment.values()))


@pytest.mark.parametrize("fault", [Refuse(), Stall()], ids=["refused", "hangs"])
@pytest.mark.parametrize("part", ["objects", "catalog", "index"])
def test_a_server_down_alone(watched: Watched, part: str, fault: Refuse | Stall) -> None:
    assert watched.states() == WELL
    assert watched.health().status == "ready"
    before = watched.health().parts[part].since
    watched.proxies[part].set(fault)
    health = watched.health()
    untold = {"line": health.parts["line"].state.value} if part == "catalog" else {}
    assert watched.states() == WELL | {part: "down"} | untold
    assert untold.get("line") in (None, "unknown", "down")
    told = health.parts[part]
    assert told.since >= before and told.detail
    assert not [secret for secret in watched.secrets if secret in told.detail]
    assert health.status == ("degraded" if part == "index" else "down")
    assert watched.health().parts[part].since == told.since, "it is down since then, not since each look"
    text = watched.monitor.meter.text().decode()
    assert f'opis_part_up{{part="{part}"}} 0.0' in text
    assert ("opis_catalog_up 0.0" in text) == (part == "catalog")
    assert "opis_stage_seconds_count" in text
    watched.proxies[part].heal()
    for _ in range(60):
        if watched.states() == WELL:
            break
    assert watched.states() == WELL


def test_the_doctor_shows_every_server(watched: Watched, program: Program) -> None:
    ran = program.run("doctor", "--json", **watched.environment)
    parts = {part["address"]: part for part in ran.json["parts"] if part["address"]}
    assert ran.code == 0, ran.out
    for name, url in watched.urls.items():
        (part,) = [part for address, part in parts.items() if f":{watched.proxies[name].port}" in address]
        assert part["found"] and part["good"] and part["version"], url
        told = part["details"]
        assert re.search(r"[+-]\d+\.\d s", told["clock"]), "every server's clock is compared with ours"
        assert name != "objects" or told["promise"]
        assert name != "index" or "GiB" in told["space"]
    assert not [secret for secret in watched.secrets if secret in ran.out + ran.err]


@pytest.mark.parametrize("down", ["objects", "catalog", "index"])
def test_the_doctor_says_which_server_is_down_and_shows_the_others(
    watched: Watched, program: Program, down: str
) -> None:
    watched.proxies[down].set(Refuse())
    ran = program.run("doctor", "--json", **watched.environment)
    assert ran.code == 3
    bad = [part for part in ran.json["parts"] if not part["good"]]
    assert len(bad) == 1, bad
    assert f":{watched.proxies[down].port}" in bad[0]["address"]
    assert bad[0]["mend"] and not bad[0]["found"]
    others = [part["address"] for part in ran.json["parts"] if part["good"]]
    for name in {"objects", "catalog", "index"} - {down}:
        assert [address for address in others if f":{watched.proxies[name].port}" in address]
    assert not [secret for secret in watched.secrets if secret in ran.out + ran.err]
    assert "Traceback" not in ran.err
