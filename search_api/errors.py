"""One table from exception to answer. What is missing and what is not yours look the same."""

import logging
import secrets
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.domain.errors import (
    ConfigurationError,
    InputFault,
    MissingPart,
    NotFound,
    OpisError,
    PartDown,
    PartUnfit,
    StorageFull,
    UsageError,
    WorkerFault,
)
from pipeline.domain.plain import plain
from search_api.rendering import Renderer, word

log = logging.getLogger(__name__)
API = "/api/"
RETRY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Told:
    """How an exception is told: ``code`` names ``error_<code>_title`` and ``error_<code>_text`` of the catalogue."""

    status: int
    code: str
    retry: bool = False


class BadParameter(Exception):
    """A parameter of the programming interface that cannot be read; the message is Romanian."""


FAILED = Told(500, "failed")
TOLD: dict[type[Exception], Told] = {
    NotFound: Told(404, "missing"),
    UsageError: Told(404, "missing"),
    RequestValidationError: Told(404, "missing"),
    InputFault: Told(404, "missing"),
    BadParameter: Told(400, "parameter"),
    PartDown: Told(503, "down", retry=True),
    StorageFull: Told(503, "full", retry=True),
    MissingPart: Told(503, "part"),
    PartUnfit: Told(503, "part"),
    WorkerFault: Told(503, "down", retry=True),
    ConfigurationError: FAILED,
    OpisError: FAILED,
}
"""the nearest class holds"""


def told(fault: Exception) -> Told:
    """How a fault is told; ``HTTPException`` by its status."""
    if isinstance(fault, HTTPException):
        return TOLD[NotFound] if fault.status_code == 404 else Told(fault.status_code, "request")
    return next((TOLD[kind] for kind in type(fault).__mro__ if kind in TOLD), FAILED)


class Errors:
    """Answers faults: JSON for programs, a page for people."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def attach(self, app: FastAPI) -> None:
        for kind in (*TOLD, HTTPException):
            app.add_exception_handler(kind, self.handle)
        app.add_exception_handler(Exception, self.failed)

    def handle(self, request: Request, fault: Exception) -> Response:
        how = told(fault)
        if how.status >= 500:
            log.warning("web: %s: %s", request.scope["path"], plain(fault))
        message = str(fault) if isinstance(fault, BadParameter) else word(f"error_{how.code}_text")
        return self.answer(request.scope["path"], how, message)

    def failed(self, request: Request, fault: Exception) -> Response:
        """The answer to a fault nobody expected; answer and log have the same reference number."""
        path, reference = request.scope["path"], secrets.token_hex(4)
        log.error("web: %s failed, reference %s", path, reference, exc_info=fault)
        return self.answer(path, FAILED, word("error_failed_text"), reference)

    def answer(self, path: str, how: Told, message: str, reference: str | None = None) -> Response:
        headers = {"Retry-After": str(RETRY_SECONDS)} if how.retry else None
        if path.startswith(API):
            body = {"status": how.status, "message": message, "reference": reference}
            return JSONResponse({"error": body}, how.status, headers)
        values = {"title": word(f"error_{how.code}_title"), "text": message, "reference": reference, "section": ""}
        return self._renderer.page("error.html", values, how.status, headers)
