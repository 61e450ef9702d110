"""What the test run does with servers: brings them when asked for, and says at its end what was not covered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers import matrix, run_folder
from tests.servers.process import ServerProcess, Unavailable

S = TypeVar("S", bound=ServerProcess)

Own = Callable[[type[ServerProcess]], ServerProcess]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-servers", action="store_true", help="fail when a server cannot be had on this machine")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        run_folder.begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = {name: _ids(terminalreporter, name) for name in ("passed", "failed", "skipped")}
    table = matrix.summary(ran["passed"], ran["failed"], ran["skipped"])
    if table:
        terminalreporter.section("contract matrix")
        for line in table:
            terminalreporter.line(line)
    lines = run_folder.uncovered()
    if lines:
        terminalreporter.section("not covered on this machine")
        for line in lines:
            terminalreporter.line(line)


def _ids(reporter: pytest.TerminalReporter, outcome: str) -> list[str]:
    return [report.nodeid for report in reporter.stats.get(outcome, []) if hasattr(report, "nodeid")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    controls = not hasattr(session.config, "workerinput")
    if controls and session.config.getoption("--all-servers") and run_folder.uncovered():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@contextmanager
def covering(what: str) -> Iterator[None]:
    """Skips the test, with the reason, when what its block needs cannot be had here; the run tells it at its end."""
    try:
        yield
    except Unavailable as reason:
        run_folder.not_covered(what, str(reason))
        pytest.skip(f"{what}: {reason}")


def shared_server(kind: type[S]) -> S:
    """The run's one server of this kind; skips where it cannot be had."""
    with covering(kind.name):
        return run_folder.shared(kind)


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[type[ServerProcess]], ServerProcess]]:
    """Starts a server for this test alone, to be stopped, killed or paused at will; ended with the test."""
    started: list[ServerProcess] = []

    def start(kind: type[ServerProcess]) -> ServerProcess:
        folder: Path = tmp_path_factory.mktemp(kind.name) / "server"
        server = kind(folder)
        with covering(kind.name):
            server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()
