"""``opis rebuild --into HOME``: catalog and index from the store alone."""

from pathlib import Path

import click

from opis.context import Context, pass_own
from opis.rebuilding import Rebuilt
from opis.rebuilding import rebuild as rebuilt
from pipeline.domain.messages import counted, grouped, say


@click.command()
@click.option("--into", required=True, type=click.Path(path_type=Path), metavar="HOME", help="A new home.")
@pass_own
def rebuild(own: Context, into: Path) -> int:
    """Make a new home out of the object store alone, without this home's catalog and index."""
    found = rebuilt(own.settings, into)
    answer = {
        "home": str(into.absolute()),
        "copied": found.copied,
        "registers": found.registers,
        "entries": found.entries,
        "batches": found.batches,
        "unfinished": found.unfinished,
        "documents": found.documents,
        "lost": [{"subject": subject, "reason": reason} for subject, reason in found.lost],
    }
    own.answer(answer, _text(found, into))
    return 1 if found.lost else 0


def _text(found: Rebuilt, into: Path) -> str:
    lines = [
        say(
            "rebuilding.done",
            home=into.absolute(),
            batches=counted(found.batches, "loturi"),
            documents=counted(found.documents, "documente"),
            entries=counted(found.entries, "înregistrări"),
        )
    ]
    if found.unfinished:
        lines.append(say("rebuilding.unfinished", number=grouped(found.unfinished)))
    lines += [say("rebuilding.lost", subject=subject, reason=reason) for subject, reason in found.lost]
    return "\n".join(lines)
