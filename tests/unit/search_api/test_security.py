"""Who is answered, to which methods, and what every answer carries."""

import re
from pathlib import Path
from typing import Any

import pytest

from search_api.app import STATIC
from search_api.security import HEADERS, loopback_host, refusal

PAGES = ["/", "/loturi", "/loturi/fragment", "/cautare", "/cautare?q=urbanism", "/lot/missing0", "/api/v1/loturi"]
OTHERS = ["/health/live", "/static/opis.css", "/static/live.js", "/nowhere", "/api/v1/nowhere", "/docs"]


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "127.8.9.1:1", "[::1]", "[::1]:8000"],
)
def test_loopback_names_are_let_in(host: str) -> None:
    assert loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "registratura.example",
        "localhost.example:8000",
        "127.0.0.1.example",
        "10.0.0.1:8000",
        "0.0.0.0",
        "2130706433",
        "127.1",
        "[::1",
        "[::]:8000",
        "[::1]x",
        "::1",
        "[127.0.0.1]",
        "localhost:",
        "localhost:80@example.com",
        "example.com@localhost",
        "localhost:8000:8000",
    ],
)
def test_any_other_name_is_refused(host: str) -> None:
    assert not loopback_host(host)


@pytest.mark.parametrize("hosts", [[], [b"127.0.0.1", b"example.com"], [b"127.0.0.1", b"127.0.0.1"], [b"\xff"]])
def test_a_request_names_exactly_one_host(hosts: list[bytes]) -> None:
    answer = refusal({"method": "GET", "headers": [(b"host", host) for host in hosts]})
    assert answer is not None
    assert answer.status_code == 421


@pytest.mark.parametrize("address", [*PAGES, *OTHERS])
def test_a_foreign_host_gets_nothing_anywhere(shown: Any, address: str) -> None:
    answer = shown.get(address, headers={"Host": "attacker.example:8000"})
    assert answer.status_code == 421
    assert "registratura" not in answer.text
    assert "attacker" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("address", ["/", "/cautare", "/api/v1/loturi", "/static/opis.css", "/nowhere"])
def test_nothing_can_be_changed(shown: Any, method: str, address: str) -> None:
    answer = shown.client.request(method, address)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_head_is_answered_like_get(shown: Any) -> None:
    assert shown.client.head("/loturi").status_code == 200
    assert shown.client.head("/nowhere").status_code == 404


@pytest.mark.parametrize("address", [*PAGES, *OTHERS])
def test_every_answer_carries_the_headers(shown: Any, address: str) -> None:
    answer = shown.get(address)
    for name, value in HEADERS.items():
        if name != "Cache-Control":
            assert answer.headers[name] == value
    assert answer.headers["cache-control"] == ("no-cache" if address.startswith("/static/") else "no-store")
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_refusals_carry_the_headers_too(shown: Any) -> None:
    for answer in (shown.client.post("/"), shown.get("/", headers={"Host": "x.example"})):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_documentation_pages_that_load_foreign_scripts_are_not_there(shown: Any) -> None:
    assert shown.get("/docs").status_code == 404
    assert shown.get("/redoc").status_code == 404
    assert shown.get("/api/v1/openapi.json").json()["paths"].keys() == {
        "/api/v1/loturi",
        "/api/v1/lot/{batch_id}",
        "/api/v1/document/{document_id}",
        "/api/v1/cautare",
    }


def test_pages_have_nothing_inline_and_nothing_from_elsewhere(shown: Any) -> None:
    held = shown.catalog.batches(limit=10)[-1]
    paper = shown.catalog.account(held.id).documents[0]
    for address in ("/", "/cautare?q=urbanism", f"/lot/{held.id}", f"/document/{paper.id}?q=plan", "/nowhere"):
        page = shown.get(address).text
        assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=|javascript:", page, re.I), address
        assert not re.search(r"(?:src|href|action)=[\"'](?!/(?!/)|#)", page), address


@pytest.mark.parametrize("asset", sorted(STATIC.iterdir()), ids=lambda path: path.name)
def test_assets_load_nothing_from_elsewhere(shown: Any, asset: Path) -> None:
    text = shown.get(f"/static/{asset.name}").text.replace("http://www.w3.org/2000/svg", "")
    assert text
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", text)


def test_only_assets_are_served_from_the_static_folder(shown: Any) -> None:
    for address in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"):
        assert shown.get(address).status_code == 404
