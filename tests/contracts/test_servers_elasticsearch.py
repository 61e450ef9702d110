"""The Elasticsearch that tests use keeps what it acknowledged, and can be killed, paused and started again."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar
from urllib.error import HTTPError

import pytest

from tests.servers.elastic_install import elasticsearch_home, version
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.servers.process import ServerProcess, Unavailable

Own = Callable[[type[ServerProcess]], ServerProcess]


class SmallElasticsearch(ElasticsearchServer):
    name = "elasticsearch-small"
    heap_megabytes = 256
    settings: ClassVar[Mapping[str, str | int | bool]] = {
        "thread_pool.write.queue_size": 7,
        "cluster.routing.allocation.disk.threshold_enabled": True,
    }
    announces = "7.17.9"


def _own(own_server: Own, kind: type[ElasticsearchServer] = ElasticsearchServer) -> ElasticsearchServer:
    server = own_server(kind)
    assert isinstance(server, ElasticsearchServer)
    return server


def test_it_says_what_it_is_as_a_shipped_server_does() -> None:
    server = shared_server(ElasticsearchServer)
    assert server.call("GET", "/")["version"]["number"] == version()
    with pytest.raises(HTTPError) as refused:
        server.call("GET", "/no-such-index-here")
    assert refused.value.code == 404


def test_what_was_acknowledged_outlives_kill_9_in_the_middle_of_writing(own_server: Own) -> None:
    server = _own(own_server)
    server.call("PUT", "/kept", {"settings": {"number_of_replicas": 0}})
    acknowledged: list[int] = []
    enough = threading.Event()

    def write() -> None:
        try:
            for number in range(100_000):
                server.call("PUT", f"/kept/_doc/{number}", {"number": number})
                acknowledged.append(number)
                if len(acknowledged) >= 60:
                    enough.set()
        except OSError:
            return

    writer = threading.Thread(target=write)
    writer.start()
    assert enough.wait(60)
    server.kill()
    writer.join(60)
    assert not writer.is_alive()
    server.restart()
    server.call("POST", "/kept/_refresh")
    answer = server.call("POST", "/kept/_search", {"size": 10_000, "_source": ["number"]})
    found = {hit["_source"]["number"] for hit in answer["hits"]["hits"]}
    assert found >= set(acknowledged)
    assert len(found) <= len(acknowledged) + 1

    server.stop()
    assert not server.running
    log = server.log.read_text(encoding="utf-8")
    assert "closed" in log[log.rindex("stopping") :]
    server.restart()
    assert server.call("GET", "/kept/_count")["count"] == len(found)


def test_paused_it_says_nothing_and_resumed_it_answers_again(own_server: Own) -> None:
    server = _own(own_server, SmallElasticsearch)
    nodes = server.call("GET", "/_nodes/_local/settings,jvm")["nodes"]
    (node,) = nodes.values()
    assert node["settings"]["thread_pool"]["write"]["queue_size"] == "7"
    assert node["settings"]["cluster"]["routing"]["allocation"]["disk"]["threshold_enabled"] == "true"
    assert node["jvm"]["mem"]["heap_max_in_bytes"] < 300 * 2**20
    assert node["version"] == version()
    assert server.call("GET", "/")["version"]["number"] == "7.17.9"
    server.pause()
    with pytest.raises(OSError):
        server.call("GET", "/", seconds=0.5)
    server.resume()
    assert server.call("GET", "/_cluster/health")["status"] == "green"


def test_the_installation_is_made_once_and_its_lack_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared_server(ElasticsearchServer)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (elasticsearch_home() / "classes").is_dir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    with pytest.raises(Unavailable, match="mvn is not installed"):
        elasticsearch_home()
    assert [path.name for path in (tmp_path / "empty" / "opis-tests").iterdir()] == ["elasticsearch.lock"]
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho '[INFO] one'\necho '[ERROR] Could not resolve: repo unreachable'\nexit 1\n")
    maven.chmod(0o755)
    with pytest.raises(Unavailable, match=r"mvn could not install Elasticsearch: .*repo unreachable"):
        elasticsearch_home()
