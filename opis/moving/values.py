"""What became of a move."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.stages.verify import Difference

log = logging.getLogger(__name__)
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Moved:
    """Grows step by step; None for what stays where it was, or was not come to because of a difference before it."""

    objects: int | None = None
    """in the target, each read back and equal to the source's"""
    bytes: int | None = None
    copied: int | None = None
    """of the objects, those that were not there before"""
    rows: Mapping[str, int] = field(default_factory=dict)
    """table → rows, each equal to the source's"""
    documents: int | None = None
    """in the index"""
    quarantine_files: int | None = None
    quarantine_bytes: int | None = None
    waiting: int = 0
    """what lies in the hot folders that were left behind"""
    different: int = 0
    differences: tuple[Difference, ...] = ()
    """the first 20 of them"""

    @property
    def verified(self) -> bool:
        return not self.different


def with_differences(moved: Moved, differences: Iterable[Difference]) -> Moved:
    """Each goes into the log, all are counted, the first 20 are kept."""
    kept, number = list(moved.differences), moved.different
    for difference in differences:
        log.error("%s: %s", difference.code, difference.subject)
        number += 1
        if len(kept) < MOST_NAMED:
            kept.append(difference)
    return replace(moved, differences=tuple(kept), different=number)
