"""What all tests share: the real program with a home of its own."""

from pathlib import Path

import pytest

from tests.support.program import Program

pytest_plugins = ["tests.servers.plugin"]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program on the embedded defaults, with a hot folder that settles fast and no fixed port."""
    own = Program(tmp_path / "home")
    own.configure(
        "[web]\nport = 0\n[profiles.registratura]\nsettle_seconds = 0.2\nbroken_after_seconds = 0.5\n",
    )
    return own
