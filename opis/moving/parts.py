"""The two sides of a move: the source opened without changing it, the target opened whole before anything is copied."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType

from opis.heart import LEASE_SECONDS, Heart
from opis.moving.plan import PARTS, MovePlan, Place, place_of
from opis.wiring import Parts, open_parts
from pipeline.domain.errors import Fenced, MissingPart, OpisError, PartUnfit, UsageError
from pipeline.domain.messages import say
from pipeline.domain.settings import Settings
from pipeline.ports.catalog import Catalog
from pipeline.ports.objects import ObjectStore
from storage.catalog.line import SqlLine
from watchers.moves import own_errors


class SourceParts(Parts):
    """Parts that are only read: what killed writers left in the store is not swept."""

    @cached_property
    def objects(self) -> ObjectStore:
        from storage.objects.folder import FolderStore
        from storage.objects.open import open_objects

        folder = place_of("objects", self.settings).path
        return FolderStore(folder) if folder else open_objects(self.settings.objects_url, self.settings.home)


def open_source(plan: MovePlan) -> Parts:
    """Nothing is made and nothing is migrated.

    Errors: ``UsageError`` (no such home), ``MissingPart`` (no store or catalog there), ``PartUnfit`` (a catalog of
    another version), ``PartDown``.
    """
    settings = plan.source
    if not settings.home.is_dir():
        raise UsageError(f"no such home: {settings.home}")
    for part in ("objects", "catalog"):
        _require(part, plan.places[part][0])
    _require_current(settings)
    parts = SourceParts(settings)
    _ = parts.objects, parts.catalog
    return parts


def open_target(plan: MovePlan, source: Parts) -> Parts:
    """The target's parts, those that stay being the source's own; the home is made when it is missing.

    Errors: ``PartUnfit``, ``PartDown``, ``MissingPart``, ``ConfigurationError``.
    """
    parts = open_parts(plan.target)
    for part in PARTS:
        if not plan.moves(part):
            setattr(parts, part, getattr(source, part))
    _ = parts.objects, parts.catalog
    parts.index.open()
    return parts


class HeldLine:
    """The lease of a catalog's line, held and renewed for the length of a block, so that no line works meanwhile."""

    def __init__(self, catalog: Catalog, place: Place) -> None:
        self.catalog = catalog
        self._place = place

    def __enter__(self) -> "HeldLine":
        """Raises ``Fenced`` when a line is running."""
        lease = self.catalog.acquire_line("move", LEASE_SECONDS)
        if lease is None:
            fault = Fenced(f"a line is running on {self._place.shown}")
            fault.advice = say("moving.line_runs", place=self._place.shown)
            raise fault
        self._lease = lease
        self._heart = Heart(lease, threading.Event(), lambda: None)
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._heart.stop()
        with suppress(OpisError):
            self._lease.release()

    @property
    def token(self) -> int:
        assert isinstance(self._lease, SqlLine)
        return self._lease.token

    def check(self) -> None:
        """Raises ``Fenced`` when another took the lease."""
        if self._heart.lost is not None:
            raise self._heart.lost


def _require(part: str, place: Place) -> None:
    if place.path is not None and not place.path.exists():
        fault = MissingPart(f"{part}: nothing at {place.shown}")
        fault.advice = say("moving.nothing_there", place=place.shown)
        raise fault


def _require_current(settings: Settings) -> None:
    from storage.catalog.migrate import newest, revision
    from storage.catalog.open import open_database

    with closing(open_database(settings.catalog_url, settings.home)) as database:
        found = revision(database)
    if found != newest():
        message = f"the catalog that is moved has revision {found}, this program works with {newest()}"
        raise PartUnfit(message, say("moving.old_catalog"))


@contextmanager
def scratch_folder(parts: Parts) -> Iterator[Path]:
    """An empty private folder for what is on its way, gone afterwards; what a killed move left in it is removed."""
    folder = parts.scratch / "move"
    with own_errors(str(folder)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
