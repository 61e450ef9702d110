"""``opis run`` as those see it who watch it: health, numbers, and a log in which nobody is named."""

import datetime as dt
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

DEADLINE = 120
CANARY = "Zbîrnea-Canariu"


def wait_for(condition, what):
    """Polls a condition of another process; fails after two minutes."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def entries(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def hot(program) -> Path:
    program.configure(
        "[web]\nport = 0\n[work]\nworkers = 2\n"
        "[profiles.registratura]\nsettle_seconds = 0.2\nbroken_after_seconds = 0.5\n"
    )
    assert program.run("init").code == 0
    return program.home / "hot" / "registratura"


def test_the_log_names_nobody(program, hot, made, tmp_path):
    files = made("pdf")
    good = files.batches[0]
    senders = {word for entry in files.register_csv.read_text(encoding="utf-8").split(";") for word in entry.split()}
    names = {word for word in senders if len(word) > 5 and word.isalpha() and word[0].isupper()}
    assert names, "the register names somebody"
    shutil.copy(good.path, hot / f"{CANARY} Ioana, cerere.pdf")
    shutil.copy(good.path, hot / f"{CANARY} Ioana, a doua oară.pdf")
    (hot / f"{CANARY} trunchiat.pdf").write_bytes(good.path.read_bytes()[:2000])
    (hot / f"{CANARY} scrisoare.docx").write_bytes(b"PK\x03\x04 no page")
    (hot / f"{CANARY} gol.pdf").touch()
    (hot / f"{CANARY} legătură.pdf").symlink_to(tmp_path / f"{CANARY}.pdf")
    folder = hot / f"{CANARY} dosar"
    folder.mkdir()
    (folder / f"{CANARY}.doc").write_bytes(b"no page")
    (folder / ".gata").touch()
    ran = program.run("run", "--until-idle", OPIS_LOG="json")
    assert ran.code == 1, ran.err
    assert len(list((hot / "eroare").glob("*.motiv.txt"))) == 5
    log = entries(ran.err)
    assert len(log) > 8
    for entry in log:
        assert dt.datetime.fromisoformat(entry["time"]).utcoffset() == dt.timedelta(0)
        assert {"time", "level", "logger", "message"} <= set(entry)
        assert set(entry) <= {"time", "level", "logger", "message", "batch", "document", "advice"}
    for word in {CANARY, "Zb\\u00eernea", "Zb", "cerere.pdf", "trunchiat.pdf", *names}:
        assert word not in ran.err, word
    (batch,) = (entry["id"] for entry in program.run("batch", "list", "--json").json if entry["state"] != "quarantined")
    stages = [entry["message"] for entry in log if entry.get("batch") == batch]
    for stage in ("received", "read", "split", "linked", "stored"):
        assert any(f": {stage}," in message for message in stages), stage


def test_text_names_nobody_either_and_debugging_may(program, hot):
    (hot / f"{CANARY} gol.pdf").touch()
    ran = program.run("run", "--until-idle")
    assert "refused, InputFault empty" in ran.err
    assert CANARY not in ran.err and not ran.err.startswith("{")
    (hot / f"{CANARY} alt gol.pdf").touch()
    log = entries(program.run("run", "--until-idle", "-v", OPIS_LOG="json").err)
    assert any(CANARY in entry["message"] for entry in log if entry["level"] == "DEBUG")
    assert not any(CANARY in entry["message"] for entry in log if entry["level"] != "DEBUG")


def numbers(address: str) -> dict[str, float]:
    text = urllib.request.urlopen(f"{address}/metrics", timeout=60).read().decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {
        sample.name + "".join(f'{{{name}="{value}"}}' for name, value in sorted(sample.labels.items())): sample.value
        for sample in samples
    }


def ready(address: str) -> tuple[int, dict]:
    try:
        answer = urllib.request.urlopen(f"{address}/health/ready", timeout=60)
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())
    return answer.status, json.loads(answer.read())


def test_health_and_numbers_of_a_run(program, hot, made, tmp_path):
    files = made("pdf")
    program.run("registry", "import", files.register_csv)
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        line = subprocess.Popen(
            program.command("run"), stdout=subprocess.DEVNULL, stderr=stderr, env=program.environment(OPIS_LOG="json")
        )
    try:
        address = wait_for(lambda: re.search(r"http://[0-9.:]+", log.read_text()), "the web address")[0]
        wait_for(lambda: numbers(address)["opis_line_lease"] == 1, "the line")
        wait_for(lambda: ready(address)[1]["status"] == "ready", "a line that is seen to be alive")
        status, told = ready(address)
        assert status == 200
        states = {name: part["state"] for name, part in told["parts"].items()}
        assert states == dict.fromkeys(("objects", "catalog", "index", "line", "workers"), "ok")
        shutil.copy(files.batches[0].path, hot / "lot.pdf")
        (hot / "gol.pdf").touch()
        wait_for(lambda: numbers(address).get("opis_documents") == 2, "the documents")
        wait_for(lambda: numbers(address)['opis_stage_seconds_count{stage="index"}'] >= 1, "the index")
        wait_for(lambda: numbers(address).get('opis_errors_total{code="empty"}') == 1, "the empty file")
        wait_for(lambda: numbers(address)["opis_outbox_rows"] == 0, "the outbox")
        found = numbers(address)
        read = sum(value for name, value in found.items() if name.startswith("opis_pages_total"))
        assert read == 5
        for stage in ("inspect", "read", "split", "link", "file", "compose", "keep", "commit"):
            assert found[f'opis_stage_seconds_count{{stage="{stage}"}}'] >= 1, stage
        assert found['opis_stage_seconds_count{stage="read"}'] == 1
        assert found['opis_batches{state="filed"}'] + found['opis_batches{state="held"}'] == 1
        assert found['opis_batches{state="quarantined"}'] == 1
        assert found["opis_workers_size"] == 2
        assert found["opis_workers_busy"] == 0
        assert found["opis_catalog_up"] == found["opis_line_alive"] == 1
        assert found["process_resident_memory_bytes"] > 0
        text = urllib.request.urlopen(f"{address}/metrics", timeout=60).read().decode()
        assert "lot" not in re.findall(r'"([^"]*)"', text) and ".pdf" not in text
    finally:
        line.send_signal(signal.SIGTERM)
        assert line.wait(timeout=60) == 0
    assert all(json.loads(entry) for entry in log.read_text().splitlines())
