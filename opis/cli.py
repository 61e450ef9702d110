"""The command line: global options before or after the command, one exit code for each kind of end."""

import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import click

from opis.context import Context
from opis.logs import start_log, tell_fault
from pipeline.domain.errors import OpisError

log = logging.getLogger("opis")
VALUED = ("--home", "--config")
FLAGS = ("--json", "--verbose", "-v")


COMMANDS = {
    "init": "init",
    "run": "run",
    "process": "process",
    "batch": "show",
    "document": "show",
    "review": "show",
    "search": "search",
    "decide": "decide",
    "registry": "registry",
    "separators": "separators",
    "reindex": "reindex",
    "verify": "verify",
    "rebuild": "rebuild",
    "move": "move",
    "doctor": "doctor",
    "demo": "demo",
    "worker": "worker",
}
"""command → module of ``opis.commands``, imported only when the command is given: starting is part of every answer"""


class LateCommands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"opis.commands.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LateCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path), help="Where the data is (else $OPIS_HOME, else ./opis-data).")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file (else $OPIS_CONFIG, else opis.toml).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout and nothing else.")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
@click.version_option(package_name="opis")
@click.pass_context
def opis(context: click.Context, home: Path | None, config: Path | None, as_json: bool, verbose: bool) -> None:
    """Opis: document capture for Romanian public registries."""
    start_log(verbose)
    context.obj = Context(home, config, as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; always ends by ``sys.exit``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminated)
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_run(_globals_first(given)))


def _terminated(number: int, frame: FrameType | None) -> None:
    """As Ctrl-C: what was begun is put in order, the line's lease is given back. ``opis run`` has its own way."""
    raise KeyboardInterrupt


def _run(arguments: list[str]) -> int:
    try:
        answer: Any = opis.main(arguments, prog_name="opis", standalone_mode=False)
        sys.stdout.flush()
        return answer if isinstance(answer, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return 130
    except click.ClickException as fault:
        fault.show(sys.stderr)
        return 2
    except OpisError as fault:
        tell_fault(fault)
        return fault.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as fault:
        log.error("internal error", exc_info=fault)
        return 1


def _globals_first(arguments: list[str]) -> list[str]:
    """Moves global options to the front, from wherever they stand before ``--``."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += ["--", *waiting]
        elif argument in FLAGS or argument.startswith(tuple(f"{name}=" for name in VALUED)):
            front.append(argument)
        elif argument in VALUED:
            front += [argument, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(argument)
    return front + rest
