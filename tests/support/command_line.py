"""Says whether the real command line takes a command, without running it."""

from collections.abc import Sequence

import click

from opis.cli import _globals_first, opis


def parsed(arguments: Sequence[str]) -> str:
    """The name of the command that ``opis ARGUMENTS`` would run; ``click.UsageError`` when it is not understood."""
    top = opis.make_context("opis", _globals_first(list(arguments)))
    path: list[str] = []
    command: click.Command = opis
    context = top
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert name is not None and found is not None
        command = found
        path.append(name)
        context = command.make_context(name, rest, parent=context)
    return " ".join(path)
