"""Which batches a path given to ``opis process`` holds."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.errors import UsageError
from watchers.inputs import BatchInput, batches_of

PDF = b"%PDF-1.7"
PNG = b"\x89PNG\r\n\x1a\n"


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF if name.endswith(".pdf") else PNG if name.endswith(".png") else b"text")


def shown(root: Path, batches: list[BatchInput]) -> list[tuple[Any, ...]]:
    return [
        (str(one.path.relative_to(root)), one.fault.code if one.fault else [page.name for page in one.pages])
        for one in batches
    ]


def test_a_file_is_one_whatever_its_name(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf", ".ascuns.tmp", "notes.txt")
    for name in ("a.pdf", ".ascuns.tmp", "notes.txt"):
        [one] = batches_of(tmp_path / name)
        assert (one.pages, one.is_folder, one.fault, one.source) == ((tmp_path / name,), False, None, name)


def test_a_folder_of_only_images_is_one(tmp_path: Path) -> None:
    make(tmp_path, "lot/p10.png", "lot/p2.JPG", "lot/p1.tif", "lot/Thumbs.db", "lot/.gata", "lot/x.tmp")
    [one] = batches_of(tmp_path / "lot")
    assert one.is_folder and [page.name for page in one.pages] == ["p1.tif", "p2.JPG", "p10.png"]


def test_any_other_folder_is_a_batch_a_file_and_so_its_folders(tmp_path: Path) -> None:
    make(tmp_path, "b10.pdf", "b2.pdf", "register.csv", "a.png", "lot/p2.png", "lot/p1.png", "more/x.pdf", "more/y.png")
    make(tmp_path, "more/deep/z.tiff", ".git/a.pdf")
    (tmp_path / "fara-extensie").write_bytes(b"\n" + PDF)
    (tmp_path / "nimic").mkdir()
    assert shown(tmp_path, batches_of(tmp_path)) == [
        ("a.png", ["a.png"]),
        ("b2.pdf", ["b2.pdf"]),
        ("b10.pdf", ["b10.pdf"]),
        ("fara-extensie", ["fara-extensie"]),
        ("lot", ["p1.png", "p2.png"]),
        ("more/deep", ["z.tiff"]),
        ("more/x.pdf", ["x.pdf"]),
        ("more/y.png", ["y.png"]),
    ]


def test_links_fifos_and_devices_inside_are_refused_and_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "in/a.pdf", "out/secret.pdf")
    (tmp_path / "in/b.pdf").symlink_to("../out/secret.pdf")
    (tmp_path / "in/c").symlink_to("../out")
    os.mkfifo(tmp_path / "in/d.pdf")
    assert shown(tmp_path / "in", batches_of(tmp_path / "in")) == [
        ("a.pdf", ["a.pdf"]),
        ("b.pdf", "not-regular"),
        ("c", "not-regular"),
        ("d.pdf", "not-regular"),
    ]


@pytest.mark.parametrize("kind", ["link", "folder link", "dangling link", "fifo", "device"])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    make(tmp_path, "lot/p1.png")
    path = tmp_path / "given"
    match kind:
        case "link":
            path.symlink_to("lot/p1.png")
        case "folder link":
            path.symlink_to("lot")
        case "dangling link":
            path.symlink_to("nowhere")
        case "fifo":
            os.mkfifo(path)
        case _:
            path = Path("/dev/null")
    [one] = batches_of(path)
    assert one.fault is not None and one.fault.code == "not-regular" and one.pages == ()


@pytest.mark.parametrize("content", [(), ("a.txt",), ("Thumbs.db", ".a.pdf")])
def test_a_folder_without_anything_to_take(tmp_path: Path, content: tuple[str, ...]) -> None:
    (tmp_path / "gol").mkdir()
    make(tmp_path / "gol", *content)
    [one] = batches_of(tmp_path / "gol")
    assert one.fault is not None and one.fault.code == "empty-folder" and one.is_folder


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nu-exista"):
        batches_of(tmp_path / "nu-exista")
    make(tmp_path, "a.pdf")
    with pytest.raises(UsageError):
        batches_of(tmp_path / "a.pdf" / "b")


def test_a_hot_folder_given_as_path_leaves_its_reserved_places_out(tmp_path: Path) -> None:
    make(tmp_path, ".opis/claimed/a.pdf", "finalizate/2026-01-01/b.pdf", "eroare/c.pdf", "d.pdf")
    assert shown(tmp_path, batches_of(tmp_path)) == [("d.pdf", ["d.pdf"])]


def test_strange_names_come_through(tmp_path: Path) -> None:
    names = [os.fsdecode(b"\xff.pdf"), "a\nb.pdf", "-rf.pdf"]
    for name in names:
        (tmp_path / name).write_bytes(PDF)
    found = batches_of(tmp_path)
    assert {one.path.name for one in found} == set(names)
    assert all(one.source.isprintable() for one in found)


def test_a_deep_tree(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(300):
        path = path / "d"
    path.mkdir(parents=True)
    make(path, "a.pdf")
    assert shown(path, batches_of(tmp_path)) == [("a.pdf", ["a.pdf"])]


def test_without_rights(without_rights: Callable[[], Any]) -> None:
    hot = without_rights()
    hot.drop("a.pdf").chmod(0)
    hot.drop("lot/p1.png", PNG)
    (hot.root / "lot").chmod(0)
    assert shown(hot.root, batches_of(hot.root)) == [("a.pdf", "permission"), ("lot", "permission")]
