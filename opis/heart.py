"""Two threads beside the line: one renews its lease, one sees to it that a stop is not waited for."""

import logging
import threading
from collections.abc import Callable

from pipeline.domain.errors import Fenced, OpisError
from pipeline.ports.catalog import LineCatalog

log = logging.getLogger(__name__)
LEASE_SECONDS = 30.0
STOP_SECONDS = 0.2
"""how long a stop may go unnoticed"""


class Heart:
    """Renews the lease while the line works; on losing it, stops the line. A stop of the line calls ``halt`` once."""

    def __init__(self, lease: LineCatalog, stop: threading.Event, halt: Callable[[], None]) -> None:
        self.lost: OpisError | None = None
        self._lease = lease
        self._stop_line = stop
        self._halt = halt
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("lease", self._beat), ("stop", self._listen))
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
                self._stop_line.set()
                return
            except OpisError as fault:
                log.warning("lease not renewed: %s", fault)

    def _listen(self) -> None:
        while not self._end.is_set():
            if self._stop_line.wait(STOP_SECONDS):
                self._halt()
                return
