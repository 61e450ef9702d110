"""The disposable child: answers, typed faults, limits, timeouts, death, and what is left behind."""

import os
import signal
import threading
from pathlib import Path

import psutil
import pytest
from PIL import Image

from pipeline.domain.errors import InputFault, WorkerDied, WorkerFault, WorkerTimeout
from pipeline.domain.work import SourceFacts, SourceFormat
from pipeline.engines.calls import INSPECT, path_text
from pipeline.engines.sandbox import Limits, Sandbox, probe_sandbox, wipe_scratch

SECONDS = 60


@pytest.fixture
def scratch(tmp_path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture
def sandbox(scratch):
    own = Sandbox(scratch)
    yield own
    own.close()


@pytest.fixture
def page(tmp_path) -> Path:
    path = tmp_path / "page.png"
    Image.new("L", (400, 600), 255).save(path, dpi=(300, 300))
    return path


def child_pid(sandbox: Sandbox) -> int:
    assert sandbox._process is not None
    return sandbox._process.pid


def test_an_answer(sandbox, page):
    assert sandbox.call(INSPECT, str(page), SECONDS) == SourceFacts(SourceFormat.PNG, 1)


def test_the_child_stays_warm(sandbox, page):
    sandbox.call(INSPECT, str(page), SECONDS)
    first = child_pid(sandbox)
    sandbox.call(INSPECT, str(page), SECONDS)
    assert child_pid(sandbox) == first


def test_the_child_is_replaced_after_its_pages(scratch, page):
    sandbox = Sandbox(scratch, Limits(pages=2))
    pids = []
    for _ in range(3):
        sandbox.call(INSPECT, str(page), SECONDS)
        pids.append(child_pid(sandbox))
    sandbox.close()
    assert pids[0] == pids[1] != pids[2]


def test_a_fault_of_the_input_comes_back_typed(sandbox, tmp_path):
    empty = tmp_path / "empty.pdf"
    empty.touch()
    with pytest.raises(InputFault) as fault:
        sandbox.call(INSPECT, str(empty), SECONDS)
    assert fault.value.code == "empty"


def test_the_folder_is_private_and_wiped(sandbox, page):
    sandbox.call(INSPECT, str(page), SECONDS)
    folder = sandbox.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    sandbox.close()
    assert not folder.exists()


def test_a_timeout_kills_the_whole_group(scratch, page):
    sandbox = Sandbox(scratch)
    sandbox.call(INSPECT, str(page), SECONDS)
    pid, folder = child_pid(sandbox), sandbox.folder
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(WorkerTimeout):
        sandbox.call(INSPECT, str(page), 0.2)
    assert not psutil.pid_exists(pid)
    assert not folder.exists()
    assert sandbox.call(INSPECT, str(page), SECONDS).pages == 1
    sandbox.close()


def test_a_child_that_dies_is_told_from_one_that_is_slow(sandbox, page):
    sandbox.call(INSPECT, str(page), SECONDS)
    pid = child_pid(sandbox)
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(WorkerDied, match="SIGKILL"):
        sandbox.call(INSPECT, str(page), SECONDS)


def test_too_little_memory_is_a_fault_not_a_hang(scratch, tmp_path):
    large = tmp_path / "large.png"
    Image.new("RGB", (9000, 9000), 255).save(large, dpi=(300, 300))
    sandbox = Sandbox(scratch, Limits(memory=400 * 2**20))
    with pytest.raises((WorkerFault, InputFault)):
        sandbox.call(INSPECT, str(large), SECONDS)
    sandbox.close()


def test_the_child_sees_no_settings_of_ours(sandbox, page, monkeypatch):
    monkeypatch.setenv("OPIS_SECRET", "canary")
    sandbox.call(INSPECT, str(page), SECONDS)
    environment = Path(f"/proc/{child_pid(sandbox)}/environ").read_bytes()
    assert b"canary" not in environment
    assert str(sandbox.folder).encode() in environment


def test_leftovers_are_wiped(scratch):
    (scratch / "child-old").mkdir(parents=True)
    (scratch / "child-old" / "page.pgm").touch()
    wipe_scratch(scratch)
    assert list(scratch.iterdir()) == []


def test_probe():
    assert probe_sandbox().good


@pytest.mark.parametrize("name", [b"\xff\xfe.png", "ș 100%20.png".encode(), b"new\nline.png"])
def test_any_name_can_be_told_to_the_child(sandbox, page, name):
    named = page.parent / os.fsdecode(name)
    page.rename(named)
    assert sandbox.call(INSPECT, path_text(named), SECONDS).pages == 1


def test_a_child_killed_from_another_thread_ends_the_call_and_all_later_ones(sandbox, page):
    sandbox.call(INSPECT, str(page), SECONDS)
    sandbox.kill()
    for _ in range(2):
        with pytest.raises(WorkerDied):
            sandbox.call(INSPECT, str(page), SECONDS)
