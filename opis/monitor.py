"""What ``opis run`` tells of itself: how its parts are, and its numbers."""

import time
from collections.abc import Callable

from opis.metrics import RunMeter
from opis.wiring import Parts
from pipeline.domain.errors import OpisError
from pipeline.domain.messages import say
from pipeline.ports.catalog import Backlog
from pipeline.ports.probe import Probe
from pipeline.ports.workers import Workers
from search_api.health import HealthDesk, PartHealth, State, part_health

FULL_SECONDS = 300.0
NO_OBJECT = "batches/none"
"""a key that is never made"""


class SparingProbe:
    """A probe that costs its server much, made now and then; between them a cheap question tells that it answers."""

    def __init__(self, probe: Callable[[], Probe], ask: Callable[[], object], seconds: float = FULL_SECONDS) -> None:
        """``ask`` raises where there is no answer; only a good probe stands for ``seconds``."""
        self._probe = probe
        self._ask = ask
        self._seconds = seconds
        self._last: Probe | None = None
        self._at = 0.0

    def __call__(self) -> Probe:
        """Not for several threads at once."""
        if self._last is not None and self._last.good and time.monotonic() - self._at < self._seconds:
            self._ask()
            return self._last
        self._last = self._probe()
        self._at = time.monotonic()
        return self._last


class Monitor:
    """One a process; asks the parts itself, when somebody wants to know."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._workers: Workers | None = None
        self.health = HealthDesk(
            {
                "objects": SparingProbe(self._objects, lambda: self._parts.objects.exists(NO_OBJECT)),
                "catalog": lambda: self._parts.catalog.probe(),
                "index": self._index,
                "line": self._line,
                "workers": self._crew,
            }
        )
        self.meter = RunMeter(self._backlog, self.health.now)

    def line_began(self, workers: Workers) -> None:
        """This process holds the lease from now on, and works with these."""
        self._workers = workers
        self.meter.line_began(workers)

    def line_ended(self) -> None:
        """Whatever the reason. The workers may be closed already."""
        self._workers = None
        self.meter.line_ended()

    def _backlog(self) -> Backlog:
        return self._parts.catalog.backlog()

    def _objects(self) -> Probe:
        return self._parts.objects.probe()

    def _index(self) -> Probe:
        return self._parts.index.probe()

    def _line(self) -> PartHealth:
        try:
            alive = self._parts.catalog.line_alive()
        except OpisError:
            return part_health(State.UNKNOWN, say("monitoring.line_untold"))
        return part_health(State.OK, say("monitoring.line_alive")) if alive else _no_line()

    def _crew(self) -> PartHealth:
        workers = self._workers
        if workers is None:
            return part_health(State.UNKNOWN, say("monitoring.workers_elsewhere"))
        size = workers.size
        busy = min(len(workers.doing()), size)
        return part_health(State.OK, say("monitoring.workers_here", busy=busy, size=size))


def _no_line() -> PartHealth:
    return part_health(State.DOWN, say("monitoring.line_missing"))
