"""A move that is interrupted, cut off, or pointed at the wrong place: begun again it ends well, or says why not."""

import io
import json
import random
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from opis.config import load_settings
from opis.moving.move import move
from opis.moving.plan import plan_move
from opis.moving.values import Moved
from pipeline.domain.errors import Fenced, MissingPart, OpisError, PartDown, PartUnfit, UsageError
from pipeline.domain.registry import NO_LINK
from pipeline.domain.settings import Settings
from pipeline.ports.index import IndexedDocument
from pipeline.stages.verify import Difference
from storage.catalog.migrate import newest
from storage.catalog.open import open_catalog, open_database
from storage.index.tantivy_index import TantivyIndex
from storage.objects.folder import FolderStore
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.proxy import PASS, Cut, Fault, Proxy, Refuse, Reset, Way
from tests.servers.seaweed import SeaweedServer, s3_url
from tests.support.alike import ProgramAt, answers, copy_of, good, home_print, make_lived_in
from tests.support.program import Program

MORE = 60
"""objects beside those of the batch, so that a copy has a middle"""
ALL = MORE + 13


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Program:
    program = make_lived_in(tmp_path_factory.mktemp("lived"))
    store = FolderStore(program.home / "objects")
    for number in range(MORE):
        store.put_bytes(f"registers/{number:064x}.csv", random.Random(number).randbytes(20_000))
    return program


@pytest.fixture
def home(lived_in: Program, tmp_path: Path) -> Iterator[Program]:
    """A home of the test's own, which is the same afterwards, whatever the test did to its copy."""
    copy = copy_of(lived_in, tmp_path)
    was = home_print(copy.home)
    yield copy
    assert home_print(copy.home) == was


def settings(home: Path, **urls: str) -> Settings:
    return Settings(home=home, **{f"{part}_url": url for part, url in urls.items()})


def moved(home: Program, target: Settings) -> Moved:
    return move(plan_move(load_settings(home.config, home.home, {}), target))


def complete(found: Moved) -> bool:
    return found.verified and found.objects == ALL and found.documents == 2


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SeaweedServer:
    server = shared_server(SeaweedServer)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def proxied() -> Iterator[Callable[[int], Proxy]]:
    made: list[Proxy] = []

    def before(port: int) -> Proxy:
        made.append(Proxy(port))
        return made[-1]

    yield before
    for proxy in made:
        proxy.close()


def bucket() -> str:
    return f"move-{uuid4().hex[:12]}"


# interrupted


