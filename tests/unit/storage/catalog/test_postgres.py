"""What is true of PostgreSQL alone: what it must be, its isolation and limits, and how its failures are told."""

import secrets
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import ClassVar

import pytest
from psycopg import sql
from sqlalchemy import insert, make_url, text

from pipeline.domain.errors import ConfigurationError, OpisError, PartDown, PartUnfit, StorageFull
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from storage.catalog import postgres
from storage.catalog.engine import Database
from storage.catalog.faults import Aborted, CatalogDamaged
from storage.catalog.open import open_catalog, open_database
from storage.catalog.postgres import Limits, postgres_database
from storage.catalog.postgres_connection import refusal
from storage.catalog.postgres_faults import PostgresFaults
from storage.catalog.sql import SqlCatalog
from storage.catalog.tables import outbox, page_fates
from tests.servers.plugin import shared_server
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.process import LOOPBACK, free_ports

HASTY = Limits(connect=2, statement=1, lock=0.3, idle=0.5, grace=1, pool=0.3)
ENTRY = RegistryEntry(RegistryNumber("RG", 2021, "1"), sender="Ion Secretul")


@pytest.fixture
def server() -> PostgresServer:
    return shared_server(PostgresServer)


@pytest.fixture
def url(server: PostgresServer) -> Iterator[str]:
    url = server.new_database()
    yield url
    server.give_back(url)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with closing(postgres_database(make_url(url), HASTY)) as database:
        yield database


@pytest.fixture
def catalog(url: str, tmp_path: Path) -> Iterator[SqlCatalog]:
    with closing(open_catalog(url, tmp_path)) as catalog:
        yield catalog


def refused(url: str, kind: type[OpisError]) -> OpisError:
    """How opening ends; nothing that is told holds a password, and nothing is chained that could."""
    with pytest.raises(kind) as caught:
        open_catalog(url, Path("/nonexistent"))
    fault = caught.value
    told = f"{fault} {fault.advice} {fault!r}"
    assert PASSWORD not in told
    assert "secret" not in told
    assert fault.__cause__ is None
    assert fault.__suppress_context__ or fault.__context__ is None
    return fault


def test_a_wrong_password_an_unknown_user_or_database_is_unfit_and_says_where(server: PostgresServer, url: str) -> None:
    port = str(server.ports[0])
    cases = {
        url.replace(PASSWORD, "secret"): "parola",
        url.replace("//opis:", "//nobody:"): "parola",
        url.replace("/t", "/none"): "CREATE DATABASE",
        url.replace(f":{PASSWORD}", ""): "parola",
    }
    for wrong, mend in cases.items():
        fault = refused(wrong, PartUnfit)
        assert port in str(fault)
        assert mend in fault.advice
        assert fault.exit_code == 3
        assert not fault.retry


def test_a_user_without_rights_is_unfit(server: PostgresServer, url: str) -> None:
    name = f"u{make_url(url).database}"
    server.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal("secret")),
    )
    assert "drepturi" in refused(url.replace(f"opis:{PASSWORD}", f"{name}:secret"), PartUnfit).advice


def test_a_password_may_hold_anything_and_is_never_told(server: PostgresServer, url: str) -> None:
    password, name = "secret:/@?#ș %", f"u{make_url(url).database}"
    server.execute(
        sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}").format(sql.Identifier(name), sql.Literal(password))
    )
    good = make_url(url).set(username=name, password=password).render_as_string(hide_password=False)
    with closing(open_catalog(good, Path())) as catalog:
        assert catalog.probe().good
    for raw in (f"postgresql+psycopg://{name}:{password}@{LOOPBACK}:{server.ports[0]}/x", good + "x"):
        with pytest.raises(OpisError) as caught:
            open_catalog(raw, Path())
        assert "secret" not in f"{caught.value} {caught.value.advice}"


@pytest.mark.parametrize(
    ("version", "fits"), [(13, True), (15, True), (99, False)], ids=["the oldest", "usual", "newer than the server"]
)
def test_a_server_older_than_the_oldest_is_unfit(
    url: str, monkeypatch: pytest.MonkeyPatch, version: int, fits: bool
) -> None:
    monkeypatch.setattr(postgres, "OLDEST", version)
    if fits:
        open_catalog(url, Path()).close()
    else:
        assert "99" in refused(url, PartUnfit).advice


def test_a_database_that_cannot_hold_every_letter_is_unfit(server: PostgresServer) -> None:
    name = f"latin{secrets.token_hex(8)}"
    options = "ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0"
    server.execute(sql.SQL("CREATE DATABASE {} " + options).format(sql.Identifier(name)))  # type: ignore[arg-type]
    assert "LATIN1" in refused(server.database_url(name), PartUnfit).advice


