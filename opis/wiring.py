"""The composition root: the one place where settings become parts."""

import logging
import os
from functools import cached_property
from pathlib import Path

from opis.late_index import LateIndex
from pipeline.domain.errors import ConfigurationError, PartDown, StorageFull
from pipeline.domain.filing import EXTERN
from pipeline.domain.settings import Settings
from pipeline.ports.catalog import Catalog
from pipeline.ports.classifier import Classifier
from pipeline.ports.index import Index
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import Workers

log = logging.getLogger(__name__)


class Parts:
    """Everything a command may need; each part is imported and opened when it is first asked for, and once.

    Errors on opening: ``ConfigurationError`` (a URL, the departments file), ``PartDown``, ``StorageFull``.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def scratch(self) -> Path:
        return self.settings.home / "scratch"

    @cached_property
    def objects(self) -> ObjectStore:
        from storage.objects.open import open_objects

        return open_objects(self.settings.objects_url, self.settings.home)

    @cached_property
    def catalog(self) -> Catalog:
        from storage.catalog.open import open_catalog

        return open_catalog(self.settings.catalog_url, self.settings.home)

    @cached_property
    def index(self) -> LateIndex:
        """Opened when it is first asked something."""
        return LateIndex(self._open_index)

    def _open_index(self) -> Index:
        from storage.index.open import open_index

        return open_index(self.settings.index_url, self.settings.home)

    @cached_property
    def classifier(self) -> Classifier:
        from classifiers.departments import load_departments
        from classifiers.rules import RuleClassifier

        institution = self.settings.institution
        return RuleClassifier(load_departments(institution.departments), institution.name)

    def check_departments(self) -> None:
        """Raises ``ConfigurationError`` when a profile files into a department that there is not."""
        _check_departments(self.settings, self.classifier)

    def open_all(self) -> None:
        """Opens every part: for commands that go on for long, so that a fault shows before they begin.

        What opening may make (a folder, tables) comes after the servers that may be unfit: no half a start. An index
        that is merely down is told in the log: documents are filed without it, and found when it is back.
        """
        self.check_departments()
        try:
            self.index.open()
        except PartDown as fault:
            log.warning("%s; documents are filed, and found when the index is back", fault)
        if self.settings.objects_url.startswith("s3:"):
            _ = self.objects
        _ = self.catalog, self.objects


def open_parts(settings: Settings) -> Parts:
    """Makes the home when it is missing. Errors: ``ConfigurationError``, ``PartDown``, ``StorageFull``."""
    _make_home(settings.home)
    return Parts(settings)


def start_workers(parts: Parts, first: bool = False) -> Workers:
    """Workers of this machine, or those of the cluster that ``work.scheduler`` names.

    ``first`` wipes what children of an earlier run left, for the line that holds the lease. Errors: ``PartDown`` and
    ``PartUnfit`` of the cluster.
    """
    from pipeline.engines.sandbox import wipe_scratch

    if first:
        wipe_scratch(parts.scratch)
    if parts.settings.scheduler:
        from opis.cluster.workers import ClusterWorkers

        return ClusterWorkers(parts.settings.scheduler, parts.scratch)
    from opis.worker import LocalWorkers

    return LocalWorkers(parts.objects, parts.scratch, parts.settings.workers)


def hot_folder(settings: Settings, profile: str) -> Path:
    return settings.home / "hot" / profile


def _check_departments(settings: Settings, classifier: Classifier) -> None:
    codes = {department.code for department in classifier.departments()} | {EXTERN}
    for profile in settings.profiles:
        if profile.department is not None and profile.department not in codes:
            raise ConfigurationError(
                f"profiles.{profile.name}.department: {profile.department!r} is none of {', '.join(sorted(codes))}"
            )


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PartDown(f"the home {home} cannot be written to")
    except (FileExistsError, NotADirectoryError) as fault:
        raise ConfigurationError(f"the home {home} is not a folder") from fault
    except OSError as fault:
        kind = StorageFull if fault.errno == 28 else PartDown
        raise kind(f"the home {home} cannot be made: {fault.strerror}") from fault
