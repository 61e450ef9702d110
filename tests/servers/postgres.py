"""A PostgreSQL server of the tests: Debian's programs, a private data folder, loopback with a password."""

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql

from tests.servers.process import LOOPBACK, RUN_FOLDER, ServerProcess, Unavailable, alive

USER = "opis"
PASSWORD = "parola-7f3e-de-test"
"""distinctive, so that a test can look for it where it must not be"""
_PROGRAMS = Path("/usr/lib/postgresql")
_SYSTEM_USER = "postgres"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "fsync": "on",
    # neither the clock zone nor the way of sorting is what the program's own machine would suggest
    "timezone": "Pacific/Auckland",
}


class PostgresServer(ServerProcess):
    """Real PostgreSQL, fsync on; the user ``opis`` may make databases. The data folder lies in the run's folder."""

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT
    """fast shutdown: clients are disconnected, the data is flushed"""

    settings: ClassVar[Mapping[str, str]] = {}
    """over those of every server of the tests"""

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}@{LOOPBACK}:{self.ports[0]}/postgres"

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PGPASSWORD": PASSWORD}

    @property
    def data(self) -> Path:
        # not inside ``folder``: pytest's folders are closed to the user that the server must run as
        return Path(os.environ[RUN_FOLDER]) / f"postgres-{self.ports[0]}"

    def database_url(self, database: str, port: int | None = None) -> str:
        """``port``: of a proxy before the server."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@{LOOPBACK}:{port or self.ports[0]}/{database}"

    def new_database(self, port: int | None = None) -> str:
        """The URL, with password, of an empty database that nobody else has."""
        name = f"t{secrets.token_hex(8)}"
        for free in self.execute(sql.SQL("SELECT datname FROM pg_database WHERE datname LIKE 'free%'")):
            with suppress(psycopg.Error):  # another test was faster
                self._rename(str(free[0]), name)
                return self.database_url(name, port)
        self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.database_url(name, port)

    def give_back(self, url: str) -> None:
        """Empties a database for the next test: a new one costs 8 MB of disk and of journal."""
        name = url.partition("?")[0].rpartition("/")[2]
        with suppress(psycopg.Error):
            self.execute(
                sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"), values=[name]
            )
            self.execute(sql.SQL("ALTER DATABASE {} RESET ALL").format(sql.Identifier(name)))
            self.execute(sql.SQL("DROP SCHEMA public CASCADE"), name)
            self.execute(sql.SQL("CREATE SCHEMA public"), name)
            self.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO PUBLIC"), name)
            self._rename(name, f"free{secrets.token_hex(8)}")

    def _rename(self, name: str, new: str) -> None:
        self.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new)))

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A connection past everything of Opis, as an administrator has it; each statement stands for itself."""
        url = f"postgresql://{USER}:{PASSWORD}@{LOOPBACK}:{self.ports[0]}/{database}"
        return psycopg.connect(url, autocommit=True, connect_timeout=5)

    def execute(
        self, statement: sql.Composed | sql.SQL, database: str = "postgres", values: Sequence[object] = ()
    ) -> list[tuple[object, ...]]:
        with self.connect(database) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700)
        secret = self.data.with_suffix(".secret")
        secret.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            user = pwd.getpwnam(_SYSTEM_USER) if _has_user() else None
            if user is None:
                raise Unavailable(f"PostgreSQL does not run as root and there is no user {_SYSTEM_USER}")
            for path in (self.data, secret):
                os.chown(path, user.pw_uid, user.pw_gid)
        arguments = ("--auth=scram-sha-256", f"--pwfile={secret}", f"--username={USER}", "--encoding=UTF8", "--no-sync")
        locale = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=ro-RO")
        try:
            subprocess.run(
                self._as_user("initdb", "-D", str(self.data), *arguments, *locale),
                check=True,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=120,
            )
        except subprocess.CalledProcessError as fault:
            raise AssertionError(f"initdb: {fault.stderr.decode(errors='replace')}") from fault
        finally:
            secret.unlink()

    def command(self) -> Sequence[str]:
        settings = {**_SETTINGS, **self.settings, "port": str(self.ports[0])}
        switches = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._as_user("postgres", "-D", str(self.data), *switches)

    def healthy(self) -> bool:
        try:
            return self.execute(sql.SQL("SELECT 1")) == [(1,)]
        except psycopg.Error:
            return False

    def _signal(self, number: signal.Signals) -> None:
        """Every backend is a session of its own: a power cut or a pause must reach them all."""
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT):
            super()._signal(number)
            return
        assert self.pid is not None, "postgres does not run"
        if number is signal.SIGKILL:
            os.kill(self.pid, signal.SIGSTOP)
        backends = _children(self.pid)
        for pid in (*backends, self.pid):
            if alive(pid):
                os.kill(pid, number)
        if number is signal.SIGKILL:
            while any(alive(pid) for pid in backends):
                pass

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        command = [str(_programs() / program), *arguments]
        if os.geteuid() != 0:
            return command
        if shutil.which("setpriv") is None:
            raise Unavailable("PostgreSQL does not run as root and setpriv is not installed")
        user = ("setpriv", f"--reuid={_SYSTEM_USER}", f"--regid={_SYSTEM_USER}", "--clear-groups")
        return [*user, "env", f"--chdir={self.data}", *command]


def _programs() -> Path:
    """The newest version's folder."""
    found = {
        int(path.parent.parent.name): path.parent
        for path in _PROGRAMS.glob("*/bin/initdb")
        if re.fullmatch(r"\d+", path.parent.parent.name)
    }
    if not found:
        raise Unavailable("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return found[max(found)]


def _has_user() -> bool:
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        return False
    return True


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
