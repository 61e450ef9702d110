"""Moving house between every mix of parts: the same answers on the other side, and the old side as it was."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipeline.domain.batches import BatchState
from storage.catalog.open import open_catalog
from storage.objects.folder import FolderStore
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.servers.postgres import PostgresServer
from tests.servers.seaweed import SeaweedServer
from tests.support.alike import PROFILE, ProgramAt, answers, copy_of, good, home_print, make_lived_in
from tests.support.program import Program

EMBEDDED = {"objects": "file:objects", "catalog": "sqlite:///catalog.db", "index": "tantivy:index"}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return make_lived_in(tmp_path_factory.mktemp("lived"))


@pytest.fixture(scope="module")
def before(lived_in: Program) -> dict[str, Any]:
    """What the home answers before it moves; a copy of it answers the same."""
    told = answers(lived_in)
    assert len(told["list"]) == 2
    assert len(told["documents"]) == 2
    assert any(found["total"] for found in told["search"])
    return told


@pytest.fixture
def home(lived_in: Program, tmp_path: Path) -> Program:
    return copy_of(lived_in, tmp_path)


def on_server(part: str) -> tuple[str, dict[str, str]]:
    """The URL of an empty bucket, database or index of the test's own, and the variables that open it."""
    name = f"move-{uuid4().hex[:12]}"
    if part == "objects":
        store = shared_server(SeaweedServer)
        return store.bucket_url(name), dict(store.environment)
    if part == "catalog":
        return shared_server(PostgresServer).new_database(), {}
    return shared_server(ElasticsearchServer).index_url(name), {}


@pytest.fixture
def servers() -> tuple[dict[str, str], dict[str, str]]:
    found = {part: on_server(part) for part in EMBEDDED}
    return {part: url for part, (url, _) in found.items()}, {
        name: value for _, environment in found.values() for name, value in environment.items()
    }


@pytest.fixture
def wait_for() -> Callable[[Callable[[], object]], None]:
    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait


def configured(file: Path, urls: Mapping[str, str], profile: str = PROFILE) -> Path:
    file.write_text(profile + "".join(f"[{part}]\nurl = {json.dumps(url)}\n" for part, url in urls.items()))
    return file


def counted(answer: dict[str, object], program: Program) -> None:
    """The answer's counts are those of the store that it came from."""
    store = FolderStore(program.home / "objects")
    keys = list(store.keys(""))
    assert answer["objects"]["count"] == len(keys) > 10
    assert answer["objects"]["bytes"] == sum(len(store.read(key)) for key in keys)
    assert answer["index"]["documents"] == 2
    assert answer["catalog"]["tables"]["documents"] == 2
    assert answer["catalog"]["tables"]["batches"] == 2
    assert answer["catalog"]["rows"] == sum(answer["catalog"]["tables"].values())


def test_to_servers_and_back(home, before, servers, tmp_path):
    urls, environment = servers
    was = home_print(home.home)
    there = ProgramAt(home.home, configured(tmp_path / "servers.toml", urls), environment)
    moved = good(home.run("move", "--to", there.config, "--json", **environment)).json
    assert moved["verified"] is True
    assert moved["differences"] == []
    assert moved["objects"]["copied"] == moved["objects"]["count"]
    counted(moved, home)
    assert home_print(home.home) == was

    again = good(home.run("move", "--to", there.config, "--json", **environment)).json
    assert again == {**moved, "objects": {**moved["objects"], "copied": 0}}

    back = ProgramAt(tmp_path / "back", configured(tmp_path / "back.toml", EMBEDDED))
    returned = good(there.run("move", "--to", back.config, "--to-home", back.home, "--json")).json
    assert returned["objects"]["bytes"] == moved["objects"]["bytes"]
    assert returned["catalog"]["tables"] == moved["catalog"]["tables"]
    assert answers(back) == before
    assert answers(there) == before
    assert {key: digest for key, digest in home_print(back.home).items() if key.startswith("objects/")} == {
        key: digest for key, digest in was.items() if key.startswith("objects/")
    }


