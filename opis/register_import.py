"""Imports a register file: kept in the store first, read in a sandboxed child, then its good rows go in."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from opis.intake import file_digest
from opis.wiring import Parts
from pipeline.domain.errors import InputFault
from pipeline.engines.calls import READ_REGISTER, RegisterCall, path_text
from pipeline.engines.register_table import FAULT_PREFIX, BadRow, RegisterFile, RowWarning, fault_text
from pipeline.engines.sandbox import Sandbox
from pipeline.ports.catalog import ImportCount

SECONDS = 300


@dataclass(frozen=True, slots=True)
class Imported:
    key: str
    count: ImportCount
    bad: tuple[BadRow, ...]
    warnings: tuple[RowWarning, ...]


def import_register(parts: Parts, path: Path) -> Imported:
    """Raises ``InputFault`` when the file cannot be read as a register at all: nothing went in."""
    read = read_register_file(parts, path)
    extension = path.suffix.lower().lstrip(".") or "csv"
    key = f"registers/{file_digest(path)}.{extension if extension.isalnum() else 'csv'}"
    parts.objects.put_file(key, path)
    count = parts.catalog.import_entries(read.rows, key)
    return Imported(key, count, read.bad, read.warnings)


def read_register_file(parts: Parts, path: Path) -> RegisterFile:
    """Parses the file in a child of its own."""
    parts.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="register-", dir=parts.scratch) as folder:
        sandbox = Sandbox(Path(folder))
        try:
            departments = parts.classifier.departments()
            default = parts.settings.institution.default_register
            answer = sandbox.call(READ_REGISTER, RegisterCall(path_text(path), departments, default), SECONDS)
        except InputFault as fault:
            if fault.code.startswith(FAULT_PREFIX):
                fault.advice = fault_text(fault.code)
            raise
        finally:
            sandbox.close()
    assert isinstance(answer, RegisterFile)
    return answer
