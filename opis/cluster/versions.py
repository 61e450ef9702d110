"""Versions that must agree between the line, the scheduler and each worker before any task is given out."""

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

PROTOCOL = 1
"""raised whenever a task, an answer or the way they travel changes its form"""


@dataclass(frozen=True, slots=True)
class Versions:
    opis: str
    protocol: int
    python: str
    """major and minor: what is pickled depends on it"""
    distributed: str


def own_versions() -> Versions:
    """Of this process."""
    python = ".".join(platform.python_version_tuple()[:2])
    return Versions(importlib.metadata.version("opis"), PROTOCOL, python, importlib.metadata.version("distributed"))


def told_versions(*_: object) -> dict[str, Any]:
    """As a worker or the scheduler tells them."""
    return asdict(own_versions())


def differences(own: Versions, told: Mapping[str, Any] | None) -> str:
    """``opis 0.1.0 / 0.2.0, python 3.11 / 3.12`` (ours / theirs); empty when they agree."""
    if not told:
        return f"opis {own.opis} / —"
    unequal = [
        f"{name} {value} / {told.get(name, '—')}" for name, value in asdict(own).items() if told.get(name) != value
    ]
    return ", ".join(unequal)
