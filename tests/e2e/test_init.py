"""``opis init`` makes what is missing, on this machine and on servers, says what, and may be repeated."""

import secrets

import psycopg
import pytest

from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.process import free_ports
from tests.servers.seaweed import SeaweedServer, s3_url


def test_embedded(program):
    first = program.run("init", "--json").json
    hot = str(program.home / "hot" / "registratura")
    assert first["made"] == [str(program.home), "file:objects", "sqlite:///catalog.db", hot]
    assert program.run("init", "--json").json == {**first, "made": []}
    told = program.run("init").out
    assert told.count("există: ") == 3 and "creat: " not in told
    (program.home / "hot" / "registratura" / "finalizate").rmdir()
    assert program.run("init").code == 0
    assert (program.home / "hot" / "registratura" / "finalizate").is_dir()


@pytest.fixture
def servers():
    """Settings in the environment for three servers, where nothing is made yet."""
    store, database, search = map(shared_server, (SeaweedServer, PostgresServer, ElasticsearchServer))
    name = f"init-{secrets.token_hex(4)}"
    return {
        "OPIS_OBJECTS__URL": s3_url(name, store.endpoint),
        "OPIS_CATALOG__URL": database.new_database(),
        "OPIS_INDEX__URL": search.index_url(name),
        **store.environment,
    }


def test_on_servers(program, servers):
    first = program.run("init", "--json", **servers)
    assert first.code == 0, first.err
    assert len(first.json["made"]) == 4
    assert servers["OPIS_OBJECTS__URL"] in first.json["made"]
    again = program.run("init", "--json", **servers)
    assert (again.code, again.json["made"]) == (0, [])
    told = program.run("init", **servers).out
    assert "se creează la primul document: elasticsearch+http://" in told
    assert PASSWORD not in first.out + first.err + again.out + told
    with psycopg.connect(servers["OPIS_CATALOG__URL"].replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    assert program.run("doctor", **servers).code == 0


def test_an_index_that_does_not_answer_hinders_nothing(program, servers):
    servers["OPIS_INDEX__URL"] = f"elasticsearch+http://127.0.0.1:{free_ports(1)[0]}/opis"
    ran = program.run("init", **servers)
    assert ran.code == 0, ran.err
    assert "nu răspunde, se creează când răspunde" in ran.out


def tables(url):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()


def test_a_foreign_index_is_refused_before_anything_is_made(program, servers):
    name = f"strain-{secrets.token_hex(4)}"
    search = shared_server(ElasticsearchServer)
    search.call("PUT", f"/{name}", {})
    servers["OPIS_INDEX__URL"] = search.index_url(name)
    bucket = servers["OPIS_OBJECTS__URL"].removeprefix("s3://").partition("?")[0]
    ran = program.run("init", **servers)
    assert ran.code == 3, ran.out
    assert servers["OPIS_INDEX__URL"] in ran.err and "Traceback" not in ran.err
    assert not shared_server(SeaweedServer).client().bucket_exists(bucket)
    assert tables(servers["OPIS_CATALOG__URL"]) == []


def test_a_foreign_catalog_is_refused_before_a_bucket_is_made(program, servers):
    with psycopg.connect(servers["OPIS_CATALOG__URL"].replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE clienti (id int)")
    bucket = servers["OPIS_OBJECTS__URL"].removeprefix("s3://").partition("?")[0]
    ran = program.run("init", **servers)
    assert ran.code == 3, ran.out
    assert "clienti" in ran.err and PASSWORD not in ran.err
    assert not shared_server(SeaweedServer).client().bucket_exists(bucket)


@pytest.mark.parametrize("command", [("run", "--until-idle"), ("process", __file__)])
def test_no_half_start_on_a_foreign_index(program, servers, command):
    name = f"strain-{secrets.token_hex(4)}"
    search = shared_server(ElasticsearchServer)
    search.call("PUT", f"/{name}", {})
    ran = program.run(*command, OPIS_INDEX__URL=search.index_url(name), OPIS_CATALOG__URL=servers["OPIS_CATALOG__URL"])
    assert ran.code == 3, ran.err
    assert name in ran.err and "Traceback" not in ran.err
    assert tables(servers["OPIS_CATALOG__URL"]) == []
    assert list(program.home.iterdir()) == []


def test_no_half_start_without_certificates_of_the_cluster(program):
    ran = program.run("run", "--until-idle", OPIS_WORK__SCHEDULER="tls://127.0.0.1:1")
    assert ran.code == 3
    assert "tls://127.0.0.1:1" in ran.err and "OPIS_CLUSTER_CA" in ran.err
    assert "http://" not in ran.err
    assert not program.home.exists() or list(program.home.iterdir()) == []


def test_a_catalog_that_does_not_answer(program, servers):
    port = free_ports(1)[0]
    servers["OPIS_CATALOG__URL"] = f"postgresql+psycopg://opis:{PASSWORD}@127.0.0.1:{port}/opis"
    ran = program.run("init", **servers)
    assert ran.code == 3
    assert f"postgresql+psycopg://127.0.0.1:{port}/opis" in ran.err
    assert PASSWORD not in ran.err and "Traceback" not in ran.err
