"""The small parts of the cluster: answers, versions, addresses and certificates, what a worker is willing to reach."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from opis.cluster.answers import FAULT, fault_of, told
from opis.cluster.link import mismatch
from opis.cluster.settings import on_this_machine, plain_address, security_of
from opis.cluster.supervisor import supervise
from opis.cluster.tasks import READ, ClusterTask
from opis.cluster.versions import differences, own_versions, told_versions
from opis.commands.worker import check_reach, private_folder
from pipeline.domain.errors import (
    ConfigurationError,
    InputFault,
    KeyTaken,
    MissingPart,
    NotFound,
    OpisError,
    PartDown,
    PartUnfit,
    Stopped,
    StorageFull,
    WorkerDied,
    WorkerFault,
    WorkerTimeout,
)
from pipeline.domain.settings import Settings

FAULTS: tuple[OpisError, ...] = (
    InputFault("encrypted", "asks for a password", 3),
    KeyTaken("documents/x"),
    MissingPart("tesseract"),
    NotFound("batches/x"),
    PartDown("objects"),
    PartUnfit("objects", "schimbați cheia"),
    Stopped("given up"),
    StorageFull("no room"),
    WorkerDied("signal SIGSEGV"),
    WorkerFault("out of memory"),
    WorkerTimeout("no answer after 60 s"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_an_error_arrives_as_what_it_was(fault: OpisError) -> None:
    status, body = told(fault)
    back = fault_of(body)
    assert status == FAULT
    assert type(back) is type(fault)
    assert (str(back), back.advice, back.retry) == (str(fault), fault.advice, fault.retry)
    if isinstance(fault, InputFault) and isinstance(back, InputFault):
        assert (back.code, back.detail, back.page) == (fault.code, fault.detail, fault.page)


def test_an_error_that_nobody_foresaw_is_the_workers_and_short() -> None:
    back = fault_of(told(RuntimeError("x" * 5000))[1])
    assert type(back) is WorkerFault
    assert str(back).startswith("RuntimeError: xxx")
    assert len(str(back)) <= 500


def test_a_task_is_small_plain_data() -> None:
    task = ClusterTask("opis-1", READ, b"{}", "", "unu-1")
    assert pickle.loads(pickle.dumps(task)) == task
    assert len(pickle.dumps(task)) < 400


def test_versions_that_agree_and_those_that_do_not() -> None:
    own = own_versions()
    assert differences(own, told_versions()) == ""
    newer = replace(own, opis="9.9", protocol=7)
    assert differences(newer, told_versions()) == f"opis 9.9 / {own.opis}, protocol 7 / {own.protocol}"
    assert differences(own, None) == differences(own, {}) == f"opis {own.opis} / —"
    refused = mismatch({"worker unu": "opis 1 / 2", "scheduler tcp://h:1": "python 3.11 / 3.12"})
    assert "scheduler tcp://h:1: python 3.11 / 3.12; worker unu: opis 1 / 2" in str(refused)
    assert "worker unu: opis 1 / 2" in refused.advice
    assert refused.exit_code == 3


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("tcp://host:8786", "tcp://host:8786"),
        ("tls://host:8786?ca=/a&cert=/b&key=/c", "tls://host:8786"),
        ("tcp://user:word@host:1", "tcp://host:1"),
        ("tcp://[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_an_address_is_shown_without_what_it_carries(given: str, plain: str) -> None:
    assert plain_address(given) == plain


@pytest.mark.parametrize("given", ["tcp://host", "tcp://:8786", "http://host:1", "tcp://host:port", "tcp://host:99999"])
def test_an_address_without_host_or_port_is_a_fault_of_the_configuration(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"work\.scheduler"):
        plain_address(given)


def test_certificates_are_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert security_of("tcp://host:1") is None
    for name in ("CA", "CERT", "KEY"):
        monkeypatch.delenv(f"OPIS_CLUSTER_{name}", raising=False)
    with pytest.raises(PartUnfit, match="'ca'"):
        security_of("tls://host:1")
    file = tmp_path / "x.pem"
    file.write_text("x")
    monkeypatch.setenv("OPIS_CLUSTER_CA", str(file))
    with pytest.raises(PartUnfit, match="'key'"):
        security_of(f"tls://host:1?cert={file}&key={tmp_path / 'gone.pem'}")
    monkeypatch.setenv("OPIS_CLUSTER_KEY", str(file))
    with pytest.raises(PartUnfit, match="cannot be used") as refused:
        security_of(f"tls://host:1?cert={file}")
    assert "OPIS_CLUSTER_CERT" in refused.value.advice


@pytest.mark.parametrize(
    ("objects", "scheduler", "shared", "fine"),
    [
        ("file:objects", "tcp://127.0.0.1:8786", False, True),
        ("file:objects", "tcp://localhost:8786", False, True),
        ("file:objects", "tcp://10.0.0.7:8786", False, False),
        ("file:objects", "tls://planificator:8786", True, True),
        ("s3://acte?endpoint=http://s:1", "tcp://10.0.0.7:8786", False, True),
    ],
)
def test_a_folder_is_used_on_one_machine_or_when_it_is_said_to_be_shared(
    objects: str, scheduler: str, shared: bool, fine: bool, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, objects_url=objects)
    assert on_this_machine(scheduler) == ("127" in scheduler or "localhost" in scheduler)
    if fine:
        check_reach(settings, scheduler, shared)
    else:
        with pytest.raises(ConfigurationError, match="--shared-objects"):
            check_reach(settings, scheduler, shared)


def test_the_private_folder_is_empty_closed_and_one_workers_alone(tmp_path: Path) -> None:
    with private_folder(tmp_path, "unu/../doi") as first, private_folder(tmp_path, "unu/../doi") as second:
        assert first != second
        assert {first.parent, second.parent} == {tmp_path}
        assert first.stat().st_mode & 0o777 == 0o700
        (first / "child-1").mkdir()
        (first / "child-1" / "page").write_text("x")
    assert not list(first.iterdir())
    (first / "left").write_text("x")
    with private_folder(tmp_path, "unu/../doi") as again:
        assert again == first
        assert not list(again.iterdir())


@pytest.mark.parametrize(("program", "code"), [("exit 0", 0), ("exit 2", 2), ("exit 3", 3)])
def test_a_worker_that_ends_of_itself_is_not_started_again(program: str, code: int, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    assert supervise(["sh", "-c", f"echo x >> {begun}; {program}"]) == code
    assert begun.read_text() == "x\n"


def test_a_worker_that_was_killed_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opis.cluster.supervisor.SHORTEST", 0.01)
    begun = tmp_path / "begun"
    program = f"echo x >> {begun}; test $(wc -l < {begun}) -ge 3 && exit 0; kill -9 $$"
    assert supervise(["sh", "-c", program]) == 0
    assert begun.read_text() == "x\nx\nx\n"
