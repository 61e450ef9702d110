"""Stands in front of every request: only loopback names, only reading, safe headers."""

import ipaddress

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.domain.messages import say

METHODS = ("GET", "HEAD")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""set where the answer does not set them itself"""


def loopback_host(value: str) -> bool:
    """Whether a Host header names this machine itself: ``localhost``, 127.0.0.0/8 or ``[::1]``, with any port.

    A page of another site whose name was made to point here still sends its own name: it gets nothing.
    """
    if value.startswith("["):
        name, bracket, rest = value[1:].partition("]")
        port = rest.removeprefix(":") if bracket and rest.startswith(":") else rest
        return bool(bracket) and (not rest or port.isdecimal()) and _is_loopback(name, 6)
    name, colon, port = value.partition(":")
    if colon and not port.isdecimal():
        return False
    return name.lower() == "localhost" or _is_loopback(name, 4)


def _is_loopback(name: str, version: int) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.version == version and address.is_loopback


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = _Headers(send)
        refused = refusal(scope)
        if refused is not None:
            await refused(scope, receive, answering)
            return
        try:
            await self._app({**scope, "method": "GET"}, receive, answering)
        except Exception:
            # FastAPI has answered and logged it (``Errors.failed``) and raises it once more for the server
            if not answering.started:
                raise


def refusal(scope: Scope) -> Response | None:
    """Why a request is not let in: 421 for a foreign or missing Host, 405 for anything that would change something."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not loopback_host(hosts[0]):
        return PlainTextResponse(say("web.refused_host"), 421)
    if scope["method"] not in METHODS:
        return PlainTextResponse(say("web.refused_method"), 405, {"Allow": ", ".join(METHODS)})
    return None


class _Headers:
    """A ``send`` that adds the headers, and knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)
