"""A Dask cluster of the tests: the scheduler as Dask ships it, workers as ``opis worker`` starts them."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

from tests.servers.process import LOOPBACK, ServerProcess, listening


class SchedulerServer(ServerProcess):
    """Dask's defaults, three retries of a dead worker's task among them; only its page is kept on this machine."""

    name: ClassVar[str] = "dask-scheduler"
    stop_seconds: ClassVar[float] = 10.0

    host: str = LOOPBACK
    security: Sequence[str] = ()
    """``--tls-ca-file`` and its like"""

    @property
    def url(self) -> str:
        return f"{'tls' if self.security else 'tcp'}://{self.host}:{self.ports[0]}"

    def command(self) -> Sequence[str]:
        own = ["--host", self.host, "--port", str(self.ports[0]), "--no-show"]
        quiet = ["--no-dashboard", "--dashboard-address", f"{LOOPBACK}:0"]
        program = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
        return [*program, *own, *quiet, *(["--protocol", "tls"] if self.security else []), *self.security]

    def healthy(self) -> bool:
        """It takes another port when its own is taken: what counts is what it says itself."""
        said = re.findall(r"Scheduler at:\s+\S+:(\d+)", self.log.read_text(encoding="utf-8", errors="replace"))
        assert not said or int(said[-1]) == self.ports[0], f"port {self.ports[0]} was taken"
        return bool(said) and listening(self.ports[0])


class WorkerServer(ServerProcess):
    """``opis worker`` with a home of its own. It is healthy when it says that the scheduler knows it."""

    name: ClassVar[str] = "opis-worker"
    port_count: ClassVar[int] = 0
    stop_seconds: ClassVar[float] = 20.0

    scheduler: str = ""
    title: str = "unu"
    threads: int = 1
    objects_url: str = "file:objects"
    options: Sequence[str] = ()
    more: Mapping[str, str] = {}
    """variables of its environment: the credentials of its object store"""
    before: Sequence[str] = ()
    """``ip netns exec NAME``"""
    _begin: int = 0

    def joined(self, scheduler: str, **attributes: object) -> Self:
        """Says what it works for; before the first start."""
        self.scheduler = scheduler
        for name, value in attributes.items():
            assert hasattr(self, name), name
            setattr(self, name, value)
        return self

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def config(self) -> Path:
        return self.folder / "worker.toml"

    @property
    def url(self) -> str:
        return self.scheduler

    def prepare(self) -> None:
        self.config.write_text(f'[objects]\nurl = "{self.objects_url}"\n', encoding="utf-8")

    def command(self) -> Sequence[str]:
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        named = ["--name", self.title, "--threads", str(self.threads), "--scheduler", self.scheduler]
        own = ["--config", str(self.config), "--home", str(self.home)]
        return [*self.before, sys.executable, "-m", "opis", "worker", *own, *named, *self.options]

    def server_environment(self) -> Mapping[str, str]:
        return {"PYTHONDONTWRITEBYTECODE": "1", **self.more}

    def healthy(self) -> bool:
        return self.registrations() > 0

    def registrations(self) -> int:
        """How often since its last start it became known to a scheduler."""
        text = self.log.read_bytes()[self._begin :].decode("utf-8", "replace")
        return len(re.findall(rf"worker {re.escape(self.title)}: \d+ threads at ", text))

    def process_id(self) -> int:
        """Of the process that works, a child of the one that supervises it."""
        found = children(self.pid or 0, b"--supervised-by")
        assert len(found) == 1, found
        return found[0]


class Cluster:
    """A scheduler and workers of one test; all ended with it."""

    def __init__(self, folder: Path, objects: Path) -> None:
        self.folder = folder
        self.objects = objects
        self.scheduler = SchedulerServer(folder / "scheduler")
        self.workers: list[WorkerServer] = []

    def worker(self, title: str = "unu", scheduler: str = "", **attributes: object) -> WorkerServer:
        """Started, and known to the scheduler; on the cluster's folder of objects unless told."""
        worker = WorkerServer(self.folder / f"worker-{title}")
        attributes = {"objects_url": f"file:{self.objects}", "title": title, **attributes}
        worker.joined(scheduler or self.scheduler.url, **attributes)
        self.workers.append(worker)
        worker.start()
        return worker

    def named(self, title: str) -> WorkerServer:
        return next(worker for worker in self.workers if worker.title == title)

    def end(self) -> None:
        for server in (*self.workers, self.scheduler):
            server.kill()


@contextmanager
def cluster(folder: Path, objects: Path) -> Iterator[Cluster]:
    """With its scheduler started."""
    made = Cluster(folder, objects)
    try:
        made.scheduler.start()
        yield made
    finally:
        made.end()


def children(parent: int, word: bytes) -> list[int]:
    """Processes of that parent whose command line holds the word."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == parent and word in _command_line(int(entry.name)):
                found.append(int(entry.name))
    return found


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def open_ports(pid: int) -> list[tuple[str, int]]:
    """Address and port of every TCP socket on which the process listens."""
    import psutil

    found = psutil.Process(pid).net_connections(kind="tcp")
    return [(entry.laddr.ip, entry.laddr.port) for entry in found if entry.status == psutil.CONN_LISTEN]


def core_limit(pid: int) -> str:
    """As the kernel says it, soft and hard."""
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    return " ".join(re.findall(r"Max core file size\s+(\S+)\s+(\S+)", limits)[0])
