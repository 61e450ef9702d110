"""Threads beside the line: they renew its lease, tell what it does, and see to it that a stop is not waited for."""

import logging
import threading
from collections.abc import Callable

from pipeline.domain.errors import Fenced, OpisError
from pipeline.ports.catalog import LineCatalog

log = logging.getLogger(__name__)
LEASE_SECONDS = 30.0
TELL_SECONDS = 2.0
STOP_SECONDS = 0.2
"""how long a stop may go unnoticed"""


class Heart:
    """Renews the lease while the line works; when it is lost, or the line is told to stop, calls ``halt`` once."""

    def __init__(
        self,
        lease: LineCatalog,
        stop: threading.Event,
        halt: Callable[[], None],
        doing: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.lost: OpisError | None = None
        self._lease = lease
        self._stop_line = stop
        self._halt = halt
        self._doing = doing
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("lease", self._beat), ("doing", self._tell), ("stop", self._listen))
        ]

    def start(self) -> None:
        """May be called again while it beats."""
        for thread in self._threads:
            if not thread.is_alive():
                thread.start()

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _beat(self) -> None:
        while not self._end.wait(LEASE_SECONDS / 3):
            try:
                self._lease.renew(LEASE_SECONDS)
            except Fenced as fault:
                self.lost = fault
                self._halt()
                return
            except OpisError as fault:
                log.warning("lease not renewed: %s", fault)

    def _tell(self) -> None:
        """What is done, whenever it has changed; nobody waits for it."""
        told: str | None = None
        while not self._end.wait(TELL_SECONDS):
            doing = self._doing()
            if doing == told:
                continue
            try:
                self._lease.tell(doing)
            except OpisError as fault:
                log.debug("not told what is done: %s", fault)
            else:
                told = doing

    def _listen(self) -> None:
        while not self._end.is_set():
            if self._stop_line.wait(STOP_SECONDS):
                self._halt()
                return
