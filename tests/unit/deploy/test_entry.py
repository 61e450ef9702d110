"""The entry of the containers: the password file that libpq takes, and health checks that tell well from ill."""

import re
import shlex
import shutil
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.servers.plugin import covering, shared_server
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.process import Unavailable, free_ports
from tests.support import compose
from tests.support.program import Program
from tests.support.shell import ran
from tests.support.small_server import answering

ROOT = compose.ROOT
START = ROOT / "deploy/entry/start.sh"
HEALTH = ROOT / "deploy/entry/health.py"
SECONDS = 120.0


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.1)


def test_libpq_logs_in_with_the_file_that_the_entry_makes(tmp_path):
    server = shared_server(PostgresServer)
    (tmp_path / "secret").write_text(PASSWORD + "\n")
    (tmp_path / "secret").chmod(0o444)
    passfile = tmp_path / "pgpass"
    done = ran(
        START,
        sys.executable,
        "-c",
        f"import psycopg; print(psycopg.connect('host=127.0.0.1 port={server.ports[0]} user=opis dbname=postgres')"
        ".execute('select 7').fetchone()[0])",
        OPIS_POSTGRES_PASSWORD_FILE=str(tmp_path / "secret"),
        PGPASSFILE=str(passfile),
    )
    assert (done.returncode, done.stdout.strip()) == (0, "7"), done.stderr
    assert stat.S_IMODE(passfile.stat().st_mode) == 0o600
    passfile.write_text("*:*:*:*:wrong\n")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"host=127.0.0.1 port={server.ports[0]} user=opis dbname=postgres passfile={passfile}")


def test_the_password_is_escaped_and_in_no_variable(tmp_path):
    (tmp_path / "secret").write_text("a:b\\c d'e\n")
    passfile = tmp_path / "pgpass"
    done = ran(START, "env", OPIS_POSTGRES_PASSWORD_FILE=str(tmp_path / "secret"), PGPASSFILE=str(passfile))
    assert done.returncode == 0
    assert passfile.read_text() == "*:*:*:*:a\\:b\\\\c d'e\n"
    assert "d'e" not in done.stdout


def test_the_entry_is_the_command_afterwards(tmp_path):
    done = ran(START, "sh", "-c", "exit 7")
    assert done.returncode == 7
    assert ran(
        START, "true", OPIS_POSTGRES_PASSWORD_FILE=str(tmp_path / "none"), PGPASSFILE=str(tmp_path / "p")
    ).returncode


def test_web_is_healthy_while_it_serves(program: Program):
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}/health/live"
    down = ran(HEALTH, "http", url)
    assert down.returncode == 1 and url in down.stderr
    web = program.start(
        "run", "--only", "web", OPIS_WEB__PORT=str(port), OPIS_WEB__HOST="0.0.0.0", OPIS_IN_CONTAINER="1"
    )
    try:
        until(lambda: ran(HEALTH, "http", url).returncode == 0)
        assert ran(HEALTH, "http", url.replace("live", "nothing")).returncode == 1
    finally:
        web.terminate()
        assert web.wait(SECONDS) == 0
    assert ran(HEALTH, "http", url).returncode == 1


def test_line_is_healthy_while_it_holds_its_lease(program: Program):
    program.run("init")
    own = {"OPIS_HOME": str(program.home), "OPIS_CONFIG": str(program.config)}
    down = ran(HEALTH, "line", **own)
    assert down.returncode == 1 and "no line" in down.stderr
    line = program.start("run", "--only", "line")
    try:
        until(lambda: ran(HEALTH, "line", **own).returncode == 0)
    finally:
        line.terminate()
        assert line.wait(SECONDS) == 0
    assert ran(HEALTH, "line", **own).returncode == 1


def test_line_says_in_one_line_that_the_catalog_is_gone(tmp_path):
    nobody = f"postgresql+psycopg://opis@127.0.0.1:{free_ports(1)[0]}/opis"
    down = ran(HEALTH, "line", OPIS_HOME=str(tmp_path), OPIS_CATALOG__URL=nobody)
    assert down.returncode == 1
    assert len(down.stderr.strip().splitlines()) == 1 and "PartDown" in down.stderr


