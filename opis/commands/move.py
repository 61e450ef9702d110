"""``opis move --to FILE.toml``: the home goes to other servers, or back, and is compared; the source stays as it is."""

import os
from pathlib import Path
from typing import Any

import click

from opis.config import load_settings
from opis.context import Context, pass_own
from opis.moving.move import move as move_house
from opis.moving.plan import PARTS, MovePlan, plan_move
from opis.moving.texts import moved_text
from opis.moving.values import Moved
from pipeline.domain.settings import Settings


@click.command()
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="Configuration that names where objects, catalog and index are to be.",
)
@click.option(
    "--to-home",
    type=click.Path(path_type=Path),
    help="Home of the target (default: the present one). Storage URLs of FILE.toml are relative to it.",
)
@pass_own
def move(own: Context, target: Path, to_home: Path | None) -> int:
    """Copy objects, catalog and index elsewhere, compare everything, and leave the source untouched."""
    plan = plan_move(own.settings, _target(target, to_home or own.settings.home))
    moved = move_house(plan)
    own.answer(moved_answer(plan, moved), moved_text(plan, moved))
    return 0 if moved.verified else 1


def _target(file: Path, home: Path) -> Settings:
    """What the file says and nothing else: ``OPIS_SECTION__KEY`` variables are about the source."""
    return load_settings(file, home, {})


def moved_answer(plan: MovePlan, moved: Moved) -> dict[str, Any]:
    """The answer in JSON: what was counted is null where a part stays, or was not come to."""
    facts: dict[str, dict[str, Any]] = {
        "objects": {"count": moved.objects, "bytes": moved.bytes, "copied": moved.copied},
        "catalog": {"rows": sum(moved.rows.values()) if moved.rows else None, "tables": dict(moved.rows)},
        "index": {"documents": moved.documents},
    }
    parts = {
        part: {"moved": plan.moves(part), "from": plan.places[part][0].shown, "to": plan.places[part][1].shown}
        | facts[part]
        for part in PARTS
    }
    return {
        "home": {"moved": plan.home_changes, "from": os.fspath(plan.source.home), "to": os.fspath(plan.target.home)},
        **parts,
        "quarantine": {"files": moved.quarantine_files, "bytes": moved.quarantine_bytes},
        "waiting": moved.waiting,
        "verified": moved.verified,
        "different": moved.different,
        "differences": [{"code": each.code, "subject": each.subject} for each in moved.differences],
    }
