"""The real program on a cluster: the same batch gives the same bytes as on one machine, also across networks."""

import io
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pikepdf
import pytest

from tests.servers.cluster import Cluster, children, cluster
from tests.servers.plugin import covering
from tests.servers.process import Unavailable
from tests.support.program import Program

pytestmark = pytest.mark.xdist_group("cluster-e2e")
_DATED = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|D:\d{14}"
"""a PDF says when the batch came in"""


def _program(home: Path, objects: Path, more: str = "") -> Program:
    made = Program(home)
    made.configure(f'[web]\nport = 0\n[objects]\nurl = "file:{objects}"\n[work]\nworkers = 2\n{more}')
    return made


def _kept(objects: Path) -> dict[str, bytes]:
    """What was kept, by key; without the time of arrival, and without manifests: they hold hashes of what tells it."""
    found = {str(path.relative_to(objects)): path for path in objects.rglob("*") if path.is_file()}
    keys = [key for key in found if key.startswith(("documents/", "batches/")) and not key.endswith(".json")]
    return {key: _undated(found[key]) if key.endswith(".pdf") else found[key].read_bytes() for key in keys}


def _undated(path: Path) -> bytes:
    """Every object of a PDF, in its own bytes, but the dates and the identity that follows from them."""
    stream = io.BytesIO()
    with pikepdf.open(path) as pdf:
        del pdf.trailer["/ID"]
        pdf.save(stream, static_id=True, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return re.sub(_DATED, b"", stream.getvalue())


def test_a_batch_on_a_cluster_gives_the_bytes_of_one_machine(made, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (batch,) = made("pdf").batches
    local = _program(tmp_path / "local", tmp_path / "local-objects")
    one = local.run("process", batch.path, "--json")
    assert one.code in (0, 1), one.err
    objects = tmp_path / "objects"
    with cluster(tmp_path / "cluster", objects) as site:
        site.worker("unu")
        site.worker("doi")
        far = _program(tmp_path / "far", objects, f'scheduler = "{site.scheduler.url}"\n')
        many = far.run("process", batch.path, "--json")
    assert many.code == one.code, many.err
    assert many.json == one.json
    kept, expected = _kept(objects), _kept(tmp_path / "local-objects")
    assert kept.keys() == expected.keys()
    assert any(key.endswith(".pdf") for key in kept)
    assert any(key.endswith(".xml") for key in kept)
    assert [key for key in kept if kept[key] != expected[key]] == []


@pytest.fixture
def networks() -> Iterator[tuple[str, str, str]]:
    """Two network namespaces with a wire between each and this machine: its address here, and their names."""
    with covering("network namespaces"), ExitStack() as stack:
        if shutil.which("ip") is None:
            raise Unavailable("the program ip is not there")
        for place, name in enumerate(("opis-t1", "opis-t2"), start=1):
            stack.enter_context(_network(name, place))
        yield "10.213.0.1", "opis-t1", "opis-t2"


@contextmanager
def _network(name: str, place: int) -> Iterator[None]:
    """``name`` sees this machine as 10.213.<place-1>.1 and nothing else."""
    wire, far, net = f"{name}-h", f"{name}-n", f"10.213.{place - 1}"
    _ip("netns", "del", name, check=False)
    _ip("netns", "add", name)
    try:
        _ip("link", "add", wire, "type", "veth", "peer", "name", far)
        _ip("link", "set", far, "netns", name)
        _ip("addr", "add", f"{net}.1/24", "dev", wire)
        _ip("link", "set", wire, "up")
        inside = ("netns", "exec", name, "ip")
        _ip(*inside, "addr", "add", f"{net}.2/24", "dev", far)
        _ip(*inside, "link", "set", far, "up")
        _ip(*inside, "link", "set", "lo", "up")
        _ip(*inside, "route", "add", "default", "via", f"{net}.1")
        yield
    finally:
        _ip("netns", "del", name, check=False)
        _ip("link", "del", wire, check=False)


def _ip(*words: str, check: bool = True) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise Unavailable(f"ip {' '.join(words[:2])}: {done.stderr.strip()}")


def test_a_worker_in_another_network_is_cut_off_and_the_batch_goes_on(  # type: ignore[no-untyped-def]
    made, networks: tuple[str, str, str], tmp_path: Path
) -> None:
    here, near, far = networks
    (batch,) = made("pdf").batches
    objects = tmp_path / "objects"
    site = Cluster(tmp_path / "cluster", objects)
    site.scheduler.host = "0.0.0.0"
    try:
        site.scheduler.start()
        port = site.scheduler.ports[0]
        _join(site, near, f"tcp://{here}:{port}")
        _join(site, far, f"tcp://10.213.1.1:{port}")
        line = _program(tmp_path / "home", objects, f'scheduler = "tcp://{here}:{port}"\n')
        process = subprocess.Popen(
            line.command("process", batch.path, "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=line.environment(),
        )
        _wait_for_child(site, far)
        _ip("link", "set", f"{far}-h", "down")
        out, err = process.communicate(timeout=300)
    finally:
        site.end()
    assert process.returncode in (0, 1), err.decode()
    assert f"worker {far} was silent" in err.decode() or f"worker {far} is gone" in err.decode()
    (answer,) = json.loads(out)
    assert answer["batch"]["ledger"]["balanced"]
    assert not [problem for problem in answer["problems"] if problem["code"] == "page-failed"]
    assert [document for document in answer["documents"] if document["objects"]["pdf"] is None] == []


def _join(site: Cluster, name: str, scheduler: str) -> None:
    site.worker(
        name, scheduler=scheduler, before=("ip", "netns", "exec", name), options=("--shared-objects",), threads=1
    )


def _wait_for_child(site: Cluster, name: str) -> None:
    """Until that worker is at a page."""
    server = site.named(name)
    deadline = time.monotonic() + 120
    while not children(server.process_id(), b"pipeline.engines.child"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
