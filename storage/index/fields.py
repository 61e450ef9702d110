"""How a document lies in either index: which fields it has, which tokens stand in them, and in which order it falls."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from pipeline.domain.query import RegistryPattern, department_key
from pipeline.domain.registry import Link, LinkState
from pipeline.domain.romanian.analysis import analyse, index_terms
from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.numbers import number_key
from pipeline.ports.index import IndexedDocument

LAYOUT = "v2"
"""changes when fields or analysis change: an index of another layout must be rebuilt"""
CONTENT = ("text", "subject", "sender")
"""fields with words; each has ``_exact`` and ``_lemma`` (with positions) and ``_bag``"""
KEPT_PLACES = ("exact", "lemma")
NUMBER = "number"
FACETS = ("department", "register", "year")
NONE = "-"
"""a facet field of a document that has no value"""
SENTINEL = "."
"""ends every field of words: no document lacks a field, so that both engines count the same average length"""

_ID_BITS = 40


@dataclass(frozen=True, slots=True)
class Fields:
    """The tokens of a document, parted by blanks, and its numbers."""

    words: dict[str, str]
    """by field: ``text_exact`` … ``sender_bag``, ``number``"""
    facets: dict[str, str]
    """one token for each of ``FACETS``"""
    department_key: str | None
    day: int | None
    newest: int
    """descending: newest first, undated last, ties by id"""
    tie: int
    """ascending: as the ids"""


def spelled_fields() -> tuple[str, ...]:
    """Those in which words with typing errors are looked for."""
    return tuple(f"{name}_{kind}" for name in CONTENT for kind in KEPT_PLACES)


def pages_of(document: IndexedDocument) -> tuple[str, ...]:
    """Its pages as they are stored and shown."""
    return tuple(comma_letters(page) for page in document.pages)


def fields_of(document: IndexedDocument) -> Fields:
    link = document.link
    words = {}
    text = "\n".join(pages_of(document))
    for name, content in (("text", text), ("subject", document.subject), ("sender", document.sender)):
        terms = index_terms(analyse(content or ""))
        words[f"{name}_exact"] = _ended(terms.exact)
        words[f"{name}_lemma"] = _ended(terms.lemma)
        words[f"{name}_bag"] = _ended(terms.bag)
    words[NUMBER] = _ended(" ".join(sorted(_number_tokens(link))))
    values = (document.department, link.register, link.year)
    return Fields(
        words=words,
        facets={name: facet_token(value) for name, value in zip(FACETS, values, strict=True)},
        department_key=None if document.department is None else department_key(document.department),
        day=link.date.toordinal() if link.date else None,
        newest=_newest(document.id, link.date),
        tie=_id_order(document.id),
    )


def facet_token(value: str | int | None) -> str:
    return NONE if value is None else f"+{value}".encode("utf-8", "replace").decode("utf-8")


def facet_value(name: str, token: str) -> str | int | None:
    if token == NONE:
        return None
    return int(token[1:]) if name == "year" else token[1:]


def pattern_token(pattern: RegistryPattern) -> str:
    """The token by which a registry number is found, as far as it is given."""
    return f"={fold(pattern.register or '*')}:{pattern.number.lower()}/{pattern.year or '*'}"


def certain_token(pattern: RegistryPattern) -> str:
    """The token of a registry number that is certainly the document's."""
    return f"!{pattern_token(pattern)}"


def _ended(tokens: str) -> str:
    return f"{tokens} {SENTINEL}".lstrip().encode("utf-8", "replace").decode("utf-8")


def _number_tokens(link: Link) -> set[str]:
    """A registry number in each form that may be asked for, and the words and the date of the registration."""
    if link.number is None:
        return set()
    key = number_key(link.number)
    tokens = {key.lower(), f"{key.lower()}/{link.year}", *index_terms(analyse(link.number)).exact.split()}
    for register in {None, link.register}:
        for year in {None, link.year}:
            pattern = RegistryPattern(key, year, register)
            tokens.add(pattern_token(pattern))
            if link.state is LinkState.CERTAIN:
                tokens.add(certain_token(pattern))
    if link.register:
        tokens.add(fold(link.register))
    if link.date:
        tokens.add(link.date.isoformat())
    return {"".join(token.split()) for token in tokens}


def _id_order(document_id: str) -> int:
    """The first bits of an id, so that ties fall as the ids do; ids that are no hash fall in a fixed order."""
    try:
        return int(document_id[: _ID_BITS // 4].ljust(_ID_BITS // 4, "0"), 16)
    except ValueError:
        return int(hashlib.sha256(document_id.encode("utf-8")).hexdigest()[: _ID_BITS // 4], 16)


def _newest(document_id: str, date: dt.date | None) -> int:
    day = date.toordinal() if date else 0
    return (day << _ID_BITS) | ((1 << _ID_BITS) - 1 - _id_order(document_id))
