"""What every command gets: settings, parts on demand, and the way to answer."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from opis.config import load_settings
from opis.wiring import Parts, open_parts
from pipeline.domain.settings import Settings


@dataclass
class Context:
    home: Path | None
    config: Path | None
    as_json: bool

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.config, self.home)

    @cached_property
    def parts(self) -> Parts:
        return open_parts(self.settings)

    def answer(self, value: Any, text: str) -> None:
        """Prints ``value`` as JSON, or ``text`` for a person."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False))
        elif text:
            click.echo(text)


pass_own = click.make_pass_decorator(Context)
