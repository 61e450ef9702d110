"""The URL of an Elasticsearch index, and where its credentials come from."""

from pathlib import Path

import pytest

from pipeline.domain.errors import ConfigurationError
from storage.index.elastic_address import read_address

BASE = "elasticsearch+https://search.example:9243/opis"


def test_all_that_a_url_may_say() -> None:
    address = read_address("elasticsearch+https://ana:p%40ss@search.example/opis-1?ca=/etc/ca.pem&replicas=2", {})
    assert (address.url, address.name) == ("https://search.example:9200", "opis-1")
    assert (address.ca, address.replicas) == ("/etc/ca.pem", 2)
    assert (address.user, address.password, address.api_key) == ("ana", "p@ss", None)
    assert "p%40ss" not in address.shown
    assert "p@ss" not in repr(address)


def test_an_ipv6_host_keeps_its_brackets() -> None:
    assert read_address("elasticsearch+http://[::1]:9201/opis", {}).url == "http://[::1]:9201"
    assert read_address("elasticsearch+http://[::1]/opis", {}).url == "http://[::1]:9200"


def test_the_environment_goes_before_the_url(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n", encoding="utf-8")
    environment = {"OPIS_ELASTICSEARCH_USER": "opis", "OPIS_ELASTICSEARCH_PASSWORD_FILE": str(secret)}
    address = read_address(BASE.replace("//", "//a:b@"), environment)
    assert (address.user, address.password) == ("opis", "from a file")
    assert read_address(BASE, {"OPIS_ELASTICSEARCH_API_KEY": "key"}).api_key == "key"


@pytest.mark.parametrize(
    "url",
    [
        "elasticsearch+http://host:9200/",
        "elasticsearch+http://host:9200/A",
        "elasticsearch+http://host:9200/a/b",
        "elasticsearch+http://host:9200/_all",
        "elasticsearch+http://host:9200/a,b",
        "elasticsearch+http://host:9200/*",
        "elasticsearch+http://host:port/opis",
        "elasticsearch+http://host:99999/opis",
        "elasticsearch+http:///opis",
        "elasticsearch+ftp://host/opis",
        f"{BASE}?shards=5",
        f"{BASE}?replicas=many",
        f"{BASE}?replicas=99",
        f"{BASE}?ca=",
    ],
)
def test_a_wrong_url_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_address(url.replace("://", "://ana:geheim@"), {})
    assert "index.url" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="OPIS_ELASTICSEARCH_API_KEY_FILE"):
        read_address(BASE, {"OPIS_ELASTICSEARCH_API_KEY_FILE": str(tmp_path / "none")})
