"""The same bytes again: one batch, and what came later is noted on it."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.domain.batches import BatchAccount, BatchState, Problem, Review, ReviewKind
from pipeline.domain.messages import say
from pipeline.ports.catalog import Arrival
from pipeline.stages.claims import make_review

CODE = "duplicate"


def with_duplicates(account: BatchAccount, arrivals: Sequence[Arrival]) -> BatchAccount:
    """The account with a problem for each later arrival; one under another profile is asked about.

    ``opis process`` leaves no trace: its originals stay where they are and nobody waits for them.
    """
    problems, reviews = list(account.problems), list(account.reviews)
    for again in arrivals[1:]:
        if again.claimed.startswith("/"):
            continue
        values = {"source": again.source, "profile": again.profile}
        problem = Problem(CODE, say("pages.duplicate", **values))
        if problem not in problems:
            problems.append(problem)
            if again.profile != account.batch.profile:
                reviews.append(_question(account, values))
    state = BatchState.HELD if reviews else account.batch.state
    return replace(account, batch=replace(account.batch, state=state), problems=tuple(problems), reviews=tuple(reviews))


def _question(account: BatchAccount, values: dict[str, str]) -> Review:
    return make_review(account.batch.id or "", ReviewKind.DUPLICATE, None, (), "pages.duplicate", values)
