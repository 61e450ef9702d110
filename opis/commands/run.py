"""``opis run``: watches, works, serves the web application, until stopped or until nothing is left to do."""

import logging
import signal
import threading
from contextlib import suppress
from types import FrameType

import click

from opis.cluster.settings import security_of
from opis.context import Context, pass_own
from opis.heart import LEASE_SECONDS
from opis.line import Line
from opis.logs import tell
from opis.monitor import Monitor
from opis.progress import PageBar
from opis.serve import WebServer
from opis.wiring import Parts, start_workers
from pipeline.domain.errors import Fenced, OpisError, PartDown, UsageError
from pipeline.domain.messages import say
from pipeline.engines.tesseract import require_language
from pipeline.ports.catalog import LineCatalog

log = logging.getLogger(__name__)
STANDBY_SECONDS = 2.0


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing is left to do.")
@click.option(
    "--only",
    type=click.Choice(["line", "web"]),
    help="Only watch and work, or only serve the web application: for one container each.",
)
@pass_own
def run(own: Context, until_idle: bool, only: str | None) -> int:
    """Watch the hot folders, work, and serve the web application."""
    if until_idle and only == "web":
        raise UsageError("--until-idle is about work, and --only web does none")
    if only != "web":
        for language in {profile.language for profile in own.settings.profiles}:
            require_language(language)
        if own.settings.scheduler:
            security_of(own.settings.scheduler)
    parts = own.parts
    parts.open_all()
    stop = _stop_on_signals()
    monitor = Monitor(parts)
    pages = only != "line"
    web = WebServer(parts, monitor, needed=pages and not until_idle, pages=pages)
    web.start()
    if web.address is not None:
        tell(say("terminal.web_address" if pages else "monitoring.address", address=web.address))
    try:
        if only == "web":
            stop.wait()
            return 0
        return 1 if _be_the_line(parts, monitor, stop, until_idle) and until_idle else 0
    finally:
        web.stop()


def _be_the_line(parts: Parts, monitor: Monitor, stop: threading.Event, until_idle: bool) -> bool:
    """Works whenever it has the lease, until stopped or idle. True when something is held, refused or given up."""
    while (lease := _lease(parts, stop)) is not None:
        try:
            return _work(parts, monitor, lease, stop, until_idle)
        except (Fenced, PartDown) as fault:
            if until_idle:
                raise
            log.warning("%s; standing by", fault)
            stop.wait(STANDBY_SECONDS)
    return False


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
        try:
            lease = parts.catalog.acquire_line("run", LEASE_SECONDS)
        except PartDown as fault:
            log.warning("%s; waiting", fault)
            stop.wait(STANDBY_SECONDS)
            continue
        if lease is not None:
            return lease
        if not told:
            log.info("another instance holds the line; standing by")
            tell(say("terminal.standing_by"))
            told = True
        stop.wait(STANDBY_SECONDS)
    return None


def _work(parts: Parts, monitor: Monitor, lease: LineCatalog, stop: threading.Event, until_idle: bool) -> bool:
    """True when something was held, quarantined or refused, or a batch was given up."""
    try:
        workers = start_workers(parts, first=True)
        try:
            monitor.line_began(workers)
            with PageBar() as bar:
                line = Line(parts, lease, workers, report=bar.report, stop=stop, meter=monitor.meter)
                line.watch()
                line.run(idle=(lambda: not line.waiting()) if until_idle else None)
            return line.doubtful
        finally:
            monitor.line_ended()
            workers.close()
    finally:
        with suppress(OpisError):
            lease.release()
