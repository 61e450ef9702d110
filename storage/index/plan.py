"""From a search to a plan that any engine can carry out: every decision about what matches and how it ranks is here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.domain.query import Group, ParsedQuery
from pipeline.ports.index import SearchRequest
from storage.index import plan_nodes as nodes
from storage.index.fields import FACETS, NUMBER, certain_token, facet_token, pattern_token
from storage.index.plan_facts import Facts, Vocabulary
from storage.index.plan_nodes import AnyTerm, Boost, Constant, Days, Node, Nothing
from storage.index.plan_scoring import Scoring

_HELPER = 0.3
_WANTED_SHARE = 3
"""of three words one must be there"""


@dataclass(frozen=True, slots=True)
class Plan:
    scored: Node | None
    """what is looked for; None: all documents alike, newest first"""
    tiers: tuple[Node, ...]
    """documents of an earlier one come before all others, whatever their scores"""
    filters: tuple[Node, ...]
    """each must match; they add nothing to the score"""
    exclusions: tuple[Node, ...]
    """none may match"""
    widened: frozenset[str]
    """exact keys of query words that are looked for with typing errors"""


def plan(request: SearchRequest, query: ParsedQuery, vocabulary: Vocabulary) -> Plan:
    """``query`` is the parsed ``request.query``. Asks the vocabulary at most four times."""
    seen = None if request.visible is None else _any_of("department", [facet_token(v) for v in request.visible])
    facts = Facts(query, vocabulary, seen)
    scoring = Scoring(facts)
    scored, tiers = _scored(query, scoring, vocabulary, seen)
    return Plan(
        scored=scored,
        tiers=tiers,
        filters=(*_filters(request), *_fields(query), *((seen,) if seen is not None else ())),
        exclusions=tuple(scoring.excluded(item) for item in query.excluded),
        widened=facts.widened,
    )


def by_tier(plan: Plan) -> list[Plan]:
    """A plan for each tier and one for the rest: together the same documents, each once."""
    stages = []
    for place, tier in enumerate((*plan.tiers, None)):
        filters = plan.filters if tier is None else (*plan.filters, tier)
        stages.append(replace(plan, tiers=(), filters=filters, exclusions=(*plan.exclusions, *plan.tiers[:place])))
    return stages


def _scored(
    query: ParsedQuery, scoring: Scoring, vocabulary: Vocabulary, seen: Node | None
) -> tuple[Node | None, tuple[Node, ...]]:
    """What is looked for, and its tiers: the document of that number, for certain before perhaps; then all words."""
    if not query.groups:
        return None, ()
    wanted: list[tuple[Group, Node]] = [(group, scoring.group(group)) for group in query.groups]
    required = [node for group, node in wanted if group.required]
    optional = [node for group, node in wanted if not group.required]
    live = _live(optional, vocabulary, seen)
    more: list[Node] = []
    musts = list(required)
    if live:
        if required:
            more.append(nodes.some(live))
        else:
            musts.append(nodes.some(live, math.ceil(len(live) / _WANTED_SHARE)))
    more += [Boost(node, _HELPER) for word in query.helpers if not _nothing(node := scoring.word(word.keys))]
    more += [near for pair in query.near for near in scoring.side_by_side(*pair)]
    found = nodes.extra(nodes.every(musts), more)
    tiers = [nodes.matching(nodes.every(live))] if live and len(live) + len(required) > 1 else []
    if query.registry is not None:
        the_number = AnyTerm(NUMBER, (pattern_token(query.registry),))
        tiers = [AnyTerm(NUMBER, (certain_token(query.registry),)), the_number, *tiers]
        found = nodes.some([Constant(the_number, 0.0), found])
    return found, tuple(tier for tier in tiers if not _nothing(tier))


def _live(optional: Sequence[Node], vocabulary: Vocabulary, seen: Node | None) -> list[Node]:
    """Those that any document matches which the person may see: one word that nothing has must not keep all away."""
    able = [node for node in optional if not _nothing(node)]
    if len(optional) < 2 or not able:
        return list(optional)
    asked = [nodes.matching(node) for node in able]
    answers = vocabulary.any_match([node if seen is None else nodes.every([node, seen]) for node in asked])
    return [node for node, found in zip(able, answers, strict=True) if found] or list(optional)


def _filters(request: SearchRequest) -> list[Node]:
    filters: list[Node] = []
    for name in FACETS:
        value = getattr(request, name)
        if value is not None:
            filters.append(AnyTerm(name, (facet_token(value),)))
    if request.date_from or request.date_to:
        first = request.date_from.toordinal() if request.date_from else None
        last = request.date_to.toordinal() if request.date_to else None
        filters.append(Days(first, last))
    return filters


def _fields(query: ParsedQuery) -> list[Node]:
    """``numar:``, ``an:``, ``directie:``: any value of a field, all fields."""
    wanted = {
        NUMBER: [pattern_token(pattern) for pattern in query.numbers],
        "year": [facet_token(year) for year in query.years],
        "department_key": list(query.departments),
    }
    return [_any_of(field, keys) for field, keys in wanted.items() if keys]


def _any_of(field: str, keys: Sequence[str]) -> Node:
    return AnyTerm(field, tuple(sorted(set(keys)))) if keys else Nothing()


def _nothing(node: Node) -> bool:
    return isinstance(node, Nothing)
