"""Faults of the line, by name: one batch or one full disk must not end it, and a stop is not waited for."""

import shutil
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import opis.line
import pipeline.run
from opis.intake import file_digest
from opis.line import TRIES, Line
from opis.wiring import hot_folder, open_parts, start_workers
from pipeline.domain.batches import BatchState
from pipeline.domain.errors import Fenced, InputFault, NotFound, PartDown, PartUnfit, StorageFull, WorkerDied
from pipeline.domain.settings import Profile, Settings
from pipeline.ports.catalog import Request
from pipeline.ports.index import SearchRequest
from pipeline.stages.index import is_gone
from tests.support.index_server import wait_for


@pytest.fixture
def line(tmp_path, monkeypatch):
    for name in ("RETRY_SECONDS", "RESCAN_SECONDS"):
        monkeypatch.setattr(opis.line, name, 0.01)
    parts = open_parts(Settings(home=tmp_path / "home", profiles=(Profile(settle_seconds=0),), workers=1))
    lease = parts.catalog.acquire_line("test", 600)
    workers = start_workers(parts, first=True)
    made = Line(parts, lease, workers)
    made.watch()
    yield made
    workers.close()
    with suppress(Fenced):
        lease.release()


def drop(line: Line, name: str, width: int) -> Path:
    """A blank page, told from others by its width: nothing of it has to be read."""
    path = hot_folder(line.parts.settings, "registratura") / name
    Image.new("L", (width, 600), 255).save(path, dpi=(72, 72))
    return path


def until_idle(line: Line) -> None:
    line.run(idle=lambda: not line.waiting())


def states(line: Line) -> dict[str, BatchState]:
    return {batch.source: batch.state for batch in line.parts.catalog.batches()}


def test_a_batch_on_which_the_line_fails_lets_the_others_pass(line, monkeypatch, caplog):
    real, tried = opis.line.process_batch, []

    def process(pipeline, batch_id, progress):
        if line.parts.catalog.batch(batch_id).source == "poison.png":
            tried.append(batch_id)
            raise NotFound("a manifest that is lost")
        return real(pipeline, batch_id, progress)

    monkeypatch.setattr(opis.line, "process_batch", process)
    drop(line, "poison.png", 400)
    drop(line, "sound.png", 410)
    until_idle(line)
    assert len(tried) == TRIES
    assert line.given_up == {tried[0]}
    assert states(line) == {"poison.png": BatchState.RECEIVED, "sound.png": BatchState.HELD}
    assert "Traceback" not in caplog.text


def test_what_was_claimed_on_a_full_disk_goes_on_when_there_is_room(line, monkeypatch):
    full = iter([StorageFull("no room"), StorageFull("no room")])
    real = line.parts.objects.put_file

    def put_file(key, path):
        fault = next(full, None)
        if fault is not None:
            raise fault
        return real(key, path)

    monkeypatch.setattr(line.parts.objects, "put_file", put_file)
    path = drop(line, "scan.png", 400)
    until_idle(line)
    assert states(line) == {"scan.png": BatchState.HELD}
    assert [found.name for found in path.parent.glob("finalizate/*/*")] == ["scan.png"]
    assert not list((path.parent / ".opis" / "claimed").iterdir())


def test_without_the_index_documents_are_filed_and_found_when_it_is_back(line, monkeypatch):
    real, down = line.parts.index.open, True

    def open_index():
        if down:
            raise PartDown("index: no answer")
        return real()

    monkeypatch.setattr(line.parts.index, "open", open_index)
    monkeypatch.setattr(opis.line, "PATIENCE", 10_000)
    drop(line, "first.png", 400)
    drop(line, "second.png", 410)
    line.run(idle=lambda: BatchState.HELD in (found := states(line)).values() and len(set(found.values())) == 1)
    assert line.parts.catalog.counts()["outbox"] == 2
    down = False
    until_idle(Line(line.parts, line.lease, line.workers))
    assert line.parts.catalog.counts()["outbox"] == 0
    assert line.parts.index.search(SearchRequest(query="*")).total == 2


def test_a_part_that_stays_down_ends_a_line_that_is_to_end(line, monkeypatch):
    def down(*_):
        raise PartDown("gone for good")

    monkeypatch.setattr(line.parts.objects, "put_file", down)
    drop(line, "scan.png", 400)
    with pytest.raises(PartDown):
        until_idle(line)


