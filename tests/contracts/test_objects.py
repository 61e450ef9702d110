"""What every object store promises; an adapter joins by one more entry in ``STORES``."""

import hashlib
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.domain.errors import KeyTaken, NotFound
from pipeline.ports.objects import ObjectStore
from storage.objects.open import open_objects
from storage.objects.s3 import create_bucket
from tests.servers.plugin import shared_server
from tests.servers.seaweed import SeaweedServer

Reopen = Callable[[], ObjectStore]
Make = Callable[[pytest.MonkeyPatch], str]
OWN_SERVER = "OPIS_TEST_S3_URL"
"""names a bucket of any other server to run this suite on: ``s3://[USER:PASSWORD@]BUCKET?endpoint=…``"""
ROOT = Path(__file__).parents[2]

_PUT = """
import sys
from pathlib import Path
from pipeline.domain.errors import KeyTaken
from storage.objects.open import open_objects
store = open_objects(sys.argv[1], Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    try:
        store.put_bytes(f"race/{number}", sys.argv[3].encode() * 50_000)
        print("stored", flush=True)
    except KeyTaken:
        print("taken", flush=True)
"""


def _below(url: str) -> str:
    """The URL with a prefix of the test's own."""
    address, question, parameters = url.partition("?")
    return f"{address}/contract-{uuid.uuid4().hex}{question}{parameters}"


def _seaweed(monkeypatch: pytest.MonkeyPatch) -> str:
    server = shared_server(SeaweedServer)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return _below(server.bucket_url("contract-objects"))


def _seaweed_without_condition(monkeypatch: pytest.MonkeyPatch) -> str:
    """As a server that knows no conditional put: writers take turns."""
    return f"{_seaweed(monkeypatch)}&conditional=no"


def _named_server(_: pytest.MonkeyPatch) -> str:
    url = _below(os.environ[OWN_SERVER])
    create_bucket(url)
    return url


STORES: dict[str, Make] = {
    "folder": lambda _: "file:objects",
    "seaweedfs": _seaweed,
    "seaweedfs-by-turns": _seaweed_without_condition,
}
if os.environ.get(OWN_SERVER):
    STORES["named-server"] = _named_server


@pytest.fixture(params=STORES.values(), ids=STORES.keys())
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    make: Make = request.param
    return make(monkeypatch)


@pytest.fixture
def reopen(url: str, tmp_path: Path) -> Reopen:
    return lambda: open_objects(url, tmp_path)


@pytest.fixture
def store(reopen: Reopen) -> ObjectStore:
    return reopen()


def test_what_was_put_is_read_back_and_told_with_its_hash(store: ObjectStore, reopen: Reopen) -> None:
    data = "ștampilă".encode() * 1000
    stored = store.put_bytes("batches/ab/original.pdf", data)
    assert (stored.key, stored.size) == ("batches/ab/original.pdf", len(data))
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    other = reopen()
    assert other.read(stored.key) == data
    assert other.hash(stored.key) == stored
    assert other.exists(stored.key)
    with other.open(stored.key) as file:
        assert file.read(4) == data[:4]
        assert file.read() == data[4:]


