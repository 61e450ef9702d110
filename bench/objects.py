"""``python -m bench objects``: the folder against an S3 server, the same objects in turn, and what a long list takes.

Without ``--url`` a SeaweedFS of its own is started, as the tests get theirs. A put holds its read-back on both sides.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pipeline.ports.objects import ObjectStore
from storage.objects.open import open_objects
from storage.objects.s3 import create_bucket

SMALL, PDF = 3_000, 5_000_000
"""bytes: a state or a manifest; a document of some ten pages"""


def main(arguments: list[str]) -> None:
    options = argparse.ArgumentParser(prog="python -m bench objects", description=__doc__)
    options.add_argument("--url", help="a bucket that may be filled: s3://BUCKET?endpoint=…; credentials as for Opis")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--small", type=int, default=300, help="objects of 3 kB a round")
    options.add_argument("--pdfs", type=int, default=20, help="objects of 5 MB a round")
    options.add_argument("--threads", type=int, default=4)
    options.add_argument("--keys", type=int, default=0, help="put so many keys and list them")
    chosen = options.parse_args(arguments)
    with _bucket(chosen.url) as url, tempfile.TemporaryDirectory(prefix="opis-bench-") as name:
        stores = {"folder": open_objects("file:objects", Path(name)), "S3": open_objects(url, Path(name))}
        rates: dict[str, dict[str, list[float]]] = {store: {} for store in stores}
        for place in range(chosen.rounds):
            for store, one in stores.items():
                for what, rate in _round(one, place, chosen.small, chosen.pdfs, chosen.threads):
                    rates[store].setdefault(what, []).append(rate)
        _print(rates)
        if chosen.keys:
            print(json.dumps({store: _list(one, chosen.keys, chosen.threads) for store, one in stores.items()}))


@contextmanager
def _bucket(given: str | None) -> Iterator[str]:
    """A place in a bucket of its own."""
    if given:
        create_bucket(given)
        address, question, rest = given.partition("?")
        yield f"{address}/bench-{uuid.uuid4().hex}{question}{rest}"
        return
    from tests.servers import run_folder
    from tests.servers.seaweed import SeaweedServer

    server = SeaweedServer(run_folder.begin() / "bench")
    server.start()
    os.environ.update(server.environment)
    try:
        yield server.bucket_url("bench-objects")
    finally:
        server.kill()


def _round(store: ObjectStore, place: int, small: int, pdfs: int, threads: int) -> Iterator[tuple[str, float]]:
    """What was done, and how many a second (of PDFs: MB a second)."""
    chance = random.Random(place)
    texts = {f"batches/{place}/state/{number}.json": chance.randbytes(SMALL) for number in range(small)}
    papers = {f"documents/{place}/c1/{number}.pdf": chance.randbytes(PDF) for number in range(pdfs)}
    for kind, objects, each in (("small", texts, 1.0), ("PDF MB", papers, PDF / 1e6)):
        for count in (1, threads):
            keyed = {f"{count}/{key}": data for key, data in objects.items()}
            yield (
                f"put {kind}, {count} at once",
                len(keyed) * each / _timed(lambda item: store.put_bytes(*item), keyed, count),
            )
            yield (
                f"read {kind}, {count} at once",
                len(keyed) * each / _timed(lambda item: store.read(item[0]), keyed, count),
            )


def _timed(do: Callable[[tuple[str, bytes]], object], objects: dict[str, bytes], threads: int) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(do, objects.items()))
    return time.perf_counter() - started


def _list(store: ObjectStore, count: int, threads: int) -> dict[str, float]:
    """Seconds to put so many small objects, and to list them."""
    keys = {f"batches/{number:08}/state/1.json": b"{}" for number in range(count)}
    put = _timed(lambda item: store.put_bytes(*item), keys, threads)
    started = time.perf_counter()
    found = list(store.keys("batches/0"))
    listed = time.perf_counter() - started
    assert found == sorted(keys), f"{len(found)} keys listed of {count}"
    return {"keys": count, "put seconds": round(put, 1), "list seconds": round(listed, 2)}


def _print(rates: dict[str, dict[str, list[float]]]) -> None:
    for what, folder in rates["folder"].items():
        far = rates["S3"][what]
        ratio = statistics.median(s / f for s, f in zip(far, folder, strict=True))
        row = {"folder": round(statistics.median(folder), 1), "S3": round(statistics.median(far), 1)}
        print(f"{what + ' (a second)':36} {json.dumps({**row, 'S3 / folder': round(ratio, 2)})}")
        sys.stdout.flush()