def test_an_index_that_was_deleted_is_made_anew_by_the_line(line):
    drop(line, "scan.png", 400)
    until_idle(line)
    parts = line.parts
    for file in sorted((parts.settings.home / "index").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert is_gone(parts.catalog, parts.index)
    successor = Line(parts, line.lease, line.workers)
    successor.run(idle=lambda: True)
    assert not is_gone(parts.catalog, parts.index)
    assert parts.index.search(SearchRequest(query="*")).total == 1


def test_a_document_whose_text_is_lost_does_not_keep_the_index_from_being_made(line):
    drop(line, "scan.png", 400)
    until_idle(line)
    parts = line.parts
    (batch,) = parts.catalog.batches()
    (document,) = parts.catalog.account(batch.id or "").documents
    parts.objects.local_path(document.objects.text or "").unlink()
    for file in sorted((parts.settings.home / "index").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    Line(parts, line.lease, line.workers).run(idle=lambda: True)
    assert set(parts.index.versions()) == {document.id}


def test_a_stop_gives_up_what_is_under_way_and_leaves_it_uncharged(line):
    path = hot_folder(line.parts.settings, "registratura") / "noise.tif"
    pages = [Image.effect_noise((1654, 2339), 90 + place) for place in range(6)]
    pages[0].save(path, save_all=True, append_images=pages[1:], dpi=(200, 200))
    begun = threading.Event()
    line.report = lambda batch, done, total: begun.set()
    worker = threading.Thread(target=line.run)
    worker.start()
    assert begun.wait(60)
    line.stop.set()
    worker.join(30)
    assert not worker.is_alive()
    (batch,) = line.parts.catalog.batches()
    assert batch.state is BatchState.WORKING
    assert not line.parts.catalog.suspects(batch.id or "")


def taken(line: Line) -> str:
    """The id of what was dropped, once it is journalled."""
    while not line.parts.catalog.batches():
        line.reception.scan()
    (batch,) = line.parts.catalog.batches()
    return batch.id or ""


def test_a_line_that_lost_its_lease_leaves_no_record_above_its_successors(line, monkeypatch):
    parts, real = line.parts, pipeline.run.keep_documents
    drop(line, "scan.png", 400)
    batch = taken(line)

    def late(*given):
        """Meanwhile the lease was lost and the successor did all; the workers of this one were out of reach."""
        kept = real(*given)
        monkeypatch.setattr(pipeline.run, "keep_documents", real)
        line.lease.release()
        lease = parts.catalog.acquire_line("successor", 600)
        pipeline.run.process_batch(Line(parts, lease, line.workers).pipeline, batch, lambda *_: None)
        lease.release()
        return [replace(entry, pdf_fault="out of reach") for entry in kept]

    monkeypatch.setattr(pipeline.run, "keep_documents", late)
    with pytest.raises(Fenced):
        pipeline.run.process_batch(line.pipeline, batch, lambda *_: None)
    assert list(parts.objects.keys(f"batches/{batch}/state/")) == [f"batches/{batch}/state/1.json"]
    (document,) = parts.catalog.account(batch).documents
    assert list(parts.objects.keys(f"documents/{document.id}/manifest/")) == [document.objects.manifest]


def test_a_batch_whose_record_of_an_earlier_life_was_never_committed_goes_on(line):
    drop(line, "scan.png", 400)
    batch = taken(line)
    line.parts.objects.put_bytes(f"batches/{batch}/state/1.json", b"{}")
    until_idle(line)
    assert line.parts.catalog.batch(batch).version == 2


def test_an_index_that_becomes_unfit_keeps_nothing_from_being_filed(line, monkeypatch, caplog):
    real = opis.line.follow_index
    unfit = iter([PartUnfit("index: 401", "Corectați parola."), PartUnfit("index: 401", "Corectați parola.")])

    def follow(pipeline):
        fault = next(unfit, None)
        if fault is not None:
            raise fault
        return real(pipeline)

    monkeypatch.setattr(opis.line, "follow_index", follow)
    drop(line, "scan.png", 400)
    running = threading.Thread(target=line.run)
    running.start()
    try:
        wait_for(lambda: line.parts.catalog.counts()["held"] and not line.parts.catalog.counts()["outbox"], "filed")
        assert running.is_alive()
        assert line.parts.index.search(SearchRequest(query="*")).total == 1
        assert "Corectați parola." in caplog.text
    finally:
        line.stop.set()
        running.join(30)


def test_a_line_that_is_to_end_does_not_wait_for_what_is_unfit(line, monkeypatch):
    def unfit(pipeline):
        raise PartUnfit("index: 401")

    monkeypatch.setattr(opis.line, "follow_index", unfit)
    with pytest.raises(PartUnfit):
        until_idle(line)


def test_a_batch_whose_original_is_lost_is_set_aside_and_not_taken_for_a_worker_that_is_unfit(line, monkeypatch):
    """As workers of a cluster tell it: they cannot know whether the store is theirs or the object gone."""
    real = opis.line.process_batch

    def process(pipeline, batch_id, progress):
        (key,) = line.parts.catalog.batch(batch_id).originals
        if not line.parts.objects.exists(key):
            raise PartUnfit(f"worker unu: no object {key}")
        return real(pipeline, batch_id, progress)

    monkeypatch.setattr(opis.line, "process_batch", process)
    drop(line, "lost.png", 400)
    batch = taken(line)
    (key,) = line.parts.catalog.batch(batch).originals
    line.parts.objects.local_path(key).unlink()
    drop(line, "sound.png", 410)
    until_idle(line)
    assert line.given_up == {batch}
    assert states(line)["sound.png"] is BatchState.HELD


def test_a_request_on_which_the_child_dies_is_refused_and_does_not_end_the_line(line, monkeypatch, tmp_path):
    def dies(path):
        raise WorkerDied("the child ended with signal SIGKILL")

    monkeypatch.setattr(line.workers, "inspect", dies)
    path = tmp_path / "bomb.png"
    Image.new("L", (400, 600), 255).save(path)
    line.parts.catalog.add_request(Request("r" * 32, str(path), "registratura"))
    until_idle(line)
    assert "unreadable" in (line.parts.catalog.request("r" * 32).refused or "")
    assert path.exists()


def test_a_duplicate_of_a_batch_whose_record_is_lost_does_not_end_the_next_line(line):
    first = drop(line, "scan.png", 400)
    until_idle(line)
    (batch,) = line.parts.catalog.batches()
    state = line.parts.objects.local_path(f"batches/{batch.id}/state/{batch.version}.json")
    state.unlink()
    (finished,) = first.parent.glob("finalizate/*/*")
    shutil.copyfile(finished, first.with_name("again.png"))
    drop(line, "other.png", 410)
    for _ in range(2):
        life = Line(line.parts, line.lease, line.workers)
        life.watch()
        until_idle(life)
    assert states(line)["other.png"] is BatchState.HELD
    assert [path.name for path in (first.parent / ".opis" / "claimed").iterdir()] == ["again.png"]


def test_an_index_is_gone_whatever_else_waits_for_it(line):
    drop(line, "first.png", 400)
    until_idle(line)
    drop(line, "second.png", 410)
    parts = line.parts
    while parts.catalog.counts()["held"] < 2:
        line.reception.scan()
        line._work()
    for _ in range(2):
        (later, _) = parts.catalog.batches()
        line.lease.commit(parts.catalog.account(later.id))
    for file in sorted((parts.settings.home / "index").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert parts.catalog.counts()["outbox"] > parts.catalog.counts()["documents"]
    until_idle(Line(parts, line.lease, line.workers))
    assert parts.index.search(SearchRequest(query="*")).total == 2


def test_a_batch_for_which_alone_a_part_is_down_keeps_no_other_waiting(line, monkeypatch):
    """As when the one volume of the store that holds its original does not answer."""
    real, broken = opis.line.process_batch, True

    def process(pipeline, batch_id, progress):
        if broken and line.parts.catalog.batch(batch_id).source == "first.png":
            raise PartDown("objects: 500")
        return real(pipeline, batch_id, progress)

    monkeypatch.setattr(opis.line, "process_batch", process)
    monkeypatch.setattr(opis.line, "PATIENCE", 10_000)
    drop(line, "first.png", 400)
    taken(line)
    drop(line, "second.png", 410)
    line.run(idle=lambda: states(line).get("second.png") is BatchState.HELD)
    assert states(line)["first.png"] is BatchState.RECEIVED
    assert not line.given_up
    broken = False
    until_idle(Line(line.parts, line.lease, line.workers))
    assert states(line)["first.png"] is BatchState.HELD


def test_a_file_whose_bytes_cannot_be_read_is_a_fault_of_that_file(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    assert len(file_digest(tmp_path / "x")) == 64
    with pytest.raises(InputFault):
        file_digest(Path("/proc/self/mem"))