@pytest.mark.parametrize("part", ["objects", "catalog", "index"])
def test_one_part_alone(home, before, tmp_path, part):
    url, environment = on_server(part)
    was = home_print(home.home)
    there = ProgramAt(home.home, configured(tmp_path / "new.toml", {part: url}), environment)
    moved = good(home.run("move", "--to", there.config, "--json", **environment)).json
    assert moved["verified"] is True
    assert {name: moved[name]["moved"] for name in EMBEDDED} == {name: name == part for name in EMBEDDED}
    assert home_print(home.home) == was
    assert answers(there) == before
    back = ProgramAt(home.home, configured(tmp_path / "back.toml", {part: f"{EMBEDDED[part]}2"}))
    assert good(there.run("move", "--to", back.config, "--json")).json["verified"] is True


def test_to_another_home_on_this_machine(home, before, tmp_path):
    was = home_print(home.home)
    (home.home / "hot" / "registratura" / "waits.part2.pdf").write_bytes(b"%PDF-")
    there = ProgramAt(tmp_path / "new" / "home", configured(tmp_path / "new.toml", EMBEDDED))
    ran = home.run("move", "--to", there.config, "--to-home", there.home, "--json")
    moved = good(ran).json
    assert moved["verified"] is True
    assert moved["home"]["moved"] is True
    assert moved["quarantine"]["files"] == 3
    assert moved["waiting"] == 1
    counted(moved, home)
    (home.home / "hot" / "registratura" / "waits.part2.pdf").unlink()
    assert home_print(home.home) == was
    assert answers(there) == before
    quarantined = next(batch["id"] for batch in before["list"] if batch["state"] == "quarantined")
    put_back = good(there.run("batch", "retry", quarantined, "--json")).json
    assert Path(put_back["path"]).is_relative_to(there.home)
    assert Path(put_back["path"]).read_bytes().startswith(b"%PDF-1.7")


def test_a_person_is_told_in_romanian(home, tmp_path):
    file = configured(tmp_path / "new.toml", {"index": "tantivy:index2"})
    ran = good(home.run("move", "--to", file))
    assert "Obiecte: rămâne în" in ran.out
    assert "Index:" in ran.out
    assert "2 documente" in ran.out
    assert "verificată" in ran.out


def test_variables_are_about_the_source_only(home, before, tmp_path):
    """A source named by variables is moved to what the file says, whatever the variables say."""
    (home.home / "objects").rename(home.home / "elsewhere")
    there = configured(tmp_path / "new.toml", {"objects": "file:new"})
    moved = good(home.run("move", "--to", there, "--json", OPIS_OBJECTS__URL="file:elsewhere")).json
    assert moved["objects"]["from"] == str(home.home / "elsewhere")
    assert moved["objects"]["to"] == str(home.home / "new")
    assert answers(ProgramAt(home.home, there)) == before


def test_a_batch_half_done_is_finished_on_the_other_side(
    home, servers, tmp_path, made, wait_for: Callable[[Callable[[], object]], None]
):
    urls, environment = servers
    scan = made("tiff-g4").batches[0].path
    working = home.start("process", scan)

    def begun() -> bool:
        with closing(open_catalog("sqlite:///catalog.db", home.home)) as catalog:
            return bool(catalog.batches([BatchState.RECEIVED, BatchState.WORKING]))

    wait_for(begun)
    working.kill()
    working.wait()
    there = ProgramAt(tmp_path / "new", configured(tmp_path / "new.toml", urls), environment)
    assert good(home.run("move", "--to", there.config, "--to-home", there.home, "--json", **environment)).json[
        "verified"
    ]
    (done,) = there.run("process", scan, "--json").json
    assert done["batch"]["state"] in ("filed", "held")
    assert done["batch"]["ledger"]["balanced"] is True
