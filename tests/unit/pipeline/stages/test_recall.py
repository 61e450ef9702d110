"""Recalling: what was read comes back from the store as it was; what is lost, damaged or outdated is read again."""

import json
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Document, Problem
from pipeline.domain.decisions import NO_ORDERS, Orders, PageOrder
from pipeline.domain.errors import InputFault
from pipeline.domain.marks import SplitRules
from pipeline.domain.pages import Code, Degradation, PageObservation, PageReading, PageText, SheetLook, Word
from pipeline.domain.payload import PayloadKind, make_payload
from pipeline.domain.settings import DEFAULT_STICKER_PATTERN, Blanks
from pipeline.domain.work import DocumentTask, PageRef, PageTask, ReadSettings
from pipeline.ports.workers import StoredPdf
from pipeline.stages.keep import Keeper, keep_again, keep_documents, write_manifest
from pipeline.stages.read import Reader, page_refs
from pipeline.stages.recall import Decreed, recalled_readings, reread
from storage.objects.folder import FolderStore

BATCH = Batch("b" * 64, "x.pdf", "b" * 64, "registratura", BatchState.HELD, 4, originals=("o",), version=1)
RULES = SplitRules("DEMO", False, ("opis",), DEFAULT_STICKER_PATTERN, Blanks.KEEP, "RG")
CODE = Code(make_payload(PayloadKind.DOCUMENT, "DEMO", None, None), "QR", (0, 0, 9, 9), "zbar")
SHEET = PageObservation(1, (CODE,), SheetLook.SHEET, True)
REFS = page_refs((4,))


