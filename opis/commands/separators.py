"""``opis separators``: prints separator sheets from numbers, a register file, or blank."""

import datetime as dt
from pathlib import Path

import click

from opis.context import Context, pass_own
from opis.register_import import read_register_file
from pipeline.domain.errors import UsageError
from pipeline.domain.messages import counted, say
from pipeline.engines.separator_sheets import Sheet, print_sheets
from pipeline.engines.sheet_orders import (
    batch_end,
    batch_slip,
    blank_sheets,
    sheets_from_entries,
    sheets_from_numbers,
)


@click.command()
@click.option("--register", help="Register of the numbers (default: the institution's).")
@click.option("--year", type=click.IntRange(1900, 9999), help="Year of the numbers (default: this one).")
@click.option("--numbers", help="Numbers and ranges, such as 1-20,48213.")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="A register file: a sheet for each row.")
@click.option("--blank", type=int, metavar="N", help="N sheets without a number.")
@click.option("--batch-slip", "slip", metavar="N:COUNT", help="The slip before a batch of COUNT documents.")
@click.option("--batch-end", "end", metavar="N:COUNT", help="The sheet after a batch of COUNT documents.")
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), required=True, help="The PDF to write.")
@pass_own
def separators(
    own: Context,
    register: str | None,
    year: int | None,
    numbers: str | None,
    file: Path | None,
    blank: int | None,
    slip: str | None,
    end: str | None,
    out: Path,
) -> int:
    """Print separator sheets to a PDF, one sheet a page."""
    given = [value for value in (numbers, file, blank, slip, end) if value is not None]
    if len(given) != 1:
        raise UsageError("one of --numbers, --csv, --blank, --batch-slip, --batch-end is needed")
    institution = own.settings.institution
    register = register or institution.default_register
    year = year or dt.datetime.now().astimezone().year
    sheets: tuple[Sheet, ...]
    if numbers is not None:
        sheets = sheets_from_numbers(institution, register, year, numbers)
    elif file is not None:
        sheets = _from_register(own, file)
    elif blank is not None:
        sheets = blank_sheets(institution, blank)
    elif slip is not None:
        sheets = (batch_slip(institution, register, year, slip),)
    else:
        sheets = (batch_end(institution, register, year, end or ""),)
    pages = print_sheets(sheets, out)
    answer = {"pages": pages, "path": str(out), "payloads": [sheet.payload for sheet in sheets]}
    own.answer(answer, say("terminal.separators", sheets=counted(pages, "separatoare"), path=out))
    return 0


def _from_register(own: Context, file: Path) -> tuple[Sheet, ...]:
    """A sheet for each row; a bad row is a fault here: its sheet would be missing from the pile."""
    if not file.is_file():
        raise UsageError(f"no such file: {file}")
    read = read_register_file(own.parts, file)
    if read.bad:
        lines = ", ".join(str(row.line) for row in read.bad[:10])
        raise UsageError(f"{file}: rows that cannot be read, at lines {lines}")
    return sheets_from_entries(own.settings.institution, read.rows)
