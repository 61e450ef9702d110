"""How a document lies in the Tantivy index: fields, tokens, and what is stored to answer a hit."""

import datetime as dt
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

import tantivy

from pipeline.domain.query import RegistryPattern, department_key
from pipeline.domain.registry import Link, LinkSource, LinkState
from pipeline.domain.romanian.analysis import analyse, index_terms
from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.numbers import number_key
from pipeline.ports.index import IndexedDocument

LAYOUT = "v1"
"""changes when fields or analysis change: an index of another layout must be rebuilt"""
CONTENT = ("text", "subject", "sender")
"""fields with words; each has ``_exact`` and ``_lemma`` (with positions) and ``_bag``"""
NUMBER = "number"
FACETS = ("department", "register", "year")
NONE = "-"
"""a facet field of a document that has no value"""

_ID_BITS = 40


def build_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("id_version", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("version", fast=True)
    builder.add_unsigned_field("newest", fast=True)
    builder.add_unsigned_field("tie", fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    for facet in FACETS:
        builder.add_text_field(facet, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("department_key", tokenizer_name="raw", index_option="basic")
    builder.add_text_field(NUMBER, tokenizer_name="whitespace", index_option="freq")
    for name in CONTENT:
        builder.add_text_field(f"{name}_exact", tokenizer_name="whitespace", index_option="position")
        builder.add_text_field(f"{name}_lemma", tokenizer_name="whitespace", index_option="position")
        builder.add_text_field(f"{name}_bag", tokenizer_name="whitespace", index_option="freq")
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


@dataclass(frozen=True, slots=True)
class Stored:
    """What a hit is answered from."""

    id: str
    department: str | None
    link: Link
    pages: tuple[str, ...]


def to_tantivy(document: IndexedDocument) -> tantivy.Document:
    made = tantivy.Document()
    pages = tuple(comma_letters(page) for page in document.pages)
    link = document.link
    made.add_text("id", document.id)
    made.add_text("id_version", f"{document.id}:{document.version}")
    made.add_unsigned("version", document.version)
    made.add_unsigned("newest", _newest(document.id, link.date))
    made.add_unsigned("tie", _id_order(document.id))
    if link.date is not None:
        made.add_integer("day", link.date.toordinal())
    made.add_text("department", facet_token(document.department))
    made.add_text("register", facet_token(link.register))
    made.add_text("year", facet_token(link.year))
    if document.department is not None:
        made.add_text("department_key", department_key(document.department))
    made.add_text(NUMBER, " ".join(_number_tokens(link)))
    for name, text in (("text", "\n".join(pages)), ("subject", document.subject), ("sender", document.sender)):
        terms = index_terms(analyse(text or ""))
        made.add_text(f"{name}_exact", terms.exact)
        made.add_text(f"{name}_lemma", terms.lemma)
        made.add_text(f"{name}_bag", terms.bag)
    made.add_bytes("stored", _packed(document, pages))
    return made


def unpack(document: tantivy.Document) -> Stored:
    """``ValueError``, ``KeyError`` or ``zlib.error`` when the stored bytes are damaged."""
    (stored,) = document.get_all("stored")
    data = json.loads(zlib.decompress(bytes(stored)))
    link: dict[str, Any] = data["link"]
    return Stored(
        id=data["id"],
        department=data["department"],
        link=Link(
            register=link["register"],
            year=link["year"],
            number=link["number"],
            date=dt.date.fromisoformat(link["date"]) if link["date"] else None,
            channel=link["channel"],
            source=LinkSource(link["source"]) if link["source"] else None,
            state=LinkState(link["state"]),
        ),
        pages=tuple(data["pages"]),
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
    """Descending: newest first, undated last, ties by id."""
    day = date.toordinal() if date else 0
    return (day << _ID_BITS) | ((1 << _ID_BITS) - 1 - _id_order(document_id))


def _packed(document: IndexedDocument, pages: tuple[str, ...]) -> bytes:
    link = document.link
    data = {
        "id": document.id,
        "department": document.department,
        "link": {
            "register": link.register,
            "year": link.year,
            "number": link.number,
            "date": link.date.isoformat() if link.date else None,
            "channel": link.channel,
            "source": link.source,
            "state": link.state,
        },
        "pages": pages,
    }
    return zlib.compress(json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"), 6)