def test_a_schema_that_is_not_there_is_unfit(server: PostgresServer, url: str) -> None:
    name = sql.Identifier(make_url(url).database or "")
    server.execute(sql.SQL("ALTER DATABASE {} SET search_path = none").format(name))
    assert "schema" in refused(url, PartUnfit).advice


def test_a_server_that_is_not_there_is_down(url: str) -> None:
    nobody = make_url(url).set(port=free_ports(1)[0]).render_as_string(hide_password=False)
    assert refused(nobody, PartDown).retry
    assert refused(make_url(url).set(host="no.such.host.invalid").render_as_string(hide_password=False), PartDown).retry


def test_a_server_that_answers_in_another_language_is_understood_by_its_code() -> None:
    def answer(listener: socket.socket) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                peer.recv(8)
                peer.sendall(b"N")
                peer.recv(4096)
                fields = b"SFATAL\0VFATAL\0C57P03\0Msistemul de baze de date porne\xc8\x99te\0\0"
                peer.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

    with socket.create_server((LOOPBACK, 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        url = f"postgresql+psycopg://opis:secret@{LOOPBACK}:{listener.getsockname()[1]}/opis"
        assert "starting up" in str(refused(url, PartDown))
        listener.shutdown(socket.SHUT_RDWR)


def test_a_certificate_that_is_asked_for_and_not_given_is_unfit(url: str, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("")
    for query in ("sslmode=require", f"sslmode=verify-full&sslrootcert={tmp_path}/none.pem"):
        assert "sslmode" in refused(f"{url}?{query}", PartUnfit).advice


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://opis:secret@host/opis?options=-csearch_path%3Dx",
        "postgresql+psycopg://opis:secret@host/opis?password=secret",
        "postgresql+psycopg://opis:secret@host",
        "postgresql+psycopg:///opis",
        "postgresql+psycopg://opis:secret@host:port/opis",
        "postgresql+psycopg://opis:sec/ret@secret@host:1/opis?x=secret",
    ],
)
def test_what_the_url_may_not_say_is_a_configuration_error(url: str) -> None:
    assert "catalog.url" in str(refused(url, ConfigurationError))


def test_a_reader_sees_one_state_and_cannot_write(catalog: SqlCatalog) -> None:
    database, count = catalog.database, text("SELECT count(*) FROM outbox")
    with database.reading() as reader:
        assert reader.execute(count).scalar_one() == 0
        with database.writing() as writer:
            writer.execute(insert(outbox).values(document="x"))
        assert reader.execute(count).scalar_one() == 0
    with pytest.raises(PartDown, match="only reads"), database.reading() as reader:
        assert reader.execute(count).scalar_one() == 1
        reader.execute(insert(outbox).values(document="x"))


def test_sessions_are_bounded_and_durable(server: PostgresServer, url: str, tmp_path: Path) -> None:
    name = sql.Identifier(make_url(url).database or "")
    server.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    server.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = serializable").format(name))
    wanted = {
        "statement_timeout": "1min",
        "lock_timeout": "7s",
        "idle_in_transaction_session_timeout": "1min",
        "synchronous_commit": "on",
        "tcp_keepalives_idle": "30",
        "application_name": "opis",
    }
    with closing(open_catalog(url, tmp_path, busy_seconds=7)) as catalog:
        for transaction, isolation in (
            (catalog.database.reading, "repeatable read"),
            (catalog.database.writing, "read committed"),
        ):
            with transaction() as connection:
                shown = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in wanted}
                assert shown == wanted
                assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == isolation
        with catalog.database.altering() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
        with catalog.database.writing() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "1min"


def test_nothing_takes_for_ever(database: Database) -> None:
    with pytest.raises(PartDown, match="took too long"), database.reading() as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    with pytest.raises(PartDown, match=r"left alone too long|lost"), database.writing() as connection:
        connection.execute(text("SELECT 1"))
        subprocess.run(["sleep", "0.8"], check=True)
        connection.execute(text("SELECT 1"))
    with database.opening(), pytest.raises(PartDown, match="locked too long"), database.opening():
        pass
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_when_all_connections_are_in_use_one_more_is_down(url: str) -> None:
    with (
        closing(postgres_database(make_url(url), Limits(pool=0.1))) as database,
        ExitStack() as held,
        pytest.raises(PartDown, match="in use"),
    ):
        for _ in range(16):
            held.enter_context(database.reading()).execute(text("SELECT 1"))


def test_what_breaks_a_rule_is_a_value_error_without_the_row(catalog: SqlCatalog) -> None:
    with pytest.raises(ValueError, match="ck_page_fates_document") as caught, catalog.database.writing() as connection:
        connection.execute(insert(page_fates).values(batch="SECRET", page=1, fate="blank", document="SECRET"))
    assert "SECRET" not in str(caught.value)
    with pytest.raises(ValueError, match="refuses"):
        catalog.import_entries([RegistryEntry(RegistryNumber("RG", 10**12, "1"))], "x")


