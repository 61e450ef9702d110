"""The demo's templates, read once from the TOML files of ``data/``."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def data(name: str) -> dict[str, Any]:
    """A file of ``data/`` such as ``people`` or ``letters/URBANISM``."""
    file = resources.files("opis.demo") / "data" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def department_codes() -> tuple[str, ...]:
    """All codes that have letters, ``EXTERN`` among them."""
    folder = resources.files("opis.demo") / "data" / "letters"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))
