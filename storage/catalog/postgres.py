"""The catalog's database where it is PostgreSQL: how it is reached, its isolation, its limits, what it must be."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, create_engine, event, text

from pipeline.domain.addresses import without_password
from pipeline.domain.errors import ConfigurationError, PartDown, PartUnfit
from pipeline.domain.messages import say
from storage.catalog.engine import BUSY_SECONDS, Database
from storage.catalog.postgres_connection import PatientConnection, refusal
from storage.catalog.postgres_faults import PostgresFaults
from storage.catalog.turns import Turn, now, take_turn

OLDEST = 13
"""the oldest major version that is used"""
QUERY = frozenset(
    {
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "channel_binding",
        "require_auth",
        "passfile",
        "target_session_attrs",
        "host",
    }
)
"""what the URL may set beside host, port, user, password and database; ``host`` may be a folder of a Unix socket"""

_CERTIFICATE = ("certificate", "does not support SSL")
"""what the client itself says, always in English"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long anything may take, in seconds."""

    connect: float = 10.0
    statement: float = 60.0
    lock: float = BUSY_SECONDS
    idle: float = 60.0
    """between two statements of a transaction: a line that is stopped in the middle of one must not hold the lease"""
    pool: float = 30.0
    grace: float = 10.0
    """how much longer than its own limit on a statement the server may be silent"""

    @property
    def silence(self) -> float:
        """The server's own limits speak first."""
        return self.statement + self.grace


class PostgresDatabase(Database):
    """Readers are REPEATABLE READ, READ ONLY; writers READ COMMITTED, safe by what they lock (see docs/catalog.md)."""

    def __init__(self, url: URL, limits: Limits) -> None:
        self.limits = limits
        faults = PostgresFaults(_shown(url))
        engine = create_engine(
            url,
            connect_args={
                "connect_timeout": max(2, round(limits.connect)),
                "application_name": "opis",
                "keepalives": 1,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 60_000,
            },
            pool_pre_ping=True,
            pool_recycle=1800,
            pool_timeout=limits.pool,
            pool_size=5,
            max_overflow=10,
            use_native_hstore=False,
        )
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "connect", self._prepare)
        super().__init__(
            engine,
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
            engine.execution_options(isolation_level="READ COMMITTED"),
            faults.address,
            faults,
        )
        self._faults = faults

    @contextmanager
    def opening(self) -> Iterator[None]:
        with self.writing() as connection:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            take_turn(connection, Turn.SCHEMA)
            yield

    @contextmanager
    def altering(self) -> Iterator[Connection]:
        with self.writing() as connection:
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.execute(text(f"SET LOCAL {limit} = 0"))
            driver: Any = connection.connection.driver_connection
            driver.silence = None
            try:
                yield connection
            finally:
                driver.silence = self.limits.silence

    def check(self) -> None:
        with self.reading() as connection:
            version, encoding, schema = connection.execute(
                text(
                    "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
                    ", current_schema()"
                )
            ).one()
        if version // 10000 < OLDEST:
            raise self._unfit("old_server", f"PostgreSQL {version // 10000}", found=version // 10000, oldest=OLDEST)
        if encoding != "UTF8":
            raise self._unfit("encoding", f"the encoding is {encoding}, not UTF8", found=encoding)
        if schema is None:
            raise self._unfit("no_schema", "none of the schemas of search_path exists")

    def versions(self) -> str:
        with self.reading() as connection:
            return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"

    def facts(self) -> tuple[tuple[tuple[str, str], ...], str]:
        with self.reading() as connection:
            here_before = _local_now()
            server = now(connection)
            here_after = _local_now()
            size, fsync, full, standby = connection.execute(
                text(
                    "SELECT pg_database_size(current_database()), current_setting('fsync')"
                    ", current_setting('full_page_writes'), pg_is_in_recovery()"
                )
            ).one()
        doubt = (here_after - here_before) / 2
        ahead = server - here_before - doubt
        seconds = 0.0 if abs(ahead) <= doubt else ahead.total_seconds()
        shown = (("clock", f"{seconds:+.1f} s"), ("size", f"{size / 2**20:.0f} MB"))
        if fsync != "on" or full != "on":
            return shown, say("catalog.not_durable", where=self.address)
        if standby:
            return shown, say("catalog.standby", where=self.address)
        return shown, ""

    def _unfit(self, code: str, what: str, **values: object) -> PartUnfit:
        return PartUnfit(f"catalog: {self.address}: {what}", say(f"catalog.{code}", where=self.address, **values))

    def _connect(self, dialect: object, record: object, arguments: Any, parameters: dict[str, Any]) -> Any:
        try:
            connection = PatientConnection.connect(*arguments, **parameters)
        except psycopg.OperationalError as error:
            raise self._refused(error, parameters) from None
        except psycopg.Error as error:
            raise ConfigurationError(f"catalog.url: {type(error).__name__}: not a usable address") from None
        connection.silence = self.limits.silence
        return connection

    def _refused(self, error: psycopg.OperationalError, parameters: dict[str, Any]) -> Exception:
        told = str(error).partition("\n")[0]
        if any(sign in told for sign in _CERTIFICATE):
            return self._unfit("certificate", told)
        if error.pgconn is not None and error.pgconn.needs_password:
            return self._unfit("credentials", "the server wants a password and none is given")
        timeout = isinstance(error, psycopg.errors.ConnectionTimeout)
        code = error.sqlstate or (None if timeout else refusal(parameters, self.limits.connect))
        return PartDown(f"catalog: {self.address}: {told}") if code is None else self._faults.of_code(code)

    def _prepare(self, connection: Any, record: object) -> None:
        """Limits of the session; a commit is durable when it is acknowledged, however the server is set."""
        limits = {
            "statement_timeout": self.limits.statement,
            "lock_timeout": self.limits.lock,
            "idle_in_transaction_session_timeout": self.limits.idle,
        }
        settings = [(name, f"{max(1, round(seconds * 1000))}ms") for name, seconds in limits.items()]
        settings += [("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "10"), ("tcp_keepalives_count", "3")]
        with connection.cursor() as cursor:
            for name, value in settings:
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
            )
        connection.commit()


def postgres_database(url: URL, limits: Limits | None = None) -> Database:
    """Nothing is connected before it is needed. Errors: ``ConfigurationError`` for what the URL may not say."""
    if not url.database or not (url.host or "host" in url.query):
        raise ConfigurationError("catalog.url: postgresql+psycopg needs a host and a database")
    strange = sorted(set(url.query) - QUERY)
    if strange:
        raise ConfigurationError(f"catalog.url: {', '.join(strange)}: not among {', '.join(sorted(QUERY))}")
    return PostgresDatabase(url, limits or Limits())


def _shown(url: URL) -> str:
    return without_password(url.render_as_string(hide_password=True))


def _local_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
