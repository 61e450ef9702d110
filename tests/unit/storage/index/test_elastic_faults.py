"""What a server answers, as our faults; reasons of the server, which quote documents, are never told."""

from typing import Any

import elastic_transport
import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig

from pipeline.domain.errors import ConfigurationError, OpisError, PartDown, PartUnfit
from storage.index.elastic_address import read_address
from storage.index.elastic_faults import Busy, GenerationGone, translated
from storage.index.elastic_server import Server
from storage.index.faults import IndexBlocked

ADDRESS = read_address("elasticsearch+https://ana:geheim@host:9200/opis", {})
BLOCK = "index [opis] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]"


def raised(error: Exception) -> OpisError:
    with pytest.raises(OpisError) as caught, translated(ADDRESS, "search"):
        raise error
    assert "geheim" not in str(caught.value)
    assert "Popescu" not in str(caught.value)
    assert "index at" in str(caught.value)
    return caught.value


def answered(status: int, body: Any, product: bool = True) -> elasticsearch.ApiError:
    headers = HttpHeaders({"x-elastic-product": "Elasticsearch"} if product else {})
    meta = ApiResponseMeta(status, "1.1", headers, 0.1, NodeConfig("http", "host", 9200))
    return elasticsearch.ApiError("Popescu", meta, body)


def of_kind(kind: str, reason: str = "Popescu") -> dict[str, Any]:
    return {"error": {"type": kind, "reason": reason}}


@pytest.mark.parametrize(
    ("status", "body", "fault", "advice"),
    [
        (401, of_kind("security_exception"), PartUnfit, "OPIS_ELASTICSEARCH_PASSWORD"),
        (403, of_kind("security_exception"), PartUnfit, "opis-*"),
        (400, of_kind("media_type_header_exception"), PartUnfit, "tantivy:index"),
        (429, of_kind("cluster_block_exception", BLOCK), IndexBlocked, "Discul"),
        (403, of_kind("cluster_block_exception", "[FORBIDDEN/12/index read-only]"), IndexBlocked, "Discul"),
        (503, of_kind("cluster_block_exception", "[SERVICE_UNAVAILABLE/2/no master]"), PartDown, "răspunde"),
        (429, of_kind("circuit_breaking_exception"), Busy, "răspunde"),
        (404, of_kind("index_not_found_exception"), GenerationGone, "răspunde"),
        (500, "an html page with Popescu", PartDown, "răspunde"),
    ],
)
def test_answers(status: int, body: object, fault: type[OpisError], advice: str) -> None:
    found = raised(answered(status, body))
    assert type(found) is fault or (fault is PartDown and isinstance(found, PartDown))
    assert advice in found.advice
    assert found.retry == isinstance(found, PartDown)


def test_something_else_answers() -> None:
    assert isinstance(raised(answered(404, "<html>Popescu", product=False)), PartUnfit)
    assert isinstance(raised(answered(502, "<html>Popescu", product=False)), PartDown)
    meta = answered(200, {}).meta
    assert isinstance(raised(elasticsearch.UnsupportedProductError("no", meta, {})), PartUnfit)


def test_no_answer() -> None:
    assert isinstance(raised(elastic_transport.ConnectionTimeout("timed out")), PartDown)
    assert isinstance(raised(elastic_transport.ConnectionError("refused")), PartDown)
    assert isinstance(raised(elastic_transport.TlsError("unknown ca")), PartUnfit)
    assert isinstance(raised(elastic_transport.SerializationError("cut short")), PartDown)


@pytest.mark.parametrize(("said", "good"), [("9.5.3", True), ("10.0.0", True), ("8.19.2", False), ("11.0.0", False)])
def test_versions(said: str, good: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(ADDRESS)
    monkeypatch.setattr(server, "ask", lambda *args, **more: {"version": {"number": said}})
    if good:
        assert server.version() == said
        return
    with pytest.raises(PartUnfit) as caught:
        server.version()
    assert said in caught.value.advice


def test_the_file_of_certificates_is_missing() -> None:
    with pytest.raises(ConfigurationError, match=r"none\.pem"):
        Server(read_address("elasticsearch+https://host/opis?ca=/none.pem", {}))
