"""What the bucket adapter does beyond the contract: unfit buckets, parts, locks, lists by page, certificates."""

import datetime
import hashlib
import io
import logging
import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import minio.api
import pytest
from minio.error import S3Error

from pipeline.domain.errors import NotFound, PartDown, PartUnfit, StorageFull
from storage.objects.s3 import create_bucket, open_s3
from storage.objects.s3_requests import LIMITS
from storage.objects.s3_upload import sweep_uploads
from tests.servers.plugin import covering, shared_server
from tests.servers.process import LOOPBACK
from tests.servers.proxy import Answer, Proxy
from tests.servers.seaweed import SeaweedServer, s3_url
from tests.servers.tls import TlsDoor

BUCKET = "unit-objects"
QUICK = replace(LIMITS, tries=2, pause_seconds=0.01, silent_seconds=5.0, part_bytes=5 << 20)
LARGE = random.Random(3).randbytes((11 << 20) + 5)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SeaweedServer:
    server = shared_server(SeaweedServer)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def url(server: SeaweedServer) -> str:
    return server.bucket_url(BUCKET).replace("?", f"/{uuid.uuid4().hex}?")


def unfit(url: str) -> PartUnfit:
    with pytest.raises(PartUnfit) as caught:
        open_s3(url, QUICK)
    assert "objects: s3://" in str(caught.value)
    return caught.value


# unfit


def test_a_bucket_that_is_missing_is_unfit_until_it_is_made(server: SeaweedServer):
    address = s3_url(f"missing-{uuid.uuid4().hex[:8]}", server.endpoint)
    assert "opis init" in unfit(address).advice
    assert create_bucket(address)
    assert not create_bucket(address)
    assert open_s3(address, QUICK).put_bytes("a", b"x").size == 1