CODES = {
    "40001": Aborted,
    "40P01": Aborted,
    "53100": StorageFull,
    "53200": PartDown,
    "53300": PartDown,
    "58030": PartDown,
    "57P01": PartDown,
    "08006": PartDown,
    "28000": PartUnfit,
    "3D000": PartUnfit,
    "42501": PartUnfit,
    "42P01": CatalogDamaged,
    "42703": CatalogDamaged,
    "XX001": CatalogDamaged,
    "22003": ValueError,
    "23505": ValueError,
    None: PartDown,
}


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_error(code: str | None) -> None:
    fault = PostgresFaults("host:1/db").of_code(code, "told")
    assert type(fault) is CODES[code]
    assert isinstance(fault, ValueError) or "host:1/db" in str(fault)


def test_a_missing_table_or_column_is_damage_not_a_traceback(catalog: SqlCatalog) -> None:
    catalog.import_entries([ENTRY], "x")
    with catalog.database.writing() as connection:
        connection.execute(text("ALTER TABLE entries RENAME COLUMN body TO bodies"))
    with pytest.raises(CatalogDamaged, match="42703") as caught:
        catalog.entry(ENTRY.number)
    assert "rebuild" in caught.value.advice


def test_text_is_kept_in_byte_order_whatever_the_server_s_language(catalog: SqlCatalog) -> None:
    with catalog.database.reading() as connection:
        columns = connection.execute(
            text(
                "SELECT table_name, column_name, collation_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND data_type = 'text'"
            )
        ).all()
    assert len(columns) > 30
    assert {row.collation_name for row in columns} == {"C"}
    entries = [RegistryEntry(RegistryNumber(register, 2021, "1")) for register in ("rg", "ȘT", "Z1", "Z-1", "RG")]
    catalog.import_entries(entries, "x")
    assert [entry.number.register for entry in catalog.entries_numbered("1")] == ["RG", "Z-1", "Z1", "rg", "ȘT"]


def test_the_probe_tells_version_size_clock_and_what_is_not_durable(
    server: PostgresServer, catalog: SqlCatalog
) -> None:
    probe = catalog.probe()
    assert (probe.found, probe.good, probe.mend) == (True, True, "")
    assert probe.version is not None
    for sign in ("PostgreSQL 1", "SQLAlchemy", "revision"):
        assert sign in probe.version, probe.version
    details = dict(probe.details)
    assert details["clock"] == "+0.0 s"
    assert details["size"].endswith(" MB")
    assert int(details["size"].split()[0]) > 0
    assert probe.address == catalog.database.address
    assert PASSWORD not in str(probe)


def test_the_clock_of_another_time_is_told(catalog: SqlCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    real = postgres._local_now
    monkeypatch.setattr(postgres, "_local_now", lambda: real() - postgres.dt.timedelta(minutes=5))
    told = dict(catalog.probe().details)["clock"]
    assert 299 < float(told.removesuffix(" s")) < 301


def test_refusal_is_told_only_where_there_is_one(server: PostgresServer, url: str) -> None:
    parsed = make_url(url)
    good = {
        "host": parsed.host,
        "port": parsed.port,
        "user": parsed.username,
        "password": parsed.password,
        "dbname": parsed.database,
    }
    assert refusal(good, 5) is None
    assert refusal(good | {"password": "secret"}, 5) == "28P01"
    assert refusal(good | {"dbname": "none"}, 5) == "3D000"
    assert refusal(good | {"port": free_ports(1)[0]}, 5) is None


def test_a_connection_is_not_made_before_it_is_needed() -> None:
    open_database(f"postgresql+psycopg://opis@{LOOPBACK}:1/opis", Path()).close()


Own = Callable[[type[PostgresServer]], PostgresServer]


class Small(PostgresServer):
    settings: ClassVar[Mapping[str, str]] = {
        "max_connections": "4",
        "superuser_reserved_connections": "0",
        "max_wal_senders": "0",
        "fsync": "off",
    }


def test_a_server_with_too_many_connections_or_going_down_is_down(own_server: Own, tmp_path: Path) -> None:
    server = own_server(Small)
    url = server.new_database()
    with closing(open_catalog(url, tmp_path)) as catalog:
        probe = catalog.probe()
        assert not probe.good
        assert "fsync" in probe.mend
    with server.connect():
        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(server.connect())
            assert "too many connections" in str(refused(url, PartDown))
        server._signal(signal.SIGTERM)  # waits for the one that is still connected
        assert "shutting down" in str(refused(url, PartDown))
