"""``opis verify``: reads every object back and compares store, catalog and index."""

import click

from opis.context import Context, pass_own
from opis.verifying import Verified, subset_of
from opis.verifying import verify as verified
from pipeline.domain.messages import grouped, say


@click.command()
@click.option("--subset", metavar="N/T", help="Only the Nth of T parts of the store: all of them in T nights.")
@pass_own
def verify(own: Context, subset: str | None) -> int:
    """Fixity: every object against its digest, store, catalog and index against each other."""
    part, parts = subset_of(subset)
    own.parts.open_all()
    found = verified(own.parts, part, parts)
    answer = {
        "good": found.good,
        "objects": found.objects,
        "bytes": found.bytes,
        "different": found.different,
        "index_lags": found.index_lags,
        "differences": [{"code": each.code, "subject": each.subject} for each in found.differences],
    }
    own.answer(answer, _text(found))
    return 0 if found.good else 1


def _text(found: Verified) -> str:
    lines = [say("verifying.objects", number=grouped(found.objects), megabytes=grouped(round(found.bytes / 1e6)))]
    lines += [say(f"verifying.{each.code}", subject=each.subject) for each in found.differences]
    if found.index_lags:
        lines.append(say("verifying.index_lags"))
    lines.append(say("verifying.good") if found.good else say("verifying.bad", number=grouped(found.different)))
    return "\n".join(lines)
