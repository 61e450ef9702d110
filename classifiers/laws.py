"""Acts as letters name them: ``Legea nr. 50/1991``, ``legii 50 din 1991``, ``O.U.G. nr. 74/2007``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.domain.romanian.letters import fold

_KINDS = (
    ("oug", r"o\.?\s?u\.?\s?g\.?|ordonant\w*\s+de\s+urgenta(?:\s+a\s+guvernului)?"),
    ("og", r"o\.?\s?g\.?|ordonant\w*(?:\s+guvernului)?"),
    ("hg", r"h\.?\s?g\.?|hotarar\w*\s+(?:de\s+guvern|guvernului)"),
    ("lege", r"leg(?:e|ea|ii|ilor)|l\."),
)
_ACT = re.compile(
    r"\b(?:" + "|".join(f"(?P<{kind}>{form})" for kind, form in _KINDS) + r")"
    r"\s*(?:nr\.?|numarul)?\s*(?P<number>\d{1,2}\.\d{3}|\d{1,4})\s*(?:/|\s+din\s+(?:anul\s+)?)\s*(?P<year>(?:19|20)\d\d)\b",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Act:
    """A law by kind (``lege``, ``oug``, ``og``, ``hg``), number and year."""

    kind: str
    number: int
    year: int


def find_acts(text: str) -> Iterator[tuple[int, Act]]:
    """Offset and act, in order; offsets are into the given comma-letter text."""
    for match in _ACT.finditer(fold(text)):
        kind = next(kind for kind, _ in _KINDS if match[kind])
        yield match.start(), Act(kind, int(match["number"].replace(".", "")), int(match["year"]))


def parse_act(text: str) -> Act | None:
    """The act, when the text names exactly one."""
    acts = [act for _, act in find_acts(text)]
    return acts[0] if len(acts) == 1 else None
