"""The log on stderr: lines of text, or with ``OPIS_LOG=json`` one JSON object a line; no names, no tracebacks.

A record is about a batch or a document when it says so (``extra={"batch": id}``) or when it is written while one is
worked on (``concerning``). Names of files and words of pages are for DEBUG alone (``-v``), as tracebacks are.
"""

import contextvars
import datetime as dt
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from pipeline.domain.addresses import without_password
from pipeline.domain.errors import ConfigurationError, OpisError
from pipeline.domain.plain import plain

log = logging.getLogger("opis")
VARIABLE = "OPIS_LOG"
FORMS = ("text", "json")
FIELDS = ("batch", "document", "worker")
"""what a record may say it is about, beside its message"""
NOISY = (
    "alembic",
    "PIL",
    "pikepdf",
    "watchdog",
    "uvicorn",
    "pytesseract",
    "httpx",
    "urllib3",
    "elastic_transport",
    "elasticsearch",
    "distributed",
    "asyncio",
)
"""libraries of which only warnings are wanted, also with ``-v``: what they log of requests may hold what was asked"""

_about: contextvars.ContextVar[Mapping[str, str]] = contextvars.ContextVar("about", default={})  # noqa: B039


@contextmanager
def concerning(**fields: str | None) -> Iterator[None]:
    """What is logged inside the block, by this thread, is about this; names are those of ``FIELDS``."""
    known = {name: value for name, value in fields.items() if value is not None}
    token = _about.set({**_about.get(), **known})
    try:
        yield
    finally:
        _about.reset(token)


def start_log(verbose: bool, environment: Mapping[str, str] = os.environ) -> None:
    """Sets the log up anew. Raises ``ConfigurationError`` for an unknown form; then the log is text."""
    form = environment.get(VARIABLE) or "text"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(verbose) if form == "json" else TextLines(verbose))
    handler.addFilter(_add_about)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if form not in FORMS:
        raise ConfigurationError(f"{VARIABLE}: {' or '.join(FORMS)} is expected, not {form!r}")


def tell(text: str) -> None:
    """Something for the person who started the program: plain on stderr, a record where the log is JSON."""
    if _is_json():
        log.info("%s", text)
    else:
        click.echo(text, err=True)


def tell_fault(fault: OpisError) -> None:
    """What ended the program, and what to do about it."""
    if _is_json():
        log.error("%s", fault, extra={"advice": fault.advice})
    else:
        log.error("%s", fault)
        click.echo(fault.advice, err=True)


class TextLines(logging.Formatter):
    """One line a record, control characters escaped; a traceback follows only when debugging."""

    def __init__(self, debugging: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._debugging = debugging

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {_message(record)}"
        line = "".join(sign if sign.isprintable() else _escaped(sign) for sign in line)
        trace = _trace(record) if self._debugging else None
        return line if trace is None else f"{line}\n{trace}"


class JsonLines(logging.Formatter):
    """``{"time", "level", "logger", "message"}`` and, where they are known, ``FIELDS``, ``advice``, ``traceback``."""

    def __init__(self, debugging: bool) -> None:
        super().__init__()
        self._debugging = debugging

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        for name in (*FIELDS, "advice"):
            if getattr(record, name, None) is not None:
                entry[name] = str(getattr(record, name))
        trace = _trace(record) if self._debugging else None
        if trace is not None:
            entry["traceback"] = trace
        return json.dumps(entry, ensure_ascii=True)


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    fault = record.exc_info[1] if record.exc_info else None
    if fault is not None:
        text = f"{text}: {plain(fault)}"
    return without_password(text)


def _trace(record: logging.LogRecord) -> str | None:
    if not record.exc_info:
        return None
    return logging.Formatter().formatException(record.exc_info)


def _add_about(record: logging.LogRecord) -> bool:
    for name, value in _about.get().items():
        if getattr(record, name, None) is None:
            setattr(record, name, value)
    return True


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def _is_json() -> bool:
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)
