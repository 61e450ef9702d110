"""Faults of the catalog's server, by name: down, killed, stopped, cut off, full; everything waits, nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from pipeline.domain.errors import PartDown, PartUnfit, StorageFull
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.ports.catalog import LineCatalog, Request
from storage.catalog import processes
from storage.catalog.migrate import upgrade
from storage.catalog.postgres import Limits, postgres_database
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_values import arrived, digest, outcome, reading, receive
from tests.servers.plugin import covering, shared_server
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.process import ServerProcess, Unavailable
from tests.servers.proxy import Cut, Proxy, Refuse, Reset, Stall, Way

ROOT = Path(__file__).parents[2]
ONE = digest("one")
HASTY = Limits(connect=2, statement=2, lock=1, idle=60, grace=1)
DEADLINE = 60.0

Own = Callable[[type[ServerProcess]], ServerProcess]


@contextmanager
def opened(url: str, limits: Limits = HASTY) -> Iterator[SqlCatalog]:
    database = postgres_database(make_url(url), limits)
    with closing(SqlCatalog(database)) as catalog:
        upgrade(database)
        yield catalog


def line_of(catalog: SqlCatalog) -> LineCatalog:
    line = catalog.acquire_line("test", 600)
    assert line is not None
    return line


@pytest.fixture
def own(own_server: Own) -> PostgresServer:
    server = own_server(PostgresServer)
    assert isinstance(server, PostgresServer)
    return server


@pytest.fixture
def shared() -> PostgresServer:
    return shared_server(PostgresServer)


def is_down(work: Callable[[], object]) -> PartDown:
    """It gives up by itself, typed, to be tried again, and no password is told."""
    began = time.monotonic()
    with pytest.raises(PartDown) as caught:
        work()
    assert time.monotonic() - began < DEADLINE
    assert caught.value.retry
    assert PASSWORD not in f"{caught.value}{caught.value.advice}"
    assert "127.0.0.1" in str(caught.value)
    return caught.value


def test_server_killed_between_writes_and_started_again(own: PostgresServer) -> None:
    with opened(own.new_database()) as catalog:
        line = line_of(catalog)
        receive(line, arrived("one"))
        line.charge(ONE, [1])
        own.kill()
        for work in (
            lambda: line.charge(ONE, [2]),
            lambda: line.renew(600),
            lambda: catalog.batch(ONE),
            lambda: catalog.add_request(Request("r1", "/scan/1", "registratura")),
        ):
            is_down(work)
        assert not catalog.probe().found
        own.restart()
        assert catalog.attempts(ONE) == {1: 1}
        line.charge(ONE, [2])
        line.save_readings(ONE, [reading(1)])
        line.commit(outcome("one", "111"))
        assert catalog.account(ONE) == outcome("one", "111")


def test_server_killed_in_the_middle_of_a_transaction(own: PostgresServer) -> None:
    with opened(own.new_database()) as catalog:
        line = line_of(catalog)
        with pytest.raises(PartDown), catalog.database.writing() as connection:
            connection.execute(text("INSERT INTO outbox (document) VALUES ('half')"))
            own.kill()
            connection.execute(text("INSERT INTO outbox (document) VALUES ('written')"))
        own.restart()
        assert line.pending_index(10) == []
        receive(line, arrived("one"))


def test_server_stopped_by_its_administrator_and_started_again(own: PostgresServer) -> None:
    with opened(own.new_database()) as catalog:
        line = line_of(catalog)
        receive(line, arrived("one"))
        own.stop()
        is_down(lambda: line.begin(ONE))
        own.restart()
        line.begin(ONE)


def test_server_that_stands_still_is_not_waited_for_for_ever(own: PostgresServer) -> None:
    url = own.new_database()
    with opened(url) as catalog:
        line = line_of(catalog)
        receive(line, arrived("one"))
        own.pause()
        is_down(lambda: line.charge(ONE, [1]))
        is_down(lambda: catalog.batch(ONE))
        own.resume()
        line.charge(ONE, [1])
        assert catalog.attempts(ONE) == {1: 1}


def test_connection_ended_in_the_middle_of_a_transaction(shared: PostgresServer) -> None:
    with opened(shared.new_database()) as catalog:
        line = line_of(catalog)
        with pytest.raises(PartDown, match=r"shutting down|lost"), catalog.database.writing() as connection:
            connection.execute(text("INSERT INTO outbox (document) VALUES ('half')"))
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            shared.execute(sql.SQL("SELECT pg_terminate_backend(%s)"), values=[pid])
            connection.execute(text("INSERT INTO outbox (document) VALUES ('written')"))
        assert line.pending_index(10) == []


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [(Cut, True), (Reset, True), (Stall, True), (Cut, False), (Reset, False)],
    ids=["committed-cut", "committed-reset", "committed-silence", "never-arrived-cut", "never-arrived-reset"],
)
def test_network_fails_at_the_commit(shared: PostgresServer, fault: type[Cut], arrives: bool) -> None:
    with Proxy(shared.ports[0]) as proxy, opened(shared.new_database(proxy.port)) as catalog:
        line = line_of(catalog)
        receive(line, arrived("one"))
        line.charge(ONE, [1])
        proxy.set(fault(way=Way.DOWN if arrives else Way.UP, when=b"COMMIT\0", times=1))
        is_down(lambda: line.charge(ONE, [1, 2]))
        assert proxy.struck == 1
        proxy.heal()
        _without_the_old_session(shared, catalog)
        assert catalog.attempts(ONE) == ({1: 2, 2: 1} if arrives else {1: 1})
        line.charge(ONE, [1, 2])
        assert catalog.attempts(ONE) == {1: 2, 2: 1}


def _without_the_old_session(server: PostgresServer, catalog: SqlCatalog) -> None:
    """Waits until the server has noticed that the client of an open transaction is gone, or ends it."""
    name = make_url(f"x://{catalog.database.address.partition('://')[2]}").database
    query = sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND state LIKE 'idle in transaction%%'"
    )
    deadline = time.monotonic() + DEADLINE
    while server.execute(query, values=[name]):
        assert time.monotonic() < deadline


def test_network_gone_and_back(shared: PostgresServer) -> None:
    with Proxy(shared.ports[0]) as proxy, opened(shared.new_database(proxy.port)) as catalog:
        line = line_of(catalog)
        receive(line, arrived("one"))
        proxy.set(Refuse())
        is_down(lambda: line.begin(ONE))
        is_down(lambda: catalog.counts())
        proxy.heal()
        line.begin(ONE)


_STOPPED_INSIDE = """
import sys
from sqlalchemy import make_url
from storage.catalog import lease
from storage.catalog.postgres import Limits, postgres_database
from storage.catalog.sql import SqlCatalog
catalog = SqlCatalog(postgres_database(make_url(sys.argv[1]), Limits(idle=1)))
line = catalog.acquire_line("stopped", 0.2)
try:
    with line._fenced() as connection:
        lease.prolong(connection, 600)
        print("inside", flush=True)
        sys.stdin.readline()
        connection.exec_driver_sql("INSERT INTO outbox (document) VALUES ('late')")
