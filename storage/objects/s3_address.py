"""What ``s3://…`` of the configuration says: which bucket, where, and what is demanded of it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.domain.addresses import without_password
from pipeline.domain.errors import ConfigurationError
from storage.objects.keys import fault_of_key

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RETENTION = re.compile(r"(?:(governance|compliance):)?([1-9]\d{0,4})")
_PARAMETERS = ("endpoint", "region", "ca", "lock", "retention", "conditional")
_MAX_PREFIX_BYTES = 200


@dataclass(frozen=True, slots=True)
class Retention:
    mode: str
    """``GOVERNANCE`` or ``COMPLIANCE``"""
    days: int


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    bucket: str
    prefix: str
    """below which every key lies: empty, or ending in ``/``"""
    host: str
    """``host:port`` of the server"""
    secure: bool
    region: str
    ca: Path | None
    lock_required: bool
    retention: Retention | None
    conditional: bool
    """False: never trust the server with ``If-None-Match``"""
    credentials: Credentials | None
    """those of the URL itself"""
    shown: str
    """how messages name it: without credentials"""


def parse_address(url: str) -> Address:
    """``s3://[USER:PASSWORD@]BUCKET[/PREFIX]?endpoint=http(s)://HOST:PORT&…``; see docs/objects.md.

    Raises ``ConfigurationError``, whose message holds no credentials.
    """
    parts = urlsplit(url)
    if parts.fragment:
        raise _wrong("nothing is allowed after #")
    user_info, at, bucket = parts.netloc.rpartition("@")
    if _BUCKET.fullmatch(bucket) is None or ".." in bucket:
        raise _wrong(f"{bucket!r} is no bucket name: 3 to 63 of a-z, 0-9, - and .")
    values = _parameters(parts.query)
    host, secure = _endpoint(values.get("endpoint", ""))
    return Address(
        bucket=bucket,
        prefix=_prefix(parts.path),
        host=host,
        secure=secure,
        region=_matching(_REGION, "region", values.get("region", "us-east-1")),
        ca=_ca(values.get("ca"), secure),
        lock_required=_choice("lock", values, {"required": True, "optional": False}, False),
        retention=_retention(values.get("retention")),
        conditional=_choice("conditional", values, {"probe": True, "no": False}, True),
        credentials=_credentials(user_info) if at else None,
        shown=without_password(url),
    )


def _parameters(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _PARAMETERS:
            raise _wrong(f"{name!r} is no parameter; known are {', '.join(_PARAMETERS)}")
        if name in values:
            raise _wrong(f"{name} is given twice")
        values[name] = value
    return values


def _endpoint(text: str) -> tuple[str, bool]:
    parts = urlsplit(text)
    try:
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or parts.path not in ("", "/") or parts.query or "@" in parts.netloc:
        raise _wrong("endpoint=http(s)://HOST:PORT of the server is expected, without path and credentials")
    return parts.netloc, parts.scheme == "https"


def _prefix(path: str) -> str:
    prefix = unquote(path).strip("/")
    if not prefix:
        return ""
    fault = fault_of_key(prefix)
    if fault is not None or len(prefix.encode("utf-8")) > _MAX_PREFIX_BYTES:
        raise _wrong(f"the prefix after the bucket is no beginning of keys ({fault or 'longer than 200 bytes'})")
    return f"{prefix}/"


def _ca(text: str | None, secure: bool) -> Path | None:
    if text is None:
        return None
    path = Path(text)
    if not secure:
        raise _wrong("ca is of use only with an https endpoint")
    if not path.is_absolute() or not path.is_file():
        raise _wrong(f"ca: an absolute path of a certificate file is expected, not {text!r}")
    return path


def _retention(text: str | None) -> Retention | None:
    if text is None:
        return None
    match = _RETENTION.fullmatch(text)
    if match is None:
        raise _wrong(f"retention: DAYS, governance:DAYS or compliance:DAYS is expected, not {text!r}")
    return Retention((match[1] or "governance").upper(), int(match[2]))


def _choice(name: str, values: dict[str, str], known: dict[str, bool], default: bool) -> bool:
    if name not in values:
        return default
    if values[name] not in known:
        raise _wrong(f"{name}: one of {', '.join(known)} is expected, not {values[name]!r}")
    return known[values[name]]


def _matching(pattern: re.Pattern[str], name: str, value: str) -> str:
    if pattern.fullmatch(value) is None:
        raise _wrong(f"{name}: {value!r} is none")
    return value


def _credentials(user_info: str) -> Credentials:
    user, colon, password = user_info.partition(":")
    if not user or not colon or not password:
        raise _wrong("USER:PASSWORD@ before the bucket is incomplete")
    return Credentials(unquote(user), unquote(password))


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"objects.url: s3: {what}")
