"""The search page: box, filters with counts, hits with snippets."""

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from pipeline.domain.errors import PartDown
from pipeline.ports.index import SearchRequest
from search_api import params
from search_api.errors import RETRY_SECONDS
from search_api.finding import find
from search_api.parts import WebParts
from search_api.rendering import Renderer, word
from search_api.views_search import AT_ONCE, Asked, Results, chosen, results


def routes(parts: WebParts, renderer: Renderer) -> APIRouter:
    router = APIRouter()

    @router.get("/cautare")
    def search(request: Request) -> Response:
        asked, hints = _asked(request.query_params)
        try:
            found: Results | None = _results(parts, asked)
        except PartDown:
            found = None
        values = {
            "section": "search",
            "asked": asked,
            "hints": hints,
            "chosen": chosen(asked, parts.departments),
            "found": found,
            "waiting": parts.catalog.counts()["outbox"],
        }
        if found is None:
            return renderer.page("search.html", values, 503, {"Retry-After": str(RETRY_SECONDS)})
        return renderer.page("search.html", values)

    return router


def _results(parts: WebParts, asked: Asked) -> Results:
    """Nothing asked: the filters alone, to look around by."""
    request = SearchRequest(
        query=asked.q,
        department=asked.directie or None,
        register=asked.registru or None,
        year=asked.an,
        limit=1 if asked.nothing else AT_ONCE,
        offset=0 if asked.nothing else (asked.pagina - 1) * AT_ONCE,
    )
    return results(find(parts.catalog, parts.index, request), asked, parts.departments, params.MAX_PAGE)


def _asked(given: QueryParams) -> tuple[Asked, list[str]]:
    """What is asked, and a hint for each part that cannot be read and was not used."""
    asked = Asked(
        q=params.text(given, "q"),
        directie=params.text(given, "directie"),
        registru=params.text(given, "registru"),
        an=params.year(given),
        pagina=params.page(given),
    )
    year = params.text(given, "an")
    hints = [word("hint_year", value=year[:40])] if year and asked.an is None else []
    return asked, hints
