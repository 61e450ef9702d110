"""What ``opis doctor`` looks at: each part by itself, so that one that is down or hangs hides no other."""

import shutil
import threading
import time
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import opis.examination
from opis.cluster.probe import probe_cluster
from opis.examination import examine, probe_clock, probe_hot_folder, probe_space
from pipeline.domain.errors import MissingPart, PartDown, PartUnfit
from pipeline.domain.settings import Profile, Settings
from pipeline.ports.probe import Probe
from tests.servers.cluster import cluster
from tests.servers.process import free_ports

GOOD = Probe("part", True, "1", True, "")


class Part:
    """Answers, or raises what opening or asking raises."""

    def __init__(self, fault: Exception | None = None, gate: threading.Event | None = None) -> None:
        self.fault = fault
        self.gate = gate

    def probe(self) -> Probe:
        if self.gate is not None:
            self.gate.wait(60)
        if self.fault is not None:
            raise self.fault
        return GOOD


def parts_of(tmp_path: Path, **parts: Part) -> Any:
    whole = {name: Part() for name in ("objects", "catalog", "index")} | parts
    settings = Settings(
        tmp_path,
        objects_url="s3://bucket?endpoint=https://store",
        catalog_url="postgresql+psycopg://opis:hunter2@db/opis",
        index_url="elasticsearch+http://elastic:hunter2@search:9200/opis",
    )
    return SimpleNamespace(settings=settings, scratch=tmp_path / "scratch", **whole)


def looked(parts: Any) -> dict[str, Probe]:
    found = examine(parts)
    names = ("objects", "catalog", "index")
    return dict(zip(names, found[:3], strict=True)) | {probe.part: probe for probe in found[3:]}


def test_addresses_without_passwords(tmp_path: Path) -> None:
    found = looked(parts_of(tmp_path))
    assert found["catalog"].address == "postgresql+psycopg://db/opis"
    assert found["index"].address == "elasticsearch+http://search:9200/opis"
    assert all(probe.good for probe in found.values())


@pytest.mark.parametrize("name", ["objects", "catalog", "index"])
@pytest.mark.parametrize(
    ("fault", "there"),
    [
        (PartDown("postgresql+psycopg://opis:hunter2@db/opis: refused"), False),
        (PartUnfit("bucket is another's", "Alegeți altă găleată."), True),
        (MissingPart("written by a later version"), False),
        (RuntimeError("hunter2"), False),
    ],
)
def test_one_part_alone(tmp_path: Path, name: str, fault: Exception, there: bool) -> None:
    found = looked(parts_of(tmp_path, **{name: Part(fault)}))
    bad = {part: probe for part, probe in found.items() if not probe.good}
    assert list(bad) == [name]
    assert (bad[name].found, bool(bad[name].mend), bool(bad[name].address)) == (there, True, True)
    assert "hunter2" not in bad[name].mend
    if isinstance(fault, PartUnfit):
        assert fault.advice in bad[name].mend


def test_a_part_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opis.examination, "PATIENCE_SECONDS", 0.2)
    gate = threading.Event()
    found = looked(parts_of(tmp_path, index=Part(gate=gate)))
    gate.set()
    assert [part for part, probe in found.items() if not probe.good] == ["index"]
    assert "Nu răspunde" in found["index"].mend


def test_hot_folder(tmp_path: Path) -> None:
    profile = Profile(name="registratura")
    folder = tmp_path / "hot" / "registratura"
    to_be_made = probe_hot_folder(folder, profile)
    assert (to_be_made.found, to_be_made.good) == (False, True)
    assert not folder.exists(), "looking makes nothing"
    folder.mkdir(parents=True)
    there = probe_hot_folder(folder, profile)
    assert (there.part, there.found, there.good, there.address) == ("dosar registratura", True, True, str(folder))
    assert list(folder.iterdir()) == []


def test_a_hot_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "hot").mkdir()
    monkeypatch.setattr(Path, "open", refuse)
    found = probe_hot_folder(tmp_path / "hot", Profile())
    assert (found.found, found.good) == (True, False)
    assert str(tmp_path / "hot") in found.mend and "Permission denied" in found.mend


def test_a_file_where_the_hot_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "hot").write_text("")
    assert not probe_hot_folder(tmp_path / "hot" / "registratura", Profile()).good


def test_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    for free, good in ((2 * 2**30, True), (2 * 2**30 - 1, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: usage(0, 0, free))
        found = probe_space("spațiu", tmp_path / "not" / "made")
        assert (found.good, bool(found.mend)) == (good, not good)
        assert found.address == str(tmp_path)


def test_clock(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").touch()
    assert probe_clock(tmp_path).good
    behind = probe_clock(tmp_path, now=time.time() - 3600)
    assert not behind.good and "timedatectl" in behind.mend
    assert probe_clock(tmp_path, now=time.time() - 60).good, "a minute is no fault of the clock"


def test_cluster(tmp_path: Path) -> None:
    gone = probe_cluster(f"tcp://127.0.0.1:{free_ports(1)[0]}")
    assert (gone.found, gone.good) == (False, False) and gone.mend
    with cluster(tmp_path, tmp_path / "objects") as made:
        empty = probe_cluster(made.scheduler.url)
        assert (empty.found, empty.good, empty.address) == (True, False, made.scheduler.url)
        assert "opis worker" in empty.mend
        made.worker("unu", threads=2)
        found = probe_cluster(made.scheduler.url)
    assert found.good and dict(found.details)["workers"] == "1" and dict(found.details)["threads"] == "2"
