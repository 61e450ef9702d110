"""``opis run``: hot folders, duplicates, hand-over, the web page, and a line killed at any moment."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.answers import check_batch

DEADLINE = 120


def wait_for(condition, what):
    """Polls a condition of another process; fails after two minutes."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


@pytest.fixture
def hot(program) -> Path:
    assert program.run("init").code == 0
    return program.home / "hot" / "registratura"


def accounts(program):
    listed = program.run("batch", "list", "--json").json
    found = [program.run("batch", "show", entry["id"], "--json").json for entry in listed]
    for entry in found:
        check_batch(entry)
    return {entry["batch"]["id"]: entry for entry in found}


def essence(account):
    """What must be the same however often the work was interrupted."""
    documents = [
        {
            "id": document["id"],
            "pages": document["pages"],
            "registry": document["registry"],
            "department": document["department"],
            "text": document["text"],
        }
        for document in account["documents"]
    ]
    reviews = sorted(review["id"] for review in account["reviews"])
    return account["batch"]["ledger"], account["batch"]["state"], documents, reviews


def test_hot_folder_to_found_documents(program, hot, made):
    files = made("pdf")
    program.run("registry", "import", files.register_csv)
    shutil.copy(files.batches[0].path, hot / "lot.pdf")
    shutil.copytree(made("folder").batches[0].path, hot / "dosar")
    (hot / "still.pdf.part").write_bytes(b"x")
    (hot / ".hidden").write_bytes(b"x")
    ran = program.run("run", "--until-idle")
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    done = {path.name for path in (hot / "finalizate").glob("*/*")}
    assert done == {"lot.pdf", "dosar"}
    assert (hot / "still.pdf.part").exists()
    assert (hot / ".hidden").exists()
    found = accounts(program)
    assert len(found) == 2
    assert all(len(entry["documents"]) == 2 for entry in found.values())
    text = program.run("search", "*", "--json").json
    assert text["total"] == 4


def test_pages_of_a_folder_are_in_natural_order(program, hot, made):
    pages = sorted(made("folder").batches[0].path.iterdir())
    folder = hot / "x"
    folder.mkdir()
    for place, page in enumerate([pages[0], *pages[1:2] * 9, *pages[2:]], start=1):
        shutil.copy(page, folder / f"p{place}{page.suffix}")
    (folder / ".gata").touch()
    assert program.run("run", "--until-idle").code in (0, 1)
    (entry,) = accounts(program).values()
    fates = [page["fate"] for page in entry["pages"]]
    assert fates.index("separator") == 0
    assert fates.count("document") == len(fates) - 2
    assert fates[11] == "separator"


def test_the_same_bytes_twice_are_one_batch(program, hot, made):
    path = made("tiff-g4").batches[0].path
    shutil.copy(path, hot / "a.tif")
    shutil.copy(path, hot / "b.tif")
    assert program.run("run", "--until-idle").code in (0, 1)
    assert len(list((hot / "finalizate").glob("*/*"))) == 2
    (entry,) = accounts(program).values()
    assert [problem["code"] for problem in entry["problems"]] == ["duplicate"]
    assert "duplicate" not in [review["kind"] for review in entry["reviews"]]
    shutil.copy(path, hot / "c.tif")
    assert program.run("run", "--until-idle").code in (0, 1)
    (entry,) = accounts(program).values()
    assert [problem["code"] for problem in entry["problems"]] == ["duplicate", "duplicate"]


def test_the_same_bytes_under_another_profile_are_asked_about(program, made):
    program.configure(
        "[web]\nport = 0\n[profiles.registratura]\nsettle_seconds = 0.2\n[profiles.fiscal]\nsettle_seconds = 0.2\n"
    )
    program.run("init")
    path = made("tiff-g4").batches[0].path
    for profile in ("registratura", "fiscal"):
        shutil.copy(path, program.home / "hot" / profile / "a.tif")
        assert program.run("run", "--until-idle").code in (0, 1)
    (entry,) = accounts(program).values()
    assert "duplicate" in [review["kind"] for review in entry["reviews"]]
    assert entry["batch"]["state"] == "held"


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_and_started_again(program, hot, made, seed):
    files = made("pdf")
    program.run("registry", "import", files.register_csv)
    shutil.copy(files.batches[0].path, hot / "lot.pdf")
    chance = random.Random(seed)
    for _ in range(3):
        process = program.start("run", "--until-idle")
        try:
            process.wait(timeout=chance.uniform(1.0, 9.0))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    ran = program.run("run", "--until-idle")
    assert ran.code == 0, ran.err
    (entry,) = accounts(program).values()
    assert [path.name for path in (hot / "finalizate").glob("*/*")] == ["lot.pdf"]
    assert not list((hot / ".opis" / "claimed").iterdir())
    whole = type(program)(program.home.parent / "whole")
    whole.configure(program.config.read_text(encoding="utf-8"))
    whole.run("registry", "import", files.register_csv)
    (reference,) = whole.run("process", files.batches[0].path, "--json").json
    assert essence(entry) == essence(reference)
    assert program.run("search", "*", "--json").json["total"] == 2


def test_process_hands_over_to_a_running_line_and_the_page_shows_it(program, hot, made, tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        line = subprocess.Popen(
            program.command("run"), stdout=subprocess.DEVNULL, stderr=stderr, env=program.environment()
        )
    try:
        address = wait_for(lambda: re.search(r"http://\S+", log.read_text()), "the web address")[0]
        ran = program.run("process", made("pdf").batches[0].path, "--json")
        (answer,) = ran.json
        check_batch(answer)
        wait_for(lambda: program.run("search", "*", "--json").json["total"] == 2, "the index")
        page = urllib.request.urlopen(f"{address}/", timeout=60).read().decode()
        assert answer["batch"]["source"] in page
        assert "5 pagini = 3 în documente + 2 separatoare" in page
        document = answer["documents"][0]["id"]
        shown = urllib.request.urlopen(f"{address}/document/{document}", timeout=60).read().decode()
        assert answer["documents"][0]["registry"]["number"] in shown
        image = urllib.request.urlopen(f"{address}/document/{document}/pagina/1.jpg?w=500", timeout=60)
        assert image.read(3) == b"\xff\xd8\xff"
        pdf = urllib.request.urlopen(f"{address}/document/{document}/document.pdf", timeout=60)
        assert pdf.read(5) == b"%PDF-"
    finally:
        line.send_signal(signal.SIGTERM)
        assert line.wait(timeout=60) == 0
    assert "Traceback" not in log.read_text()


def test_a_port_that_is_taken(program):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program.configure(f"[web]\nport = {taken.getsockname()[1]}\n")
        ran = program.run("run")
        assert ran.code == 3
        assert "web.port" in ran.err
        assert program.run("run", "--until-idle").code in (0, 1)
