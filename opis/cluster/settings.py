"""How Dask behaves inside Opis: settings made here, not those of the user or the machine; quiet; with certificates."""

import logging
import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipeline.domain.errors import ConfigurationError, PartUnfit
from pipeline.domain.messages import say

LOOPBACK = ("127.0.0.1", "localhost", "::1")
OWN: dict[str, Any] = {
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": "30s",
    "distributed.comm.retry.count": 0,
    "distributed.diagnostics.nvml": False,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.worker.http.routes": ["distributed.http.health"],
    "distributed.admin.low-level-log-length": 0,
}
"""nothing of a task is written to disk, logged or shown on a page"""
CERTIFICATES = {"ca": "OPIS_CLUSTER_CA", "cert": "OPIS_CLUSTER_CERT", "key": "OPIS_CLUSTER_KEY"}
"""parameter of a ``tls://`` address → variable that stands in for it; paths of PEM files"""


def settle_dask() -> None:
    """Forgets what files and variables of the machine say of Dask, and sets what Opis needs; once a process."""
    import dask.config
    import distributed  # noqa: F401  registers its defaults

    dask.config.refresh(paths=[], env={})
    dask.config.set(OWN)
    for name in ("distributed", "distributed.client", "distributed.worker", "tornado", "tornado.application", "bokeh"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.CRITICAL)


def plain_address(scheduler: str) -> str:
    """``tcp://HOST:PORT`` or ``tls://HOST:PORT`` without parameters; ``ConfigurationError`` when it has no port."""
    parts = urlsplit(scheduler)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or port is None:
        raise ConfigurationError("work.scheduler: tcp://HOST:PORT or tls://HOST:PORT is expected")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def on_this_machine(scheduler: str) -> bool:
    return (urlsplit(scheduler).hostname or "") in LOOPBACK


def security_of(scheduler: str) -> Any:
    """``distributed.Security`` for a ``tls://`` address, None for ``tcp://``. Raises ``PartUnfit``."""
    parts = urlsplit(scheduler)
    if parts.scheme != "tls":
        return None
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    files = {name: given.get(name) or os.environ.get(variable, "") for name, variable in CERTIFICATES.items()}
    for name, file in files.items():
        if not file or not Path(file).is_file():
            raise PartUnfit(f"{plain_address(scheduler)}: no certificate file {name!r}", say("cluster.certificates"))
    from distributed import Security

    security = Security(  # type: ignore[no-untyped-call]
        tls_ca_file=files["ca"],
        tls_client_cert=files["cert"],
        tls_client_key=files["key"],
        tls_worker_cert=files["cert"],
        tls_worker_key=files["key"],
        require_encryption=True,
    )
    try:
        security.get_connection_args("client")  # type: ignore[no-untyped-call]
    except (ssl.SSLError, OSError) as fault:
        told = f"{plain_address(scheduler)}: certificate files that cannot be used ({type(fault).__name__})"
        raise PartUnfit(told, say("cluster.certificates")) from fault
    return security
