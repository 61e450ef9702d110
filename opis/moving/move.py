"""Moving house: objects, then catalog, then index, then everything compared; the source is only read.

There is no journal: what is there with the same content is done, so that a move that was interrupted is begun again.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from opis.moving.catalog import foreign_rows, move_rows
from opis.moving.hot import copy_quarantine, refuse_claimed, waiting_files
from opis.moving.parts import HeldLine, open_source, open_target, scratch_folder
from opis.moving.plan import MovePlan
from opis.moving.progress import tracked
from opis.moving.values import Moved, with_differences
from opis.wiring import Parts
from pipeline.domain.errors import PartDown
from pipeline.domain.messages import say
from pipeline.stages.copy_objects import (
    Pause,
    compare_stores,
    copy_objects,
    read_proof,
    save_proof,
    take_stock,
)
from pipeline.stages.index import indexed_document
from pipeline.stages.verify import Difference, accounts, check_index

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sides:
    """Both homes, open, with no line at work on either."""

    plan: MovePlan
    source: Parts
    target: Parts
    scratch: Path
    lines: tuple[HeldLine, ...]
    """the source's, and the target's when its catalog is another one"""

    def pause(self) -> None:
        """Raises ``Fenced`` when a lease was lost."""
        for line in self.lines:
            line.check()

    @property
    def proof(self) -> Path:
        return self.scratch / "proof"


def move(plan: MovePlan) -> Moved:
    """Moves what the plan says and compares all of it; ends at the first step that finds a difference.

    Errors: ``UsageError``, ``Fenced`` (a line runs), ``MissingPart``, ``PartUnfit``, ``PartDown``, ``StorageFull``.
    What was copied until then stays and is not copied again.
    """
    with ExitStack() as stack:
        source = open_source(plan)
        lines = [stack.enter_context(HeldLine(source.catalog, plan.places["catalog"][0]))]
        if plan.home_changes:
            refuse_claimed(source)
        target = open_target(plan, source)
        if plan.moves("catalog"):
            lines.append(stack.enter_context(HeldLine(target.catalog, plan.places["catalog"][1])))
        sides = Sides(plan, source, target, stack.enter_context(scratch_folder(target)), tuple(lines))
        moved = Moved()
        for step in STEPS:
            moved = step(sides, moved)
            if not moved.verified:
                break
        return moved


def _refuse_foreign_catalog(sides: Sides, moved: Moved) -> Moved:
    return with_differences(moved, foreign_rows(*sides.lines)) if sides.plan.moves("catalog") else moved


def _refuse_foreign_index(sides: Sides, moved: Moved) -> Moved:
    """The index at the target is replaced: not when it holds documents that this home does not know."""
    if not sides.plan.moves("index"):
        return moved
    try:
        found = check_index(sides.source.catalog, sides.target.index)
        return with_differences(moved, (each for each in found if each.code == "index_foreign"))
    except PartDown as fault:
        if fault.retry:
            raise
        log.warning("%s; it is made anew", fault)
        return moved


def _copy_objects(sides: Sides, moved: Moved) -> Moved:
    if not sides.plan.moves("objects"):
        return moved
    to_copy = sides.scratch / "to-copy"
    stock = take_stock(sides.source.objects, sides.target.objects, to_copy)
    if stock.foreign:
        return with_differences(moved, stock.foreign)
    log.info("objects: %d, to be copied: %d", stock.total, stock.missing)
    with to_copy.open(encoding="utf-8") as lines, sides.proof.open("w", encoding="utf-8") as proof:
        keys = (line.rstrip("\n") for line in lines)
        copying = copy_objects(sides.source.objects, sides.target.objects, keys, sides.scratch, sides.pause)
        for done in tracked(copying, say("moving.bar_copy"), stock.missing):
            if isinstance(done, Difference):
                return with_differences(moved, (done,))
            if done.proven:
                save_proof(done.stored, proof)
    return replace(moved, copied=stock.missing)


def _copy_catalog(sides: Sides, moved: Moved) -> Moved:
    if not sides.plan.moves("catalog"):
        return moved
    log.info("the catalog is copied")
    rows, differences = move_rows(*sides.lines)
    return with_differences(replace(moved, rows=rows), differences)


def _build_index(sides: Sides, moved: Moved) -> Moved:
    """From the target's own catalog and store: what cannot be read there is found out here."""
    if not sides.plan.moves("index"):
        return moved
    catalog, objects = sides.target.catalog, sides.target.objects
    total = catalog.counts()["documents"]
    log.info("the index is made: %d documents", total)
    documents = (document for account in accounts(catalog) for document in account.documents)
    made = (indexed_document(document, catalog, objects) for document in _watched(documents, sides.pause))
    sides.target.index.rebuild(tracked(made, say("moving.bar_index"), total))
    return moved


def _copy_quarantine(sides: Sides, moved: Moved) -> Moved:
    if not sides.plan.home_changes:
        return moved
    was, becomes = sides.plan.source.home, sides.plan.target.home
    copied = copy_quarantine(was, becomes)
    counted = replace(moved, quarantine_files=copied.files, quarantine_bytes=copied.bytes, waiting=waiting_files(was))
    return with_differences(counted, copied.differences)


def _compare_objects(sides: Sides, moved: Moved) -> Moved:
    """The last word on the objects: all of them, read back from both stores."""
    if not sides.plan.moves("objects"):
        return moved
    log.info("the objects are read back and compared")
    count = size = 0
    differences = []
    comparing = compare_stores(sides.source.objects, sides.target.objects, read_proof(sides.proof), sides.pause)
    for checked in tracked(comparing, say("moving.bar_compare"), None):
        if checked.difference is None:
            count, size = count + 1, size + checked.size
        else:
            differences.append(checked.difference)
    return with_differences(replace(moved, objects=count, bytes=size), differences)


def _compare_index(sides: Sides, moved: Moved) -> Moved:
    """An index that stays may lag behind its catalog, as it always may; a new one may not."""
    index, catalog = sides.target.index, sides.target.catalog
    if sides.plan.moves("index") or not catalog.counts()["outbox"]:
        moved = with_differences(moved, check_index(catalog, index))
    return replace(moved, documents=len(index.versions()))


STEPS = (
    _refuse_foreign_catalog,
    _refuse_foreign_index,
    _copy_objects,
    _copy_catalog,
    _build_index,
    _copy_quarantine,
    _compare_objects,
    _compare_index,
)
"""The order matters: a catalog is never there before its objects, an index never before its catalog."""


def _watched(items: Iterable[T], pause: Pause) -> Iterator[T]:
    for item in items:
        pause()
        yield item
