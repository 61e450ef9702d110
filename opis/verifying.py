"""Proof that what was stored is still there: store, catalog and index, each by itself and against the others."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from opis.moving.progress import tracked
from opis.wiring import Parts
from pipeline.domain.errors import UsageError
from pipeline.domain.messages import say
from pipeline.stages.verify import Difference, check_catalog, check_index, check_objects

log = logging.getLogger(__name__)
MOST_NAMED = 1000
_SUBSET = re.compile(r"(\d{1,6})/(\d{1,6})")


@dataclass
class Verified:
    """What was looked at and what is wrong; of the differences the first 1000 are named."""

    objects: int = 0
    bytes: int = 0
    differences: list[Difference] = field(default_factory=list)
    different: int = 0
    index_lags: bool = False
    """documents wait to be indexed: that they are not found yet is no difference"""

    @property
    def good(self) -> bool:
        return not self.different

    def note(self, difference: Difference) -> None:
        log.error("%s: %s", difference.code, difference.subject)
        self.different += 1
        if len(self.differences) < MOST_NAMED:
            self.differences.append(difference)


def subset_of(text: str | None) -> tuple[int, int]:
    """``2/7`` is the second of seven parts; None is the whole. ``UsageError`` for anything else."""
    if text is None:
        return 1, 1
    found = _SUBSET.fullmatch(text)
    part, parts = map(int, found.groups()) if found else (0, 0)
    if not 1 <= part <= parts:
        raise UsageError(f"a subset is written PART/PARTS, such as 2/7, not {text!r}")
    return part, parts


def verify(parts: Parts, part: int = 1, of: int = 1) -> Verified:
    """Reads every object of the subset back, and compares store, catalog and index. Errors: ``PartDown``."""
    found = Verified()
    for checked in tracked(check_objects(parts.objects, part, of), say("verifying.bar"), None):
        found.objects += 1
        found.bytes += checked.size
        if checked.difference is not None:
            found.note(checked.difference)
    _note_all(found, check_catalog(parts.catalog, parts.objects))
    found.index_lags = parts.catalog.counts().get("outbox", 0) > 0
    if not found.index_lags:
        _note_all(found, check_index(parts.catalog, parts.index))
    return found


def _note_all(found: Verified, differences: Iterable[Difference]) -> None:
    """A difference that was seen from two sides is one."""
    known = {(each.code, each.subject) for each in found.differences}
    for difference in _fresh(differences, known):
        found.note(difference)


def _fresh(differences: Iterable[Difference], known: set[tuple[str, str]]) -> Iterator[Difference]:
    for difference in differences:
        if (difference.code, difference.subject) not in known:
            known.add((difference.code, difference.subject))
            yield difference
