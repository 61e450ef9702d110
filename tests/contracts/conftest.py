"""The catalogs that the contract suites run on: an adapter joins by one more entry in ``CATALOGS``."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.ports.catalog import LineCatalog
from storage.catalog.open import open_catalog
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_adapters import CATALOGS, give_back


@pytest.fixture(autouse=True)
def databases_are_lent() -> Iterator[None]:
    yield
    give_back()


@pytest.fixture(params=CATALOGS.values(), ids=CATALOGS.keys())
def new_catalog_url(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Gives the URL of an empty catalog of the adapter, another one each time."""
    make: Callable[[], str] = request.param
    return make


@pytest.fixture
def catalog_url(new_catalog_url: Callable[[], str]) -> str:
    return new_catalog_url()


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
