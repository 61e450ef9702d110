"""Makes what is missing before the first day: bucket, catalog, hot folders; says what was made; may be repeated."""

from collections.abc import Iterator
from dataclasses import dataclass

from opis.wiring import Parts, hot_folder
from pipeline.domain.addresses import without_password
from pipeline.domain.errors import PartDown
from pipeline.domain.messages import say
from watchers.hot_folder import HotFolder


@dataclass(frozen=True, slots=True)
class Prepared:
    what: str
    """``objects``, ``catalog``, ``index``, ``hot``"""
    name: str
    """address without password, or path"""
    made: bool
    told: str
    """Romanian"""


def prepare(parts: Parts) -> Iterator[Prepared]:
    """In this order, each told when it is there. Nothing is made while a server is known to be unfit.

    Errors: ``PartDown``, ``PartUnfit``, ``MissingPart``, ``ConfigurationError``.
    """
    index = _index(parts)
    _look_at_catalog(parts)
    yield _objects(parts)
    yield _catalog(parts)
    yield index
    for profile in parts.settings.profiles:
        folder = hot_folder(parts.settings, profile.name)
        made = not folder.is_dir()
        HotFolder(folder, profile, lambda path: None).prepare()
        yield _told("hot", str(folder), made)


def _objects(parts: Parts) -> Prepared:
    url, made = parts.settings.objects_url, False
    if url.startswith("s3:"):
        from storage.objects.s3 import create_bucket

        made = create_bucket(url)
    else:
        made = not any(parts.settings.home.glob(url.partition(":")[2]))
    _ = parts.objects
    return _told("objects", without_password(url), made)


def _look_at_catalog(parts: Parts) -> None:
    """Raises what a server's catalog will be refused for; a file's is looked at when it is opened."""
    from storage.catalog.migrate import look
    from storage.catalog.open import open_database

    if parts.settings.catalog_url.startswith("sqlite"):
        return
    database = open_database(parts.settings.catalog_url, parts.settings.home)
    try:
        look(database)
    finally:
        database.close()


def _catalog(parts: Parts) -> Prepared:
    from storage.catalog.migrate import newest, revision
    from storage.catalog.open import open_database

    url = parts.settings.catalog_url
    database = open_database(url, parts.settings.home)
    try:
        found = revision(database)
    finally:
        database.close()
    _ = parts.catalog
    name = without_password(url)
    if found is not None and found != newest():
        return Prepared("catalog", name, True, say("prepare.upgraded", name=name, found=found, wanted=newest()))
    return _told("catalog", name, found is None)


def _index(parts: Parts) -> Prepared:
    """Nothing is made here: the first document makes it. That it does not answer is told and hinders nothing."""
    name = without_password(parts.settings.index_url)
    try:
        there = parts.index.exists()
    except PartDown as fault:
        return Prepared("index", name, False, say("prepare.index_later", name=name, reason=fault.advice))
    return Prepared("index", name, False, say("prepare.there" if there else "prepare.index_first", name=name))


def _told(what: str, name: str, made: bool) -> Prepared:
    return Prepared(what, name, made, say("prepare.made" if made else "prepare.there", name=name))
