"""The pages of batches: the live list, and one batch as a light table.

The list is kept fresh by asking for its fragment every few seconds, not by an event stream: nothing is held open
between two questions, a lost connection or a restart heals itself, and no thread waits for a client that has gone.
"""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.domain.batches import BatchAccount, BatchState
from pipeline.ports.catalog import Catalog
from search_api import params
from search_api.parts import WebParts
from search_api.rendering import Renderer, word
from search_api.views import page_numbers
from search_api.views_batches import batch_page, batch_row
from search_api.views_doing import doing_now

AT_ONCE = 50
SECONDS_BUSY = 2
SECONDS_QUIET = 5
"""between two looks at the list"""


def routes(parts: WebParts, renderer: Renderer) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    @router.get("/loturi")
    def batches(request: Request) -> Response:
        return renderer.page("batches.html", _list(parts.catalog, request))

    @router.get("/loturi/fragment")
    def fragment(request: Request) -> Response:
        return renderer.page("batches_live.html", _list(parts.catalog, request))

    @router.get("/lot/{batch_id}")
    def batch(batch_id: str) -> Response:
        account = parts.catalog.account(batch_id)
        arrivals = parts.catalog.arrivals(batch=account.batch.id)
        view = batch_page(account, _progress(parts.catalog, account), arrivals, parts.departments)
        return renderer.page("batch.html", {"section": "batches", "batch": view, "seconds": SECONDS_BUSY})

    return router


def _list(catalog: Catalog, request: Request) -> dict[str, Any]:
    asked = params.text(request.query_params, "stare")
    state = next((known for known in BatchState if known.value == asked), None)
    counts = catalog.counts()
    total = counts[state.value] if state else sum(counts[known.value] for known in BatchState)
    last = min(params.MAX_PAGE, max(1, -(-total // AT_ONCE)))
    page = min(params.page(request.query_params), last)
    found = catalog.batches([state] if state else [], limit=AT_ONCE, offset=(page - 1) * AT_ONCE)
    accounts = [catalog.account(batch.id) for batch in found if batch.id]
    busy = counts[BatchState.WORKING.value] + counts[BatchState.RECEIVED.value] > 0
    return {
        "section": "batches",
        "rows": [batch_row(account, _progress(catalog, account)) for account in accounts],
        "states": _states(state, counts),
        "counts": counts,
        "doing": doing_now(catalog.line_doing()),
        "stalled": busy and not catalog.line_alive(),
        "filtered": state is not None,
        "live": _address("/loturi/fragment", state, page),
        "seconds": SECONDS_BUSY if busy else SECONDS_QUIET,
        "page": page,
        "pages": [(n, _address("/loturi", state, n or 1)) for n in page_numbers(page, last)] if last > 1 else [],
    }


def _progress(catalog: Catalog, account: BatchAccount) -> tuple[int, int] | None:
    if account.batch.id is None or account.batch.state is not BatchState.WORKING:
        return None
    return catalog.progress(account.batch.id)


def _states(chosen: BatchState | None, counts: dict[str, int]) -> list[tuple[str, int, str, bool]]:
    """(words, count, address, chosen) of each filter."""
    everything = sum(counts[state.value] for state in BatchState)
    rows = [(word("states_all"), everything, "/loturi", chosen is None)]
    rows += [
        (word(f"states_{state.value}"), counts[state.value], _address("/loturi", state, 1), state is chosen)
        for state in BatchState
    ]
    return rows


def _address(path: str, state: BatchState | None, page: int) -> str:
    said = [f"stare={state.value}"] if state else []
    said += [f"pagina={page}"] if page > 1 else []
    return f"{path}?{'&'.join(said)}" if said else path