def test_a_file_is_stored_as_it_is_and_stays_where_it_was(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "scan.tif"
    source.write_bytes(bytes(range(256)) * 20_000)
    stored = store.put_file("batches/cd/original.tif", source)
    assert stored.size == source.stat().st_size
    assert store.read("batches/cd/original.tif") == source.read_bytes()


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    assert store.put_bytes("a/empty", b"").size == 0
    assert store.exists("a/empty")
    assert store.read("a/empty") == b""


def test_the_same_bytes_again_succeed_and_change_nothing(store: ObjectStore, tmp_path: Path) -> None:
    first = store.put_bytes("a/b", b"one")
    source = tmp_path / "one"
    source.write_bytes(b"one")
    assert store.put_bytes("a/b", b"one") == first
    assert store.put_file("a/b", source) == first
    assert list(store.keys("")) == ["a/b"]


@pytest.mark.parametrize("other", [b"two", b"", b"one and more"])
def test_other_bytes_under_a_key_that_exists_are_refused(store: ObjectStore, other: bytes) -> None:
    store.put_bytes("a/b", b"one")
    with pytest.raises(KeyTaken):
        store.put_bytes("a/b", other)
    assert store.read("a/b") == b"one"


def test_a_key_that_is_not_there(store: ObjectStore) -> None:
    store.put_bytes("a/b", b"one")
    for key in ("a", "a/b/c", "a/bc", "other"):
        assert not store.exists(key)
        assert store.hash(key) is None
        assert store.local_path(key) is None
        with pytest.raises(NotFound):
            store.read(key)
        with pytest.raises(NotFound):
            store.open(key)


def test_a_missing_source_is_not_found_and_takes_no_key(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        store.put_file("a/b", tmp_path / "missing")
    with pytest.raises(NotFound):
        store.put_file("a/b", tmp_path)
    assert list(store.keys("")) == []


def test_keys_come_in_the_order_of_their_text_and_by_prefix(store: ObjectStore) -> None:
    keys = ["a-b/x", "a.txt", "a/1", "a/10", "a/2/z", "a/2.json", "ab", "b/ă", "b/z", "d"]
    for key in reversed(keys):
        store.put_bytes(key, key.encode())
    assert list(store.keys("")) == sorted(keys)
    for prefix in ("a", "a/", "a/1", "a/2", "a/2/", "a/2/z", "b/ă", "c", "c/", "a/2/z/"):
        assert list(store.keys(prefix)) == sorted(key for key in keys if key.startswith(prefix)), prefix


def test_keys_are_listed_as_they_are_asked_for(store: ObjectStore) -> None:
    store.put_bytes("a/1", b"")
    listing = store.keys("")
    assert next(listing) == "a/1"
    assert next(listing, None) is None


NO_SEGMENTS = ["", ".", "..", ".tmp", "x" * 256] + [f"x{chr(sign)}y" for sign in (0, 10, 0x5C, 0x7F, 0x85, 0xDCFF)]
NO_KEYS = [*NO_SEGMENTS, *(f"a/{segment}" for segment in NO_SEGMENTS), "/a", "a//b", "../a", "/".join(["x" * 100] * 11)]


@pytest.mark.parametrize("key", NO_KEYS, ids=ascii)
def test_what_is_no_key_is_refused_by_every_method(store: ObjectStore, key: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for method in (store.read, store.open, store.hash, store.exists, store.local_path):
        with pytest.raises(ValueError, match="not an object key"):
            method(key)
    with pytest.raises(ValueError, match="not an object key"):
        store.put_bytes(key, b"x")
    with pytest.raises(ValueError, match="not an object key"):
        store.put_file(key, source)
    assert list(store.keys("")) == []


def test_a_prefix_cannot_lead_out(store: ObjectStore) -> None:
    for prefix in ("../", "/", "a/../../"):
        with pytest.raises(ValueError, match="not an object key"):
            list(store.keys(prefix))


def test_of_threads_with_different_bytes_one_wins_and_the_others_are_told(store: ObjectStore) -> None:
    together = threading.Barrier(8)

    def put(number: int) -> bool:
        together.wait()
        try:
            store.put_bytes("race/one", str(number % 4).encode() * 300_000)
        except KeyTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(put, range(8)))
    winner = int(store.read("race/one")[:1])
    assert [number % 4 for number in range(8) if won[number]] == [winner, winner]
    assert store.read("race/one") == str(winner).encode() * 300_000


def test_of_two_processes_with_different_bytes_one_wins_each_key(url: str, store: ObjectStore, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _PUT, url, str(tmp_path), letter],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for letter in "xy"
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    told = [writer.communicate()[0].split() for writer in writers]
    for number, (first, second) in enumerate(zip(*told, strict=True)):
        assert {first, second} == {"stored", "taken"}
        assert store.read(f"race/{number}") == (b"x" if first == "stored" else b"y") * 50_000
    assert len(told[0]) == 20


def test_a_local_path_if_given_holds_the_bytes(store: ObjectStore) -> None:
    store.put_bytes("a/b", b"one")
    path = store.local_path("a/b")
    assert path is None or path.read_bytes() == b"one"


def test_the_probe_says_that_it_is_good(store: ObjectStore) -> None:
    probe = store.probe()
    assert (probe.part, probe.found, probe.good, probe.mend) == ("objects", True, True, "")
    assert list(store.keys("")) == []
