"""Reads the one TOML file and the environment into frozen settings; every fault names its key."""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pipeline.domain.errors import ConfigurationError
from pipeline.domain.settings import Blanks, Institution, Lane, Profile, Settings

Check = Callable[[str, Any], Any]
E = TypeVar("E", bound=StrEnum)
ENVIRONMENT = "OPIS_"
OWN_VARIABLES = frozenset({"OPIS_HOME", "OPIS_CONFIG"})
_CATALOGS = r"sqlite(\+pysqlite)?:///.+|postgresql\+psycopg://.+"
_INDEXES = r"tantivy:.+|elasticsearch\+https?://[^/]+/.+"
_CLUSTERS = r"|(tcp|tls)://.+"


def load_settings(config: Path | None, home: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from ``config``, else ``$OPIS_CONFIG``, else ``opis.toml`` here, else the defaults.

    ``OPIS_SECTION__KEY`` variables override the file. The home is ``home``, else ``$OPIS_HOME``, else ``./opis-data``.
    Raises ``ConfigurationError`` naming the key.
    """
    source = _source(config, environment)
    data = _read(source) if source else {}
    folder = source.parent if source else Path.cwd()
    _override(data, environment)
    home_path = (home or Path(environment.get("OPIS_HOME") or "opis-data")).absolute()
    return _settings(data, home_path, folder.absolute(), source)


def _source(config: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = config or (Path(environment["OPIS_CONFIG"]) if environment.get("OPIS_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            raise ConfigurationError(f"no such configuration file: {named}")
        return named
    usual = Path("opis.toml")
    return usual if usual.is_file() else None


def _read(source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigurationError(f"{source}: {fault}") from fault
    except OSError as fault:
        raise ConfigurationError(f"{source}: {fault.strerror}") from fault


def _override(data: dict[str, Any], environment: Mapping[str, str]) -> None:
    """``OPIS_WEB__PORT=8080``; ``OPIS_PROFILES__REGISTRATURA__DUPLEX=true``. Values are TOML, else plain text."""
    for name, text in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT) or name in OWN_VARIABLES or "__" not in name:
            continue
        *path, key = name.removeprefix(ENVIRONMENT).lower().split("__")
        table = data
        for part in path:
            table = table.setdefault(_existing(table, part), {})
            if not isinstance(table, dict):
                raise ConfigurationError(f"{name}: {part} is not a table")
        table[key] = _value(text)


def _existing(table: Mapping[str, Any], name: str) -> str:
    """Profile names keep the case of the file: environment variables have none."""
    return next((known for known in table if known.lower() == name), name)


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _settings(data: Mapping[str, Any], home: Path, folder: Path, source: Path | None) -> Settings:
    known: dict[str, Check] = {
        "institution": _table(
            {
                "code": _matching("at most 12 of A-Z 0-9 -", r"[A-Z0-9-]{1,12}"),
                "name": _text,
                "departments": _text,
                "default_register": _matching("at most 12 of A-Z 0-9 -", r"[A-Z0-9-]{1,12}"),
            }
        ),
        "profiles": _profiles,
        "objects": _table({"url": _url("file:PATH or s3://BUCKET?endpoint=URL", r"file:.+|s3://.+")}),
        "catalog": _table({"url": _url("sqlite:///PATH or postgresql+psycopg://…", _CATALOGS)}),
        "index": _table({"url": _url("tantivy:PATH or elasticsearch+http(s)://HOST:PORT/NAME", _INDEXES)}),
        "work": _table({"workers": _whole(0, 256), "scheduler": _url("tcp://HOST:PORT or tls://HOST:PORT", _CLUSTERS)}),
        "web": _table({"host": _text, "port": _whole(0, 65535)}),
    }
    read = _table(known)("", data)
    plain = Settings(home=home)
    institution = dict(read.get("institution", {}))
    departments = institution.pop("departments", "")
    named = {name: _profile(name, values) for name, values in read.get("profiles", {}).items()}
    return replace(
        plain,
        institution=replace(Institution(), departments=(folder / departments) if departments else None, **institution),
        profiles=tuple(named.values()) or plain.profiles,
        objects_url=read.get("objects", {}).get("url", plain.objects_url),
        catalog_url=read.get("catalog", {}).get("url", plain.catalog_url),
        index_url=read.get("index", {}).get("url", plain.index_url),
        workers=read.get("work", {}).get("workers", plain.workers),
        scheduler=read.get("work", {}).get("scheduler", plain.scheduler),
        web_host=read.get("web", {}).get("host", plain.web_host),
        web_port=read.get("web", {}).get("port", plain.web_port),
        source=source,
    )


def _profile(name: str, values: Mapping[str, Any]) -> Profile:
    department = values.get("department") or None
    return replace(Profile(name=name), **{**values, "department": department})


def _profiles(path: str, value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{path}: a table of profiles is expected")
    keys = _table(
        {
            "lane": _choice(Lane),
            "duplex": _yes_or_no,
            "separators": _separators,
            "sticker_pattern": _pattern,
            "language": _matching("a Tesseract language such as ron", r"[A-Za-z_]+(?:\+[A-Za-z_]+)*"),
            "blanks": _choice(Blanks),
            "settle_seconds": _seconds,
            "broken_after_seconds": _seconds,
            "department": _text,
        }
    )
    for name in value:
        _matching("letters, digits, - and _", r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")(f"{path}.{name}", name)
    return {name: keys(f"{path}.{name}", table) for name, table in value.items()}


def _table(known: Mapping[str, Check]) -> Check:
    def check(path: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ConfigurationError(f"{path}: a table is expected")
        read = {}
        for key, entry in value.items():
            full = f"{path}.{key}" if path else key
            if key not in known:
                raise ConfigurationError(f"unknown key {full}{_nearest(path, key, known)}")
            read[key] = known[key](full, entry)
        return read

    return check


def _nearest(path: str, key: str, known: Mapping[str, Check]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return f"; the nearest known one is {path + '.' if path else ''}{near[0]}" if near else ""


def _text(path: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{path}: a text is expected, not {value!r}")
    return value


def _yes_or_no(path: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{path}: true or false is expected, not {value!r}")
    return value


def _whole(least: int, most: int) -> Check:
    def check(path: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ConfigurationError(f"{path}: a whole number from {least} to {most} is expected, not {value!r}")
        return value

    return check


def _seconds(path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86400:
        raise ConfigurationError(f"{path}: seconds from 0 to 86400 are expected, not {value!r}")
    return float(value)


def _choice(kind: type[E]) -> Check:
    def check(path: str, value: Any) -> E:
        try:
            return kind(value)
        except ValueError:
            raise ConfigurationError(f"{path}: one of {', '.join(kind)} is expected, not {value!r}") from None

    return check


def _matching(what: str, pattern: str) -> Check:
    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise ConfigurationError(f"{path}: {what} is expected, not {value!r}")
        return value

    return check


def _url(what: str, pattern: str) -> Check:
    """Where a part is kept; of another URL only the scheme is told, the rest may hold a password."""

    def check(path: str, value: Any) -> str:
        if re.fullmatch(pattern, _text(path, value)) is None:
            raise ConfigurationError(f"{path}: {what} is expected, not {value.partition(':')[0]!r}")
        return str(value)

    return check


def _separators(path: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{path}: a list is expected, not {value!r}")
    for entry in value:
        fixed = isinstance(entry, str) and entry.startswith("fixed:") and len(entry) > len("fixed:")
        if entry not in ("opis", "sticker") and not fixed:
            raise ConfigurationError(f"{path}: opis, sticker or fixed:TEXT are expected, not {entry!r}")
    return tuple(value)


def _pattern(path: str, value: Any) -> str:
    from pipeline.domain.marks import sticker_regex

    try:
        sticker_regex(_text(path, value))
    except ConfigurationError as fault:
        raise ConfigurationError(f"{path}: {fault}") from fault
    return str(value)
