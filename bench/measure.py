"""Runs a command and says what it took: wall seconds, CPU seconds of all its processes, their peak memory together."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    """seconds, user and system, of the command and all that it waited for"""
    memory: int
    """bytes: the largest sum of resident sets that was seen"""


def cost_of(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Raises ``CalledProcessError`` when the command does not end with 0 or 1 (held is fine)."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    watcher = _Memory(process.pid)
    watcher.start()
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.stop()
    if process.returncode not in (0, 1):
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return Cost(wall, usage.ru_utime + usage.ru_stime, watcher.peak)


class _Memory(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, _resident(self._pid))

    def stop(self) -> None:
        self._end.set()
        self.join()


def _resident(pid: int) -> int:
    try:
        top = psutil.Process(pid)
        return sum(process.memory_info().rss for process in (top, *top.children(recursive=True)))
    except psutil.Error:
        return 0
