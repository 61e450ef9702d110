"""Where on a page a word stands, and how much what is said there counts: subject, request, annex list, letterhead."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from classifiers.phrases import PhraseIndex
from classifiers.words import WordList, root
from pipeline.domain.romanian.letters import fold

_FOOT_LINES = 8
_TITLE_WITHIN = 18
_SHORT_LINE = 140
_ADDRESSEE_LINES = 4
_ADDRESS_LETTERS = 90
_GREETED_LETTERS = 60
_SUBJECT_LINES = 2
_TITLE_LINES = 2


class Place(StrEnum):
    SUBJECT = "subject"
    TITLE = "title"
    ASKED = "asked"
    PLAIN = "plain"
    ATTACHED = "attached"
    CITED = "cited"
    NEGATED = "negated"
    LETTERHEAD = "letterhead"
    ADDRESSEE = "addressee"


ASKED_PLACES = frozenset({Place.SUBJECT, Place.TITLE, Place.ASKED})
"""where stands what the letter is about, not what it mentions"""
_CUED = (Place.CITED, Place.ASKED, Place.ATTACHED, Place.NEGATED)


@dataclass(frozen=True, slots=True)
class Context:
    """The context file, ready for use."""

    factors: dict[Place, float]
    cues: PhraseIndex[Place]
    reach: dict[Place, int]
    until: frozenset[str]
    line_starts: dict[str, tuple[str, ...]]
    letterhead_lines: int
    letterhead: tuple[str, ...]
    stop: frozenset[str]
    gap: int


@cache
def context() -> Context:
    text = (resources.files("classifiers") / "data" / "context.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    cues: PhraseIndex[Place] = PhraseIndex()
    for place in _CUED:
        for cue in data[place]["cues"]:
            cues.add(cue, place)
    return Context(
        factors={Place(name): factor for name, factor in data["factors"].items()},
        cues=cues,
        reach={place: data[place]["words"] for place in _CUED},
        until=frozenset(root(word) for word in data["negated"]["until"]),
        line_starts={kind: tuple(starts) for kind, starts in data["lines"].items()},
        letterhead_lines=data["letterhead"]["lines"],
        letterhead=tuple(data["letterhead"]["words"]),
        stop=frozenset(root(word) for word in data["stop"]["words"]),
        gap=data["stop"]["gap"],
    )


def places_of(words: WordList, first_page: bool, ours: tuple[str, ...]) -> list[Place]:
    """The place of each word.

    ``ours`` are folded texts that make a line at the head or foot of a page the institution's own print.
    """
    by_line = _line_places([fold(line).strip() for line in words.text.split("\n")], first_page, ours)
    places = _cued_places(words)
    for index, line in enumerate(words.lines):
        special = by_line.get(line)
        kept = (Place.NEGATED, Place.ASKED) if special is Place.ADDRESSEE else (Place.NEGATED,)
        if special is not None and places[index] not in kept:
            places[index] = special
    return places


def _cued_places(words: WordList) -> list[Place]:
    known = context()
    places = [Place.PLAIN] * len(words.keys)
    found = known.cues.find(words)
    negations = [cue for cue in found if cue.meaning is Place.NEGATED]
    spans = {index for cue in negations for index in range(cue.first, cue.last + 1)}
    asked = {cue.first for cue in found if cue.meaning is Place.ASKED and cue.first not in spans}
    for place in _CUED:
        for cue in found:
            if cue.meaning is not place or (place is Place.ASKED and cue.first not in asked):
                continue
            unit = words.paragraphs if place is Place.ATTACHED else words.sentences
            for index in range(cue.last + 1, min(cue.last + 1 + known.reach[place], len(places))):
                if unit[index] != unit[cue.last] or (place is not Place.ASKED and index in asked):
                    break
                if place is Place.NEGATED and words.keys[index] in known.until:
                    break
                places[index] = place
    return places


def _line_places(lines: list[str], first_page: bool, ours: tuple[str, ...]) -> dict[int, Place]:
    starts = context().line_starts
    filled = [number for number, line in enumerate(lines) if line]
    places: dict[int, Place] = {}
    openings = starts["opening"] + starts["title"] + starts["subject"] + starts["addressee"]
    opening = next((number for number in filled if lines[number].startswith(openings)), None)
    head = [number for number in filled[: context().letterhead_lines] if opening is None or number < opening]
    foot = [] if len(filled) <= _FOOT_LINES else filled[-_FOOT_LINES:]
    for number in head:
        if opening is not None and any(word in lines[number] for word in context().letterhead):
            places[number] = Place.LETTERHEAD
    for number in (*head, *foot):
        if any(text in lines[number] for text in ours):
            places[number] = Place.LETTERHEAD
    if first_page:
        _spread(places, lines, filled[:_TITLE_WITHIN], Place.TITLE, _TITLE_LINES)
        _spread(places, lines, filled, Place.SUBJECT, _SUBJECT_LINES)
        _spread(places, lines, filled, Place.ADDRESSEE, _ADDRESSEE_LINES)
    return places


def _spread(places: dict[int, Place], lines: list[str], filled: list[int], place: Place, size: int) -> None:
    """Marks lines that begin as such a place does, and those that continue them; a greeting by a short line."""
    starts = context().line_starts
    stoppers = starts["opening"] + starts["title"] + starts["subject"] + starts["greeting"]
    longest = _ADDRESS_LETTERS if place is Place.ADDRESSEE else _SHORT_LINE
    for number in filled:
        if not lines[number].startswith(starts[place]) or len(lines[number]) > longest:
            continue
        places[number] = place
        greeted = lines[number].startswith(starts["greeting"])
        reach, most = (2, _GREETED_LETTERS) if greeted else (size, longest)
        for following in range(number + 1, min(number + reach, len(lines))):
            line = lines[following]
            ended = lines[following - 1].endswith((".", ";"))
            if not line or line.startswith(stoppers) or ended or len(line) > most:
                break
            places.setdefault(following, place)
