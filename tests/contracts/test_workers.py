"""What workers promise, on this machine or on a cluster, whatever keeps the objects; all give the same bytes."""

import datetime as dt
import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from opis.cluster.workers import ClusterWorkers
from opis.worker import LocalWorkers
from pipeline.domain.errors import InputFault, KeyTaken, Stopped
from pipeline.domain.pages import PageReading, SheetLook
from pipeline.domain.wire import to_json
from pipeline.domain.work import DocumentPage, DocumentTask, PageRef, PageTask, ReadSettings, SourceFormat
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import Workers
from storage.objects.open import open_objects
from tests.servers.cluster import cluster
from tests.servers.plugin import shared_server
from tests.servers.seaweed import SeaweedServer
from tests.support.scans import letter

BATCH = "c" * 64
LETTERS, NOISE = f"batches/{BATCH}/original.tif", "batches/slow/original.tif"
PARTED = tuple(f"batches/parted/original/{place:04d}.png" for place in (1, 2, 3))
DAMAGED = "batches/damaged/original.pdf"
KINDS = ("local on a folder", "local on S3", "cluster on a folder", "cluster on S3")

pytestmark = pytest.mark.xdist_group("cluster")


@dataclass(frozen=True)
class Reference:
    """What all the others are held against; a task is worked on once."""

    workers: LocalWorkers
    objects: ObjectStore
    known: dict[bytes, list[PageReading]] = field(default_factory=dict)

    def read(self, task: PageTask) -> list[PageReading]:
        name = to_json(PageTask, task)
        if name not in self.known:
            self.known[name] = list(self.workers.read_pages(task).result(timeout=120))
        return self.known[name]


@dataclass(frozen=True)
class Case:
    """Workers of one kind on one store; ``more`` gives others of the same kind, to be stopped or closed."""

    workers: Workers
    objects: ObjectStore
    more: Callable[[], Workers]


def _paged(images: list[Image.Image]) -> bytes:
    stream = io.BytesIO()
    images[0].save(stream, "tiff", save_all=True, append_images=images[1:], dpi=(200, 200))
    return stream.getvalue()


@pytest.fixture(scope="module")
def scans() -> dict[str, bytes]:
    """Made once: the same bytes for every kind."""
    pages = [Image.fromarray(letter(200, lines=3, seed=seed)) for seed in (1, 2)]
    pages.append(Image.new("L", pages[0].size, 255))
    made = {LETTERS: _paged(pages), NOISE: _paged([Image.effect_noise((1654, 2339), 90) for _ in range(2)])}
    for place, key in enumerate(PARTED):
        stream = io.BytesIO()
        Image.fromarray(letter(200, lines=2, seed=10 + place)).save(stream, "png", dpi=(200, 200))
        made[key] = stream.getvalue()
    made[DAMAGED] = b"%PDF-1.4\nnothing that follows"
    return made


