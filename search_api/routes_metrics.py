"""For Prometheus: the numbers of this process and of the catalog, as text."""

from typing import Protocol

from fastapi import APIRouter
from starlette.responses import Response


class Exposition(Protocol):
    content_type: str
    """of the text, with its version"""

    def text(self) -> bytes:
        """All numbers as they are now. Waits at most a few seconds, also when a part hangs, and never raises."""


def routes(exposition: Exposition) -> APIRouter:
    router = APIRouter()

    @router.get("/metrics")
    def metrics() -> Response:
        return Response(exposition.text(), media_type=exposition.content_type)

    return router