CLUSTER = """
set -u
ip link set lo up
until_well() {{ for _ in $(seq 150); do "$@" 2>/dev/null && return; sleep 0.1; done; echo "never: $*"; exit 9; }}
well() {{ {health} "$@"; }}
ill() {{ {health} "$@" 2>/dev/null && {{ echo "well, but should not be: $*"; exit 8; }}; true; }}

ill worker; ill http {page}/health
{scheduler} >scheduler.log 2>&1 & scheduler=$!
until_well well http {page}/health
ill http {page}/info/main/workers.html
ill worker
{worker} >worker.log 2>&1 & worker=$!
until_well well worker
kill $worker; wait $worker || {{ echo "the worker ended with $?"; cat worker.log; exit 7; }}
ill worker
kill $scheduler; wait $scheduler
ill http {page}/health
"""


def test_worker_and_scheduler_are_healthy_while_they_are_connected(tmp_path):
    """Both started as Compose starts them, in a network of their own, but for the scheduler's name."""
    apart = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    with covering("scheduler and worker as composed"):
        if shutil.which("ip") is None or ran(*apart, "ip", "link", "set", "lo", "up").returncode != 0:
            raise Unavailable("no network namespace can be made here")
        services = compose.load()["services"]
    page = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/health", services["scheduler"]["healthcheck"]["test"][-1])[1]
    script = CLUSTER.format(
        health=HEALTH,
        page=page,
        scheduler=shlex.join(services["scheduler"]["command"]),
        worker=shlex.join(services["worker"]["command"]),
    )
    variables = {
        **services["scheduler"]["environment"],
        "OPIS_WORK__SCHEDULER": services["worker"]["environment"]["OPIS_WORK__SCHEDULER"].replace(
            "//scheduler:", "//127.0.0.1:"
        ),
        "OPIS_WORK__WORKERS": "1",
        "OPIS_HOME": str(tmp_path / "home"),
    }
    done = ran(*apart, "bash", "-c", f"cd {tmp_path}; {script}", **variables)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_worker_whose_page_does_not_answer_is_ill(tmp_path, monkeypatch):
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("entry_health", HEALTH)
    health = module_from_spec(spec)
    spec.loader.exec_module(health)
    monkeypatch.setenv("OPIS_WORK__SCHEDULER", "tcp://scheduler:8786")
    head = "  sl  local_address rem_address   st tx_queue\n"
    joined = "   0: 0200000A:B0B0 0300000A:2252 01 0:0 0:0 0\n"

    def table(*rows: str) -> Path:
        (tmp_path / "tcp").write_text(head + "".join(rows))
        return tmp_path

    def page(port: int) -> str:
        return f"   1: 0100007F:{port:04X} 00000000:0000 0A 0:0 0:0 0\n"

    with answering("/health") as address:
        port = int(address.rpartition(":")[2])
        assert health.worker(table(joined, page(port))) is None
        assert health.worker(table(page(port))) == "no connection to the scheduler"
        assert "127.0.0.1" in health.worker(table(joined, page(free_ports(1)[0])))
        assert health.worker(table(joined)) == "nobody listens"


def test_secrets_are_made_once_and_belong_to_one_user(tmp_path):
    import json

    folder = tmp_path / "secrets"
    first: dict[str, str] = {}
    for _ in range(2):
        done = ran(ROOT / "deploy/make-secrets", folder)
        assert done.returncode == 0, done.stderr
        found = {path.name: path.read_text().strip() for path in folder.iterdir()}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
        first = first or found
        assert found == first
    assert set(found) == {
        "s3_access_key",
        "s3_secret_key",
        "postgres_password",
        "elasticsearch_password",
        "seaweedfs_s3",
    }
    assert len(set(found.values())) == len(found) and min(map(len, found.values())) == 20
    keys = json.loads(found["seaweedfs_s3"])["identities"][0]["credentials"][0]
    assert keys == {"accessKey": found["s3_access_key"], "secretKey": found["s3_secret_key"]}
