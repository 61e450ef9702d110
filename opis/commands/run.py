"""``opis run``: watches, works, serves the web application, until stopped or until nothing is left to do."""

import logging
import signal
import threading
from types import FrameType

import click

from opis.context import Context, pass_own
from opis.heart import LEASE_SECONDS
from opis.line import Line
from opis.progress import PageBar
from opis.serve import WebServer
from opis.wiring import Parts, start_workers
from pipeline.domain.messages import say
from pipeline.engines.tesseract import require_language
from pipeline.ports.catalog import LineCatalog

log = logging.getLogger(__name__)
STANDBY_SECONDS = 2.0


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing is left to do.")
@pass_own
def run(own: Context, until_idle: bool) -> int:
    """Watch the hot folders, work, and serve the web application."""
    for language in {profile.language for profile in own.settings.profiles}:
        require_language(language)
    parts = own.parts
    parts.open_all()
    stop = _stop_on_signals()
    web = WebServer(parts, needed=not until_idle)
    web.start()
    if web.address is not None:
        click.echo(say("terminal.web_address", address=web.address), err=True)
    try:
        lease = _lease(parts, stop)
        doubtful = lease is not None and _work(parts, lease, stop, until_idle)
    finally:
        web.stop()
    return 1 if doubtful and until_idle else 0


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def ended(number: int, frame: FrameType | None) -> None:
        log.info("stopping on signal %d", number)
        stop.set()

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGINT, ended)
    return stop


def _lease(parts: Parts, stop: threading.Event) -> LineCatalog | None:
    """The lease; waits while another instance holds it."""
    told = False
    while not stop.is_set():
        lease = parts.catalog.acquire_line("run", LEASE_SECONDS)
        if lease is not None:
            return lease
        if not told:
            log.info("another instance holds the line; standing by")
            click.echo(say("terminal.standing_by"), err=True)
            told = True
        stop.wait(STANDBY_SECONDS)
    return None


def _work(parts: Parts, lease: LineCatalog, stop: threading.Event, until_idle: bool) -> bool:
    """True when something was held, quarantined or refused, or a batch was given up."""
    workers = start_workers(parts, first=True)
    try:
        with PageBar() as bar:
            line = Line(parts, lease, workers, report=bar.report, stop=stop)
            line.watch()
            line.run(idle=(lambda: not line.waiting()) if until_idle else None)
        return line.doubtful
    finally:
        workers.close()
        lease.release()
