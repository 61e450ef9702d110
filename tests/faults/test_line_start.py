"""Faults at the start of a line: what keeps it from beginning must not keep the lease from others."""

import threading
from pathlib import Path

import pytest

from opis.commands import run
from opis.monitor import Monitor
from opis.own_line import work_until
from opis.wiring import Parts, open_parts
from pipeline.domain.errors import PartDown
from pipeline.domain.settings import Profile, Settings


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """A line whose cluster is not there: nobody listens at the port of its scheduler."""
    return open_parts(Settings(home=tmp_path / "home", profiles=(Profile(),), scheduler="tcp://127.0.0.1:1"))


def test_a_line_whose_cluster_is_down_gives_its_lease_back(parts: Parts) -> None:
    lease = parts.catalog.acquire_line("run", 600)
    assert lease is not None
    with pytest.raises(PartDown):
        run._work(parts, Monitor(parts), lease, threading.Event(), until_idle=False)
    assert not parts.catalog.line_alive()


def test_a_command_that_would_be_the_line_gives_its_lease_back(parts: Parts) -> None:
    with pytest.raises(PartDown):
        work_until(parts, "process", done=lambda given_up: False, filed=lambda given_up: False)
    assert not parts.catalog.line_alive()