except Exception as error:
    print(type(error).__name__, flush=True)
try:
    line.renew(600)
except Exception as error:
    print(type(error).__name__, flush=True)
"""


def test_line_stopped_inside_a_transaction_does_not_hold_the_lease(shared: PostgresServer) -> None:
    url = shared.new_database()
    with opened(url) as catalog, _process(_STOPPED_INSIDE, url) as stopped:
        assert stopped.stdout is not None
        assert stopped.stdout.readline() == "inside\n"
        stopped.send_signal(signal.SIGSTOP)
        successor = _taken_over(catalog)
        stopped.send_signal(signal.SIGCONT)
        told = stopped.communicate("\n")[0].split()
        assert told == ["PartDown", "Fenced"]
        assert successor.pending_index(10) == []


_SKEWED = """
import datetime as dt, sys
from pathlib import Path
shift = dt.timedelta(hours=float(sys.argv[2]))
class Skewed(dt.datetime):
    @classmethod
    def now(cls, tz=None):
        return dt.datetime.__new__(cls, *(real.now(tz) + shift).timetuple()[:6], tzinfo=tz)
real, dt.datetime = dt.datetime, Skewed
from storage.catalog import processes
processes._host = lambda: "another machine"
from storage.catalog.open import open_catalog
catalog = open_catalog(sys.argv[1], Path("."))
print(catalog.line_alive(), flush=True)
line = catalog.acquire_line("skewed", 600)
print(line is not None, flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("hours", [-24, 24])
def test_clock_of_another_machine_is_wrong(shared: PostgresServer, hours: int) -> None:
    url = shared.new_database()
    with opened(url) as catalog:
        holder = line_of(catalog)
        with _process(_SKEWED, url, str(hours)) as other:
            assert other.communicate("\n")[0].split() == ["True", "False"]
        holder.renew(600)
        holder.release()
        with _process(_SKEWED, url, str(hours)) as other:
            assert other.stdout is not None
            assert [other.stdout.readline(), other.stdout.readline()] == ["False\n", "True\n"]
            assert catalog.line_alive()
            assert catalog.acquire_line("here", 600) is None
        assert catalog.line_alive(), "a process of another machine is never known to be dead"
        assert catalog.acquire_line("here", 600) is None


def test_process_of_another_name_space_is_not_judged(tmp_path: Path) -> None:
    with covering("pid name spaces"):
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            raise Unavailable("needs root and unshare")
    here = processes.this_process()
    script = (
        "import sys; from storage.catalog.processes import Process, surely_dead, this_process\n"
        f"there = Process({here.host!r}, 2**22 - 1, '1')\n"
        "print(surely_dead(there), this_process().host != there.host)"
    )
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE)
    assert done.stdout.split() == ["False", "True"], done.stderr


