"""The catalog's server goes down under a running line: everything waits, nothing is lost, nothing is done twice."""

import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from pipeline.domain.batches import BatchState
from storage.catalog.open import open_catalog
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.support.program import Program

DEADLINE = 120.0


def drop(hot: Path, name: str, width: int) -> None:
    """A blank page, told from others by its width: nothing of it has to be read."""
    made = hot.parent.parent / name
    Image.new("L", (width, 600), 255).save(made, dpi=(72, 72))
    shutil.move(made, hot / name)


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


@pytest.mark.parametrize("fault", ["kill", "stop"])
def test_catalog_goes_down_under_a_running_line(program: Program, own_server, fault: str) -> None:
    server = own_server(PostgresServer)
    url = server.new_database()
    program.configure(f'[catalog]\nurl = "{url}"\n[profiles.registratura]\nsettle_seconds = 0\n[web]\nport = 0\n')
    assert program.run("init").code == 0
    hot = program.home / "hot" / "registratura"
    log = program.home.parent / "run.log"

    def ended() -> set[str]:
        return {path.name for path in (hot / "finalizate").glob("*/*")}

    def settled() -> bool:
        with closing(open_catalog(url, program.home)) as catalog:
            found = catalog.batches()
            return len(found) == 3 and {batch.state for batch in found} <= {BatchState.HELD, BatchState.FILED}

    drop(hot, "before.png", 400)
    with log.open("wb") as file:
        line = subprocess.Popen(
            program.command("run"), stdout=file, stderr=file, cwd=program.home.parent, env=program.environment()
        )
    try:
        wait_for("the first scan", lambda: ended() == {"before.png"})
        getattr(server, fault)()
        drop(hot, "during.png", 410)
        drop(hot, "also.png", 420)
        wait_for("the line to notice", lambda: "again in" in log.read_text(encoding="utf-8"))
        assert line.poll() is None
        assert ended() == {"before.png"}
        kept = [path.name for path in hot.rglob("*.png")]
        assert len(kept) == 3, "a scan is in the hot folder, claimed, or at its end"
        server.restart()
        wait_for("what waited", lambda: ended() == {"before.png", "during.png", "also.png"})
        wait_for("the outcome", settled)
    finally:
        line.terminate()
        line.wait(60)
    told = log.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert PASSWORD not in told
    with closing(open_catalog(url, program.home)) as catalog:
        assert sorted(arrival.source for arrival in catalog.arrivals()) == ["also.png", "before.png", "during.png"]
        assert all(arrival.end for arrival in catalog.arrivals())
        assert catalog.counts()["documents"] == 3
