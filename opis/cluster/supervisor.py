"""Keeps one worker process alive: starts it again when something killed it, not when it ended of itself."""

import contextlib
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

log = logging.getLogger(__name__)
SHORTEST, LONGEST = 1.0, 30.0
"""seconds before it is started again; doubled each time it lived less than ``STEADY``"""
STEADY = 60.0
OWN_ENDS = (0, 2, 3)
"""told to end, wrong usage or configuration, a part missing or unfit: starting again would not help"""


def supervise(command: Sequence[str]) -> int:
    """Runs the command until it ends of itself or this process is told to end; gives its exit code.

    SIGTERM and SIGINT are passed on. The child stays in this process group.
    """
    keeper = _Keeper(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, keeper.told_to_end)
    return keeper.run()


class _Keeper:
    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._child: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()

    def told_to_end(self, number: int, frame: FrameType | None) -> None:
        self._ending.set()
        if self._child is not None and self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(signal.SIGTERM)

    def run(self) -> int:
        pause = SHORTEST
        while True:
            started = time.monotonic()
            self._child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
            if self._ending.is_set():
                self._child.send_signal(signal.SIGTERM)
            code = self._child.wait()
            if self._ending.is_set():
                return 0 if code in (130, -signal.SIGTERM) else max(code, 0)
            if code in OWN_ENDS:
                return code
            pause = SHORTEST if time.monotonic() - started > STEADY else min(LONGEST, 2 * pause)
            log.warning("the worker process ended with %s; started again in %.0f s", _how(code), pause)
            if self._ending.wait(pause):
                return 0


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def no_core_dumps() -> None:
    """A core dump would hold pages and credentials; children inherit this."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with(parent: int) -> None:
    """Ends this process when its parent is gone, so that a killed supervisor leaves no worker behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def own_command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "opis", *arguments]
