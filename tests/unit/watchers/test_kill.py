"""Killed before and after each durable call, then started again: one item, one place, one name, with its reason."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import watchers.moves
from watchers.reasons import Reason

Hot = Any
PDF = b"%PDF-1.7 sound"
DAY = dt.date(2026, 3, 9)
REASON = Reason("truncated", "intake", "ends too early")
KILLED, DONE = 9, 0


def killed_at(call: int, after: bool, step: Callable[[], object]) -> bool:
    """Runs a step in a child that dies at the given durable call; False when the step has fewer of them."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(call, after)
            step()
        except BaseException:  # noqa: BLE001 - the child must end here
            os._exit(1)
        os._exit(DONE)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (KILLED, DONE)
    return status == KILLED


def _die_at(call: int, after: bool) -> None:
    seen = 0

    def deadly(original: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == call and not after:
                os._exit(KILLED)
            this = seen
            try:
                return original(*arguments, **named)
            finally:
                if this == call:
                    os._exit(KILLED)

        return run

    for owner, name in (
        (os, "fsync"),
        (os, "mkdir"),
        (os, "unlink"),
        (os, "utime"),
        (os, "rename"),
        (os, "replace"),
        (watchers.moves, "_renameat2"),
    ):
        setattr(owner, name, deadly(getattr(owner, name)))


def everything(root: Path) -> list[str]:
    files = (path for path in root.rglob("*") if path.is_file() and path.read_bytes() == PDF)
    return sorted(str(path.relative_to(root)) for path in files)


def no_item_without_reason(root: Path) -> bool:
    names = {path.name for path in (root / "eroare").iterdir()}
    return "a.pdf" not in names or {"a.pdf.motiv.txt", "a.pdf.reason.json"} <= names


def each_kill(tmp_path: Path, make: Callable[[Path], Hot], drive: Callable[[Hot, int, bool], bool]) -> int:
    kills = 0
    for after in (False, True):
        for call in range(1, 100):
            if not drive(make(tmp_path / f"{after}-{call}"), call, after):
                break
            kills += 1
    return kills


@pytest.mark.parametrize("end", ["finish", "quarantine"])
def test_killed_on_the_way_to_an_end(hot: Hot, tmp_path: Path, end: str) -> None:
    def to_end(one: Hot, claimed: Any) -> Path:
        return one.folder.finish(claimed, DAY) if end == "finish" else one.folder.quarantine(claimed, REASON)

    place = "finalizate/2026-03-09/a.pdf" if end == "finish" else "eroare/a.pdf"

    def drive(one: Hot, call: int, after: bool) -> bool:
        claimed = one.claimed("a.pdf")
        killed = killed_at(call, after, lambda: to_end(one, claimed))
        assert everything(one.root) in ([place], [".opis/claimed/a.pdf"])
        assert no_item_without_reason(one.root)
        one.restart()
        left = one.folder.claimed_leftovers()
        if left:
            assert one.folder.recall(claimed.token) == left[0] == claimed
            assert to_end(one, left[0]) == one.root / place
        assert to_end(one, claimed) == one.root / place == one.folder.find_end(claimed.token)
        assert everything(one.root) == [place] and no_item_without_reason(one.root)
        assert len(one.names("eroare")) == (3 if end == "quarantine" else 0)
        assert one.names(".opis/tmp") == []
        return killed

    assert each_kill(tmp_path, type(hot), drive) >= (8 if end == "finish" else 16)


@pytest.mark.parametrize("names", [1, 2])
def test_killed_while_claiming(hot: Hot, tmp_path: Path, names: int) -> None:
    """``names`` = 2: the file has a second name outside and is copied while it is claimed."""

    def drive(one: Hot, call: int, after: bool) -> bool:
        path = one.drop("a.pdf")
        outside = tmp_path / f"outside-{after}-{call}"
        if names == 2:
            os.link(path, outside)
        [candidate] = one.settled()
        killed = killed_at(call, after, lambda: one.folder.claim(candidate))
        assert {name for name in everything(one.root) if "/tmp/" not in name} in ({"a.pdf"}, {".opis/claimed/a.pdf"})
        one.restart()
        left = one.folder.claimed_leftovers()
        if not left:
            left = [one.folder.claim(candidate) for candidate in one.settled()]
        if names == 2:
            outside.write_bytes(b"changed through the other name")
        assert everything(one.root) == [".opis/claimed/a.pdf"]
        assert one.folder.finish(left[0], DAY).read_bytes() == PDF
        return killed

    assert each_kill(tmp_path, type(hot), drive) >= (6 if names == 1 else 10)
