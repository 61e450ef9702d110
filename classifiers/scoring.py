"""From what was found to departments with a confidence, and whether the best may be filed without a person."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.filing import Candidate, Classification, DecidedBy, Evidence

SURE_CONFIDENCE = 0.7
SURE_SCORE = 5.0
SURE_LEAD = 0.5
"""the second's score is at most this share of the best's"""
ASKED_WEIGHT = 3.0
"""something asked for, in subject or address must weigh so much, or the score must be ``MENTIONED_SCORE``"""
MENTIONED_SCORE = 10.0
_REPEATED = 0.25
_SHARPNESS = 1.5
_ENOUGH = 4.0
_SMALLEST_SCORE = 0.3
_MAX_CANDIDATES = 5
_MAX_EVIDENCE = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding for (or with a negative weight against) a department."""

    code: str
    kind: str
    text: str
    page: int | None
    weight: float
    asked: bool = False
    """asked for, in subject, title or address: not only mentioned"""


def classification(hits: Iterable[Hit]) -> Classification:
    """Candidates best first.

    The same text again adds a quarter of what it added before. The confidence is the share of the best in the sharpened
    scores, times how near its score is to enough; sure needs confidence, score and a clear lead.
    """
    grouped: dict[str, dict[tuple[str, str], list[Hit]]] = defaultdict(lambda: defaultdict(list))
    for hit in hits:
        if hit.weight:
            grouped[hit.code][(hit.kind, hit.text)].append(hit)
    weighed = {code: [_merged(found) for found in texts.values()] for code, texts in grouped.items()}
    scores = {code: sum(hit.weight for hit in found) for code, found in weighed.items()}
    ranked = sorted(
        (code for code in scores if scores[code] >= _SMALLEST_SCORE), key=lambda code: (-scores[code], code)
    )
    total = sum(scores[code] ** _SHARPNESS for code in ranked)
    candidates = tuple(
        Candidate(code, _confidence(scores[code], total), _evidence(weighed[code])) for code in ranked[:_MAX_CANDIDATES]
    )
    sure = bool(ranked) and _is_sure(weighed[ranked[0]], candidates[0].confidence, [scores[code] for code in ranked])
    return Classification(candidates, sure, DecidedBy.RULE)


def _merged(found: Sequence[Hit]) -> Hit:
    """The strongest finding of a text, with what its repetitions add."""
    ordered = sorted(found, key=lambda hit: -abs(hit.weight))
    best = ordered[0]
    weight = sum(hit.weight * _REPEATED**place for place, hit in enumerate(ordered))
    return Hit(best.code, best.kind, best.text, best.page, weight, any(hit.asked for hit in found))


def _confidence(score: float, total: float) -> float:
    share: float = score**_SHARPNESS / total
    return round(share * (1 - math.exp(-score / _ENOUGH)), 4)


def _is_sure(found: Iterable[Hit], confidence: float, scores: Sequence[float]) -> bool:
    """``scores`` best first, ``found`` and ``confidence`` of the best."""
    best, second = scores[0], scores[1] if len(scores) > 1 else 0.0
    asked = max((hit.weight for hit in found if hit.asked), default=0.0)
    if asked < ASKED_WEIGHT and best < MENTIONED_SCORE:
        return False
    return confidence >= SURE_CONFIDENCE and best >= SURE_SCORE and second <= best * SURE_LEAD


def _evidence(found: Iterable[Hit]) -> tuple[Evidence, ...]:
    ordered = sorted(found, key=lambda hit: (-abs(hit.weight), hit.text))[:_MAX_EVIDENCE]
    return tuple(Evidence(hit.kind, hit.text, hit.page, round(hit.weight, 2)) for hit in ordered)