def _heeds_ctrl_c() -> None:
    """A run of the tests in the background ignores it, and what it starts would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(home: Program, target: ProgramAt, words: str, number: signal.Signals, objects: int = 0) -> int:
    """Runs the move until its log says these words and the target has so many objects, then sends the signal.

    The return code. A move that is over before is as good: then it is 0.
    """
    moving = subprocess.Popen(
        home.command("move", "--to", target.config, "--to-home", target.home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=home.environment(),
        cwd=home.home.parent,
        preexec_fn=_heeds_ctrl_c,
    )
    assert moving.stderr is not None
    with moving.stderr:
        for line in moving.stderr:
            if words in line:
                while len(list((target.home / "objects").rglob("*.csv"))) < objects and moving.poll() is None:
                    pass
                moving.send_signal(number)
                break
        else:
            raise AssertionError(f"it never said {words!r}")
        moving.stderr.read()
    return moving.wait(60)


def test_killed_at_every_step_and_begun_again(home, tmp_path):
    there = ProgramAt(tmp_path / "new", tmp_path / "new.toml")
    there.config.write_text("[web]\nport = 0\n")
    steps = ("to be copied", "the catalog is copied", "the index is made", "read back and compared")
    for objects in sorted(random.sample(range(1, MORE // 2), 2)):
        until(home, there, steps[0], signal.SIGKILL, objects)
    for words in steps:
        assert until(home, there, words, signal.SIGKILL) == -signal.SIGKILL
    final = good(home.run("move", "--to", there.config, "--to-home", there.home, "--json")).json
    assert final["verified"] is True
    assert final["objects"]["count"] == ALL
    assert not (there.home / "scratch" / "move").exists()
    assert answers(there) == answers(home)


def test_ended_by_ctrl_c_it_gives_its_leases_back(home, tmp_path):
    there = ProgramAt(tmp_path / "new", tmp_path / "new.toml")
    there.config.write_text("")
    assert until(home, there, "to be copied", signal.SIGINT) == 130
    assert not (there.home / "scratch" / "move").exists()
    with closing(open_catalog("sqlite:///catalog.db", home.home)) as catalog:
        assert not catalog.line_alive()
    assert complete(moved(home, settings(there.home)))


def test_the_store_goes_down_in_the_middle(home, store, proxied):
    proxy = proxied(store.port)
    target = settings(home.home, objects=store.bucket_url(bucket(), proxy.port))

    def go_down() -> None:
        while proxy.bytes[Way.UP] < 400_000 and not over.is_set():
            over.wait(0.002)
        proxy.set(Refuse())

    over = threading.Event()
    watching = threading.Thread(target=go_down)
    watching.start()
    with pytest.raises(PartDown) as down:
        moved(home, target)
    over.set()
    watching.join()
    assert down.value.exit_code == 3
    proxy.set(PASS)
    again = moved(home, target)
    assert complete(again)
    assert again.copied is not None
    assert 0 < again.copied < ALL


@pytest.mark.parametrize("fault", [Reset(at=300_000), Cut(at=500_000)], ids=["reset", "cut"])
def test_the_store_is_cut_off_now_and_then(home, store, proxied, fault: Fault):
    """Whether the store's client gets over it or the move ends: what is there afterwards is right."""
    proxy = proxied(store.port)
    target = settings(home.home, objects=store.bucket_url(bucket(), proxy.port))
    proxy.set(fault)
    with suppress(PartDown):
        assert complete(moved(home, target))
    proxy.set(PASS)
    assert complete(moved(home, target))


def test_the_store_that_is_moved_from_is_cut_off_in_the_middle(home, tmp_path, store, proxied):
    proxy = proxied(store.port)
    url = store.bucket_url(bucket(), proxy.port)
    assert complete(moved(home, settings(home.home, objects=url)))
    source, target = settings(home.home, objects=url), settings(home.home, objects="file:back")
    proxy.set(Refuse())
    with pytest.raises(PartDown):
        move(plan_move(source, target))
    proxy.set(PASS)
    assert complete(move(plan_move(source, target)))
    stores = [FolderStore(home.home / name) for name in ("objects", "back")]
    assert list(stores[0].keys("")) == list(stores[1].keys(""))
    _remove(home.home / "back")


@pytest.mark.parametrize("at", [2_000, 9_000])
def test_the_database_is_cut_off_in_the_middle(home, proxied, at):
    server = shared_server(PostgresServer)
    proxy = proxied(server.ports[0])
    target = settings(home.home, catalog=server.new_database(proxy.port))
    proxy.set(Reset(at=at))
    try:
        moved(home, target)
    except OpisError as fault:
        assert fault.exit_code == 3
        assert PASSWORD not in f"{fault} {fault.advice}"
    proxy.set(PASS)
    again = moved(home, target)
    assert again.verified
    assert again.rows["documents"] == 2


def test_the_search_server_is_cut_off_in_the_middle(home, proxied):
    server = shared_server(ElasticsearchServer)
    proxy = proxied(server.ports[0])
    url = server.index_url(bucket()).replace(str(server.ports[0]), str(proxy.port))
    proxy.set(Reset(at=3_000, times=2))
    try:
        moved(home, settings(home.home, index=url))
    except OpisError as fault:
        assert fault.exit_code == 3
    proxy.set(PASS)
    again = moved(home, settings(home.home, index=url))
    assert (again.verified, again.documents) == (True, 2)


# a line is alive


