"""A plan's nodes as Tantivy's own queries: nothing is decided here."""

from collections.abc import Sequence

import tantivy
from tantivy import Occur, Query

from storage.index import plan_nodes as nodes
from storage.index.plan import Plan
from storage.index.plan_nodes import Node


class Renderer:
    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema

    def plan(self, plan: Plan) -> Query:
        clauses = [(Occur.Must, Query.const_score_query(self.node(each), 0.0)) for each in plan.filters]
        clauses += [(Occur.MustNot, self.node(each)) for each in plan.exclusions]
        scored = nodes.Constant(nodes.Everything(), 0.0) if plan.scored is None else plan.scored
        clauses.append((Occur.Must, self.node(scored)))
        return Query.boolean_query(clauses)

    def node(self, node: Node) -> Query:
        match node:
            case nodes.Nothing():
                return Query.empty_query()
            case nodes.Everything():
                return Query.all_query()
            case nodes.Term(field, key, boost):
                term = Query.term_query(self._schema, field, key)
                return term if boost == 1.0 else Query.boost_query(term, boost)
            case nodes.AnyTerm(field, keys):
                if len(keys) == 1:
                    return Query.term_query(self._schema, field, keys[0])
                return Query.term_set_query(self._schema, field, list(keys))
            case nodes.Phrase(field, words, slop):
                return Query.phrase_query(self._schema, field, list(words), slop=slop)
            case nodes.Days(first, last):
                return Query.range_query(self._schema, "day", tantivy.FieldType.Integer, first, last)
            case nodes.Best(several):
                return Query.disjunction_max_query(self._all(several), nodes.TIE_BREAKER)
            case nodes.All(several):
                return Query.boolean_query([(Occur.Must, each) for each in self._all(several)])
            case nodes.Some(several, least):
                clauses = [(Occur.Should, each) for each in self._all(several)]
                return Query.boolean_query(clauses, minimum_number_should_match=least)
            case nodes.Extra(inner, more):
                clauses = [(Occur.Should, each) for each in self._all(more)]
                return Query.boolean_query([(Occur.Must, self.node(inner)), *clauses])
            case nodes.Constant(inner, score):
                return Query.const_score_query(self.node(inner), score)
            case nodes.Boost(inner, factor):
                return Query.boost_query(self.node(inner), factor)

    def _all(self, several: Sequence[Node]) -> list[Query]:
        return [self.node(each) for each in several]
