"""For supervisors: does the web application answer, and are the parts as they should be."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse

from search_api.health import Health, HealthDesk


def routes(desk: HealthDesk | None) -> APIRouter:
    """Without a desk only ``/health/live``."""
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> PlainTextResponse:
        return PlainTextResponse("ok")

    if desk is None:
        return router

    @router.get("/health/ready")
    def ready() -> JSONResponse:
        """200 when it can show what there is, perhaps ``degraded``; 503 when catalog or store is not good."""
        health = desk.now()
        return JSONResponse(health_answer(health), 503 if health.status == "down" else 200)

    return router


def health_answer(health: Health) -> dict[str, Any]:
    return {
        "status": health.status,
        "parts": {
            name: {"state": part.state.value, "detail": part.detail, "since": part.since.isoformat()}
            for name, part in health.parts.items()
        },
    }