class Roomless(PostgresServer):
    """Databases made with ``small`` lie on a disk of 20 MB."""

    @property
    def disk(self) -> Path:
        return self.data.with_suffix(".disk")

    def small(self) -> str:
        self.disk.mkdir()
        shutil.chown(self.disk, "postgres", "postgres")
        with covering("small disks"):
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=20m,uid=postgres,gid=postgres", "tmpfs", self.disk],
                capture_output=True,
            )
            if mounted.returncode:
                raise Unavailable(mounted.stderr.decode(errors="replace").strip())
        self._make_database()
        return self.database_url("small")

    def make_room(self) -> None:
        subprocess.run(["mount", "-o", "remount,size=60m", self.disk], check=True)

    def _make_database(self) -> None:
        self.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(self.disk))))
        self.execute(sql.SQL("CREATE DATABASE small TABLESPACE small STRATEGY file_copy"))


def test_server_whose_disk_is_full(own_server: Own) -> None:
    with covering("small disks"):
        if os.geteuid() != 0:
            raise Unavailable("needs root to mount one")
    server = own_server(Roomless)
    assert isinstance(server, Roomless)
    try:
        with opened(server.small(), Limits()) as catalog:
            line = line_of(catalog)
            receive(line, arrived("one"))
            before = catalog.counts()
            with pytest.raises(StorageFull) as caught:
                for number in range(50):
                    found = [
                        RegistryEntry(RegistryNumber("RG", number, str(n)), subject=os.urandom(900).hex())
                        for n in range(1000)
                    ]
                    catalog.import_entries(found, "registers/x.csv")
                    before = catalog.counts()
            assert caught.value.retry
            assert catalog.counts() == before
            assert catalog.batch(ONE).id == ONE
            with suppress(StorageFull):
                line.renew(600)
            server.make_room()
            line.charge(ONE, [1])
            assert catalog.import_entries([RegistryEntry(RegistryNumber("ZZ", 1, "1"))], "x").new == 1
    finally:
        server.kill()
        subprocess.run(["umount", "-l", str(server.disk)], capture_output=True)


def test_server_that_only_reads_for_a_while(shared: PostgresServer) -> None:
    url = shared.new_database()
    name = sql.Identifier(make_url(url).database or "")
    with opened(url) as catalog:
        line = line_of(catalog)
        shared.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
        catalog.close()
        assert "only reads" in str(is_down(lambda: line.renew(600)))
        assert catalog.counts()["received"] == 0
        shared.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))
        catalog.close()
        line.renew(600)


def test_database_dropped_under_the_program(shared: PostgresServer) -> None:
    url = shared.new_database()
    with opened(url) as catalog:
        shared.give_back(url)  # ends the sessions; nothing of that name is there any more
        with pytest.raises((PartUnfit, PartDown)):
            catalog.counts()
        with pytest.raises(PartUnfit, match="no such database"):
            catalog.counts()
        assert "CREATE DATABASE" in catalog.probe().mend


@contextmanager
def _process(script: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _taken_over(catalog: SqlCatalog) -> LineCatalog:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        with suppress(PartDown):
            line = catalog.acquire_line("successor", 600)
            if line is not None:
                return line
        time.sleep(0.02)
    raise AssertionError("the lease is never free")
