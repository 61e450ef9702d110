"""Faults of the line, by name: one batch or one full disk must not end it, and a stop is not waited for."""

import threading
from pathlib import Path

import pytest
from PIL import Image

import opis.line
from opis.line import TRIES, Line
from opis.wiring import hot_folder, open_parts, start_workers
from pipeline.domain.batches import BatchState
from pipeline.domain.errors import NotFound, PartDown, StorageFull
from pipeline.domain.settings import Profile, Settings
from pipeline.ports.index import SearchRequest
from pipeline.stages.index import is_gone


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
