"""Local workers that are told to stop: what is under way and what comes later ends at once, and by its own name."""

import threading

import pytest
from PIL import Image

from opis.worker import LocalWorkers
from pipeline.domain.errors import Stopped
from pipeline.domain.work import PageRef, PageTask, ReadSettings
from storage.objects.folder import FolderStore


@pytest.fixture
def stored(tmp_path):
    store = FolderStore(tmp_path / "objects")
    page = tmp_path / "page.png"
    Image.effect_noise((1654, 2339), 90).save(page, dpi=(200, 200))
    return store, page, store.put_file("batches/x/original.png", page).key


def test_a_stop_ends_what_is_under_way_and_what_waits(stored, tmp_path):
    store, page, key = stored
    workers = LocalWorkers(store, tmp_path / "scratch", 1)
    assert workers.inspect(page).pages == 1
    futures = [workers.read_pages(PageTask((key,), (PageRef(1, 0, 0),), ReadSettings())) for _ in range(3)]
    threading.Thread(target=workers.stop).start()
    for future in futures:
        with pytest.raises(Stopped):
            future.result()
    with pytest.raises(Stopped):
        workers.inspect(page)
    workers.close()
    assert not list((tmp_path / "scratch").iterdir())
