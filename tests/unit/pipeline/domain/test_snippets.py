"""Best page, snippet and marks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.query import parse
from pipeline.domain.romanian.letters import comma_letters
from pipeline.domain.snippets import LENGTH, Excerpt, excerpt, marked_places


def marked(found: Excerpt) -> list[str]:
    return [found.snippet[start:end] for start, end in found.marks]


@pytest.mark.parametrize(
    ("text", "query", "marks"),
    [
        ("Despre petiţiile vechi și hotărîri", "petitie hotărâre", ["petițiile", "hotărîri"]),
        ("cerere de certificat de urbanism, urbanism", '"certificat de urbanism"', ["certificat", "de", "urbanism"]),
        ("potrivit Legii nr. 544 din 2001", "legea 544/2001", ["Legii", "544 din 2001"]),
        ("la data de 27 septembrie 2021", "27.09.2021", ["27 septembrie 2021"]),
        ("telefon 0722.123.456", "0722123456", ["0722.123.456"]),
        ("în str. Florilor", "strada florilor", ["str", "Florilor"]),
        ("autori-\nzație dată", "autorizatie", ["autori- zație"]),
        ("suma de 48.213 lei", "48213", ["48.213"]),
        ("gunoi și deșeuri", "gunoi OR deșeu", ["gunoi", "deșeuri"]),
        ("nimic", "altceva", []),
        ("cerere fără taxi", "-taxi", []),
    ],
)
def test_marks_are_the_words_as_they_stand(text: str, query: str, marks: list[str]) -> None:
    assert marked(excerpt([text], parse(query))) == marks


def test_a_typing_error_marks_only_when_widened() -> None:
    assert marked(excerpt(["certificatul"], parse("certifciatul"))) == []
    assert marked(excerpt(["certificatul"], parse("certifciatul"), {"certifciatul"})) == ["certificatul"]


def test_best_page_has_most_of_the_words_then_the_densest() -> None:
    scattered = "apă " + "umplutură " * 60 + "lumină"
    pages = ["apă apă apă", scattered, "apă și lumină", "apă și lumină"]
    assert excerpt(pages, parse("apă lumină")).page == 3
    assert excerpt(pages, parse("foc")).page == 1
    assert excerpt(["", "x"], parse("")).page == 1


def test_best_page_of_a_long_document() -> None:
    pages = [f"pagina {number} despre urbanism și certificate" for number in range(40)]
    pages[30] = "eliberarea unui certificat de urbanism"
    assert excerpt(pages, parse('"certificat de urbanism"')).page == 31
    assert excerpt(pages, parse("eliberare urbanism")).page == 31
    assert excerpt(pages, parse("pagina 17")).page == 18
    assert marked(excerpt(["fără"] * 9 + ["str. Păcii"], parse("strada Păcii"))) == ["str", "Păcii"]


@pytest.mark.parametrize(("query", "words"), [("petitie", ["petiții", "petiția"]), ("", []), ("-petitie", [])])
def test_marked_places_of_a_whole_text(query: str, words: list[str]) -> None:
    text = "petiții " + "umplutură " * 100 + "petiția"
    assert [text[start:end] for start, end in marked_places(text, parse(query))] == words


def test_no_pages() -> None:
    assert excerpt([], parse("apă")) == Excerpt(None, "")


def test_a_snippet_is_plain_cut_between_words_and_says_so() -> None:
    text = "început\n\n" + "cuvânt " * 100 + "țintă\t\x00 căutată " + "cuvânt " * 100
    found = excerpt([text], parse("tinta"))
    assert marked(found) == ["țintă"]
    assert found.snippet.startswith("…cuvânt")
    assert found.snippet.endswith("cuvânt…")
    assert "țintă căutată" in found.snippet
    assert LENGTH - 40 < len(found.snippet) < LENGTH + 10


def test_one_endless_word_is_bounded() -> None:
    found = excerpt(["a" * 100_000], parse("a" * 64))
    assert len(found.snippet) <= LENGTH + 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(alphabet="aăb î\nţ.1/\x00-", max_size=400), min_size=1, max_size=3),
    st.text(alphabet='ab ăî"1/', max_size=12),
)
def test_marks_lie_in_the_snippet_in_order(pages: list[str], text: str) -> None:
    found = excerpt(pages, parse(text))
    ends = [place for mark in found.marks for place in mark]
    assert ends == sorted(ends)
    assert all(start < end for start, end in found.marks)
    assert not ends or ends[-1] <= len(found.snippet)
    assert found.page is not None
    assert found.snippet.strip("…").split() == [
        w for w in found.snippet.strip("…").split() if w in comma_letters(pages[found.page - 1])
    ]