def test_not_while_a_line_runs(home, tmp_path):
    with closing(open_catalog("sqlite:///catalog.db", home.home)) as catalog:
        line = catalog.acquire_line("test", 60)
        assert line is not None
        with pytest.raises(Fenced) as refused:
            moved(home, settings(tmp_path / "new"))
        assert "Opriți-l" in refused.value.advice
        line.release()
    assert not (tmp_path / "new").exists()


def test_not_while_a_line_runs_at_the_target(home, tmp_path):
    with closing(open_catalog("sqlite:///catalog.db", tmp_path / "new")) as catalog:
        line = catalog.acquire_line("test", 60)
        assert line is not None
        with pytest.raises(Fenced):
            moved(home, settings(tmp_path / "new"))
        line.release()
    assert not list(FolderStore(tmp_path / "new" / "objects").keys(""))


def test_a_line_that_takes_the_lease_meanwhile_ends_the_move(home, tmp_path, monkeypatch):
    """As after a pause longer than the lease: what the move holds then is worth nothing."""
    import opis.heart
    import opis.moving.move

    monkeypatch.setattr(opis.heart, "LEASE_SECONDS", 0.3)
    taken = []

    def taken_over(sides, found):
        with sides.source.catalog.database.writing() as connection:
            connection.exec_driver_sql("UPDATE lease SET token = token + 1")
        taken.append(sides.lines[0])
        return found

    def until_noticed(sides, found):
        for _ in range(200):
            sides.pause()
            sides.lines[0]._heart._end.wait(0.05)
        return found

    monkeypatch.setattr(opis.moving.move, "STEPS", (taken_over, until_noticed))
    with pytest.raises(Fenced):
        moved(home, settings(tmp_path / "new"))
    assert taken


# the wrong place


def test_a_store_with_other_objects(home, tmp_path):
    target = FolderStore(tmp_path / "new" / "objects")
    target.put_bytes("documents/of-another/c1/text.txt", b"x")
    found = moved(home, settings(tmp_path / "new"))
    assert found.differences == (Difference("object_foreign", "documents/of-another/c1/text.txt"),)
    assert list(target.keys("")) == ["documents/of-another/c1/text.txt"]


def test_a_key_with_other_content(home, tmp_path):
    key = f"registers/{7:064x}.csv"
    target = FolderStore(tmp_path / "new" / "objects")
    target.put_bytes(key, b"something else")
    found = moved(home, settings(tmp_path / "new"))
    assert Difference("object_differs", key) in found.differences
    assert found.different == 1
    assert target.read(key) == b"something else"


def test_a_bucket_with_other_content_through_the_program(home, tmp_path, store):
    name = bucket()
    store.bucket_url(name)
    key = f"registers/{7:064x}.csv"
    store.client().put_object(name, key, io.BytesIO(b"other"), 5)
    config = tmp_path / "new.toml"
    config.write_text(f"[objects]\nurl = {json.dumps(store.bucket_url(name))}\n")
    ran = home.run("move", "--to", config, "--json")
    assert ran.code == 1
    assert ran.json["verified"] is False
    assert {"code": "object_differs", "subject": key} in ran.json["differences"]
    _remove(home.home / "scratch")


def test_a_bit_that_flipped_in_what_was_moved(home, tmp_path):
    target = settings(tmp_path / "new")
    assert complete(moved(home, target))
    key = f"registers/{3:064x}.csv"
    path = tmp_path / "new" / "objects" / key
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[10_000] ^= 1
    path.write_bytes(data)
    assert moved(home, target).differences == (Difference("object_differs", key),)


def test_a_catalog_with_other_rows(home, lived_in, tmp_path):
    other = copy_of(lived_in, tmp_path / "other")
    with closing(open_catalog("sqlite:///catalog.db", other.home)) as catalog, catalog.database.writing() as writing:
        writing.exec_driver_sql("UPDATE batches SET source = 'alt.pdf'")
    before = home_print(other.home)
    found = moved(home, settings(other.home, objects="file:new", index="tantivy:new-index"))
    assert [each.code for each in found.differences] == ["catalog_foreign"]
    assert (found.objects, found.documents) == (None, None)
    after = {name: digest for name, digest in home_print(other.home).items() if name in before}
    assert after == before


