"""For supervisors: does the web application answer."""

from fastapi import APIRouter
from starlette.responses import PlainTextResponse


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> PlainTextResponse:
        return PlainTextResponse("ok")

    return router
