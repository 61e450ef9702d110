"""The web application: pages for people, JSON for programs, both over the same ports."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from pipeline.domain.filing import Department
from pipeline.domain.settings import Institution
from pipeline.ports.catalog import Catalog
from pipeline.ports.index import Index
from pipeline.ports.objects import ObjectStore
from search_api import pages_batches, pages_document, pages_search, routes_api, routes_health, routes_metrics
from search_api.errors import Errors
from search_api.health import HealthDesk
from search_api.parts import WebParts
from search_api.previews import PagePreviews
from search_api.rendering import Renderer
from search_api.routes_metrics import Exposition
from search_api.security import Guard

STATIC = Path(__file__).parent / "static"


class Assets(StaticFiles):
    """Style, scripts, icon: kept by the browser, but asked for again each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(
    *,
    catalog: Catalog,
    index: Index,
    objects: ObjectStore,
    departments: Sequence[Department],
    institution: Institution,
    previews: PagePreviews,
    health: HealthDesk | None = None,
    metrics: Exposition | None = None,
) -> ASGIApp:
    """An ASGI application that only reads. It answers to loopback names alone until people can log in.

    ``health`` and ``metrics`` are what ``/health/ready`` and ``/metrics`` tell; without them there are no such pages.
    """
    names = {department.code: department.name for department in departments}
    parts = WebParts(catalog, index, objects, names, institution, previews)
    renderer = Renderer(institution)
    app = FastAPI(title="Opis", openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None)
    app.include_router(pages_batches.routes(parts, renderer), include_in_schema=False)
    app.include_router(pages_search.routes(parts, renderer), include_in_schema=False)
    app.include_router(pages_document.routes(parts, renderer), include_in_schema=False)
    app.include_router(routes_api.routes(parts))
    _watched(app, health, metrics)
    app.mount("/static", Assets(directory=STATIC))
    Errors(renderer).attach(app)
    return Guard(app)


def create_watch_app(health: HealthDesk, metrics: Exposition) -> ASGIApp:
    """What is told of a process that serves no pages, such as the line alone: ``/health/…`` and ``/metrics``."""
    app = FastAPI(title="Opis", openapi_url=None, docs_url=None, redoc_url=None)
    _watched(app, health, metrics)
    return Guard(app)


def _watched(app: FastAPI, health: HealthDesk | None, metrics: Exposition | None) -> None:
    app.include_router(routes_health.routes(health), include_in_schema=False)
    if metrics is not None:
        app.include_router(routes_metrics.routes(metrics), include_in_schema=False)
