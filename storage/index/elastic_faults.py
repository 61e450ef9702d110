"""Elasticsearch's faults become ours; of what the server says only the kind is told, its reasons quote documents."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import elastic_transport
import elasticsearch

from pipeline.domain.errors import OpisError, PartDown, PartUnfit
from pipeline.domain.messages import say
from storage.index.elastic_address import Address
from storage.index.faults import IndexBlocked

CLIENT = metadata.version("elasticsearch")

_BLOCK = "cluster_block_exception"
_READ_ONLY = ("/12/", "/8/", "/5/")
"""numbers of the blocks that forbid writing: flood stage, index write, read-only"""
GONE = frozenset(
    {
        "index_not_found_exception",
        "search_context_missing_exception",
        "index_closed_exception",
        "search_phase_execution_exception",
        "no_shard_available_action_exception",
    }
)
"""how an index answers once it was taken away, and in the moment in which it is"""
_NOT_FROM_PROXIES = frozenset({301, 302, 307, 308, 400, 404, 405, 406, 501})
_OLDER = frozenset({"media_type_header_exception"})


class ElasticDown(PartDown):
    advice = say("elastic.down")


class GenerationGone(ElasticDown):
    """What was asked is not there any more: a rebuild has taken its place, or somebody deleted it."""


class Busy(ElasticDown):
    """The server has no room for the request now (429)."""


@contextmanager
def translated(address: Address, doing: str) -> Iterator[None]:
    """Errors: ``PartUnfit``, ``IndexBlocked``, ``GenerationGone``, ``Busy``, ``PartDown``."""
    where = f"index at {address.shown}: {doing}"
    try:
        yield
    except elasticsearch.UnsupportedProductError as error:
        raise PartUnfit(f"{where}: this is not Elasticsearch", say("elastic.product")) from error
    except elasticsearch.ApiError as error:
        if _is_foreign(error):
            raise PartUnfit(f"{where}: {error.meta.status}, not as Elasticsearch", say("elastic.product")) from error
        raise fault_of(address, doing, error.meta.status, error.body) from error
    except elastic_transport.TlsError as error:
        raise PartUnfit(f"{where}: its certificate is not accepted", say("elastic.certificate")) from error
    except elastic_transport.ConnectionTimeout as error:
        raise ElasticDown(f"{where}: no answer in time") from error
    except elastic_transport.TransportError as error:
        raise ElasticDown(f"{where}: {_innermost(error)}") from error


def fault_of(address: Address, doing: str, status: int, body: object) -> OpisError:
    """The fault that a status and an error's body (of a request, or of a part of one) stand for."""
    kind = kind_of(body)
    where = f"index at {address.shown}: {doing}: {status} {kind}".rstrip()
    if is_block(body):
        return IndexBlocked(where)
    if status == 401:
        return PartUnfit(where, say("elastic.credentials"))
    if status == 403 and kind != _BLOCK:
        return PartUnfit(where, say("elastic.rights", name=address.name))
    if kind in _OLDER:
        return PartUnfit(where, say("elastic.version_unknown", wanted=CLIENT))
    if status in (404, 503) and kind in GONE:
        return GenerationGone(where)
    if status == 429:
        return Busy(where)
    return ElasticDown(where)


def is_block(body: object) -> bool:
    """Whether writing is forbidden until somebody makes room."""
    error = _error(body)
    return error.get("type") == _BLOCK and any(mark in str(error.get("reason", "")) for mark in _READ_ONLY)


def kind_of(body: object) -> str:
    """The type of an error, without its reason; empty when there is none."""
    return str(_error(body).get("type", ""))


def _is_foreign(error: elasticsearch.ApiError) -> bool:
    """Whether something answers that is no Elasticsearch; a proxy in front of one may say that it is down."""
    return error.meta.status in _NOT_FROM_PROXIES and "x-elastic-product" not in error.meta.headers


def _error(body: object) -> Mapping[str, Any]:
    error = body.get("error", body) if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _innermost(error: elastic_transport.TransportError) -> str:
    """What lies beneath, by its class: the texts of these hold addresses and headers."""
    inner: BaseException = error.errors[-1] if error.errors else error
    while inner.__cause__ is not None or isinstance(getattr(inner, "reason", None), BaseException):
        inner = inner.__cause__ or inner.reason  # type: ignore[attr-defined]
    return type(inner).__name__
