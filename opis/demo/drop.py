"""Drops a demo into a hot folder the way a careful scanner does: written aside, then renamed in."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from opis.demo.batch import make_demo, small_spec, write_demo
from opis.demo.spec import DemoFiles, DemoSpec
from opis.wiring import hot_folder
from pipeline.domain.settings import Profile, Settings
from watchers.hot_folder import HotFolder
from watchers.moves import move_new

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Dropped:
    batches: tuple[Path, ...]
    """in the hot folder"""
    register: Path
    files: DemoFiles


def drop_demo(
    settings: Settings, profile: str, batches: int, documents: int | None, seed: int, progress: Progress | None = None
) -> Dropped:
    """Makes demo batches for a profile, moves them into its hot folder and the register into ``home/demo``.

    ``documents`` None: the small demo of ``make run``.
    """
    chosen = settings.profile(profile) or Profile(name=profile)
    spec = demo_spec(settings, chosen, batches, documents, seed)
    folder = hot_folder(settings, profile)
    HotFolder(folder, chosen, lambda path: None).prepare()
    kept = settings.home / "demo"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=settings.home) as aside:
        files = write_demo(make_demo(spec), Path(aside), progress)
        register = kept / f"registru-{seed}.csv"
        os.replace(files.register_csv, register)  # noqa: PTH105  the same file system, over an older one
        moved = tuple(move_new(batch.path, folder, batch.path.name, batch.path.is_dir()) for batch in files.batches)
    return Dropped(moved, register, files)


def demo_spec(settings: Settings, profile: Profile, batches: int, documents: int | None, seed: int) -> DemoSpec:
    """What fits the profile: its institution, its separators, simplex or duplex."""
    fixed = next((name for name in profile.separators if name.startswith("fixed:")), None)
    sticker = "sticker" if "sticker" in profile.separators else "none"
    separators = "opis" if "opis" in profile.separators else fixed or sticker
    plain = small_spec(seed) if documents is None else DemoSpec(documents=documents, seed=seed)
    return replace(
        plain,
        batches=batches,
        institution=settings.institution,
        duplex=profile.duplex,
        separators=separators,
        name=f"scan-{seed}",
    )
