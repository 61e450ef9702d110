"""Claiming: one rename, nothing overwritten, and what was taken is what was checked."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from watchers.hot_folder import pages_of, unchanged

Hot = Any
PDF = b"%PDF-1.7 sound"
PNG = b"\x89PNG\r\n\x1a\n sound"
STRANGE = [
    os.fsdecode(b"scan\xff\xfe.pdf"),
    "rând\nnou.pdf",
    "\u202efdp.exe.pdf",
    "-rf",
    "=cmd|'calc'!A0.pdf",
    "\"ghilimele' `și` $(rm).pdf",
    "<img src=x onerror=alert(1)>.pdf",
    "x" * 251 + ".pdf",
    "ș" * 125 + "x.pdf",
    "\\..\\..\\etc.pdf",
    "-2.pdf",
]


def test_claimed_is_renamed_and_knows_its_source(hot: Hot) -> None:
    claimed = hot.claimed("a.pdf")
    assert claimed.path == hot.root / ".opis/claimed/a.pdf"
    assert claimed.source == "a.pdf" and claimed.fault is None
    assert pages_of(claimed) == (claimed.path,)
    assert not (hot.root / "a.pdf").exists() and unchanged(claimed)
    claimed.path.write_bytes(b"other")
    assert not unchanged(claimed)


def test_a_name_already_claimed_gets_a_number(hot: Hot) -> None:
    assert [hot.claimed("a.pdf", PDF + bytes([n])).path.name for n in range(3)] == ["a.pdf", "a-2.pdf", "a-3.pdf"]
    assert (hot.root / ".opis/claimed/a.pdf").read_bytes() == PDF + b"\0"


def test_vanished_before_the_claim(hot: Hot) -> None:
    hot.drop("a.pdf")
    [candidate] = hot.settled()
    candidate.path.unlink()
    assert hot.folder.claim(candidate) is None
    assert hot.scan().waiting == 0


def test_changed_before_the_claim_is_put_back_and_settles_again(hot: Hot) -> None:
    path = hot.drop("a.pdf")
    [candidate] = hot.settled()
    path.write_bytes(b"%PDF BAD and longer")
    assert hot.folder.claim(candidate) is None
    assert hot.names(".opis/claimed") == [] and path.exists()
    assert hot.scan(after=4).waiting == 1
    assert hot.scan(after=5).waiting == 1
    assert hot.checks.calls == {"a.pdf": 2}


def test_a_page_that_came_between_check_and_claim_puts_the_folder_back(hot: Hot) -> None:
    hot.drop("lot/p1.png", PNG)
    [candidate] = hot.settled()
    hot.drop("lot/p2.png", PNG)
    assert hot.folder.claim(candidate) is None
    [candidate] = hot.settled()
    claimed = hot.folder.claim(candidate)
    assert claimed is not None
    assert [page.name for page in pages_of(claimed)] == ["p1.png", "p2.png"]


def test_pages_in_natural_order_without_what_is_left_alone(hot: Hot) -> None:
    for name in ("P10.png", "p2.png", "p1.PNG", "p01.png", ".gata", "Thumbs.db", "p3.png.tmp"):
        hot.drop(f"lot/{name}", PNG)
    [candidate] = hot.scan().ready
    claimed = hot.folder.claim(candidate)
    assert claimed is not None and claimed.is_folder
    assert [page.name for page in pages_of(claimed)] == ["p01.png", "p1.PNG", "p2.png", "P10.png"]


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
def test_any_name_that_a_file_system_takes(hot: Hot, name: str) -> None:
    claimed = hot.claimed(name)
    assert claimed.path.name == name
    assert claimed.source.isprintable() and claimed.source.encode("utf-8")
    assert claimed.token.isascii() and claimed.token.isprintable()
    assert hot.folder.recall(claimed.token) == claimed


def test_a_second_name_elsewhere_cannot_change_what_was_claimed(hot: Hot, tmp_path: Path) -> None:
    other = tmp_path / "other.pdf"
    path = hot.drop("a.pdf")
    os.link(path, other)
    os.utime(path, ns=(1, 123_456_789))
    [candidate] = hot.settled()
    claimed = hot.folder.claim(candidate)
    assert claimed is not None
    other.write_bytes(b"changed through the other name")
    assert claimed.path.read_bytes() == PDF
    assert claimed.path.stat().st_nlink == 1 and claimed.path.stat().st_mtime_ns == 123_456_789
    assert unchanged(claimed) and hot.names(".opis/tmp") == []


def test_no_room_for_the_copy_puts_it_back(hot: Hot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    path = hot.drop("a.pdf")
    os.link(path, tmp_path / "other.pdf")
    [candidate] = hot.settled()
    monkeypatch.setattr(shutil, "copyfileobj", full)
    assert hot.folder.claim(candidate) is None
    monkeypatch.undo()
    assert path.read_bytes() == PDF and hot.names(".opis/claimed") == hot.names(".opis/tmp") == []
    [candidate] = hot.settled()
    assert hot.folder.claim(candidate) is not None


def test_changed_while_it_is_copied_puts_it_back(hot: Hot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.pdf"
    copy = shutil.copyfileobj

    def meanwhile(source: Any, target: Any, length: int) -> None:
        copy(source, target, length)
        other.write_bytes(b"%PDF-1.7 written through the other name")

    path = hot.drop("a.pdf")
    os.link(path, other)
    [candidate] = hot.settled()
    monkeypatch.setattr(shutil, "copyfileobj", meanwhile)
    assert hot.folder.claim(candidate) is None
    assert path.samefile(other) and hot.names(".opis/tmp") == []


def test_two_names_of_one_file_in_one_folder(hot: Hot) -> None:
    os.link(hot.drop("a.pdf"), hot.root / "b.pdf")
    for candidate in hot.settled():
        assert hot.folder.claim(candidate) is not None
    assert hot.names(".opis/claimed") == ["a.pdf", "b.pdf"]


def test_leftovers_are_found_at_start_and_scraps_wiped(hot: Hot) -> None:
    first = hot.claimed("b10.pdf")
    second = hot.claimed("b9.pdf")
    (hot.root / ".opis/claimed/link").symlink_to("/etc/passwd")
    (hot.root / ".opis/tmp/reason-1").write_bytes(b"half")
    hot.restart()
    found = hot.folder.claimed_leftovers()
    assert found[:2] == [second, first]
    assert found[2].fault is not None and found[2].fault.code == "not-regular"
    assert hot.names(".opis/tmp") == []


def test_released_items_settle_again(hot: Hot) -> None:
    claimed = hot.claimed("a.pdf")
    hot.drop("a.pdf", PDF + b" other")
    assert hot.folder.release(claimed) == hot.root / "a-2.pdf"
    assert hot.scan().waiting == 2
    assert len(hot.scan(after=5).ready) == 2


def test_two_watchers_on_one_folder_take_each_file_once(hot: Hot) -> None:
    for number in range(50):
        hot.drop(f"{number}.pdf")
    mine = hot.settled()
    taken = [hot.folder.claim(one) for one in mine[::2]]
    theirs = [hot.folder.claim(one) for one in mine]
    assert sum(one is not None for one in taken) == 25
    assert sum(one is not None for one in theirs) == 25
    assert len(hot.names(".opis/claimed")) == 50


def test_a_token_of_something_else(hot: Hot) -> None:
    claimed = hot.claimed("a.pdf")
    hot.folder.release(claimed)
    hot.claimed("a.pdf", PDF + b" another file under the same name")
    assert hot.folder.recall("f1:a.pdf") is None
    for nonsense in ("", "a.pdf", "x12:a.pdf", "fzz:a.pdf"):
        with pytest.raises(ValueError):
            hot.folder.recall(nonsense)
