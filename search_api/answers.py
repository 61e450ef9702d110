"""The JSON answer of a search: field names are a contract."""

from typing import Any

from pipeline.domain.answers import link_answer
from pipeline.ports.index import SearchAnswer


def search_answer(answer: SearchAnswer) -> dict[str, Any]:
    """What ``opis search --json`` prints and the HTTP API answers."""
    return {
        "total": answer.total,
        "took_ms": round(answer.took_ms, 2),
        "hits": [
            {
                "document": hit.document,
                "page": hit.page,
                "snippet": hit.snippet,
                "marks": [list(mark) for mark in hit.marks],
                "department": hit.department,
                "registry": link_answer(hit.registry),
                "date": hit.date.isoformat() if hit.date else None,
            }
            for hit in answer.hits
        ],
        "facets": {
            name: [{"value": count.value, "count": count.count} for count in counts]
            for name, counts in answer.facets.items()
        },
    }
