"""The web application inside ``opis run``: one thread, bound to loopback, ended with the line."""

import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Mapping

import uvicorn
from starlette.types import ASGIApp

from opis.monitor import Monitor
from opis.previews import SandboxPreviews
from opis.wiring import Parts
from pipeline.domain.errors import ConfigurationError, PartDown
from search_api.app import create_app, create_watch_app

log = logging.getLogger(__name__)
START_SECONDS = 20.0
IN_CONTAINER = "OPIS_IN_CONTAINER"


class WebServer:
    """Serves until stopped. ``needed``: a port that is taken is an error, not a warning.

    Without ``pages`` only what is told of the process itself, ``/health/…`` and ``/metrics``, on the port after the
    configured one: that is the web application's, which may run beside it.
    """

    def __init__(self, parts: Parts, monitor: Monitor, needed: bool, pages: bool = True) -> None:
        self._parts = parts
        self._monitor = monitor
        self._pages = pages
        self._needed = needed
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._previews: SandboxPreviews | None = None
        self._address: str | None = None

    @property
    def address(self) -> str | None:
        """Where the pages are; None when they are not served."""
        return self._address

    def start(self) -> None:
        """Raises ``ConfigurationError`` for an address that is not loopback, ``PartDown`` when the port is taken."""
        settings = self._parts.settings
        require_loopback(settings.web_host)
        port = settings.web_port if self._pages else port_beside(settings.web_port)
        try:
            bound = _bound(settings.web_host, port)
        except OSError as fault:
            message = f"web.port {port} on {settings.web_host} cannot be used: {fault.strerror}"
            if self._needed:
                raise PartDown(message) from fault
            log.warning("%s; going on without the web application", message)
            return
        app = self._app() if self._pages else create_watch_app(self._monitor.health, self._monitor.meter)
        config = uvicorn.Config(
            app, log_config=None, log_level="warning", access_log=False, lifespan="off", server_header=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([bound],), name="web", daemon=True)
        self._thread.start()
        host = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
        self._address = f"http://{host}:{bound.getsockname()[1]}"

    def _app(self) -> ASGIApp:
        self._previews = SandboxPreviews(self._parts)
        return create_app(
            catalog=self._parts.catalog,
            index=self._parts.index,
            objects=self._parts.objects,
            departments=self._parts.classifier.departments(),
            institution=self._parts.settings.institution,
            previews=self._previews,
            health=self._monitor.health,
            metrics=self._monitor.meter,
        )

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(START_SECONDS)
        if self._previews is not None:
            self._previews.close()


def port_beside(port: int) -> int:
    """Where a line without pages is watched; 0 (any free port) stays 0."""
    return port if port == 0 else port % 65535 + 1


def require_loopback(host: str, environment: Mapping[str, str] = os.environ) -> None:
    """Until people can log in, nobody outside this machine may see anything.

    A container has an address of its own, so in one any address is allowed: its published port must be a loopback one.
    """
    if environment.get(IN_CONTAINER) == "1":
        return
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigurationError(f"web.host: only a loopback address is allowed until people can log in, not {host!r}")


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound
