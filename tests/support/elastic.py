"""An alias of a test's own on the shared Elasticsearch server, and nothing left of it afterwards."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.elasticsearch import ElasticsearchServer


@contextmanager
def index_of_its_own(server: ElasticsearchServer) -> Iterator[str]:
    """The name of an alias that does not exist yet; its indices are removed in the end."""
    alias = f"own{secrets.token_hex(6)}"
    yield alias
    for index in indices(server, alias):
        server.call("DELETE", f"/{index}")


def indices(server: ElasticsearchServer, alias: str) -> dict[str, list[str]]:
    """Indices of an alias and of its name, each with its aliases."""
    found = server.call("GET", f"/{alias}*/_alias?expand_wildcards=all")
    return {index: sorted(one["aliases"]) for index, one in sorted(found.items())}
