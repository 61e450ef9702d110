"""``opis reindex``: the index made anew from catalog and store."""

import click

from opis.context import Context, pass_own
from pipeline.domain.messages import counted, say
from pipeline.stages.index import rebuild_index


@click.command()
@pass_own
def reindex(own: Context) -> int:
    """Make the search index anew; searching goes on meanwhile."""
    number = rebuild_index(own.parts.catalog, own.parts.objects, own.parts.index)
    own.answer({"documents": number}, say("terminal.reindexed", documents=counted(number, "documente")))
    return 0
