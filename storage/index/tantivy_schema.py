"""A document's fields as the embedded index declares and writes them, and the small index of all its words."""

import tantivy

from pipeline.ports.index import IndexedDocument
from storage.index.fields import CONTENT, FACETS, KEPT_PLACES, NUMBER, Fields
from storage.index.stored import Stored, packed, unpacked

WORD = "word"


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
        for kind in KEPT_PLACES:
            builder.add_text_field(f"{name}_{kind}", tokenizer_name="whitespace", index_option="position")
        builder.add_text_field(f"{name}_bag", tokenizer_name="whitespace", index_option="freq")
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


def build_word_schema() -> tantivy.Schema:
    """One document a word: an automaton over these terms is the one way to learn which of them are near another."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(WORD, tokenizer_name="raw", index_option="basic", stored=True)
    return builder.build()


def to_tantivy(document: IndexedDocument, fields: Fields) -> tantivy.Document:
    made = tantivy.Document()
    made.add_text("id", document.id)
    made.add_text("id_version", f"{document.id}:{document.version}")
    made.add_unsigned("version", document.version)
    made.add_unsigned("newest", fields.newest)
    made.add_unsigned("tie", fields.tie)
    if fields.day is not None:
        made.add_integer("day", fields.day)
    if fields.department_key is not None:
        made.add_text("department_key", fields.department_key)
    for field, text in (fields.facets | fields.words).items():
        made.add_text(field, text)
    made.add_bytes("stored", packed(document))
    return made


def unpack(document: tantivy.Document) -> Stored:
    """``ValueError``, ``KeyError`` or ``zlib.error`` when the stored bytes are damaged."""
    (stored,) = document.get_all("stored")
    return unpacked(bytes(stored))
