"""What the pipeline tells of its work in numbers: seconds of a stage, pages read, codes of what went wrong.

Nothing that names a person, a file or a number of a register goes through here: only lanes, stages and codes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

STAGES = ("inspect", "read", "split", "link", "file", "compose", "keep", "commit", "index")
"""``compose`` holds ``split``, ``link`` and ``file``; ``link`` and ``file`` are taken a document, the others a batch"""
OUTCOMES = ("text", "no_text", "degraded", "failed")
"""of a page that was read: words found; none found; its image is in doubt; given up after three attempts"""


class Meter(Protocol):
    """Cheap, never raises, may be used by several threads."""

    def took(self, stage: str, seconds: float) -> None:
        """One of ``STAGES`` came to its end."""

    def pages(self, lane: str, outcome: str, number: int) -> None:
        """So many pages of a lane were read; ``outcome`` is one of ``OUTCOMES``."""

    def fault(self, code: str) -> None:
        """A problem code, the code of refused input, or the class of an ``OpisError``."""


class Unmetered:
    """Where nobody looks."""

    def took(self, stage: str, seconds: float) -> None:
        pass

    def pages(self, lane: str, outcome: str, number: int) -> None:
        pass

    def fault(self, code: str) -> None:
        pass


UNMETERED = Unmetered()


@contextmanager
def timed(meter: Meter, stage: str) -> Iterator[None]:
    """Tells how long the block took, unless it raised: what was given up says nothing of the stage."""
    begun = time.perf_counter()
    yield
    meter.took(stage, time.perf_counter() - begun)
