"""``make bench``: a 40-page batch through ``opis process`` and its 32 pages through bare tesseract, in turn."""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.measure import Cost, cost_of
from opis.demo.batch import make_demo, write_demo
from opis.demo.spec import DemoSpec, Side, Wish, WrittenBatch

PAGES, DOCUMENTS = 32, 8


def main() -> None:
    if sys.argv[1:2] == ["catalog"]:
        from bench.catalog import main as catalog

        catalog(sys.argv[2:])
        return
    if sys.argv[1:2] == ["elastic"]:
        from bench.elastic import main as elastic

        elastic(sys.argv[2:])
        return
    if sys.argv[1:2] == ["objects"]:
        from bench.objects import main as objects

        objects(sys.argv[2:])
        return
    if sys.argv[1:2] == ["cluster"]:
        from bench.cluster import main as cluster

        cluster(sys.argv[2:])
        return
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--damage", type=int, default=1, help="0 a perfect scan … 3 a bad one")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="opis-bench-") as name:
        folder = Path(name)
        batch = _batch(folder, chosen.seed, chosen.damage)
        images = _images(batch, folder / "pages")
        runs: dict[str, Callable[[int], Cost]] = {
            "opis process": lambda place: _opis(batch.path, folder / f"home-{place}"),
            "bare tesseract": lambda place: _tesseract(images, folder / f"text-{place}"),
        }
        costs: dict[str, list[Cost]] = {what: [] for what in runs}
        for place in range(chosen.rounds):
            for what, run in runs.items():
                costs[what].append(run(place))
                print(f"round {place + 1}: {what}: {costs[what][-1].wall:.1f} s", file=sys.stderr)
    _print(costs)


def _batch(folder: Path, seed: int, damage: int) -> WrittenBatch:
    """8 documents of 4 sheets, each behind its separator: 40 pages."""
    wishes = tuple(Wish(sheets=PAGES // DOCUMENTS) for _ in range(DOCUMENTS))
    made = write_demo(make_demo(DemoSpec(seed=seed, damage=damage, wishes=wishes)), folder / "scan")
    return made.batches[0]


def _images(batch: WrittenBatch, folder: Path) -> list[Path]:
    """The batch's content pages as the images in it, as ``pdfimages`` takes them out."""
    folder.mkdir()
    subprocess.run(["pdfimages", "-j", str(batch.path), str(folder / "p")], check=True)
    files = sorted(folder.iterdir())
    assert len(files) == len(batch.batch.pages)
    return [file for file, page in zip(files, batch.batch.pages, strict=True) if page.side is Side.CONTENT]


def _opis(path: Path, home: Path) -> Cost:
    return cost_of([sys.executable, "-m", "opis", "process", str(path), "--home", str(home), "--json"])


def _tesseract(images: list[Path], folder: Path) -> Cost:
    """As many processes as cores, one thread each, a page a process."""
    folder.mkdir()
    listing = "\n".join(f"{image} {folder / image.stem}" for image in images)
    (folder / "list").write_text(listing)
    each = "tesseract $0 $1 -l ron --dpi 300 txt"
    shell = f"xargs -P {os.cpu_count()} -L 1 sh -c {shlex.quote(each)} < {shlex.quote(str(folder / 'list'))}"
    return cost_of(["sh", "-c", shell], {**os.environ, "OMP_THREAD_LIMIT": "1"})


def _print(costs: dict[str, list[Cost]]) -> None:
    rows = {
        what: {
            "pages a minute": round(PAGES / statistics.median(cost.wall for cost in taken) * 60, 1),
            "CPU seconds a page": round(statistics.median(cost.cpu for cost in taken) / PAGES, 2),
            "peak MB": round(max(cost.memory for cost in taken) / 2**20),
        }
        for what, taken in costs.items()
    }
    own, bare = costs["opis process"], costs["bare tesseract"]
    ratios = {
        "speed: opis / bare": round(statistics.median(b.wall / o.wall for o, b in zip(own, bare, strict=True)), 2),
        "CPU: opis / bare": round(statistics.median(o.cpu / b.cpu for o, b in zip(own, bare, strict=True)), 2),
    }
    for what, row in rows.items():
        print(f"{what:16} {json.dumps(row)}")
    print(f"{'ratios':16} {json.dumps(ratios)}")


if __name__ == "__main__":
    main()
