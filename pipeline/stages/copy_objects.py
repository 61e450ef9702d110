"""Copies a whole object store into another one, side by side, and compares the two; both can be begun again.

A key is created once and never changed, so what is there needs no second copy, only a comparison. Both stores list
their keys in order: the two lists are walked together, and memory does not grow with their length.
"""

import hashlib
import heapq
import logging
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TextIO, TypeVar

from pipeline.domain.errors import KeyTaken, NotFound, PartDown, PartUnfit
from pipeline.ports.objects import ObjectStore, StoredObject
from pipeline.stages.verify import Checked, Difference

log = logging.getLogger(__name__)
AT_ONCE = 4
"""objects on their way at the same time"""
AHEAD = 4
"""work handed out before the first of it is done, in multiples of ``AT_ONCE``"""
CHUNK = 1 << 20
MOST_NAMED = 20
"""differences of a kind that are told; the rest is only counted in the log"""

S = TypeVar("S")
T = TypeVar("T")
Pause = Callable[[], None]
"""Called before each object; raises to stop."""


@dataclass(frozen=True, slots=True)
class Copied:
    stored: StoredObject
    """as the target read it back"""
    proven: bool
    """read twice from the source, with the same bytes"""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a copy has before it."""

    total: int
    """keys of the source"""
    missing: int
    """of them not in the target"""
    foreign: tuple[Difference, ...]
    """keys of the target that the source does not have, at most 20"""


def take_stock(source: ObjectStore, target: ObjectStore, to_copy: Path) -> Inventory:
    """Lists both stores and writes the keys that the target lacks into a file, one a line. Errors: ``PartDown``."""
    total = missing = 0
    foreign: list[Difference] = []
    with to_copy.open("w", encoding="utf-8") as file:
        for key, here, there in side_by_side(source.keys(""), target.keys("")):
            total += here
            if not here:
                foreign.append(Difference("object_foreign", key))
                if len(foreign) == MOST_NAMED:
                    break
            elif not there:
                missing += 1
                file.write(f"{key}\n")
    return Inventory(total, missing, tuple(foreign))


def copy_objects(
    source: ObjectStore, target: ObjectStore, keys: Iterable[str], scratch: Path, pause: Pause = lambda: None
) -> Iterator[Copied | Difference]:
    """Copies each key, in order; ``scratch`` holds what a source elsewhere sends. What the target has stays as it is.

    A difference when the target holds other content under the key, or the source no longer has it. Errors:
    ``PartDown``, ``StorageFull``; what was copied until then stays.
    """
    return in_order(lambda key: _copy(source, target, key, scratch), keys, pause)


def compare_stores(
    source: ObjectStore, target: ObjectStore, proven: Iterable[StoredObject] = (), pause: Pause = lambda: None
) -> Iterator[Checked]:
    """Reads every object of both stores and compares size and SHA-256, key by key, in order. Errors: ``PartDown``.

    ``proven``, in order of their keys, were read twice from the source in this run: they are not read there again.
    """

    def compare(entry: tuple[str, bool, bool, StoredObject | None]) -> Checked:
        key, here, there, known = entry
        if not here:
            return Checked(key, 0, Difference("object_foreign", key))
        wanted = known or source.hash(key)
        found = target.hash(key) if there else None
        if wanted is None or found is None:
            return Checked(key, 0, Difference("object_missing", key))
        same = (wanted.size, wanted.sha256) == (found.size, found.sha256)
        return Checked(key, found.size, None if same else Difference("object_differs", key))

    listed = side_by_side(source.keys(""), target.keys(""))
    return in_order(compare, _with_proof(listed, proven), pause)


def save_proof(copied: StoredObject, file: TextIO) -> None:
    """One line of a file that ``read_proof`` gives back."""
    file.write(f"{copied.sha256} {copied.size} {copied.key}\n")


def read_proof(path: Path) -> Iterator[StoredObject]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            sha256, size, key = line.rstrip("\n").split(" ", 2)
            yield StoredObject(key, int(size), sha256)


def side_by_side(left: Iterable[str], right: Iterable[str]) -> Iterator[tuple[str, bool, bool]]:
    """Every key of two ordered lists once, in order, with whether the left and whether the right one has it."""
    both = heapq.merge(((key, 0) for key in _ordered(left)), ((key, 1) for key in _ordered(right)))
    for key, found in groupby(both, key=itemgetter(0)):
        sides = {side for _, side in found}
        yield key, 0 in sides, 1 in sides


def _ordered(keys: Iterable[str]) -> Iterator[str]:
    """Out of order, a key that is there would pass for a missing one."""
    before = ""
    for key in keys:
        if key <= before:
            raise PartUnfit(f"objects: the store lists {key} after {before}")
        yield key
        before = key


def in_order(work: Callable[[S], T], items: Iterable[S], pause: Pause = lambda: None) -> Iterator[T]:
    """Works on several items at once and gives the results in the order of the items, each as soon as it can.

    The first error ends it: what is under way is finished, what was only handed out is not begun.
    """
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="objects") as pool:
        try:
            for item in items:
                pause()
                waiting.append(pool.submit(work, item))
                if len(waiting) >= AT_ONCE * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                pause()
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _with_proof(
    listed: Iterable[tuple[str, bool, bool]], proven: Iterable[StoredObject]
) -> Iterator[tuple[str, bool, bool, StoredObject | None]]:
    rest = iter(proven)
    proof = next(rest, None)
    for key, here, there in listed:
        while proof is not None and proof.key < key:
            proof = next(rest, None)
        yield key, here, there, proof if proof is not None and proof.key == key else None


def _copy(source: ObjectStore, target: ObjectStore, key: str, scratch: Path) -> Copied | Difference:
    try:
        path = source.local_path(key)
        if path is not None:
            return Copied(target.put_file(key, path), proven=False)
        return Copied(_fetch_and_put(source, target, key, scratch), proven=True)
    except KeyTaken as fault:
        log.error("%s", fault)
        return Difference("object_differs", key)
    except NotFound as fault:
        log.error("%s", fault)
        return Difference("object_missing", key)


def _fetch_and_put(source: ObjectStore, target: ObjectStore, key: str, scratch: Path) -> StoredObject:
    """Through a file, so that an object of any size needs no memory.

    What arrived is compared with a second reading before it is stored: a key of the target can be written only once.
    """
    with tempfile.NamedTemporaryFile(prefix="object-", dir=scratch) as file:
        digest, size = hashlib.sha256(), 0
        with source.open(key) as incoming:
            while chunk := incoming.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        file.flush()
        arrived = StoredObject(key, size, digest.hexdigest())
        if source.hash(key) != arrived:
            raise PartDown(f"{key} does not arrive as it is stored")
        return target.put_file(key, Path(file.name))
