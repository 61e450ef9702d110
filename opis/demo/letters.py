"""Composes the letter of page one: who writes to the institution, about what, in which words."""

import datetime as dt
import unicodedata
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from opis.demo.knowledge import data
from opis.demo.people import Facts

NAMED_DEPARTMENT_SHARE = 0.2
"""of letters address the department by name"""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in its parts, as printed."""

    voice: str
    face: str
    """``serif`` ``sans`` ``typewriter``"""
    letterhead: tuple[str, ...]
    own_number: str
    """the sender's own number and date: never a registry number of the institution"""
    addressee: tuple[str, ...]
    subject_line: str
    paragraphs: tuple[str, ...]
    close: str
    signer: tuple[str, ...]
    place_and_date: str
    sender: str
    """as the register names it"""
    subject: str
    """as the register puts it"""


def voices_of(department: str) -> tuple[str, ...]:
    return tuple(sorted({voice for case in data(f"letters/{department}")["case"] for voice in case["voices"]}))


def compose_letter(
    rng: Random, department: str, institution: str, registered: dt.date, voice: str | None = None
) -> tuple[Letter, Facts]:
    """A letter that the department is competent for, and the facts its attachments share.

    A voice that the department has no letter in is passed over. ``FileNotFoundError`` for an unknown department.
    """
    cases: list[dict[str, Any]] = data(f"letters/{department}")["case"]
    fitting = [case for case in cases if voice in case["voices"]] if voice else cases
    case = rng.choice(fitting or cases)
    spoken: str = voice if voice is not None and voice in case["voices"] else rng.choice(case["voices"])
    manner = data("voices")[spoken]
    day = registered - dt.timedelta(days=rng.randint(0, 6))
    facts = Facts(rng, day, {"institution": institution})
    if manner["sender"] == "authority" and "authorities" in case:
        facts["authority"] = rng.choice(case["authorities"]).format_map(facts)
    letter = Letter(
        voice=spoken,
        face=rng.choice(manner["faces"]),
        letterhead=_letterhead(manner["sender"], facts),
        own_number=f"Nr. {facts['own']}" if manner["sender"] != "person" else "",
        addressee=_addressee(rng, manner, facts, department),
        subject_line=_subject_line(rng, spoken, case, facts),
        paragraphs=_paragraphs(rng, manner, case, facts),
        close=rng.choice(manner["close"]),
        signer=tuple(part.strip() for part in rng.choice(manner["signer"]).format_map(facts).split(",")),
        place_and_date=f"{facts['town']}, {day.strftime('%d.%m.%Y')}",
        sender=_sender(manner["sender"], facts),
        subject=case["subject"].format_map(facts),
    )
    return (_without_marks(letter) if rng.random() < manner["plain_share"] else letter), facts


def _sender(kind: str, facts: Facts) -> str:
    return facts[{"person": "name", "firm": "firm", "lawyer": "office", "authority": "authority"}[kind]]


def _letterhead(kind: str, facts: Facts) -> tuple[str, ...]:
    if kind == "person":
        return ()
    lines = [_sender(kind, facts), facts["address"]]
    if kind == "firm":
        lines += [f"{facts['jnumber']}, CUI {facts['cui']}", f"IBAN {facts['iban']}"]
    lines.append(f"Tel. {facts['phone']}")
    return tuple(lines)


def _addressee(rng: Random, manner: dict[str, Any], facts: Facts, department: str) -> tuple[str, ...]:
    first = rng.choice(manner["address"]).format_map(facts)
    if department != "EXTERN" and rng.random() < NAMED_DEPARTMENT_SHARE:
        return first, data(f"letters/{department}")["name"]
    return (first,)


def _subject_line(rng: Random, voice: str, case: dict[str, Any], facts: Facts) -> str:
    if voice in ("firm", "lawyer", "official"):
        subject: str = case["subject"].format_map(facts)
        return rng.choice(("Referitor la: ", "Obiect: ", "Ref.: ")) + subject
    title = "SESIZARE" if "esiz" in case["open"][0] else "CERERE"
    return rng.choice((title, title.capitalize(), title, "", ""))


def _paragraphs(rng: Random, manner: dict[str, Any], case: dict[str, Any], facts: Facts) -> tuple[str, ...]:
    """Introduction and opening, what happened, what is asked: each sentence one of several, none twice."""
    told = [text for text in case["facts"] if rng.random() < 0.8] or case["facts"][:1]
    fillers = rng.sample(manner["filler"], k=rng.randint(1, 3))
    intro = rng.choice(manner["intro"])
    asked = case["ask"] if rng.random() < 0.4 else [rng.choice(case["ask"])]
    half = len(told) // 2 + 1
    parts = [[intro], [rng.choice(case["open"]), *told[:half]], [*told[half:], *fillers[:1]], asked, fillers[1:]]
    return tuple(" ".join(part).format_map(facts) for part in parts if part)


def _without_marks(letter: Letter) -> Letter:
    """Typed without diacritics, as many do."""
    return replace(
        letter,
        addressee=tuple(map(without_marks, letter.addressee)),
        subject_line=without_marks(letter.subject_line),
        paragraphs=tuple(map(without_marks, letter.paragraphs)),
        close=without_marks(letter.close),
    )


def without_marks(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