@pytest.fixture(scope="module", params=KINDS)
def case(
    request: pytest.FixtureRequest, scans: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("workers")
    kind, _, store = request.param.partition(" on ")
    with ExitStack() as stack:
        environment, url = {}, f"file:{folder / 'objects'}"
        if store == "S3":
            server = shared_server(SeaweedServer)
            environment, url = dict(server.environment), server.bucket_url(f"workers-{kind}-{folder.name}".lower())
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for name, value in environment.items():
                patch.setenv(name, value)
        objects = open_objects(url, folder)
        for key, data in scans.items():
            objects.put_bytes(key, data)
        if kind == "cluster":
            own = stack.enter_context(cluster(folder, folder / "objects"))
            for title in ("unu", "doi"):
                own.worker(title, objects_url=url, more=environment)
            address = own.scheduler.url

        def more() -> Workers:
            scratch = folder / "scratch"
            workers = ClusterWorkers(address, scratch) if kind == "cluster" else LocalWorkers(objects, scratch, 2)
            stack.callback(workers.close)
            return workers

        yield Case(more(), objects, more)


@pytest.fixture(scope="module")
def reference(scans: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    """Local workers on a folder."""
    folder = tmp_path_factory.mktemp("reference")
    objects = open_objects("file:objects", folder)
    for key, data in scans.items():
        objects.put_bytes(key, data)
    workers = LocalWorkers(objects, folder / "scratch", 1)
    yield Reference(workers, objects)
    workers.close()


def refs(*places: tuple[int, int]) -> tuple[PageRef, ...]:
    return tuple(PageRef(page, original, index) for page, (original, index) in enumerate(places, start=1))


def whole() -> PageTask:
    return PageTask((LETTERS,), refs((0, 0), (0, 1), (0, 2)), ReadSettings())


def slow() -> PageTask:
    return PageTask((NOISE,), refs((0, 0), (0, 1)), ReadSettings())


def read(case: Case, task: PageTask) -> list[PageReading]:
    return list(case.workers.read_pages(task).result(timeout=120))


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def test_pages_are_read_and_come_back_in_order(case: Case, reference: Reference) -> None:
    readings = read(case, whole())
    assert [reading.observation.page for reading in readings] == [1, 2, 3]
    assert readings[2].observation.look is SheetLook.BLANK
    assert "CERERE" in (readings[0].text.text if readings[0].text else "")
    assert to_json(list[PageReading], readings) == to_json(list[PageReading], reference.read(whole()))


def test_pages_of_a_folder_are_found_in_their_own_originals(case: Case, reference: Reference) -> None:
    task = PageTask(PARTED, (PageRef(2, 1, 0), PageRef(3, 2, 0)), ReadSettings())
    readings = read(case, task)
    assert [reading.observation.page for reading in readings] == [2, 3]
    assert to_json(list[PageReading], readings) == to_json(list[PageReading], reference.read(task))


def test_a_pdf_is_the_same_to_the_byte_and_told_as_stored(case: Case, reference: Reference) -> None:
    readings = reference.read(whole())
    pages = tuple(DocumentPage(ref, reading.text) for ref, reading in zip(whole().pages, readings, strict=True))
    task = DocumentTask((LETTERS,), pages, "RG 48213/2026", f"Lot {BATCH}", "2026-01-02T03:04:05Z")
    key = "documents/same/c1/document.pdf"
    written = case.workers.write_pdf(task, key).result(timeout=120)
    assert written == reference.workers.write_pdf(task, key).result(timeout=120)
    assert written.missing == ()
    assert case.objects.read(key) == reference.objects.read(key)
    assert case.workers.write_pdf(task, key).result(timeout=120) == written


def test_a_pdf_out_of_some_originals_of_a_folder(case: Case, reference: Reference) -> None:
    pages = tuple(DocumentPage(PageRef(page, page - 1, 0), None) for page in (2, 3))
    task = DocumentTask(PARTED, pages, "Document", "Lot", "2026-01-02T03:04:05Z")
    key = "documents/parted/c1/document.pdf"
    written = case.workers.write_pdf(task, key).result(timeout=120)
    assert [page.page for page in written.pages] == [2, 3]
    assert written == reference.workers.write_pdf(task, key).result(timeout=120)


def test_a_key_with_other_content_is_told_and_stays(case: Case) -> None:
    key = "documents/taken/c1/document.pdf"
    case.objects.put_bytes(key, b"other content")
    task = DocumentTask(PARTED, (DocumentPage(PageRef(1, 0, 0), None),), "x", "y", "2026-01-02T03:04:05Z")
    with pytest.raises(KeyTaken):
        case.workers.write_pdf(task, key).result(timeout=120)
    assert case.objects.read(key) == b"other content"


def test_a_page_that_cannot_be_opened_is_told_in_its_reading(case: Case, reference: Reference) -> None:
    task = PageTask((DAMAGED,), refs((0, 0)), ReadSettings())
    (reading,) = read(case, task)
    assert reading.degraded is not None
    assert reading.degraded.code == "page-unreadable"
    assert [reading] == reference.read(task)


def test_a_file_is_opened_to_its_end(case: Case, scans: dict[str, bytes], tmp_path: Path) -> None:
    sound, damaged = tmp_path / "sound", tmp_path / "damaged"
    sound.write_bytes(scans[LETTERS])
    damaged.write_bytes(scans[DAMAGED])
    facts = case.workers.inspect(sound)
    assert (facts.format, facts.pages) == (SourceFormat.TIFF, 3)
    with pytest.raises(InputFault):
        case.workers.inspect(damaged)


def test_what_is_under_way_is_told_and_then_no_more(case: Case) -> None:
    before = dt.datetime.now(dt.UTC)
    assert case.workers.size >= 1
    future = case.workers.read_pages(whole())
    wait_until(lambda: bool(case.workers.doing()))
    (doing,) = case.workers.doing() or pytest.fail("it was not told")
    assert (doing.kind, doing.batch, doing.pages, doing.document) == ("pages", BATCH, (1, 2, 3), None)
    assert before <= doing.since <= dt.datetime.now(dt.UTC)
    assert doing.worker
    future.result(timeout=120)
    wait_until(lambda: not case.workers.doing())


def test_a_stop_ends_what_is_under_way_and_what_comes_later(case: Case, tmp_path: Path) -> None:
    workers = case.more()
    futures = [workers.read_pages(slow()) for _ in range(4)]
    wait_until(lambda: len(workers.doing()) == 2)
    workers.stop()
    for future in (*futures, workers.read_pages(whole()), workers.write_pdf(_one_page(), "documents/never/c1/d.pdf")):
        with pytest.raises(Stopped):
            future.result(timeout=60)
    with pytest.raises(Stopped):
        workers.inspect(tmp_path)
    workers.close()
    assert not case.objects.exists("documents/never/c1/d.pdf")


def test_workers_that_are_closed_leave_nothing_behind(case: Case, tmp_path: Path) -> None:
    workers = case.more()
    sound = tmp_path / "page.png"
    Image.new("L", (100, 100), 255).save(sound)
    workers.inspect(sound)
    workers.close()
    workers.close()
    assert workers.doing() == ()


def _one_page() -> DocumentTask:
    return DocumentTask(PARTED, (DocumentPage(PageRef(1, 0, 0), None),), "x", "y", "2026-01-02T03:04:05Z")
