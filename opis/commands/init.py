"""``opis init``: home, bucket, catalog, hot folders; what is there already stays as it is."""

import re
import sys
from pathlib import Path

import click

from opis.context import Context, pass_own
from opis.preparation import prepare
from opis.wiring import hot_folder
from pipeline.domain.errors import PartDown
from pipeline.domain.messages import say


@click.command()
@pass_own
def init(own: Context) -> int:
    """Make the home, the catalog and the hot folders; asks for the institution on a terminal."""
    settings = own.settings
    if settings.source is None and sys.stdin.isatty() and sys.stdout.isatty() and not own.as_json:
        _ask(own.config or Path("opis.toml"))
        own = Context(own.home, own.config, own.as_json)
        settings = own.settings
    made_home = not settings.home.is_dir()
    parts = own.parts
    parts.check_departments()
    done = list(prepare(parts))
    answer = {
        "home": str(settings.home),
        "config": str(settings.source) if settings.source else None,
        "institution": settings.institution.code,
        "hot": {profile.name: str(hot_folder(settings, profile.name)) for profile in settings.profiles},
        "made": [str(settings.home)] * made_home + [entry.name for entry in done if entry.made],
    }
    own.answer(answer, "\n".join([say("terminal.home_ready", home=settings.home), *(f"  {e.told}" for e in done)]))
    return 0


def _ask(path: Path) -> None:
    """Writes the institution into a new configuration file."""
    code = ""
    while not re.fullmatch(r"[A-Z0-9-]{1,12}", code):
        code = click.prompt(say("terminal.ask_code"), default="DEMO", err=True)
    name = click.prompt(say("terminal.ask_name"), default="Primăria Demonstrativă", err=True)
    quoted = str(name).replace("\\", "\\\\").replace('"', '\\"')
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f'[institution]\ncode = "{code}"\nname = "{quoted}"\n')
    except OSError as fault:
        raise PartDown(f"{path} cannot be written: {fault.strerror}") from fault