def text_of(page: int, rotation: int = 0) -> PageText:
    words = tuple(
        Word(f"Ștefan{page}-{place}", 10 * place, 10, 9, 9, 0.5 + place / 8, place // 2, place // 3, place // 4)
        for place in range(6)
    )
    running, raw = f"Ștefan pe pagina {page}\nși „restul” <&>", f"Ştefan pe pagina {page}\n\n"
    return PageText(2480, 3508, 299.5, rotation, words, running, raw, 0.912345678, "tesseract 5.3.0 ron")


def letter(page: int, degraded: Degradation | None = None) -> PageReading:
    return PageReading(PageObservation(page), text_of(page), degraded)


READINGS = {
    1: PageReading(SHEET),
    2: letter(2),
    3: letter(3, Degradation("page-degraded", "streaks")),
    4: PageReading(PageObservation(4, look=SheetLook.UNKNOWN), None, Degradation("page-failed", "three times")),
}
SEEN = [reading.observation for reading in READINGS.values()]


class Workers:
    """Reads any page as it is asked to, writes no PDF; what it was asked is kept."""

    size = 1

    def __init__(self) -> None:
        self.read: list[tuple[int, int | None, tuple[str, ...]]] = []

    def read_pages(self, task: PageTask) -> "Future[Sequence[PageReading]]":
        done: Future[Sequence[PageReading]] = Future()
        done.set_result([self._read(ref, task.settings) for ref in task.pages])
        return done

    def _read(self, ref: PageRef, settings: ReadSettings) -> PageReading:
        self.read.append((ref.page, ref.rotation, settings.separators))
        if ref.page == 1 and settings.separators:
            return PageReading(SHEET)
        return PageReading(PageObservation(ref.page), text_of(ref.page, ref.rotation or 0))

    def write_pdf(self, task: DocumentTask, key: str) -> "Future[StoredPdf]":
        failed: Future[StoredPdf] = Future()
        failed.set_exception(InputFault("pdf-failed", "no PDF in this test"))
        return failed


class Line:
    """Keeps the readings that were saved, as the catalog does until the batch is committed."""

    def __init__(self, saved: dict[int, PageReading] | None = None) -> None:
        self.saved = saved or {}

    def readings(self, batch: str) -> dict[int, PageReading]:
        return dict(self.saved)

    def suspects(self, batch: str) -> set[int]:
        return set()

    def begin_run(self, batch: str, pages: Sequence[int]) -> None:
        pass

    def save_readings(self, batch: str, readings: Sequence[PageReading]) -> None:
        self.saved |= {reading.observation.page: reading for reading in readings}


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


def kept(store: FolderStore, pages: tuple[int, ...], readings: dict[int, PageReading] = READINGS) -> BatchAccount:
    """A batch of one document of these pages, stored."""
    plain = Document("d" * 64, BATCH.id or "", pages)
    refs = {ref.page: ref for ref in REFS}
    (one,) = keep_documents(Keeper(store, Workers()), BATCH, [plain], readings, refs)
    document = write_manifest(store, one.document, BATCH, one.stored, one.pages, lambda: None)
    return BatchAccount(BATCH, documents=(document,))


def recalled(store: FolderStore, account: BatchAccount) -> dict[int, PageReading]:
    return recalled_readings(store, SEEN, account)


def read_again(
    known: dict[int, PageReading],
    account: BatchAccount,
    now: Orders = NO_ORDERS,
    before: Orders = NO_ORDERS,
    saved: dict[int, PageReading] | None = None,
) -> tuple[dict[int, PageReading], list[tuple[int, int | None]]]:
    """All readings, and the pages that were read with the rotation that was asked for."""
    workers, line = Workers(), Line(saved)
    reader: Any = Reader(line, line, workers)
    inside = {page for document in account.documents for page in document.pages}
    decreed = Decreed(now, before, RULES)
    readings = reread(reader, BATCH, REFS, ReadSettings(), known, inside, decreed, lambda done, total: None)
    return readings, [(page, rotation) for page, rotation, _ in workers.read]


def test_what_was_read_comes_back_from_the_store_as_it_was(store: FolderStore):
    account = kept(store, (2, 3, 4))
    known = recalled(store, account)
    assert {page: reading.text for page, reading in known.items()} == {
        page: reading.text for page, reading in READINGS.items()
    }
    assert {page: reading.observation for page, reading in known.items()} == dict(enumerate(SEEN, start=1))
    codes = {page: reading.degraded.code for page, reading in known.items() if reading.degraded}
    assert codes == {3: "page-degraded", 4: "page-failed"}
    assert read_again(known, account) == (known, [])


def test_what_is_recalled_and_kept_again_is_the_same_object(store: FolderStore):
    account = kept(store, (2, 3))
    again = kept(store, (2, 3), recalled(store, account))
    assert again.documents == account.documents


def test_the_fault_of_a_page_outside_documents_comes_back_too(store: FolderStore):
    account = replace(kept(store, (2,)), problems=(Problem("page-degraded", "…", 1), Problem("duplicate", "…", None)))
    known = recalled(store, account)
    assert [page for page, reading in known.items() if reading.degraded] == [1]


@pytest.mark.parametrize("name", ["alto/1.xml", "text.txt", "text.raw.txt"])
@pytest.mark.parametrize("harm", ["missing", "damaged", "other_text"])
def test_what_is_lost_or_damaged_is_read_again(store: FolderStore, tmp_path: Path, name: str, harm: str):
    account = kept(store, (2, 3))
    path = tmp_path / "objects" / "documents" / ("d" * 64) / "c1" / name
    path.chmod(0o644)
    if harm == "missing":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        path.write_bytes(path.read_bytes().replace(b"tefan", b"tofan"))
    known = recalled(store, account)
    assert 2 not in known
    readings, read = read_again(known, account)
    assert (2, None) in read
    assert readings[2] == letter(2)


def test_without_a_manifest_the_whole_document_is_read_again(store: FolderStore, tmp_path: Path):
    account = kept(store, (2, 3))
    manifest = tmp_path / "objects" / (account.documents[0].objects.manifest or "")
    manifest.chmod(0o644)
    manifest.write_text("{", encoding="utf-8")
    assert set(recalled(store, account)) == {1, 4}


def test_a_page_is_read_again_when_it_is_turned_and_when_that_is_undone(store: FolderStore):
    account = kept(store, (2, 3, 4))
    turned = Orders(rotations={2: 90})
    readings, read = read_again(recalled(store, account), account, turned)
    assert read == [(2, 90)]
    assert readings[2].text == text_of(2, 90)
    assert read_again(readings, account, turned, turned) == (readings, [])
    undone, read = read_again(readings, account, NO_ORDERS, turned)
    assert read == [(2, None)]
    assert undone[2].text == text_of(2)


def test_a_page_that_comes_back_into_a_document_is_read(store: FolderStore):
    account = kept(store, (2,))
    known = recalled(store, account)
    assert known[3].text is None
    readings, read = read_again(known, account)
    assert read == [(3, None), (4, None)]
    assert readings[3].text == text_of(3)


def test_pages_that_are_in_no_document_are_not_read(store: FolderStore):
    account = kept(store, (2,))
    out = Orders({3: PageOrder.REJECTED, 4: PageOrder.BLANK})
    assert read_again(recalled(store, account), account, out)[1] == []


def test_a_page_that_passed_for_a_separator_is_read_as_content(store: FolderStore):
    account = kept(store, (2, 3, 4))
    readings, read = read_again(recalled(store, account), account, Orders({1: PageOrder.START}))
    assert read == [(1, None)]
    assert readings[1].text == text_of(1)
    assert readings[1].observation == SHEET


def test_a_page_never_seen_that_is_to_be_turned_is_read_as_it_is_to_be(store: FolderStore):
    account = kept(store, (2, 3, 4))
    known = {page: reading for page, reading in recalled(store, account).items() if page != 2}
    readings, _ = read_again(known, account, Orders(rotations={2: 180}))
    assert readings[2].text == text_of(2, 180)


def test_readings_of_a_decision_that_was_given_up_are_not_taken_for_another_one(store: FolderStore):
    account = kept(store, (2, 3))
    given_up = {2: PageReading(PageObservation(2), text_of(2, 180))}
    readings, _ = read_again(recalled(store, account), account, Orders(rotations={2: 90}), saved=given_up)
    assert readings[2].text == text_of(2, 90)


def test_a_document_that_comes_back_goes_on_from_its_last_manifest(store: FolderStore, tmp_path: Path):
    first = kept(store, (2, 3))
    (document,) = first.documents
    turned = READINGS | {2: PageReading(PageObservation(2), text_of(2, 90))}
    refs = {ref.page: ref for ref in REFS}
    keeper: Any = Keeper(store, Workers())

    def again(before: BatchAccount, readings: dict[int, PageReading]) -> Document:
        (one,) = keep_again(keeper, before, replace(first, documents=(document,)), readings, refs, {})
        return write_manifest(store, one.document, BATCH, one.stored, one.pages, lambda: None)

    second = again(first, turned)
    gone = replace(first, documents=())
    assert again(gone, turned) == second
    third = again(gone, READINGS)
    assert (second.version, third.version) == (2, 3)
    assert third.objects.alto == document.objects.alto
    assert json.loads(store.read(third.objects.manifest or ""))["manifest"] == 3
