"""``opis search QUERY``."""

import datetime as dt
import re

import click

from opis.context import Context, pass_own
from opis.texts import link_text
from pipeline.domain.errors import PartDown
from pipeline.domain.messages import counted, say
from pipeline.ports.index import SearchHit, SearchRequest
from pipeline.stages.index import is_gone
from search_api.answers import search_answer

_WITHOUT = re.compile(r"-[^\W\d_]\w+")
DAY = click.DateTime(formats=["%Y-%m-%d", "%d.%m.%Y"])


class _QueryCommand(click.Command):
    """Lets ``-word`` stand among the words as it does inside quotes; this command's options are long ones."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = args[: args.index("--")] if "--" in args else args
        without = [word for word in words if _WITHOUT.fullmatch(word)]
        rest = [word for word in words if word not in without]
        return super().parse_args(
            ctx, [*rest, *(["--", *without] if without else []), *args[len(words) :][bool(without) :]]
        )


@click.command(cls=_QueryCommand)
@click.argument("query", nargs=-1, required=True)
@click.option("--department", help="Only documents filed to this department.")
@click.option("--register", help="Only this register.")
@click.option("--year", type=int, help="Only this year of the register.")
@click.option("--from", "date_from", type=DAY, help="Registered on this day or later.")
@click.option("--to", "date_to", type=DAY, help="Registered on this day or earlier.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(0, 10_000))
@click.option("--offset", default=0, show_default=True, type=click.IntRange(0, 1_000_000))
@pass_own
def search(
    own: Context,
    query: tuple[str, ...],
    department: str | None,
    register: str | None,
    year: int | None,
    date_from: dt.datetime | None,
    date_to: dt.datetime | None,
    limit: int,
    offset: int,
) -> int:
    """Full-text search; no hits is no error."""
    request = SearchRequest(
        query=" ".join(query),
        department=department,
        register=register,
        year=year,
        date_from=date_from.date() if date_from else None,
        date_to=date_to.date() if date_to else None,
        limit=limit,
        offset=offset,
    )
    answer = own.parts.index.search(request)
    if not answer.total and is_gone(own.parts.catalog, own.parts.index):
        fault = PartDown("the index is gone: run opis reindex")
        fault.advice = say("index.damaged")
        raise fault
    head = say("terminal.hits", total=counted(answer.total, "rezultate"), ms=round(answer.took_ms))
    lines = [head if answer.total else say("terminal.no_hits"), *map(_hit_text, answer.hits)]
    own.answer(search_answer(answer), "\n".join(lines))
    return 0


def _hit_text(hit: SearchHit) -> str:
    snippet = " ".join(hit.snippet.split())
    return (
        f"{hit.document[:8]}  p. {hit.page or '—'}  {link_text(hit.registry)}  {hit.department or '—'}\n    {snippet}"
    )