def test_an_index_of_another_home(home, tmp_path):
    index = TantivyIndex(tmp_path / "new" / "index")
    index.put([IndexedDocument("e" * 64, 1, "b", "document", "filed", None, NO_LINK, None, None, ("text",))])
    found = moved(home, settings(tmp_path / "new"))
    assert found.differences == (Difference("index_foreign", "e" * 64),)
    assert index.versions() == {"e" * 64: 1}


def test_servers_that_nobody_listens_at(home, proxied, store):
    proxy = proxied(1)
    proxy.set(Refuse())
    for urls in (
        {"objects": s3_url("opis", f"http://127.0.0.1:{proxy.port}")},
        {"catalog": f"postgresql+psycopg://opis:parola-secreta@127.0.0.1:{proxy.port}/opis"},
        {"index": f"elasticsearch+http://opis:parola-secreta@127.0.0.1:{proxy.port}/opis"},
    ):
        with pytest.raises(PartDown) as down:
            moved(home, settings(home.home, **urls))
        assert down.value.exit_code == 3
        assert "parola-secreta" not in f"{down.value} {down.value.advice}"


@pytest.mark.parametrize("part", ["objects", "catalog"])
def test_wrong_credentials(home, tmp_path, part, store):
    if part == "objects":
        name = bucket()
        store.bucket_url(name)
        url = s3_url(name, store.endpoint).replace("s3://", "s3://cheie:parola-secreta@")
    else:
        url = shared_server(PostgresServer).new_database().replace(PASSWORD, "parola-secreta")
    config = tmp_path / "new.toml"
    config.write_text(f"[{part}]\nurl = {json.dumps(url)}\n")
    ran = home.run("move", "--to", config, "--json")
    assert ran.code == 3
    assert ran.out == ""
    assert "parola-secreta" not in ran.err
    assert "Traceback" not in ran.err
    _remove(home.home / "scratch")


# what is not asked well


def test_a_claimed_file_is_not_left_behind(home, tmp_path):
    claimed = home.home / "hot" / "registratura" / ".opis" / "claimed" / "scan.pdf"
    claimed.write_bytes(b"%PDF")
    with pytest.raises(UsageError, match="claimed") as refused:
        moved(home, settings(tmp_path / "new"))
    assert "--until-idle" in refused.value.advice
    assert moved(home, settings(home.home, index="tantivy:index2")).verified
    claimed.unlink()
    _remove(home.home / "index2")


def test_a_home_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no such home"):
        move(plan_move(settings(tmp_path / "a"), settings(tmp_path / "b")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["objects", "catalog.db"])
def test_a_home_without_its_truth(tmp_path, part):
    home = tmp_path / "a"
    FolderStore(home / "objects")
    open_catalog("sqlite:///catalog.db", home).close()
    _remove(home / part)
    with pytest.raises(MissingPart):
        move(plan_move(settings(home), settings(tmp_path / "b")))
    assert not (home / part).exists()
    assert not (tmp_path / "b").exists()


def test_a_catalog_of_another_version_is_not_migrated_by_the_way(home, tmp_path):
    with closing(open_catalog("sqlite:///catalog.db", home.home)) as catalog, catalog.database.writing() as writing:
        writing.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(PartUnfit, match="revision 0000") as unfit:
        moved(home, settings(tmp_path / "new"))
    assert "opis init" in unfit.value.advice
    with closing(open_database("sqlite:///catalog.db", home.home)) as database, database.writing() as writing:
        assert writing.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "0000"
        writing.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest()}'")


def test_an_empty_home_moves_too(tmp_path):
    FolderStore(tmp_path / "a" / "objects")
    open_catalog("sqlite:///catalog.db", tmp_path / "a").close()
    found = move(plan_move(settings(tmp_path / "a"), settings(tmp_path / "b")))
    assert (found.verified, found.objects, found.bytes, found.documents) == (True, 0, 0, 0)
    assert set(found.rows.values()) == {0}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
