"""Numbers for Prometheus: counters of this process beside what the catalog holds and how the parts are.

Labels are lanes, outcomes, stages, states, kinds, codes and parts: never a name, a number of a register or an id.
"""

import platform
from collections.abc import Callable
from importlib import metadata

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from opis.catalog_numbers import CatalogNumbers, PartNumbers
from pipeline.domain.settings import Lane
from pipeline.ports.catalog import Backlog
from pipeline.ports.meter import OUTCOMES, STAGES
from pipeline.ports.workers import Workers
from search_api.health import Health

BUCKETS = (0.005, 0.02, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1800)
"""seconds: from linking one document to reading a batch of a thousand pages"""


class RunMeter:
    """``pipeline.ports.meter.Meter`` and ``search_api.routes_metrics.Exposition``; one a process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(
        self, backlog: Callable[[], Backlog] | None = None, health: Callable[[], Health] | None = None
    ) -> None:
        """Both are asked when somebody looks; ``backlog`` may hang or raise, ``health`` sees to that itself."""
        self._registry = registry = CollectorRegistry()
        self._stages = Histogram(
            "opis_stage_seconds", "Seconds of a stage.", ["stage"], buckets=BUCKETS, registry=registry
        )
        self._pages = Counter("opis_pages", "Pages read.", ["lane", "outcome"], registry=registry)
        told = "Codes of problems and of refused input, classes of errors of the line."
        self._faults = Counter("opis_errors", told, ["code"], registry=registry)
        self._held = Gauge("opis_line_lease", "1 when this process holds the lease of the line.", registry=registry)
        self._size = Gauge("opis_workers_size", "Tasks that can be worked on at once.", registry=registry)
        self._busy = Gauge("opis_workers_busy", "Tasks worked on now.", registry=registry)
        build = Gauge("opis_build_info", "Always 1; which program this is.", ["version", "python"], registry=registry)
        build.labels(metadata.version("opis"), platform.python_version()).set(1)
        for stage in STAGES:
            self._stages.labels(stage)
        for lane in Lane:
            for outcome in OUTCOMES:
                self._pages.labels(lane.value, outcome)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        if backlog is not None:
            registry.register(CatalogNumbers(backlog))
        if health is not None:
            registry.register(PartNumbers(health))

    def took(self, stage: str, seconds: float) -> None:
        self._stages.labels(stage).observe(seconds)

    def pages(self, lane: str, outcome: str, number: int) -> None:
        self._pages.labels(lane, outcome).inc(number)

    def fault(self, code: str) -> None:
        self._faults.labels(code).inc()

    def line_began(self, workers: Workers) -> None:
        """This process holds the lease of the line, and works with these."""
        self._held.set(1)
        self._size.set_function(lambda: workers.size)
        self._busy.set_function(lambda: min(len(workers.doing()), workers.size))

    def line_ended(self) -> None:
        self._held.set(0)
        self._size.set_function(lambda: 0)
        self._busy.set_function(lambda: 0)

    def text(self) -> bytes:
        return generate_latest(self._registry)
