"""The log: one line a record in either form, about which batch it is, and nothing that only debugging may show."""

import datetime as dt
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from opis.logs import concerning, start_log, tell, tell_fault
from pipeline.domain.errors import ConfigurationError, InputFault, PartDown, WorkerDied
from pipeline.domain.plain import plain

Started = Callable[..., io.StringIO]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """Starts the log on a text in memory; afterwards it is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def start(form: str = "json", verbose: bool = False) -> io.StringIO:
        stream = io.StringIO()
        monkeypatch.setattr("sys.stderr", stream)
        root.handlers[:] = []
        start_log(verbose, {"OPIS_LOG": form} if form else {})
        return stream

    yield start
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_object_a_line(started: Started) -> None:
    stream = started()
    logging.getLogger("opis.line").info("batch %.8s: received, %d pages", "a" * 64, 3, extra={"batch": "a" * 64})
    (entry,) = entries(stream)
    assert list(entry) == ["time", "level", "logger", "message", "batch"]
    assert (entry["level"], entry["logger"]) == ("INFO", "opis.line")
    assert entry["message"] == "batch aaaaaaaa: received, 3 pages"
    assert entry["batch"] == "a" * 64
    moment = dt.datetime.fromisoformat(entry["time"])
    assert moment.utcoffset() == dt.timedelta(0)
    assert abs((dt.datetime.now(dt.UTC) - moment).total_seconds()) < 600


@pytest.mark.parametrize("form", ["json", "text"])
def test_line_breaks_and_control_signs_are_escaped(started: Started, form: str) -> None:
    stream = started(form)
    logging.getLogger("x").warning("one\ntwo\r\x1b[31mthree\u2028four ș")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()
    if form == "json":
        assert entries(stream)[0]["message"] == "one\ntwo\r\x1b[31mthree\u2028four ș"


def test_about_what(started: Started) -> None:
    stream = started()
    log = logging.getLogger("x")
    with concerning(batch="b1"):
        log.info("inside")
        with concerning(document="d1"):
            log.info("both")
        log.info("another", extra={"batch": "b2"})
        other = threading.Thread(target=log.info, args=("another thread",))
        other.start()
        other.join()
    log.info("outside")
    about = [(entry["message"], entry.get("batch"), entry.get("document")) for entry in entries(stream)]
    assert about == [
        ("inside", "b1", None),
        ("both", "b1", "d1"),
        ("another", "b2", None),
        ("another thread", None, None),
        ("outside", None, None),
    ]


def test_what_it_is_about_ends_with_the_block_also_by_a_fault(started: Started) -> None:
    stream = started()
    with pytest.raises(PartDown), concerning(batch="b1"):
        raise PartDown("gone")
    logging.getLogger("x").info("after")
    assert "batch" not in entries(stream)[0]


def fail() -> None:
    raise KeyError("Popescu Ion, CNP 1800101221144")


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_only_when_debugging_and_never_its_message(started: Started, form: str) -> None:
    stream = started(form)
    try:
        fail()
    except KeyError as fault:
        logging.getLogger("x").error("web failed, reference %s", "00ff", exc_info=fault)
    assert "Popescu" not in stream.getvalue()
    assert "Traceback" not in stream.getvalue()
    assert "web failed, reference 00ff: KeyError at test_logs.py:" in stream.getvalue()
    stream = started(form, verbose=True)
    try:
        fail()
    except KeyError as fault:
        logging.getLogger("x").error("web failed", exc_info=fault)
    assert "Traceback" in stream.getvalue()
    if form == "json":
        assert "Popescu" in entries(stream)[0]["traceback"]


def test_no_password(started: Started) -> None:
    stream = started("text")
    logging.getLogger("x").error("cannot reach %s", "postgresql+psycopg://opis:hunter2@db/opis")
    assert "hunter2" not in stream.getvalue()
    assert "postgresql+psycopg://db/opis" in stream.getvalue()


def test_level(started: Started) -> None:
    for verbose, count in ((False, 0), (True, 1)):
        stream = started(verbose=verbose)
        logging.getLogger("x").debug("Popescu.pdf")
        assert len(entries(stream)) == count


def test_libraries_keep_quiet_also_when_debugging(started: Started) -> None:
    stream = started(verbose=True)
    logging.getLogger("elastic_transport.transport").info("POST /opis/_search?q=popescu")
    logging.getLogger("urllib3.connectionpool").debug("GET /bucket/key")
    assert stream.getvalue() == ""


def test_what_is_told_to_the_person_who_started_it(started: Started) -> None:
    stream = started("text")
    tell("Pagina web: http://127.0.0.1:8000")
    assert stream.getvalue() == "Pagina web: http://127.0.0.1:8000\n"
    stream = started("json")
    tell("Pagina web: http://127.0.0.1:8000")
    assert entries(stream)[0]["message"] == "Pagina web: http://127.0.0.1:8000"


def test_what_ended_it(started: Started) -> None:
    stream = started("text")
    tell_fault(PartDown("catalog: gone"))
    assert stream.getvalue().splitlines()[1] == PartDown.advice
    stream = started("json")
    tell_fault(PartDown("catalog: gone"))
    (entry,) = entries(stream)
    assert (entry["message"], entry["advice"]) == ("catalog: gone", PartDown.advice)


def test_an_unknown_form_is_refused_in_text(started: Started) -> None:
    with pytest.raises(ConfigurationError, match="OPIS_LOG"):
        started("xml")


def test_text_is_the_default(started: Started) -> None:
    stream = started("")
    logging.getLogger("x").info("plain")
    assert stream.getvalue().rstrip().endswith("INFO x: plain")


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (InputFault("foreign-file-in-folder", "Popescu.doc: not a page image"), "InputFault foreign-file-in-folder"),
        (
            WorkerDied("the child ended with signal SIGKILL: near 'Popescu'"),
            "WorkerDied: the child ended with signal SIGKILL",
        ),
        (PartDown("catalog: locked too long"), "catalog: locked too long"),
        (ValueError("Popescu"), "ValueError at ?"),
    ],
)
def test_faults_without_what_foreign_bytes_said(fault: Exception, shown: str) -> None:
    assert plain(fault) == shown
