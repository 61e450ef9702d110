"""A plan's nodes as Elasticsearch's own queries: nothing is decided here."""

from collections.abc import Sequence
from typing import Any

from storage.index import plan_nodes as nodes
from storage.index.plan import Plan
from storage.index.plan_nodes import Node, matching

Query = dict[str, Any]


def scored(plan: Plan) -> Query:
    """Matches and scores; with ``plan.scored`` None all scores are 0."""
    must = [] if plan.scored is None else [query(plan.scored)]
    return {"bool": {"must": must, **_limits(plan)}}


def matched(plan: Plan) -> Query:
    """The same documents without any score."""
    limits = _limits(plan)
    if plan.scored is not None:
        limits["filter"].append(query(matching(plan.scored)))
    return {"bool": limits}


def query(node: Node) -> Query:
    match node:
        case nodes.Nothing():
            return {"match_none": {}}
        case nodes.Everything():
            return {"match_all": {}}
        case nodes.Term(field, key, boost):
            return {"term": {field: {"value": key, "boost": boost}}}
        case nodes.AnyTerm(field, keys):
            return {"terms": {field: list(keys)}}
        case nodes.Phrase(field, words, slop):
            return {"match_phrase": {field: {"query": " ".join(words), "slop": slop}}}
        case nodes.Days(first, last):
            bounds = {"gte": first, "lte": last}
            return {"range": {"day": {side: day for side, day in bounds.items() if day is not None}}}
        case nodes.Best(several):
            return {"dis_max": {"queries": _all(several), "tie_breaker": nodes.TIE_BREAKER}}
        case nodes.All(several):
            return {"bool": {"must": _all(several)}}
        case nodes.Some(several, least):
            return {"bool": {"should": _all(several), "minimum_should_match": least}}
        case nodes.Extra(inner, more):
            return {"bool": {"must": [query(inner)], "should": _all(more)}}
        case nodes.Constant(inner, score):
            return {"constant_score": {"filter": query(matching(inner)), "boost": score}}
        case nodes.Boost(inner, factor):
            return {"bool": {"must": [query(inner)], "boost": factor}}


def _limits(plan: Plan) -> dict[str, list[Query]]:
    return {
        "filter": [query(each) for each in plan.filters],
        "must_not": [query(each) for each in plan.exclusions],
    }


def _all(several: Sequence[Node]) -> list[Query]:
    return [query(each) for each in several]
