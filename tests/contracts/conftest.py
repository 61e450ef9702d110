"""The catalogs that the contract suites run on: an adapter joins by one more entry in ``CATALOGS``."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.ports.catalog import LineCatalog
from storage.catalog.open import open_catalog
from storage.catalog.sql import SqlCatalog

CATALOGS = {"sqlite": "sqlite:///catalog.db"}


@pytest.fixture(params=CATALOGS.values(), ids=CATALOGS.keys())
def catalog_url(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reopen_catalog(catalog_url: str, tmp_path: Path) -> Callable[[], SqlCatalog]:
    return lambda: open_catalog(catalog_url, tmp_path)


@pytest.fixture
def catalog(reopen_catalog: Callable[[], SqlCatalog]) -> Iterator[SqlCatalog]:
    with closing(reopen_catalog()) as catalog:
        yield catalog


@pytest.fixture
def line(catalog: SqlCatalog) -> LineCatalog:
    line = catalog.acquire_line("test", 60)
    assert line is not None
    return line
