"""A cluster with certificates: it works with the right ones, and says what is wrong with others."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from opis.cluster.dispatch import Patience
from opis.cluster.workers import ClusterWorkers
from pipeline.domain.errors import PartUnfit
from pipeline.domain.pages import SheetLook
from pipeline.domain.work import PageRef, PageTask, ReadSettings
from storage.objects.folder import FolderStore
from tests.servers.cluster import Cluster
from tests.servers.plugin import covering
from tests.servers.process import Unavailable

pytestmark = pytest.mark.xdist_group("cluster-faults")

KEY = "batches/blank/original.png"
EAGER = Patience(connect=5, answer=5)


def _authority(folder: Path) -> dict[str, Path]:
    """An authority and one certificate for 127.0.0.1 that it signed."""
    folder.mkdir()
    files = {name: folder / f"{name}.pem" for name in ("ca", "cert", "key", "ca-key", "request")}
    extension = folder / "extension"
    extension.write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=opis tests",
             "-keyout", files["ca-key"], "-out", files["ca"])  # fmt: skip
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
             "-keyout", files["key"], "-out", files["request"])  # fmt: skip
    _openssl("x509", "-req", "-in", files["request"], "-CA", files["ca"], "-CAkey", files["ca-key"],
             "-CAcreateserial", "-days", "2", "-extfile", extension, "-out", files["cert"])  # fmt: skip
    return files


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def _address(site: Cluster, files: dict[str, Path]) -> str:
    return f"{site.scheduler.url}?ca={files['ca']}&cert={files['cert']}&key={files['key']}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    with covering("certificates"):
        if shutil.which("openssl") is None:
            raise Unavailable("the program openssl is not there")
    folder = tmp_path_factory.mktemp("certificates")
    return {name: _authority(folder / name) for name in ("ours", "others")}


@pytest.fixture(scope="module")
def site(files: dict[str, dict[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("secure")
    made = Cluster(folder, folder / "objects")
    ours = files["ours"]
    made.scheduler.security = [
        *("--tls-ca-file", str(ours["ca"])),
        *("--tls-cert", str(ours["cert"])),
        *("--tls-key", str(ours["key"])),
    ]
    try:
        made.scheduler.start()
        yield made
    finally:
        made.end()


def test_pages_are_read_over_tls(site: Cluster, files: dict[str, dict[str, Path]], tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    Image.new("L", (827, 1169), 255).save(page, dpi=(100, 100))
    FolderStore(site.objects).put_file(KEY, page)
    by_variables = {f"OPIS_CLUSTER_{name.upper()}": str(files["ours"][name]) for name in ("ca", "cert", "key")}
    site.worker("unu", more=by_variables)
    workers = ClusterWorkers(_address(site, files["ours"]), tmp_path / "scratch", EAGER)
    try:
        (reading,) = workers.read_pages(PageTask((KEY,), (PageRef(1, 0, 0),), ReadSettings())).result(timeout=120)
    finally:
        workers.close()
    assert reading.observation.look is SheetLook.BLANK


def test_a_scheduler_of_another_authority_is_refused(
    site: Cluster, files: dict[str, dict[str, Path]], tmp_path: Path
) -> None:
    with pytest.raises(PartUnfit, match=site.scheduler.url) as refused:
        ClusterWorkers(_address(site, files["others"]), tmp_path, EAGER)
    assert "OPIS_CLUSTER_CA" in refused.value.advice
    assert str(files["others"]["key"]) not in str(refused.value)


def test_a_file_that_is_no_certificate_is_refused(
    site: Cluster, files: dict[str, dict[str, Path]], tmp_path: Path
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    with pytest.raises(PartUnfit, match=site.scheduler.url):
        ClusterWorkers(_address(site, {**files["ours"], "cert": nonsense}), tmp_path, EAGER)
