"""Faults as pages: the same page for missing and foreign, a reference number for what nobody expected."""

import logging
import re
from typing import Any

import pytest

from pipeline.domain import errors as domain_errors
from pipeline.domain.errors import ConfigurationError, InputFault, NotFound, PartDown, StorageFull, UsageError
from search_api.errors import TOLD, told


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (NotFound("x"), 404, "missing"),
        (UsageError("x"), 404, "missing"),
        (InputFault("x", "y"), 404, "missing"),
        (PartDown("x"), 503, "down"),
        (StorageFull("x"), 503, "full"),
        (ConfigurationError("x"), 500, "failed"),
        (domain_errors.PartUnfit("x"), 503, "part"),
        (domain_errors.Fenced("x"), 500, "failed"),
        (RuntimeError("x"), 500, "failed"),
    ],
)
def test_the_nearest_class_holds(fault: Exception, status: int, code: str) -> None:
    assert (told(fault).status, told(fault).code) == (status, code)


def test_the_table_holds_every_branch_of_the_tree() -> None:
    named = [kind for kind in vars(domain_errors).values() if isinstance(kind, type)]
    branches = [kind for kind in named if issubclass(kind, domain_errors.OpisError)]
    assert all(any(issubclass(kind, known) for known in TOLD) for kind in branches)


@pytest.mark.parametrize(
    "address",
    [
        "/nowhere",
        "/lot/" + "0" * 64,
        "/lot/abc",
        "/lot/%00%ff%2e%2e",
        "/lot/" + "a" * 3000,
        "/document/" + "0" * 64,
        "/document/x",
        "/document/" + "0" * 64 + "/document.pdf",
        "/document/" + "0" * 64 + "/text.txt",
        "/document/" + "0" * 64 + "/pagina/1.jpg",
        "/document/" + "0" * 64 + "/manifest",
    ],
)
def test_what_is_not_there_is_one_and_the_same_page(shown: Any, address: str) -> None:
    answer = shown.get(address)
    assert answer.status_code == 404
    assert "Pagina nu există" in answer.text
    assert answer.text == shown.get("/document/ffffffffffff").text


def test_an_id_that_fits_several_is_missing_too(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def several(prefix: str) -> None:
        raise UsageError("several ids begin so")

    monkeypatch.setattr(office.catalog, "account", several)
    assert office.get("/lot/aaaaaaaa").status_code == 404


def test_a_catalog_that_is_down_is_told_and_to_be_tried_again(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise PartDown("locked")

    monkeypatch.setattr(office.catalog, "counts", down)
    answer = office.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "O componentă nu răspunde" in answer.text
    assert "locked" not in answer.text


def test_what_nobody_expected_has_a_reference_and_tells_no_secret(
    office: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(office.catalog, "counts", broken)
    with caplog.at_level(logging.ERROR):
        page, fragment = office.get("/"), office.get("/loturi/fragment")
    assert (page.status_code, fragment.status_code) == (500, 500)
    assert "hunter2" not in page.text
    assert page.headers["x-content-type-options"] == "nosniff"
    reference = re.search(r"<code>([0-9a-f]{8})</code>", page.text)
    assert reference is not None
    assert reference[1] in caplog.text


def test_the_server_is_alive_whatever_its_parts_do(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office.catalog, "counts", None)
    answer = office.get("/health/live")
    assert (answer.status_code, answer.text) == (200, "ok")
