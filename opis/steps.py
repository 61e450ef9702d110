"""A step of the line's round that may be down for a while without keeping the others from going on."""

import logging
import random
import time
from collections.abc import Callable

from pipeline.domain.errors import PartDown, PartUnfit

log = logging.getLogger(__name__)
LONGEST_REST = 4
"""in units of the first rest"""


class Step:
    """``work`` says whether there may be more to do at once; while it raises ``PartDown`` it is tried now and then.

    ``outlasts_unfit``: ``PartUnfit`` too, since what it works with may be put right while the others go on.
    """

    def __init__(self, name: str, work: Callable[[], bool], rest_seconds: float, outlasts_unfit: bool = False) -> None:
        self.name = name
        self.failures = 0
        self.fault: PartDown | PartUnfit | None = None
        self._kept = (PartDown, PartUnfit) if outlasts_unfit else (PartDown,)
        self._work = work
        self._rest = rest_seconds
        self._until = 0.0

    def take(self) -> bool:
        """Works unless it rests; True when there may be more. What is waited out is kept in ``fault``."""
        if self.fault is not None and time.monotonic() < self._until:
            return False
        try:
            busy = self._work()
        except self._kept as fault:
            self._failed(fault)
            return False
        if self.fault is not None:
            log.info("%s: going on after %d failures", self.name, self.failures)
        self.fault, self.failures = None, 0
        return busy

    def _failed(self, fault: PartDown | PartUnfit) -> None:
        self.fault = fault
        self.failures += 1
        units = min(LONGEST_REST, 1 << max(0, self.failures - 3))
        rest = self._rest * units * random.uniform(0.8, 1.2)
        self._until = time.monotonic() + rest
        log.warning("%s: %s; again in %.0f s (%s)", self.name, fault, rest, fault.advice)
