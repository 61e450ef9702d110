"""One Elasticsearch server: every request goes out here, once, with its own patience; JSON or a fault comes back."""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import elasticsearch
import urllib3
from elastic_transport import Urllib3HttpNode

from pipeline.domain.errors import ConfigurationError, PartUnfit
from pipeline.domain.messages import say
from storage.index.elastic_address import Address
from storage.index.elastic_faults import CLIENT, fault_of, translated

CONNECT_SECONDS = 3.0
REQUEST_SECONDS = 20.0
BULK_SECONDS = 120.0
_VERSION = re.compile(r"(\d+)\.\d+")

# its lines name every request, and at the finest level what is in it
logging.getLogger("elastic_transport").setLevel(logging.ERROR)


class _ImpatientNode(Urllib3HttpNode):
    """Waits for a connection less long than for an answer."""

    def perform_request(self, method: str, target: str, *args: Any, **more: Any) -> Any:
        given = more.pop("request_timeout", None)
        seconds = given if isinstance(given, int | float) else REQUEST_SECONDS
        more["request_timeout"] = urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)
        return super().perform_request(method, target, *args, **more)


class Server:
    def __init__(self, address: Address) -> None:
        """Connects to nothing yet. Errors: ``ConfigurationError`` (the file of ``?ca=``)."""
        self.address = address
        if address.ca is not None and not Path(address.ca).is_file():
            raise ConfigurationError(say("elastic.ca_missing", path=address.ca))
        credentials: dict[str, Any] = {}
        if address.api_key:
            credentials["api_key"] = address.api_key
        elif address.user:
            credentials["basic_auth"] = (address.user, address.password or "")
        if address.ca is not None:
            credentials["ca_certs"] = address.ca
        with translated(address, "open"):
            self._client = elasticsearch.Elasticsearch(
                address.url,
                node_class=_ImpatientNode,
                request_timeout=REQUEST_SECONDS,
                max_retries=0,
                retry_on_timeout=False,
                retry_on_status=(),
                **credentials,
            )

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        seconds: float = REQUEST_SECONDS,
        accept: Sequence[int] = (),
        lines: bool = False,
    ) -> Any:
        """The JSON of the answer. ``accept``: statuses of faults whose bodies are wanted too; ``lines``: NDJSON.

        Errors: those of ``translated``.
        """
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/x-ndjson" if lines else "application/json"
        with translated(self.address, f"{method} {path.partition('?')[0]}"):
            client = self._client.options(request_timeout=seconds, ignore_status=list(accept))
            return client.perform_request(method, path, headers=headers, body=body).body

    def ask_many(self, searches: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """Several searches (index, body) in one request; the first that failed is raised."""
        lines: list[Mapping[str, Any]] = []
        for index, body in searches:
            lines += ({"index": index, "allow_partial_search_results": False}, body)
        answers = self.ask("POST", "/_msearch", lines, lines=True)["responses"]
        for answer in answers:
            if "error" in answer:
                raise fault_of(self.address, "search", int(answer.get("status", 500)), answer)
        return list(answers)

    def version(self) -> str | None:
        """What it says of itself; None when it may not be asked. ``PartUnfit`` when this client cannot serve it."""
        found = self._said_version()
        match = _VERSION.match(found or "")
        own = CLIENT.partition(".")[0]
        if match is not None and int(match[1]) - int(own) not in (0, 1):
            mend = say("elastic.version", found=found, wanted=own)
            raise PartUnfit(f"index at {self.address.shown}: server {found}, client {CLIENT}", mend)
        return found

    def _said_version(self) -> str | None:
        said = self.ask("GET", "/", accept=(403, 405))
        if isinstance(said, Mapping) and isinstance(version := said.get("version"), Mapping):
            return str(version.get("number"))
        nodes = self.ask("GET", "/_nodes/_local?filter_path=nodes.*.version", accept=(403, 405))
        found = nodes.get("nodes", {}) if isinstance(nodes, Mapping) else {}
        return next((str(node["version"]) for node in found.values()), None)

    def close(self) -> None:
        self._client.close()
