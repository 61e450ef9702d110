"""``opis registry``: entries in; what is scanned, missing, extra of a day."""

import datetime as dt
from pathlib import Path

import click

from opis.context import Context, pass_own
from opis.register_import import import_register
from pipeline.domain.errors import UsageError
from pipeline.domain.messages import say
from pipeline.domain.registry import RegistryEntry
from pipeline.domain.wire import to_plain
from pipeline.stages.reconcile import ExtraDocument
from pipeline.stages.reconcile import reconcile as reconciled


@click.group()
def registry() -> None:
    """The institution's register."""


@registry.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@pass_own
def registry_import(own: Context, file: Path) -> int:
    """Import register entries from CSV or XLSX; bad rows are listed, good rows go in."""
    if not file.is_file():
        raise UsageError(f"no such file: {file}")
    done = import_register(own.parts, file)
    answer = {
        "new": done.count.new,
        "changed": done.count.changed,
        "unchanged": done.count.unchanged,
        "bad": [{"line": row.line, "reason": row.reason} for row in done.bad],
        "warnings": [{"line": row.line, "reason": row.reason} for row in done.warnings],
        "register": done.key,
    }
    lines = [say("terminal.imported", **{name: answer[name] for name in ("new", "changed", "unchanged")})]
    lines += [say("terminal.bad_row", line=row.line, reason=row.reason) for row in done.bad]
    lines += [say("terminal.warned_row", line=row.line, reason=row.reason) for row in done.warnings]
    own.answer(answer, "\n".join(lines))
    return 1 if done.bad else 0


@registry.command("reconcile")
@click.option("--date", "day", required=True, type=click.DateTime(formats=["%Y-%m-%d", "%d.%m.%Y"]))
@pass_own
def registry_reconcile(own: Context, day: dt.datetime) -> int:
    """What of that day is scanned, missing and extra."""
    catalog = own.parts.catalog
    date = day.date()
    found = reconciled(date, catalog.entries_of_day(date), catalog.documents_of_day(date))
    answer = {
        "date": date.isoformat(),
        "scanned": [
            {**_entry(pair.entry), "documents": list(pair.documents), "certain": pair.certain} for pair in found.scanned
        ],
        "missing": [_entry(entry) for entry in found.missing],
        "extra": [_extra(document) for document in found.extra],
    }
    counts = {"scanned": len(found.scanned), "missing": len(found.missing), "extra": len(found.extra)}
    lines = [say("terminal.reconcile", day=date.strftime("%d.%m.%Y"), **counts)]
    lines += [
        say("terminal.missing_entry", number=entry.number, sender=entry.sender or "", subject=entry.subject or "")
        for entry in found.missing
    ]
    lines += [
        say("terminal.extra_document", number=extra.number or "—", document=extra.document[:8]) for extra in found.extra
    ]
    own.answer(answer, "\n".join(lines))
    return 0


def _extra(extra: ExtraDocument) -> dict[str, object]:
    number = extra.number
    return {
        "register": number.register if number else None,
        "year": number.year if number else None,
        "number": number.number if number else None,
        "date": extra.date.isoformat() if extra.date else None,
        "document": extra.document,
        "reason": extra.reason.value,
    }


def _entry(entry: RegistryEntry) -> dict[str, object]:
    plain = to_plain(RegistryEntry, entry)
    number = plain.pop("number")
    return {**number, **plain}
