"""A document's fields as Elasticsearch declares and takes them: our own tokens, parted by blanks, strictly."""

import base64
from typing import Any

from pipeline.ports.index import IndexedDocument
from storage.index.fields import CONTENT, FACETS, KEPT_PLACES, LAYOUT, NUMBER, fields_of
from storage.index.stored import packed

MAKER = "opis"
_REFRESH = "30s"
"""between refreshes nobody asked for; ``put`` asks for its own"""


def _text(options: str) -> dict[str, Any]:
    return {"type": "text", "analyzer": "whitespace", "index_options": options}


def mapping(name: str) -> dict[str, Any]:
    """``name``: the alias that the index is made for, so that nobody else's is ever taken for ours."""
    properties: dict[str, Any] = {facet: {"type": "keyword"} for facet in (*FACETS, "department_key")}
    properties |= {f"{content}_{kind}": _text("positions") for content in CONTENT for kind in KEPT_PLACES}
    properties |= {f"{content}_bag": _text("freqs") for content in CONTENT}
    properties[NUMBER] = _text("freqs")
    properties["day"] = {"type": "integer"}
    properties |= {order: {"type": "long", "index": False} for order in ("newest", "tie")}
    properties["stored"] = {"type": "binary"}
    return {
        "dynamic": "strict",
        "_meta": {"made_by": MAKER, "for": name, "layout": LAYOUT},
        "_source": {"includes": ["stored"]},
        "properties": properties,
    }


def settings(replicas: int) -> dict[str, Any]:
    return {
        "number_of_shards": 1,
        "number_of_replicas": replicas,
        "refresh_interval": _REFRESH,
        "similarity": {"default": {"type": "BM25", "k1": 1.2, "b": 0.75}},
    }


def to_elastic(document: IndexedDocument) -> dict[str, Any]:
    fields = fields_of(document)
    made: dict[str, Any] = {**fields.facets, **fields.words, "newest": fields.newest, "tie": fields.tie}
    if fields.department_key is not None:
        made["department_key"] = fields.department_key
    if fields.day is not None:
        made["day"] = fields.day
    made["stored"] = base64.b64encode(packed(document)).decode("ascii")
    return made
