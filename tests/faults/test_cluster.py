"""Faults of a cluster, by name: what dies, hangs, is cut off or does not fit costs one attempt and no document."""

import datetime as dt
import io
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest
from PIL import Image

import opis.cluster.link
from opis.cluster.dispatch import Patience
from opis.cluster.versions import PROTOCOL, Versions, own_versions
from opis.cluster.workers import ClusterWorkers
from opis.task_runner import read_seconds
from pipeline.domain.batches import Batch, BatchAccount, BatchState, Ledger
from pipeline.domain.errors import PartDown, PartUnfit, WorkerDied, WorkerTimeout
from pipeline.domain.pages import PageReading
from pipeline.domain.settings import Profile
from pipeline.domain.work import PageRef, PageTask, ReadSettings
from pipeline.ports.catalog import Arrival
from pipeline.ports.workers import Doing
from pipeline.stages.read import Reader, page_refs, read_batch
from storage.catalog.open import open_catalog
from storage.objects.folder import FolderStore
from tests.servers.cluster import Cluster, WorkerServer, children, cluster, core_limit, open_ports
from tests.servers.proxy import Proxy, Stall
from tests.support.scans import letter

pytestmark = pytest.mark.xdist_group("cluster-faults")

NOISE, FULL, PLAIN = (f"batches/{name}/original.tif" for name in ("noise", "full", "plain"))
PAGES = 6
EAGER = Patience(connect=5, answer=3, no_worker=1, silent=8, tick=0.1)

Open = Callable[..., ClusterWorkers]


