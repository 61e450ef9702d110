"""Faults 6 to 10 of the object server, by name: each is told, and nothing that was acknowledged is lost or torn."""

import contextlib
import hashlib
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.errors import KeyTaken, PartDown
from storage.objects.s3 import S3Store, open_s3
from storage.objects.s3_claims import turn_at
from storage.objects.s3_requests import LIMITS
from tests.servers.plugin import Own, shared_server
from tests.servers.proxy import PASS, Answer, Cut, Delay, Fault, Flip, Proxy, Refuse, Reset, Stall, Way
from tests.servers.seaweed import SeaweedServer

BUCKET = "faults-objects"
QUICK = replace(
    LIMITS,
    connect_seconds=1.0,
    silent_seconds=0.7,
    total_seconds=5.0,
    tries=3,
    pause_seconds=0.05,
    part_bytes=5 << 20,
)
SMALL = b"a page of the register" * 100
LARGE = random.Random(6).randbytes((12 << 20) + 77)
GIVES_UP = 30.0
"""seconds: generous; the client library alone would wait 25 minutes"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SeaweedServer:
    server = shared_server(SeaweedServer)
    use_keys(monkeypatch, server)
    return server


@pytest.fixture
def proxy(server: SeaweedServer) -> Iterator[Proxy]:
    with Proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def url(server: SeaweedServer) -> Callable[[int], str]:
    """The same place in the bucket, through a port."""
    place = uuid.uuid4().hex

    def through(port: int) -> str:
        return server.bucket_url(BUCKET, port).replace("?", f"/{place}?")

    return through


@pytest.fixture
def direct(server: SeaweedServer, url: Callable[[int], str]) -> S3Store:
    return open_s3(url(server.port))


@pytest.fixture
def store(proxy: Proxy, url: Callable[[int], str]) -> S3Store:
    return open_s3(url(proxy.port), QUICK)


def use_keys(monkeypatch: pytest.MonkeyPatch, server: SeaweedServer) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def gives_up(call: Callable[[], object]) -> PartDown:
    started = time.monotonic()
    with pytest.raises(PartDown) as caught:
        call()
    assert time.monotonic() - started < GIVES_UP
    return caught.value


# 6: down


def test_6_down_every_call_says_so_and_all_is_well_when_it_is_back(store: S3Store, proxy: Proxy):
    store.put_bytes("a/before", SMALL)
    proxy.set(Refuse())
    calls: list[Callable[[], object]] = [
        lambda: store.put_bytes("a/during", SMALL),
        lambda: store.put_bytes("a/large", LARGE),
        lambda: store.read("a/before"),
        lambda: store.hash("a/before"),
        lambda: store.exists("a/before"),
        lambda: list(store.keys("")),
    ]
    for call in calls:
        assert "AWS" not in str(gives_up(call))
    probe = store.probe()
    assert (probe.found, probe.good) == (False, False)
    assert "nu răspunde" in probe.mend
    proxy.heal()
    assert store.put_bytes("a/during", SMALL).sha256 == hashlib.sha256(SMALL).hexdigest()
    assert list(store.keys("")) == ["a/before", "a/during"]


def test_6_down_at_the_start_is_down_and_not_unfit(proxy: Proxy, url: Callable[[int], str]):
    proxy.set(Refuse())
    address = url(proxy.port)
    gives_up(lambda: open_s3(address, QUICK))


# 7: slow


def test_7_slow_answers_are_waited_for(store: S3Store, proxy: Proxy):
    proxy.set(Delay(seconds=0.1))
    assert store.read(store.put_bytes("a/slow", SMALL).key) == SMALL


@pytest.mark.parametrize("fault", [Delay(seconds=3.0), Stall(), Stall(way=Way.DOWN)], ids=["latency", "up", "down"])
def test_7_a_server_that_says_nothing_is_given_up(store: S3Store, proxy: Proxy, fault: Fault):
    proxy.set(fault)
    gives_up(lambda: store.put_bytes("a/slow", SMALL))
    proxy.heal()
    assert store.put_bytes("a/slow", SMALL).size == len(SMALL)


def test_7_a_stall_in_the_middle_of_reading_is_not_the_end_of_the_object(store: S3Store, proxy: Proxy):
    store.put_bytes("a/large", LARGE)
    proxy.set(Stall(3_000_000, Way.DOWN, when=b"GET ", times=1))
    assert store.read("a/large") == LARGE
    assert proxy.struck == 1
    proxy.set(Stall(1500, Way.DOWN, when=b"GET "))
    assert "cut off at byte" in str(gives_up(lambda: store.read("a/large")))


# 8: errors and resets on the way


@pytest.mark.parametrize("status", [500, 503])
def test_8_an_error_of_the_server_is_tried_again(store: S3Store, proxy: Proxy, status: int):
    data = f"HTTP/1.1 {status} Bad\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    proxy.set(Answer(when=b"PUT ", data=data, times=1))
    assert store.put_bytes("a/tried", SMALL).size == len(SMALL)
    assert proxy.struck == 1
    proxy.set(Answer(data=data))
    assert str(status) in str(gives_up(lambda: store.put_bytes("a/never", SMALL)))


@pytest.mark.parametrize("kind", [Reset, Cut])
@pytest.mark.parametrize("seed", range(4))
def test_8_cut_off_in_mid_upload_at_a_random_byte(
    store: S3Store, direct: S3Store, proxy: Proxy, kind: type[Fault], seed: int
):
    at = random.Random(seed).randrange(1, len(LARGE))
    proxy.set(kind(at % (5 << 20), when=b"PUT ", times=1))
    stored = store.put_bytes("a/large", LARGE)
    assert proxy.struck == 1
    assert direct.hash("a/large") == stored
    assert uploads_left(direct) == []


def test_8_an_upload_that_fails_for_good_leaves_no_object_and_no_parts(store: S3Store, direct: S3Store, proxy: Proxy):
    proxy.set(Reset(1_000_000, when=b"PUT "))
    gives_up(lambda: store.put_bytes("a/large", LARGE))
    assert direct.hash("a/large") is None
    assert uploads_left(direct) == []
    proxy.heal()
    assert store.put_bytes("a/large", LARGE).size == len(LARGE)


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("when", [b"PUT ", b"<CompleteMultipartUpload"])
def test_8_an_answer_that_is_lost_after_the_object_was_stored(
    store: S3Store, direct: S3Store, proxy: Proxy, data: bytes, when: bytes
):
    proxy.set(Reset(way=Way.DOWN, when=when, times=1))
    assert direct.hash("a/b") is None
    stored = store.put_bytes("a/b", data)
    assert proxy.struck == (0 if data is SMALL and when != b"PUT " else 1)
    assert direct.hash("a/b") == stored


@pytest.mark.parametrize("at", [0, 1, 100, 1500, 5_000_000])
def test_8_a_connection_cut_while_reading_is_never_a_short_object(store: S3Store, proxy: Proxy, at: int):
    store.put_bytes("a/large", LARGE)
    for kind in (Cut, Reset):
        proxy.set(kind(at, Way.DOWN, when=b"GET ", times=1))
        with store.open("a/large") as file:
            assert file.read() == LARGE
        assert proxy.struck == 1
    proxy.set(Cut(at, Way.DOWN, when=b"GET "))
    if at > 1_000_000:  # every connection brings it further
        assert store.read("a/large") == LARGE
    else:
        gives_up(lambda: store.read("a/large"))


# 9: acknowledged, and wrong


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_9_a_body_altered_on_the_way_is_refused_and_sent_again(
    store: S3Store, direct: S3Store, proxy: Proxy, data: bytes
):
    proxy.set(Flip(len(SMALL) - 100, when=data[:20], times=1))
    stored = store.put_bytes("a/b", data)
    assert proxy.struck == 1
    assert direct.hash("a/b") == stored


def test_9_a_way_that_alters_every_body_stores_nothing(store: S3Store, direct: S3Store, proxy: Proxy):
    proxy.set(Flip(100, when=SMALL[:20]))
    assert "Digest" in str(gives_up(lambda: store.put_bytes("a/b", SMALL)))
    assert direct.hash("a/b") is None


def test_9_a_byte_altered_on_the_way_back_is_noticed_and_the_object_kept(store: S3Store, direct: S3Store, proxy: Proxy):
    proxy.set(Flip(1500, Way.DOWN, when=b"GET ", times=1))
    stored = store.put_bytes("a/b", SMALL)
    assert proxy.struck == 1
    assert direct.hash("a/b") == stored


def test_9_an_object_that_reads_back_wrong_each_time_is_withdrawn(store: S3Store, direct: S3Store, proxy: Proxy):
    proxy.set(Flip(1500, Way.DOWN, when=b"GET "))
    assert "reads back differently" in str(gives_up(lambda: store.put_bytes("a/b", SMALL)))
    assert proxy.struck == 3
    assert direct.hash("a/b") is None
    proxy.heal()
    assert store.put_bytes("a/b", SMALL).size == len(SMALL)


def test_9_an_object_that_rots_is_told_by_its_hash(store: S3Store, server: SeaweedServer, url: Callable[[int], str]):
    stored = store.put_bytes("a/b", SMALL)
    name = url(server.port).partition("?")[0].removeprefix(f"s3://{BUCKET}/") + "/a/b"
    server.client()._put_object(BUCKET, name, SMALL[:-1] + b"?", {})
    found = store.hash("a/b")
    assert found is not None
    assert found.sha256 != stored.sha256
    with pytest.raises(KeyTaken):
        store.put_bytes("a/b", SMALL)


# 10: more than one writer


@pytest.mark.parametrize("parameter", ["", "&conditional=no"], ids=["conditional", "by-turns"])
@pytest.mark.parametrize("size", [1000, 6 << 20], ids=["small", "in-parts"])
def test_10_of_many_writers_exactly_one_wins(
    proxy: Proxy, url: Callable[[int], str], direct: S3Store, parameter: str, size: int
):
    writers = 8
    limits = replace(QUICK, silent_seconds=20.0, total_seconds=60.0)
    stores = [open_s3(url(proxy.port) + parameter, limits) for _ in range(writers)]
    together = threading.Barrier(writers)

    def put(number: int) -> bool:
        together.wait()
        try:
            stores[number].put_bytes("race/one", bytes([number]) * size)
        except KeyTaken:
            return False
        return True

    with ThreadPoolExecutor(writers) as pool:
        won = list(pool.map(put, range(writers)))
    assert won.count(True) == 1
    assert direct.read("race/one") == bytes([won.index(True)]) * size
    assert uploads_left(direct) == []


def test_10_a_conflict_is_tried_again(store: S3Store, proxy: Proxy):
    body = b"<?xml version='1.0'?><Error><Code>ConditionalRequestConflict</Code></Error>"
    head = f"HTTP/1.1 409 Conflict\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
    proxy.set(Answer(when=b"PUT ", data=f"{head}Connection: close\r\n\r\n".encode() + body, times=1))
    assert store.put_bytes("a/b", SMALL).size == len(SMALL)
    assert proxy.struck == 1


def test_10_the_ticket_of_a_writer_that_died_blocks_only_other_bytes_and_not_for_ever(
    proxy: Proxy, url: Callable[[int], str], server: SeaweedServer, monkeypatch: pytest.MonkeyPatch
):
    address = url(proxy.port) + "&conditional=no"
    store = open_s3(address, QUICK)
    name = address.partition("?")[0].removeprefix(f"s3://{BUCKET}/")
    folder = f"{name}/.opis/claims/{hashlib.sha256(f'{name}/a/b'.encode()).hexdigest()}/"
    of_the_dead = f"{'0' * 32}-{hashlib.sha256(LARGE).hexdigest()}"
    for number in (0, 1):
        server.client()._put_object(BUCKET, f"{folder}{number:012}-{of_the_dead}", b"", {})
    gives_up(lambda: store.put_bytes("a/b", SMALL))
    assert store.hash("a/b") is None
    monkeypatch.setattr("storage.objects.s3_claims.ABANDONED_SECONDS", 1.0)
    wait_for(lambda: puts(store, "a/b"))
    assert store.read("a/b") == SMALL


def test_10_a_list_of_tickets_that_cannot_be_read_is_down(proxy: Proxy, url: Callable[[int], str]):
    store = open_s3(url(proxy.port) + "&conditional=no", QUICK)
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>sign in</"
    proxy.set(Answer(when=b"list-type=2", data=page))
    gives_up(lambda: store.put_bytes("a/b", SMALL))
    proxy.set(PASS)
    assert store.put_bytes("a/b", SMALL).size == len(SMALL)


def test_10_who_comes_after_a_crash_with_the_same_bytes_goes_on_at_once(
    store: S3Store, server: SeaweedServer, url: Callable[[int], str]
):
    name = url(server.port).partition("?")[0].removeprefix(f"s3://{BUCKET}/")
    folder = f"{name}/.opis/claims/{hashlib.sha256(f'{name}/a/b'.encode()).hexdigest()}/"
    ticket = f"{folder}{1:012}-{'0' * 32}-{hashlib.sha256(LARGE).hexdigest()}"
    server.client()._put_object(BUCKET, ticket, b"", {})
    assert store.put_bytes("a/b", LARGE).size == len(LARGE)
    server.client().remove_object(BUCKET, ticket)


def test_10_a_writer_that_renews_its_ticket_is_not_taken_for_dead(store: S3Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("storage.objects.s3_claims.ABANDONED_SECONDS", 2.0)
    requests, entered = store._requests, threading.Event()

    def other() -> None:
        while not entered.is_set():
            with contextlib.suppress(PartDown), turn_at(requests, "turns/", "a/b", "other bytes"):
                entered.set()

    with turn_at(requests, "turns/", "a/b", "bytes") as renew:
        waiting = threading.Thread(target=other)
        waiting.start()
        until = time.monotonic() + 5.0
        while time.monotonic() < until:
            renew()
            assert not entered.wait(0.2)
        assert entered.wait(30), "a ticket that is no longer renewed holds for ever"
    waiting.join(30)


# the server itself


def test_killed_in_mid_put_loses_and_tears_nothing_that_was_acknowledged(
    own_server: Own, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    server = own_server(SeaweedServer)
    assert isinstance(server, SeaweedServer)
    use_keys(monkeypatch, server)
    limits = replace(QUICK, silent_seconds=5.0)
    url = server.bucket_url(BUCKET)
    store = open_s3(url, limits)
    stored: dict[str, str] = {}
    stopping = threading.Event()

    def write(writer: int) -> None:
        count = 0
        while not stopping.is_set():
            data = os.urandom(6 << 20 if count % 5 == 0 else 20_000)
            key = f"{writer}/{count}"
            sent[key] = hashlib.sha256(data).hexdigest()
            try:
                stored[key] = store.put_bytes(key, data).sha256
            except PartDown:
                return
            count += 1

    sent: dict[str, str] = {}
    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    wait_for(lambda: len(stored) >= 20)
    server.kill()
    stopping.set()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()
    server.restart()
    again = open_s3(url, LIMITS)
    for key, sha256 in stored.items():
        found = again.hash(key)
        assert found is not None, key
        assert found.sha256 == sha256
    there = set(again.keys(""))
    assert there >= set(stored)
    for key in there - set(stored):
        whole = again.hash(key)
        assert whole is not None
        assert whole.sha256 == sent[key], "an object that nobody acknowledged is torn"

    # paused: it keeps the connections and says nothing, then goes on
    quick = open_s3(url, QUICK)
    server.pause()
    try:
        gives_up(lambda: quick.put_bytes("paused/a", SMALL))
        gives_up(lambda: quick.hash(next(iter(stored))))
    finally:
        server.resume()
    wait_for(lambda: puts(quick, "paused/a"))
    assert quick.read("paused/a") == SMALL


def puts(store: S3Store, key: str) -> bool:
    try:
        return store.put_bytes(key, SMALL).size == len(SMALL)
    except PartDown:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def uploads_left(store: S3Store) -> list[str]:
    """Keys of uploads in parts that nobody ended, below the store's prefix."""
    prefix = store._address.prefix
    answer = store._requests._client._list_multipart_uploads(BUCKET, prefix=prefix)
    return [str(upload.object_name) for upload in answer.uploads if upload.object_name.startswith(prefix)]
