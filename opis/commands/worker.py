"""``opis worker``: one machine's share of a Dask cluster, until told to end."""

import fcntl
import logging
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from opis.context import Context, pass_own
from pipeline.domain.errors import ConfigurationError, PartDown, UsageError
from pipeline.domain.settings import Settings

log = logging.getLogger(__name__)
AGAIN_SECONDS = 5.0
SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


@click.command()
@click.option("--name", default="", help="Name that is shown of it (default: the machine's).")
@click.option("--threads", default=0, type=click.IntRange(0, 256), help="Tasks at once (default: work.workers).")
@click.option("--scheduler", default="", help="tcp://HOST:PORT or tls://HOST:PORT (default: work.scheduler).")
@click.option("--shared-objects", is_flag=True, help="The folder of objects.url is the same one on all machines.")
@click.option("--supervised-by", type=int, hidden=True)
@pass_own
def worker(
    own: Context, name: str, threads: int, scheduler: str, shared_objects: bool, supervised_by: int | None
) -> int:
    """Work for a Dask scheduler, until told to end; a worker process that dies is started again."""
    from opis.cluster.supervisor import die_with, no_core_dumps, own_command, supervise

    settings = own.settings
    address = scheduler or settings.scheduler
    if not address:
        raise UsageError("no scheduler: give --scheduler tcp://HOST:PORT or set work.scheduler")
    check_reach(settings, address, shared_objects)
    no_core_dumps()
    if supervised_by is None:
        return supervise(own_command(_again(own, name, threads, address, shared_objects)))
    die_with(supervised_by)
    _serve(own, name or socket.gethostname(), threads or settings.workers, address)
    return 0


def check_reach(settings: Settings, scheduler: str, shared: bool) -> None:
    """A folder is reached only from this machine, unless somebody says otherwise. Raises ``ConfigurationError``."""
    from opis.cluster.settings import on_this_machine, plain_address

    plain_address(scheduler)
    if settings.objects_url.startswith("file:") and not shared and not on_this_machine(scheduler):
        raise ConfigurationError(
            "objects.url: file: is a folder of this machine; use s3://…, or say --shared-objects when the folder "
            "is the same one (a network share) on all machines"
        )


def _again(own: Context, name: str, threads: int, scheduler: str, shared: bool) -> list[str]:
    """The same command for the process that works."""
    given = ["worker", "--supervised-by", str(os.getpid()), "--scheduler", scheduler, "--threads", str(threads)]
    given += ["--name", name] if name else []
    given += ["--shared-objects"] if shared else []
    given += ["--home", str(own.settings.home)]
    given += ["--config", str(own.config)] if own.config is not None else []
    return [*given, *(["-v"] if logging.getLogger().isEnabledFor(logging.DEBUG) else [])]


def _serve(own: Context, name: str, threads: int, scheduler: str) -> None:
    from opis.cluster.worker import ClusterWorker
    from opis.task_runner import TaskRunner
    from pipeline.engines.tesseract import require_language

    for language in {profile.language for profile in own.settings.profiles}:
        require_language(language)
    _wait_for_objects(own)
    with private_folder(own.parts.scratch, name) as folder:
        ClusterWorker(scheduler, lambda: TaskRunner(own.parts.objects, folder), folder, name, threads).run()


def _wait_for_objects(own: Context) -> None:
    """A store that is merely down is waited for: a worker starts with the machine, in any order."""
    while True:
        try:
            _ = own.parts.objects
            return
        except PartDown as fault:
            log.warning("%s; waiting", fault)
            time.sleep(AGAIN_SECONDS)


@contextmanager
def private_folder(scratch: Path, name: str) -> Iterator[Path]:
    """``scratch/worker-NAME`` (0700), empty at start and wiped at the end; the next number when a namesake has it."""
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    plain = "".join(letter if letter in SAFE else "_" for letter in name)[:64]
    for number in range(1, 1000):
        folder = scratch / f"worker-{plain}-{number}"
        folder.mkdir(exist_ok=True, mode=0o700)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        try:
            _empty(folder)
            folder.chmod(0o700)
            yield folder
        finally:
            _empty(folder)
            os.close(handle)
        return
    raise UsageError(f"too many workers named {name!r} on this home")


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
