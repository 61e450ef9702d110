"""Pure parts: pieces of text, lists of pages, words for every state, parameters."""

import datetime as dt
import re
from enum import StrEnum
from pathlib import Path

import pytest

import search_api
from pipeline.domain.batches import BatchState, DocumentKind, Fate, ReviewKind
from pipeline.domain.filing import DecidedBy, FilingState
from pipeline.domain.messages import codes
from pipeline.domain.registry import Link, LinkSource, LinkState
from search_api import params
from search_api.rendering import day, moment, percent
from search_api.views import document_address, link_view, page_list, page_numbers, pieces
from search_api.views_batches import TONES
from search_api.views_search import Asked


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("abc", (), (("abc", False),)),
        ("", (), ()),
        ("abc", ((0, 3),), (("abc", True),)),
        ("abcd", ((1, 2), (3, 4)), (("a", False), ("b", True), ("c", False), ("d", True))),
        ("𝄞ș𝄞", ((1, 2),), (("𝄞", False), ("ș", True), ("𝄞", False))),
        ("abcd", ((1, 3), (2, 4)), (("a", False), ("bc", True), ("d", False))),
        ("abc", ((2, 9), (-1, 1), (1, 1), (2, 1)), (("abc", False),)),
    ],
)
def test_pieces(text: str, marks: tuple[tuple[int, int], ...], expected: tuple[tuple[str, bool], ...]) -> None:
    assert pieces(text, marks) == expected


@pytest.mark.parametrize(
    ("pages", "text"), [((), ""), ((4,), "4"), ((3, 4), "3–4"), ((1, 2, 3, 7, 9, 10), "1–3, 7, 9–10")]
)
def test_page_list(pages: tuple[int, ...], text: str) -> None:
    assert page_list(pages) == text


@pytest.mark.parametrize(
    ("current", "last", "shown"),
    [
        (1, 1, (1,)),
        (1, 3, (1, 2, 3)),
        (5, 9, (1, None, 3, 4, 5, 6, 7, None, 9)),
        (9, 9, (1, None, 7, 8, 9)),
        (2, 500, (1, 2, 3, 4, None, 500)),
    ],
)
def test_page_numbers(current: int, last: int, shown: tuple[int | None, ...]) -> None:
    assert page_numbers(current, last) == shown


def test_addresses_say_only_what_is_asked() -> None:
    assert document_address("ab") == "/document/ab"
    assert document_address("ab", 2, "a&b ș") == "/document/ab?p=2&q=a%26b+%C8%99"
    assert Asked().address == "/cautare"
    asked = Asked("ș&x", "URBANISM", "RG", 2021, 3)
    assert asked.address == "/cautare?q=%C8%99%26x&directie=URBANISM&registru=RG&an=2021&pagina=3"
    assert asked.with_value("an", None).address == "/cautare?q=%C8%99%26x&directie=URBANISM&registru=RG"


def test_dates_and_shares_as_romanians_write_them() -> None:
    assert day(dt.date(2021, 9, 7)) == "07.09.2021"
    assert day(None) == "—"
    assert re.fullmatch(
        r"2[67]\.09\.2021, \d\d:30|28\.09\.2021, \d\d:30", moment(dt.datetime(2021, 9, 27, 9, 30, tzinfo=dt.UTC))
    )
    assert (percent(0.866), percent(0), percent(1)) == ("87%", "0%", "100%")


def test_a_link_without_a_year_or_a_register_can_be_shown() -> None:
    assert link_view(Link("RG", None, "5", state=LinkState.PROPOSED)).number == "RG 5/?"
    assert link_view(Link(None, 2021, "5", state=LinkState.PROPOSED)).number == "5/2021"
    assert link_view(Link()).number == ""


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("batch", BatchState),
        ("states", BatchState),
        ("fate", Fate),
        ("letter", Fate),
        ("review", ReviewKind),
        ("link", LinkState),
        ("source", LinkSource),
        ("filing", FilingState),
        ("decided", DecidedBy),
        ("kind", DocumentKind),
        ("unnumbered", DocumentKind),
    ],
)
def test_every_state_has_a_word(prefix: str, kind: type[StrEnum]) -> None:
    assert {f"{prefix}_{member.value}" for member in kind} <= codes("web")


def test_every_state_has_a_colour_and_every_page_cell_a_rule() -> None:
    style = (Path(search_api.__file__).parent / "static" / "opis.css").read_text(encoding="utf-8")
    assert set(TONES) == set(BatchState)
    assert all(f".badge.{tone} " in style for tone in set(TONES.values()) - {"idle"})
    tones = {fate.value for fate in Fate if fate is not Fate.DOCUMENT} | {"document0", "document1"}
    assert all(f".cell.{tone} " in style for tone in tones)


def test_templates_name_only_texts_that_are_there() -> None:
    named: set[str] = set()
    for template in (Path(search_api.__file__).parent / "templates").iterdir():
        named |= set(re.findall(r"\bt\(['\"]([a-z_]+)['\"]", template.read_text(encoding="utf-8")))
    assert named
    assert named <= codes("web")


@pytest.mark.parametrize(
    ("given", "found"),
    [("7", 7), ("007", 7), ("9", None), ("0", None), ("-1", None), ("1.0", None), ("", None), ("٣", None)],
)
def test_numbers(given: str, found: int | None) -> None:
    assert params.number({"n": given}, "n", 8) == found


def test_texts_are_printable_and_of_limited_length() -> None:
    assert params.text({"q": " a\0b\u202ec\n"}, "q") == "a b c"
    assert len(params.text({"q": "ș" * 9000}, "q")) == params.MAX_TEXT
    assert params.text({}, "q") == ""