def test_wrong_keys_are_unfit_and_are_not_told(server: SeaweedServer, url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret-hush")
    wrong = unfit(url)
    assert "SignatureDoesNotMatch" in str(wrong)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody-hush")
    unknown = unfit(url)
    assert "InvalidAccessKeyId" in str(unknown)
    for error in (wrong, unknown):
        assert "nu recunoaște datele de acces" in error.advice
        assert "hush" not in f"{error} {error.advice} {error.__cause__}"


def test_the_bucket_of_another_is_unfit(server: SeaweedServer, url: str, monkeypatch: pytest.MonkeyPatch):
    for name, value in server.stranger_environment.items():
        monkeypatch.setenv(name, value)
    assert "al altcuiva" in unfit(url).advice


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_is_wrong_is_unfit(url: str, monkeypatch: pytest.MonkeyPatch, hours: int):
    true = minio.api.time.utcnow
    monkeypatch.setattr(minio.api.time, "utcnow", lambda: true() + datetime.timedelta(hours=hours))
    assert "Ceasul" in unfit(url).advice


def test_lock_demanded_of_a_bucket_without_is_unfit(url: str):
    assert "object lock" in unfit(f"{url}&lock=required").advice
    assert "object lock" in unfit(f"{url}&retention=30").advice


def test_what_is_no_s3_server_is_unfit(server: SeaweedServer, url: str):
    master = server.ports[0]
    assert "server S3" in unfit(s3_url(BUCKET, f"http://{LOOPBACK}:{master}")).advice


def test_a_web_page_where_the_server_should_be_is_unfit(server: SeaweedServer, url: str):
    page = b"<html>console</html>"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
    with Proxy(server.port) as proxy:
        proxy.set(Answer(data=head.encode() + page))
        for opening in (open_s3, create_bucket):
            with pytest.raises(PartUnfit) as caught:
                opening(s3_url(BUCKET, f"http://{LOOPBACK}:{proxy.port}"), QUICK)
            assert "server S3" in caught.value.advice


def test_a_probe_of_what_is_unfit_says_how_to_mend_it(url: str, monkeypatch: pytest.MonkeyPatch):
    store = open_s3(url, QUICK)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret-hush")
    probe = store.probe()
    assert (probe.found, probe.good) == (True, False)
    assert "datele de acces" in probe.mend
    assert "hush" not in repr(probe)


def test_what_becomes_unfit_later_is_tried_again(server: SeaweedServer):
    address = s3_url(f"later-{uuid.uuid4().hex[:8]}", server.endpoint)
    create_bucket(address)
    store = open_s3(address, QUICK)
    with Proxy(server.port) as proxy:
        behind = open_s3(address.replace(str(server.port), str(proxy.port)), QUICK)
        body = b"<Error><Code>AccessDenied</Code></Error>"
        head = f"HTTP/1.1 403 No\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
        proxy.set(Answer(data=f"{head}Connection: close\r\n\r\n".encode() + body))
        with pytest.raises(PartDown) as caught:
            behind.put_bytes("a", b"x")
        assert caught.value.retry
        assert "al altcuiva" in caught.value.advice
    assert not store.exists("a")


def test_a_bucket_that_is_taken_away_is_not_an_empty_one(server: SeaweedServer):
    bucket = f"gone-{uuid.uuid4().hex[:8]}"
    store = open_s3(server.bucket_url(bucket), QUICK)
    store.put_bytes("a", b"x")
    client = server.client()
    for entry in list(client.list_objects(bucket, recursive=True)):
        client.remove_object(bucket, str(entry.object_name))
    client.remove_bucket(bucket)
    calls: list[Callable[[], object]] = [
        lambda: store.exists("a"),
        lambda: store.hash("a"),
        lambda: store.read("a"),
        lambda: list(store.keys("")),
    ]
    for call in calls:
        with pytest.raises(PartDown, match="NoSuchBucket"):
            call()
    assert "opis init" in store.probe().mend


def test_a_full_server_is_full(server: SeaweedServer, url: str):
    with Proxy(server.port) as proxy:
        store = open_s3(url.replace(str(server.port), str(proxy.port)), QUICK)
        proxy.set(Answer(when=b"PUT ", data=b"HTTP/1.1 507 Full\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        with pytest.raises(StorageFull):
            store.put_bytes("a", b"x")


# certificates


@pytest.fixture
def door(server: SeaweedServer, tmp_path: Path) -> Iterator[TlsDoor]:
    with covering("TLS of the object store"), TlsDoor(server.port, tmp_path) as door:
        yield door


def test_tls_with_an_authority_of_our_own(door: TlsDoor, url: str):
    endpoint = f"https://{LOOPBACK}:{door.port}"
    secure = f"{url.partition('?')[0]}?endpoint={endpoint}"
    assert "certificat" in unfit(secure).advice
    store = open_s3(f"{secure}&ca={door.authority}", QUICK)
    assert store.put_bytes("a/large", LARGE).sha256 == hashlib.sha256(LARGE).hexdigest()
    assert store.read("a/large") == LARGE
    assert store.promises.conditional
    assert store.promises.checksum


def test_tls_asked_of_a_server_that_does_not_speak_it(server: SeaweedServer):
    assert "TLS" in unfit(s3_url(BUCKET, f"https://{LOOPBACK}:{server.port}")).advice


# promises, locks


def test_what_this_server_promises(url: str):
    store = open_s3(url, QUICK)
    promises = store.promises
    assert (promises.conditional, promises.checksum, promises.lock, promises.versions) == (True, True, False, False)
    assert "SeaweedFS" in promises.server
    assert abs(promises.skew) < 5
    probe = store.probe()
    assert dict(probe.details).keys() == {"promise", "clock", "latency"}
    assert "PUT condiționat" in dict(probe.details)["promise"]
    assert probe.version is not None
    assert "SeaweedFS" in probe.version
    assert "prin rând" in dict(open_s3(f"{url}&conditional=no", QUICK).probe().details)["promise"]


def test_locked_objects_cannot_be_deleted_even_by_who_stored_them(server: SeaweedServer):
    bucket = f"locked-{uuid.uuid4().hex[:8]}"
    address = s3_url(bucket, server.endpoint, lock="required", retention="governance:2")
    assert create_bucket(address)
    store = open_s3(address, QUICK)
    assert store.promises.lock
    assert store.promises.versions
    assert "governance, 2 zile" in dict(store.probe().details)["promise"]
    for _ in range(3):
        assert store.probe().good
    asked = [
        version.object_name for version in server.client().list_objects(bucket, ".opis/", True, include_version=True)
    ]
    assert asked.count(".opis/probe/create") == 1
    store.put_bytes("a/small", b"one")
    store.put_bytes("a/large", LARGE)
    assert store.put_bytes("a/small", b"one").size == 3
    client = server.client()
    for key in ("a/small", "a/large"):
        retention = client.get_object_retention(bucket, key)
        assert retention is not None
        assert retention.mode == "GOVERNANCE"
        left = retention.retain_until_date - datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(days=1, hours=23) < left < datetime.timedelta(days=2, hours=1)
        version = client.stat_object(bucket, key).version_id
        with pytest.raises(S3Error):
            client.remove_object(bucket, key, version_id=version)
    assert store.read("a/small") == b"one"
    assert list(store.keys("")) == ["a/large", "a/small"]


# parts


def test_a_large_file_goes_in_parts_and_a_stream_of_unknown_length_too(url: str, tmp_path: Path):
    store = open_s3(url, QUICK)
    source = tmp_path / "large"
    for size in (QUICK.part_bytes, QUICK.part_bytes + 1, 2 * QUICK.part_bytes):
        source.write_bytes(LARGE[:size])
        assert store.put_file(f"file/{size}", source).size == size
        assert store.put_stream(f"stream/{size}", Dribbling(LARGE[:size])).size == size
        assert store.read(f"file/{size}") == store.read(f"stream/{size}") == LARGE[:size]
    assert store.put_file(f"file/{2 * QUICK.part_bytes}", source).size == 2 * QUICK.part_bytes


class Dribbling(io.BytesIO):
    """Gives less than is asked for and cannot go back, as a pipe."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise io.UnsupportedOperation

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, 100_001) if size is not None and size >= 0 else 100_001)


def test_a_part_of_an_object_can_be_read_from_any_place(url: str):
    store = open_s3(url, QUICK)
    store.put_bytes("a", LARGE)
    with store.open("a") as file:
        assert file.seek(-5, io.SEEK_END) == len(LARGE) - 5
        assert file.read() == LARGE[-5:]
        file.seek(7_000_000)
        assert file.read(10) == LARGE[7_000_000:7_000_010]
        file.seek(0)
        assert file.read() == LARGE


def test_uploads_of_killed_writers_are_swept_when_they_are_old(
    server: SeaweedServer, url: str, monkeypatch: pytest.MonkeyPatch
):
    store = open_s3(url, QUICK)
    prefix = url.partition("?")[0].removeprefix(f"s3://{BUCKET}/") + "/"
    client = server.client()
    left = client._create_multipart_upload(BUCKET, f"{prefix}a/left", {})
    foreign = client._create_multipart_upload(BUCKET, f"{uuid.uuid4().hex}/a", {})
    assert store.sweep() == 0
    monkeypatch.setattr("storage.objects.s3_upload._LEFT_OVER", datetime.timedelta(seconds=-5))
    assert sweep_uploads(store._requests, prefix) == 1
    going = {upload.upload_id for upload in client._list_multipart_uploads(BUCKET).uploads}
    assert left not in going
    assert foreign in going


# lists


def test_more_keys_than_a_page_holds_are_listed_in_order(server: SeaweedServer, url: str):
    store = open_s3(url, QUICK)
    prefix = url.partition("?")[0].removeprefix(f"s3://{BUCKET}/") + "/"
    client = server.client()
    keys = [f"batches/{number:04}/state/{number % 3}.json" for number in range(1050)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client._put_object(BUCKET, f"{prefix}{key}", b"x", {}), keys))
    assert list(store.keys("")) == sorted(keys)
    assert list(store.keys("batches/01")) == sorted(key for key in keys if key.startswith("batches/01"))


def test_what_lies_beside_the_prefix_and_below_the_scratch_area_is_no_key(server: SeaweedServer, url: str):
    store = open_s3(url, QUICK)
    store.put_bytes("a", b"x")
    prefix = url.partition("?")[0].removeprefix(f"s3://{BUCKET}/")
    client = server.client()
    for name in (f"{prefix}x/b", f"{prefix}/.opis/claims/x", f"{prefix}/a/.hidden"):
        client._put_object(BUCKET, name, b"x", {})
    assert list(store.keys("")) == ["a"]
    assert open_s3(url.replace(prefix, f"{prefix}-other"), QUICK).hash("a") is None


def test_a_key_too_long_with_its_prefix_is_no_key(url: str):
    with pytest.raises(ValueError, match="not an object key"):
        open_s3(url, QUICK).put_bytes("/".join(["x" * 250] * 4), b"x")


# secrets


def test_no_log_shows_a_key(server: SeaweedServer, url: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")
    store = open_s3(url, QUICK)
    store.put_bytes("a", b"x")
    with pytest.raises(NotFound):
        store.read("b")
    secrets = server.environment.values()
    assert caplog.text
    assert not any(secret in caplog.text + repr(store) + repr(vars(store)) for secret in secrets)
