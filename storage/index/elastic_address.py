"""Where the Elasticsearch index is and what opens it: the URL of the configuration and the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.domain.addresses import without_password
from pipeline.domain.errors import ConfigurationError

PREFIX = "OPIS_ELASTICSEARCH_"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_PARAMETERS = ("ca", "replicas")


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    """``http(s)://host:port``"""
    name: str
    """the alias; its indices are ``NAME-<layout>-<generation>``"""
    shown: str
    """the configured URL without what opens the door"""
    ca: str | None = None
    """path of the certificates that the server's is checked against"""
    replicas: int = 0
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)


def read_address(url: str, environment: Mapping[str, str] = os.environ) -> Address:
    """``elasticsearch+http(s)://[USER:PASSWORD@]HOST[:9200]/NAME[?ca=PATH&replicas=N]``.

    ``OPIS_ELASTICSEARCH_USER``, ``_PASSWORD``, ``_API_KEY`` go before the URL's; each may end in ``_FILE`` and name a
    file that holds the value. Raises ``ConfigurationError``, which never shows a secret.
    """
    shown = without_password(url)
    parts = urlsplit(url.removeprefix("elasticsearch+"))
    name = parts.path.strip("/")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"index.url: elasticsearch+http(s)://HOST:PORT/NAME is expected, not {shown!r}")
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"index.url: {name!r} cannot be the name of an index: small letters, digits, '-', '_' and '.'"
        )
    parameters = _parameters(parts.query)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Address(
        url=f"{parts.scheme}://{host}:{_port(parts.netloc)}",
        name=name,
        shown=shown,
        ca=parameters.get("ca"),
        replicas=_replicas(parameters.get("replicas", "0")),
        user=_secret("USER", environment) or (unquote(parts.username) if parts.username else None),
        password=_secret("PASSWORD", environment) or (unquote(parts.password) if parts.password else None),
        api_key=_secret("API_KEY", environment),
    )


def _port(netloc: str) -> int:
    _, colon, port = netloc.rpartition("@")[2].rpartition("]")[2].rpartition(":")
    if not colon:
        return 9200
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigurationError(f"index.url: {port!r} is no port")
    return int(port)


def _parameters(query: str) -> dict[str, str]:
    found = parse_qs(query, keep_blank_values=True)
    for key, values in found.items():
        if key not in _PARAMETERS or len(values) > 1 or not values[0]:
            raise ConfigurationError(f"index.url: ?{key}= is not known once with a value; known: {_PARAMETERS}")
    return {key: values[0] for key, values in found.items()}


def _replicas(text: str) -> int:
    if not text.isdecimal() or int(text) > 20:
        raise ConfigurationError(f"index.url: replicas is a number from 0 to 20, not {text!r}")
    return int(text)


def _secret(what: str, environment: Mapping[str, str]) -> str | None:
    value = environment.get(f"{PREFIX}{what}")
    if value:
        return value
    path = environment.get(f"{PREFIX}{what}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationError(f"{PREFIX}{what}_FILE: {path} cannot be read") from fault
