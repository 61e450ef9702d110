"""``python -m bench cluster``: one batch through local workers and through a Dask cluster, in turn, in one run.

Goals: a cluster of two workers takes at most 1.10 times as long as two local workers (overhead), and two workers are at
least 1.8 times as fast as one. The cluster is started before the clock, as it is in production.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.measure import cost_of
from opis.demo.batch import make_demo, write_demo
from opis.demo.spec import DemoSpec, Wish

LOOPBACK = "127.0.0.1"
START_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--documents", type=int, default=8, help="of four sheets, each behind its separator")
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="opis-bench-") as name:
        folder = Path(name)
        batch = _batch(folder, chosen.seed, chosen.documents)
        walls: dict[str, list[float]] = {}
        for place in range(chosen.rounds):
            for what, run in _runs(batch, folder / f"round-{place}").items():
                walls.setdefault(what, []).append(run())
                print(f"round {place + 1}: {what}: {walls[what][-1]:.1f} s", file=sys.stderr)
    _print(walls, chosen.documents * 5)


def _batch(folder: Path, seed: int, documents: int) -> Path:
    wishes = tuple(Wish(sheets=4) for _ in range(documents))
    return write_demo(make_demo(DemoSpec(seed=seed, damage=1, wishes=wishes)), folder / "scan").batches[0].path


def _runs(batch: Path, folder: Path) -> dict[str, Callable[[], float]]:
    def local(workers: int) -> Callable[[], float]:
        return lambda: _process(batch, folder / f"local-{workers}", {"OPIS_WORK__WORKERS": str(workers)})

    def far(workers: int) -> Callable[[], float]:
        def run() -> float:
            home = folder / f"dask-{workers}"
            with _cluster(home, workers) as scheduler:
                return _process(batch, home, {"OPIS_WORK__SCHEDULER": scheduler})

        return run

    return {"local, 2": local(2), "dask, 2": far(2), "local, 1": local(1), "dask, 1": far(1)}


def _process(batch: Path, home: Path, more: dict[str, str]) -> float:
    command = [sys.executable, "-m", "opis", "process", str(batch), "--home", str(home), "--json"]
    return cost_of(command, {**os.environ, **more}).wall


@contextmanager
def _cluster(home: Path, workers: int) -> Iterator[str]:
    """A scheduler and so many workers of one thread, all known to it; the objects are those of ``home``."""
    home.mkdir(parents=True)
    with ExitStack() as stack:
        port = _free_port()
        address = f"tcp://{LOOPBACK}:{port}"
        quiet = ["--no-dashboard", "--dashboard-address", f"{LOOPBACK}:0"]
        scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", LOOPBACK, "--port", str(port)]
        _started(stack, [*scheduler, *quiet], home / "scheduler.log", "Scheduler at:")
        for place in range(workers):
            worker = [sys.executable, "-m", "opis", "worker", "--scheduler", address, "--threads", "1"]
            _started(stack, [*worker, "--home", str(home), "--name", f"w{place}"], home / f"w{place}.log", "threads at")
        yield address


def _started(stack: ExitStack, command: list[str], log: Path, ready: str) -> None:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    stack.callback(_ended, process)
    deadline = time.monotonic() + START_SECONDS
    while ready not in log.read_text(encoding="utf-8", errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{command[2]} did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.1)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _print(walls: dict[str, list[float]], pages: int) -> None:
    middle = {what: statistics.median(taken) for what, taken in walls.items()}
    for what, wall in middle.items():
        print(f"{what:10} {json.dumps({'seconds': round(wall, 1), 'pages a minute': round(pages / wall * 60, 1)})}")
    ratios = {
        "dask / local at two workers (goal ≤ 1.10)": round(middle["dask, 2"] / middle["local, 2"], 3),
        "one / two workers, dask (goal ≥ 1.8)": round(middle["dask, 1"] / middle["dask, 2"], 2),
        "one / two workers, local": round(middle["local, 1"] / middle["local, 2"], 2),
    }
    print(f"{'ratios':10} {json.dumps(ratios, ensure_ascii=False)}")


if __name__ == "__main__":
    main()
