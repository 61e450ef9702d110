"""A real Elasticsearch node, without security (that module is not published), with small buffers and a small heap.

``GET /`` answers as a shipped server does, by a handler of ours. Not there, since their modules are not published:
scripts, ingest, ``_delete_by_query`` and ``_reindex``, most of the analysis filters, logins and TLS.
"""

import json
import os
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.servers.elastic_install import elasticsearch_home, java
from tests.servers.process import LOOPBACK, ServerProcess

_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1.} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


class ElasticsearchServer(ServerProcess):
    """A subclass may give a node another heap, other settings of ``elasticsearch.yml``, or another said version."""

    name = "elasticsearch"
    port_count = 2
    heap_megabytes: ClassVar[int] = 512
    jvm: ClassVar[Sequence[str]] = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    """quick to start; slow at work that lasts"""
    settings: ClassVar[Mapping[str, str | int | bool]] = {}
    announces: ClassVar[str | None] = None
    """the version that ``GET /`` names, when it is not to be the true one"""

    @property
    def address(self) -> str:
        """Plain http address, without a slash at its end."""
        return f"http://{LOOPBACK}:{self.ports[0]}"

    @property
    def url(self) -> str:
        return self.index_url("opis")

    def index_url(self, index: str) -> str:
        """What the configuration of Opis names, for an index of this name."""
        return f"elasticsearch+{self.address}/{index}"

    def call(self, method: str, path: str, body: object = None, seconds: float = 20.0) -> Any:
        """One plain request, past every client; the JSON answered. Raises ``OSError``, ``HTTPError`` among them."""
        request = urllib.request.Request(f"{self.address}{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return json.load(answer)

    def prepare(self) -> None:
        config = self.folder / "config"
        config.mkdir()
        (config / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
        chosen = {
            "cluster.name": "opis-test",
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "discovery.type": "single-node",
            "network.host": LOOPBACK,
            "http.port": self.ports[0],
            "transport.port": self.ports[1],
            "cluster.routing.allocation.disk.threshold_enabled": False,
            **self.settings,
        }
        lines = (f"{key}: {json.dumps(value)}\n" for key, value in chosen.items())
        (config / "elasticsearch.yml").write_text("".join(lines), encoding="utf-8")
        elasticsearch_home()

    def command(self) -> Sequence[str]:
        home = elasticsearch_home()
        announced = [f"-Dopis.announces={self.announces}"] if self.announces else []
        return [
            str(java()),
            f"-Xms{self.heap_megabytes}m",
            f"-Xmx{self.heap_megabytes}m",
            *self.jvm,
            "--enable-native-access=ALL-UNNAMED",
            "-Dio.netty.noUnsafe=true",
            "-Dlog4j.shutdownHookEnabled=false",
            "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false",
            f"-Des.path.home={home}",
            *announced,
            "-cp",
            os.pathsep.join((str(home / "classes"), str(home / "lib" / "*"))),
            "ElasticNode",
            str(home),
            str(self.folder / "config"),
        ]

    def healthy(self) -> bool:
        """Every primary shard is there; a red cluster answers 408, which is an ``OSError``."""
        health = self.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=2s", seconds=5.0)
        return health["status"] in ("green", "yellow") and not health["timed_out"]
