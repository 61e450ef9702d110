"""``opis demo``: realistic Romanian scans into a hot folder, and their register."""

import secrets

import click

from opis.commands.process import chosen_profile
from opis.context import Context, pass_own
from opis.demo.drop import drop_demo
from opis.progress import page_counter
from pipeline.domain.messages import say


@click.command()
@click.option("--batches", default=1, show_default=True, type=click.IntRange(1, 1000))
@click.option(
    "--documents", default=None, type=click.IntRange(1, 1000), help="Documents a batch (default: a small demo)."
)
@click.option("--seed", type=int, help="The same seed gives the same scans (a new one each time unless given).")
@click.option("--profile", help="Hot-folder profile (default: the first one).")
@pass_own
def demo(own: Context, batches: int, documents: int | None, seed: int | None, profile: str | None) -> int:
    """Drop demo batches into a hot folder and write their register beside the home's data."""
    name = chosen_profile(own.settings, profile)
    chosen = secrets.randbelow(2**31) if seed is None else seed
    own.parts.open_all()
    dropped = drop_demo(own.settings, name, batches, documents, chosen, page_counter("demo"))
    answer = {
        "seed": chosen,
        "batches": [str(path) for path in dropped.batches],
        "register": str(dropped.register),
    }
    lines = [say("terminal.demo_written", path=path) for path in dropped.batches]
    own.answer(answer, "\n".join([*lines, say("terminal.demo_register", path=dropped.register)]))
    return 0
