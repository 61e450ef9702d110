"""The composition root: the one place where settings become parts."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from classifiers.departments import load_departments
from classifiers.rules import RuleClassifier
from opis.worker import LocalWorkers
from pipeline.domain.errors import ConfigurationError, PartDown, StorageFull
from pipeline.domain.filing import EXTERN
from pipeline.domain.settings import Settings
from pipeline.engines.sandbox import wipe_scratch
from pipeline.ports.catalog import Catalog
from pipeline.ports.classifier import Classifier
from pipeline.ports.index import Index
from pipeline.ports.objects import ObjectStore
from storage.catalog.open import open_catalog
from storage.index.open import open_index
from storage.objects.open import open_objects

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a command may need, opened once. Workers are started apart: few commands need them."""

    settings: Settings
    objects: ObjectStore
    catalog: Catalog
    index: Index
    classifier: Classifier

    @property
    def scratch(self) -> Path:
        return self.settings.home / "scratch"


def open_parts(settings: Settings) -> Parts:
    """Makes the home when it is missing and opens the parts.

    Errors: ``ConfigurationError`` (a URL, the departments file, a profile's department), ``PartDown``, ``StorageFull``.
    """
    classifier = RuleClassifier(load_departments(settings.institution.departments), settings.institution.name)
    _check_departments(settings, classifier)
    _make_home(settings.home)
    return Parts(
        settings=settings,
        objects=open_objects(settings.objects_url, settings.home),
        catalog=open_catalog(settings.catalog_url, settings.home),
        index=open_index(settings.index_url, settings.home),
        classifier=classifier,
    )


def start_workers(parts: Parts, first: bool = False) -> LocalWorkers:
    """Local workers; ``first`` wipes what children of an earlier run left, for the line that holds the lease."""
    if first:
        wipe_scratch(parts.scratch)
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
    except FileExistsError as fault:
        raise ConfigurationError(f"the home {home} is not a folder") from fault
    except OSError as fault:
        kind = StorageFull if fault.errno == 28 else PartDown
        raise kind(f"the home {home} cannot be made: {fault.strerror}") from fault
