"""The functions that the sandboxed child may be asked for, with the types of argument and answer."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pipeline.domain.filing import Department
from pipeline.domain.pages import PageReading
from pipeline.domain.wire import from_json, to_json
from pipeline.domain.work import DocumentTask, PageTask, SourceFacts, SourceFormat, WrittenPdf
from pipeline.engines.register_table import RegisterFile
from pipeline.engines.sandbox import Call


@dataclass(frozen=True, slots=True)
class PdfCall:
    task: DocumentTask
    out: str


@dataclass(frozen=True, slots=True)
class PreviewCall:
    path: str
    format: SourceFormat
    index: int
    width: int
    """pixels"""
    out: str


@dataclass(frozen=True, slots=True)
class RegisterCall:
    path: str
    departments: tuple[Department, ...]
    default_register: str


INSPECT = Call("inspect", str, SourceFacts)
READ_PAGES = Call("read_pages", PageTask, list[PageReading])
WRITE_PDF = Call("write_pdf", PdfCall, WrittenPdf)
PREVIEW = Call("preview", PreviewCall, None)
READ_REGISTER = Call("read_register", RegisterCall, RegisterFile)


def path_text(path: Path) -> str:
    """A path as the calls carry it: names are bytes, and not every name is UTF-8."""
    return quote_from_bytes(os.fsencode(path.absolute()))


def _path_of(text: str) -> Path:
    return Path(os.fsdecode(unquote_to_bytes(text)))


def _inspect(path: str) -> SourceFacts:
    from pipeline.engines.sources import inspect_source

    return inspect_source(_path_of(path))


def _read_pages(task: PageTask) -> list[PageReading]:
    from pipeline.engines.page_task import read_pages

    return read_pages(task)


def _write_pdf(call: PdfCall) -> WrittenPdf:
    from pipeline.engines.pdf_writer import write_pdf

    return write_pdf(call.task, Path(call.out))


def _preview(call: PreviewCall) -> None:
    from pipeline.engines.sources import page_preview

    page_preview(Path(call.path), call.format, call.index, call.width, Path(call.out))


def _read_register(call: RegisterCall) -> RegisterFile:
    from pipeline.engines.register_file import read_register

    return read_register(_path_of(call.path), call.departments, call.default_register)


_FUNCTIONS: dict[str, tuple[Call, Callable[[Any], Any]]] = {
    "inspect": (INSPECT, _inspect),
    "read_pages": (READ_PAGES, _read_pages),
    "write_pdf": (WRITE_PDF, _write_pdf),
    "preview": (PREVIEW, _preview),
    "read_register": (READ_REGISTER, _read_register),
}


def run_call(name: str, argument: bytes) -> bytes:
    """The answer as JSON; raises what the function raises."""
    call, function = _FUNCTIONS[name]
    return to_json(call.answer, function(from_json(call.argument, argument)))
