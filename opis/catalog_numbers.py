"""What Prometheus is told of the catalog and of the parts, asked for when somebody looks; what hangs is left out."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from opis.outbox_lag import OutboxLag
from pipeline.domain.batches import ReviewKind
from pipeline.domain.settings import Lane
from pipeline.ports.catalog import Backlog, Waiting
from search_api.health import Health, State
from search_api.latest import Latest

FRESH_SECONDS = 2.0
PATIENCE_SECONDS = 3.0


class CatalogNumbers(Collector):
    """One transaction at most every two seconds; without an answer only ``opis_catalog_up 0`` is told."""

    def __init__(self, backlog: Callable[[], Backlog]) -> None:
        self._latest = Latest(backlog, "backlog", FRESH_SECONDS, PATIENCE_SECONDS)
        self._lag = OutboxLag()
        self._lock = threading.Lock()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._latest.get().value
        yield _number("opis_catalog_up", "1 when the catalog answers.", found is not None)
        if found is None:
            return
        with self._lock:
            lag = self._lag.seconds(found.outbox_oldest, found.outbox_newest, time.monotonic())
        waiting = {lane.value: found.waiting.get(lane.value, Waiting()) for lane in Lane}
        yield _by("opis_batches", "Batches by state.", "state", found.batches)
        yield _by(
            "opis_queue_batches", "Batches waiting or worked on.", "lane", {k: w.batches for k, w in waiting.items()}
        )
        yield _by("opis_queue_pages", "Pages of these batches.", "lane", {k: w.pages for k, w in waiting.items()})
        yield _number("opis_documents", "Documents held in the catalog.", found.documents)
        reviews = {kind.value: found.reviews.get(kind.value, 0) for kind in ReviewKind}
        yield _by("opis_open_reviews", "Open questions by kind.", "kind", reviews)
        yield _number("opis_outbox_rows", "Documents that the index has not followed yet.", found.outbox)
        yield _number("opis_outbox_lag_seconds", "Age of the oldest of them, since this process has seen it.", lag)
        yield _number("opis_line_alive", "1 when some process holds the lease of the line.", found.line_held)


class PartNumbers(Collector):
    """1 for a part that is ok, 0 for one that is down or unfit; one of which nothing is known is left out."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        parts = self._health().parts.items()
        known = {name: part.state is State.OK for name, part in parts if part.state is not State.UNKNOWN}
        yield _by("opis_part_up", "1 when a part is as it should be.", "part", known)


def _number(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=float(value))


def _by(name: str, told: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=[label])
    for key, value in values.items():
        family.add_metric([key], float(value))
    return family