def _tiff(images: Sequence[Image.Image]) -> bytes:
    stream = io.BytesIO()
    images[0].save(stream, "tiff", save_all=True, append_images=images[1:], dpi=(200, 200))
    return stream.getvalue()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers of one thread; what a test harms is mended before the next."""
    folder = tmp_path_factory.mktemp("site")
    objects = FolderStore(folder / "objects")
    objects.put_bytes(NOISE, _tiff([Image.effect_noise((1240, 1754), 90) for _ in range(PAGES)]))
    objects.put_bytes(FULL, _tiff([Image.fromarray(letter(200, lines=14, seed=seed)) for seed in range(PAGES)]))
    objects.put_bytes(PLAIN, _tiff([Image.fromarray(letter(200, lines=2, seed=seed)) for seed in range(2)]))
    with cluster(folder, folder / "objects") as made:
        made.worker("unu")
        made.worker("doi")
        yield made


@pytest.fixture
def mended(site: Cluster) -> Cluster:
    for server in (site.scheduler, *site.workers):
        if server.running:
            server.resume()
        else:
            server.kill()
            server.restart()
    return site


@pytest.fixture
def connect(mended: Cluster, tmp_path: Path) -> Iterator[Open]:
    """Opens workers on the site, two threads known to them; closed with the test."""
    opened: list[ClusterWorkers] = []

    def open_workers(patience: Patience = EAGER, size: int = 2, scheduler: str = "") -> ClusterWorkers:
        workers = ClusterWorkers(scheduler or mended.scheduler.url, tmp_path / "scratch", patience)
        opened.append(workers)
        wait_until(lambda: workers.size == size)
        return workers

    yield open_workers
    for workers in opened:
        workers.close()


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def full(page: int) -> PageTask:
    """Takes the engine a second or more."""
    return PageTask((FULL,), (PageRef(page, 0, page - 1),), ReadSettings())


def noise(*pages: int) -> PageTask:
    """Takes the engine ten seconds a page and more: for what is never waited for."""
    return PageTask((NOISE,), tuple(PageRef(page, 0, page - 1) for page in pages or (1,)), ReadSettings())


def plain() -> PageTask:
    return PageTask((PLAIN,), (PageRef(1, 0, 0), PageRef(2, 0, 1)), ReadSettings())


def begun(workers: ClusterWorkers, tasks: int = 1) -> tuple[Doing, ...]:
    """What is under way, once all of it is and the children are at it."""
    wait_until(lambda: len(workers.doing()) == tasks)
    return workers.doing()


def fault_of(future: "Future[Sequence[PageReading]]", seconds: float = 60) -> BaseException | None:
    return future.exception(timeout=seconds)


def sound(readings: Sequence[PageReading]) -> bool:
    return all(reading.degraded is None and reading.text is not None for reading in readings)


def test_a_killed_worker_costs_one_attempt_and_no_page(connect: Open, mended: Cluster, tmp_path: Path) -> None:
    workers = connect()
    own = open_catalog("sqlite:///catalog.db", tmp_path)
    line = own.acquire_line("test", 600)
    assert line is not None
    now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    batch = Batch("b" * 64, "x.tif", "b" * 64, "registratura", BatchState.RECEIVED, PAGES, now, (FULL,))
    arrival = Arrival("a" * 32, "b" * 64, "registratura", "x.tif", "f1:x.tif", now)
    line.receive(BatchAccount(batch, ledger=Ledger()), [PAGES], Profile(), arrival)
    readings: list[PageReading] = []
    reader = Reader(own, line, workers)

    def read() -> None:
        readings.extend(read_batch(reader, batch, page_refs([PAGES]), ReadSettings(), lambda done, total: None))

    reading = threading.Thread(target=read)
    reading.start()
    doomed = next(doing for doing in begun(workers, 2) if doing.worker == "doi")
    mended.named("doi").kill()
    reading.join(300)
    assert not reading.is_alive()
    assert [entry.observation.page for entry in readings] == list(range(1, PAGES + 1))
    assert sound(readings)
    assert dict.fromkeys(doomed.pages, 1) == {page: n for page, n in own.attempts(batch.id or "").items() if n}
    own.close()


def test_a_task_whose_worker_died_is_not_run_again_by_dask(connect: Open, mended: Cluster) -> None:
    from distributed import Client

    workers = connect()
    futures = [workers.read_pages(full(page)) for page in (1, 2)]
    doomed = next(doing for doing in begun(workers, 2) if doing.worker == "doi")
    mended.named("doi").kill()
    died = fault_of(futures[doomed.pages[0] - 1])
    assert isinstance(died, WorkerDied)
    assert "doi" in str(died)
    (other,) = (doing for doing in workers.doing())
    assert other.pages != doomed.pages
    with Client(mended.scheduler.url, set_as_default=False) as client:
        assert sum(len(keys) for keys in client.processing().values()) <= 1
    assert sound(futures[other.pages[0] - 1].result(timeout=120))


def test_a_killed_worker_process_is_started_again(connect: Open, mended: Cluster) -> None:
    workers = connect()
    server = mended.named("unu")
    first, before = server.process_id(), server.registrations()
    os.kill(first, 9)
    wait_until(lambda: server.registrations() > before)
    wait_until(lambda: workers.size == 2)
    assert server.process_id() != first
    assert sound(workers.read_pages(plain()).result(timeout=120))


def test_a_paused_worker_is_given_up_and_used_again_when_it_is_back(connect: Open, mended: Cluster) -> None:
    workers = connect()
    futures = {page: workers.read_pages(noise(page)) for page in (1, 2)}
    stuck = next(doing for doing in begun(workers, 2) if doing.worker == "unu")
    mended.named("unu").pause()
    fault = fault_of(futures[stuck.pages[0]])
    assert isinstance(fault, WorkerTimeout)
    assert "unu" in str(fault)
    wait_until(lambda: workers.size == 1)
    assert sound(workers.read_pages(plain()).result(timeout=120))
    mended.named("unu").resume()
    wait_until(lambda: workers.size == 2)
    assert sound(workers.read_pages(plain()).result(timeout=120))


def test_a_worker_cut_off_from_the_scheduler_is_given_up(connect: Open, mended: Cluster) -> None:
    with Proxy(mended.scheduler.ports[0]) as wire:
        far = mended.worker("departe", scheduler=f"tcp://127.0.0.1:{wire.port}")
        workers = connect(size=3)
        futures = {page: workers.read_pages(full(page)) for page in (1, 2, 3)}
        stuck = next(doing for doing in begun(workers, 3) if doing.worker == "departe")
        wire.set(Stall())
        fault = fault_of(futures.pop(stuck.pages[0]))
        assert isinstance(fault, WorkerTimeout | WorkerDied)
        assert "departe" in str(fault)
        assert all(sound(future.result(timeout=120)) for future in futures.values())
        far.kill()
        mended.workers.remove(far)


def test_a_task_over_its_time_is_given_up_and_its_child_killed(connect: Open, mended: Cluster) -> None:
    limit = 0.5
    workers = connect(Patience(grace=limit - read_seconds(noise(1)), tick=0.1, silent=8))
    futures = [workers.read_pages(noise(page)) for page in (1, 2)]
    for future in futures:
        fault = fault_of(future)
        assert isinstance(fault, WorkerTimeout)
        assert "no answer after 0 s" in str(fault) or "no answer after 1 s" in str(fault)
    for title in ("unu", "doi"):
        working = mended.named(title).process_id()
        wait_until(lambda pid=working: not children(pid, b"pipeline.engines.child"))  # type: ignore[misc]
    assert sound(connect().read_pages(plain()).result(timeout=120))


def test_a_future_that_is_cancelled_frees_its_worker(connect: Open, mended: Cluster) -> None:
    workers = connect()
    futures = [workers.read_pages(noise(*range(1, PAGES + 1))) for _ in range(3)]
    begun(workers, 2)
    for future in futures:
        assert future.cancel()
    wait_until(lambda: not workers.doing())
    assert sound(workers.read_pages(plain()).result(timeout=120))


def test_a_scheduler_that_is_killed_ends_what_is_out_and_is_found_again(connect: Open, mended: Cluster) -> None:
    workers = connect()
    futures = [workers.read_pages(noise(page)) for page in (1, 2, 3)]
    begun(workers, 2)
    before = [server.registrations() for server in mended.workers]
    mended.scheduler.kill()
    for future in futures:
        assert isinstance(fault_of(future), PartDown)
    fault = fault_of(workers.read_pages(plain()))
    assert isinstance(fault, PartDown)
    assert mended.scheduler.url in str(fault)
    mended.scheduler.restart()
    wait_until(lambda: all(server.registrations() > n for server, n in zip(mended.workers, before, strict=True)))
    wait_until(lambda: workers.size == 2)
    assert sound(workers.read_pages(plain()).result(timeout=120))


def test_a_scheduler_that_says_nothing_is_down(connect: Open, mended: Cluster) -> None:
    workers = connect()
    future = workers.read_pages(noise(*range(1, PAGES + 1)))
    begun(workers)
    mended.scheduler.pause()
    assert isinstance(fault_of(future), PartDown)
    mended.scheduler.resume()
    wait_until(lambda: workers.size == 2)
    assert sound(workers.read_pages(plain()).result(timeout=120))


def test_a_scheduler_that_is_not_there_is_down(mended: Cluster, tmp_path: Path) -> None:
    with Proxy(mended.scheduler.ports[0]) as nobody:
        address = f"tcp://127.0.0.1:{nobody.port}"
    with pytest.raises(PartDown, match=address):
        ClusterWorkers(address, tmp_path, Patience(connect=1))


def test_without_a_worker_the_line_is_told_and_goes_on_when_there_is_one(connect: Open, mended: Cluster) -> None:
    workers = connect()
    for server in mended.workers:
        server.stop()
    waiting = workers.read_pages(plain())
    fault = fault_of(waiting)
    assert isinstance(fault, PartDown)
    assert "no worker" in str(fault)
    mended.named("doi").restart()
    wait_until(lambda: not isinstance(fault_of(workers.read_pages(plain()), 120), PartDown))


def test_a_worker_that_is_told_to_end_hands_its_task_on_uncharged(connect: Open, mended: Cluster) -> None:
    workers = connect()
    futures = {page: workers.read_pages(full(page)) for page in (1, 2)}
    begun(workers, 2)
    leaving = mended.named("unu")
    leaving.stop()
    assert all(sound(future.result(timeout=120)) for future in futures.values())
    assert not list((leaving.home / "scratch").glob("worker-*/*"))


def test_an_object_that_a_worker_does_not_find_names_the_worker(connect: Open) -> None:
    task = PageTask(("batches/nowhere/original.pdf",), (PageRef(1, 0, 0),), ReadSettings())
    fault = fault_of(connect().read_pages(task))
    assert isinstance(fault, PartUnfit)
    assert "worker doi" in str(fault) or "worker unu" in str(fault)
    assert "objects.url" in fault.advice


class OtherVersion(WorkerServer):
    """A worker of an Opis whose tasks look otherwise."""

    def command(self) -> Sequence[str]:
        words = list(super().command())
        arguments = [*words[words.index("worker") :], "--supervised-by"]
        program = (
            "import os, sys, opis.cluster.versions as versions; versions.PROTOCOL = 99; "
            "from opis.cli import main; main([*sys.argv[1:], str(os.getppid())])"
        )
        return [sys.executable, "-c", program, *arguments]


def test_a_worker_of_another_version_gets_no_task(
    connect: Open, mended: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workers = connect()
    other = OtherVersion(tmp_path / "other").joined(mended.scheduler.url, title="alta", threads=4)
    try:
        other.start()
        wait_until(lambda: "worker alta" in caplog.text)
        futures = [workers.read_pages(plain()) for _ in range(4)]
        seen = {doing.worker for doing in begun(workers, 2)}
        assert all(sound(future.result(timeout=120)) for future in futures)
        assert seen == {"unu", "doi"}
        with pytest.raises(PartUnfit, match=rf"worker alta: protocol {PROTOCOL} / 99") as refused:
            ClusterWorkers(mended.scheduler.url, tmp_path / "scratch", EAGER)
        assert "worker alta" in refused.value.advice
    finally:
        other.kill()
        wait_until(lambda: _known(mended) == 2)


def _known(site: Cluster) -> int:
    """How many workers the scheduler knows."""
    from distributed import Client

    with Client(site.scheduler.url, set_as_default=False) as client:
        return len(client.scheduler_info(n_workers=-1)["workers"])


def test_a_scheduler_of_another_version_is_refused(
    mended: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_versions()
    newer = Versions("9.9.9", own.protocol, own.python, own.distributed)
    monkeypatch.setattr(opis.cluster.link, "own_versions", lambda: newer)
    with pytest.raises(PartUnfit, match=rf"scheduler {mended.scheduler.url}: opis 9.9.9 / {own.opis}"):
        ClusterWorkers(mended.scheduler.url, tmp_path / "scratch", EAGER)


def test_what_travels_names_no_secret_and_no_path(
    connect: Open, mended: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "cheie-secreta-7731")
    sent: list[bytes] = []
    real = opis.cluster.link.Link.ask

    async def ask(link: opis.cluster.link.Link, member: opis.cluster.link.Member, task: object) -> object:
        sent.append(pickle.dumps(task))
        return await real(link, member, task)  # type: ignore[arg-type]

    monkeypatch.setattr(opis.cluster.link.Link, "ask", ask)
    (first, second) = connect().read_pages(plain()).result(timeout=120)
    assert sent
    for secret in ("cheie-secreta-7731", str(tmp_path), str(mended.folder), str(Path.home())):
        assert secret.encode() not in b"".join(sent)
    words = [word.text for reading in (first, second) if reading.text for word in reading.text.words]
    telling = [word for word in words if len(word) > 6]
    assert telling
    for log in (mended.scheduler.log, *(server.log for server in mended.workers)):
        text = log.read_text(encoding="utf-8")
        assert not [word for word in (*telling, PLAIN, NOISE) if word in text]


def test_a_worker_keeps_to_itself(connect: Open, mended: Cluster) -> None:
    workers = connect()
    future = workers.read_pages(noise(*range(1, PAGES + 1)))
    (doing,) = begun(workers)
    server = mended.named(doing.worker)
    pid = server.process_id()
    wait_until(lambda: bool(children(pid, b"pipeline.engines.child")))
    assert {core_limit(each) for each in (pid, *children(pid, b"pipeline.engines.child"))} == {"0 0"}
    assert {address for address, _ in open_ports(pid)} == {"127.0.0.1"}
    (folder,) = (server.home / "scratch").glob(f"worker-{server.title}-*")
    assert folder.stat().st_mode & 0o077 == 0
    assert list(folder.glob("child-*"))
    future.cancel()


def test_leftovers_of_a_killed_worker_are_wiped_by_the_next(mended: Cluster) -> None:
    server = mended.named("doi")
    server.kill()
    (folder,) = (server.home / "scratch").glob("worker-doi-*")
    left = folder / "child-left"
    left.mkdir()
    (left / "original").write_bytes(b"page")
    server.restart()
    assert not left.exists()


def test_what_the_machine_says_of_dask_does_not_reach_a_worker(mended: Cluster, tmp_path: Path) -> None:
    rogue = tmp_path / "dask"
    rogue.mkdir()
    (rogue / "rogue.yaml").write_text("distributed:\n  worker:\n    preload: [no_such_module_either]\n")
    said = {"DASK_DISTRIBUTED__WORKER__PRELOAD": "no_such_module", "DASK_CONFIG": str(rogue)}
    server = mended.worker("ferm", more=said)
    assert server.registrations() == 1
    server.kill()
    mended.workers.remove(server)
