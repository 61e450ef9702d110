"""The programming interface under ``/api/v1``: the same answers as ``--json`` on the command line."""

from typing import Any

from fastapi import APIRouter

from pipeline.domain.answers import batch_answer, batch_head, document_answer, ledger_answer
from pipeline.domain.batches import BatchState
from pipeline.ports.index import SearchRequest
from search_api import params
from search_api.answers import search_answer
from search_api.errors import BadParameter
from search_api.finding import find
from search_api.parts import WebParts
from search_api.rendering import word

BATCHES_AT_ONCE = 100
HITS_AT_ONCE = 20


def routes(parts: WebParts) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.get("/loturi")
    def batches(stare: str = "", pagina: str = "1") -> list[dict[str, Any]]:
        """Batches, newest first, a hundred a page; ``stare`` is a state such as ``held``."""
        states = [_state(stare)] if stare else []
        offset = (_page(pagina) - 1) * BATCHES_AT_ONCE
        found = parts.catalog.batches(states, limit=BATCHES_AT_ONCE, offset=offset)
        accounts = [parts.catalog.account(batch.id) for batch in found if batch.id]
        return [{**batch_head(account.batch), "ledger": ledger_answer(account.ledger)} for account in accounts]

    @router.get("/lot/{batch_id}")
    def batch(batch_id: str) -> dict[str, Any]:
        """A batch with its ledger, pages, documents, reviews and problems."""
        return batch_answer(parts.catalog.account(batch_id))

    @router.get("/document/{document_id}")
    def document(document_id: str) -> dict[str, Any]:
        """A document with its registry link, department, text and objects."""
        return document_answer(parts.catalog.document(document_id))

    @router.get("/cautare")
    def search(q: str = "", directie: str = "", registru: str = "", an: str = "", pagina: str = "1") -> dict[str, Any]:
        """Full-text search, twenty hits a page; no hits is no error."""
        year = params.year({"an": an})
        if an and year is None:
            raise BadParameter(word("parameter", name="an", value=an[:40]))
        wanted = SearchRequest(
            query=params.text({"q": q}, "q"),
            department=directie or None,
            register=registru or None,
            year=year,
            limit=HITS_AT_ONCE,
            offset=(_page(pagina) - 1) * HITS_AT_ONCE,
        )
        return search_answer(find(parts.catalog, parts.index, wanted).answer)

    return router


def _state(name: str) -> BatchState:
    try:
        return BatchState(name)
    except ValueError:
        raise BadParameter(word("parameter", name="stare", value=name[:40])) from None


def _page(given: str) -> int:
    found = params.number({"pagina": given}, "pagina", params.MAX_PAGE)
    if found is None:
        raise BadParameter(word("parameter", name="pagina", value=given[:40]))
    return found
