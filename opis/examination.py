"""Each part that the settings name, looked at by itself: one that is down or hangs keeps none from being shown."""

import datetime as dt
import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from opis.wiring import Parts, hot_folder
from pipeline.domain.addresses import without_password
from pipeline.domain.errors import OpisError, PartDown, PartUnfit
from pipeline.domain.messages import say
from pipeline.domain.plain import plain
from pipeline.domain.settings import Profile
from pipeline.ports.probe import Probe
from search_api.latest import Latest, Reply

LEAST_FREE = 2 * 2**30
"""bytes"""
PATIENCE_SECONDS = 60.0
SLACK_SECONDS = 300.0
"""how far the newest file of the home may be ahead of the clock"""

Look = tuple[str, str, Callable[[], Probe]]
"""part, address, and what asks it"""


def examine(parts: Parts) -> list[Probe]:
    """Store, catalog, index, cluster, hot folders, space and clock. Never raises; at most a minute."""
    settings = parts.settings
    looks: list[Look] = [
        ("objects", settings.objects_url, lambda: parts.objects.probe()),
        ("catalog", settings.catalog_url, lambda: parts.catalog.probe()),
        ("index", settings.index_url, lambda: parts.index.probe()),
    ]
    if settings.scheduler:
        looks.append(("cluster", settings.scheduler, lambda: _cluster(settings.scheduler)))
    return [
        *_asked(looks),
        *(probe_hot_folder(hot_folder(settings, profile.name), profile) for profile in settings.profiles),
        probe_space(say("doctor.space_home"), settings.home),
        probe_space(say("doctor.space_scratch"), parts.scratch),
        probe_clock(settings.home),
    ]


def _cluster(scheduler: str) -> Probe:
    from opis.cluster.probe import probe_cluster

    return probe_cluster(scheduler)


def _asked(looks: Sequence[Look]) -> list[Probe]:
    """All at once, each in a thread of its own."""
    asking = [Latest(ask, part, patience=PATIENCE_SECONDS) for part, _, ask in looks]
    with ThreadPoolExecutor(len(asking)) as pool:
        replies = list(pool.map(lambda one: one.get(), asking))
    return [_probed(part, url, reply) for (part, url, _), reply in zip(looks, replies, strict=True)]


def _probed(part: str, url: str, reply: Reply[Probe]) -> Probe:
    address, fault = without_password(url), reply.fault
    if reply.value is not None:
        return replace(reply.value, address=reply.value.address or address)
    if isinstance(fault, OpisError):
        advice = say("doctor.start_it") if fault.advice == PartDown.advice else fault.advice
        mend = without_password(f"{fault}. {advice}")
        return Probe(part, isinstance(fault, PartUnfit), None, False, mend, address)
    if fault is not None:
        return Probe(part, False, None, False, say("monitoring.failed", fault=plain(fault)), address)
    return Probe(part, False, None, False, say("monitoring.hanging", seconds=round(reply.hanging or 0)), address)


def probe_hot_folder(folder: Path, profile: Profile) -> Probe:
    """Whether the line could take from it: files can be made there; one that is missing can be made."""
    part = say("doctor.hot_folder", profile=profile.name)
    there = folder.is_dir()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    trial = nearest / f".opis-doctor-{os.getpid()}"
    try:
        with trial.open("xb"):
            pass
        trial.unlink()
    except OSError as fault:
        mend = say("doctor.hot_unwritable", reason=fault.strerror, path=nearest)
        return Probe(part, there, None, False, mend, str(folder))
    return Probe(part, there, None if there else say("doctor.hot_to_be_made"), True, "", str(folder))


def probe_space(part: str, folder: Path) -> Probe:
    """Free space where the folder is, or where it will be made."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    mend = "" if free >= LEAST_FREE else say("doctor.space_low")
    return Probe(part, True, f"{free / 2**30:.1f} GiB", free >= LEAST_FREE, mend, str(nearest))


def probe_clock(home: Path, now: float | None = None) -> Probe:
    """A clock behind what was already written is wrong. ``now``: seconds since 1970, for tests."""
    now = time.time() if now is None else now
    newest = max((_written(path) for path in (Path(__file__), home, *home.glob("*"))), default=0.0)
    here = dt.datetime.fromtimestamp(now, dt.UTC)
    behind = newest - now
    mend = "" if behind <= SLACK_SECONDS else say("doctor.clock_behind", seconds=round(behind))
    zone = dt.datetime.fromtimestamp(now).astimezone().strftime("%Z %z")
    return Probe(say("doctor.clock"), True, f"{here:%Y-%m-%d %H:%M:%S} UTC", not mend, mend, details=(("zone", zone),))


def _written(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0
