"""The search page: snippets, facets, filters, paging, and a search that is down."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pipeline.domain.errors import PartDown
from pipeline.domain.filing import DecidedBy, Filing, FilingState
from pipeline.domain.registry import Link
from pipeline.domain.settings import Institution
from pipeline.ports.index import FacetCount, IndexedDocument, SearchAnswer, SearchHit, SearchRequest
from search_api.app import create_app
from search_api.finding import find


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def hits_of(page: str) -> list[str]:
    return re.findall(r"<li>\s*<p class=\"hit-head\">.*?</li>", page, re.S)


@dataclass
class DeadIndex:
    """An index that does not answer."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        raise PartDown("the index is down")


def test_a_hit_shows_its_number_date_department_and_words(shown: Any) -> None:
    page = shown.get("/cautare?q=certificate+urbanism").text
    (hit,) = hits_of(page)
    head = text_of(hit).partition("Către")[0]
    assert head == "RG 48213/2021 27.09.2021 · Direcția Urbanism și Amenajarea Teritoriului · pagina 1 "
    assert "<mark>certificat</mark> de <mark>urbanism</mark>" in hit
    document = next(
        d for d in shown.catalog.documents_of_day(shown.catalog.batches()[0].received_at.date()) if d.filing.code
    )
    assert f'<a href="/document/{document.id}?p=1&amp;q=certificate+urbanism">' in hit
    assert text_of(page).count("un rezultat") == 1


def test_nothing_asked_offers_the_filters(shown: Any) -> None:
    page = text_of(shown.get("/cautare").text)
    assert "Ce căutați?" in page
    assert "Departament" in page
    assert "Direcția Urbanism și Amenajarea Teritoriului 1" in page
    assert "nestabilit 2" in page


def test_no_hits_keep_the_query_and_say_what_to_try(shown: Any) -> None:
    page = shown.get("/cautare?q=xyzzy+%22nimic%22").text
    assert 'value="xyzzy &#34;nimic&#34;"' in page
    assert "Niciun rezultat. Încercați mai puține cuvinte" in text_of(page)


def test_facets_are_links_that_change_one_thing(shown: Any) -> None:
    page = shown.get("/cautare?q=urbanism&an=2021").text
    assert '<a href="/cautare?q=urbanism&amp;directie=URBANISM&amp;an=2021">Direcția Urbanism' in page
    assert '<a href="/cautare?q=urbanism&amp;registru=RG&amp;an=2021">RG</a>' in page
    assert "<b>2021</b>" in page
    assert 'aria-label="Renunță la filtrul An: 2021"' in page
    assert '<a class="chip" href="/cautare?q=urbanism"' in page
    assert '<input type="hidden" name="an" value="2021">' in page


def test_filters_filter(shown: Any) -> None:
    assert "un rezultat" in text_of(shown.get("/cautare?directie=URBANISM").text)
    assert "Niciun rezultat" in shown.get("/cautare?directie=JURIDIC").text
    assert "2 rezultate" in text_of(shown.get("/cautare?registru=RG").text)
    assert "Niciun rezultat" in shown.get("/cautare?registru=RG&an=1999").text


@pytest.mark.parametrize("year", ["abc", "20211", "-1", "2021;x", "٢٠٢١", "999"])
def test_a_year_that_is_none_is_told_and_not_used(shown: Any, year: str) -> None:
    answer = shown.get("/cautare", params={"q": "urbanism", "an": year})
    assert answer.status_code == 200
    assert f"Anul „{year}” nu este un an; filtrul nu a fost folosit." in answer.text
    assert "un rezultat" in answer.text


@pytest.mark.parametrize(
    "query", ["q=%00%01", "q=%ff%fe", "q=%22%22%22", "q=" + "a" * 5000, "pagina=x", "q=a&q=b", "q=%ed%a0%80"]
)
def test_any_query_is_answered(shown: Any, query: str) -> None:
    assert shown.get(f"/cautare?{query}").status_code == 200


def test_what_is_typed_and_what_was_read_are_text(office: Any, paper: Any) -> None:
    read = 'Text </mark><script>alert(1)</script> & "q" <img src=x onerror=alert(2)> urbanism 𝄞 ș'
    office.finish("a.pdf", "0", [paper([read])])
    page = office.get("/cautare", params={"q": 'urbanism "><script>alert(3)</script>'}).text
    assert len(hits_of(page)) == 1
    assert not re.search(r"<script>|<img", page)
    assert "&lt;script&gt;" in page
    assert "<mark>urbanism</mark> 𝄞 ș" in page


def test_marks_are_code_points_of_the_snippet(office: Any, paper: Any) -> None:
    office.finish("a.pdf", "0", [paper(["𝄞𝄞 <&> înștiințare 𝄞 de plată"])])
    (hit,) = hits_of(office.get("/cautare?q=instiintare+plata").text)
    assert "𝄞𝄞 &lt;&amp;&gt; <mark>înștiințare</mark> 𝄞 de <mark>plată</mark>" in hit


def test_department_names_are_text(office: Any, paper: Any) -> None:
    filing = Filing("<b>X</b>", (), 1.0, DecidedBy.PERSON, FilingState.FILED)
    office.finish("a.pdf", "0", [paper(["urbanism"], filing=filing)])
    page = office.get("/cautare?q=urbanism").text
    assert "<b>X</b>" not in page
    assert page.count("&lt;b&gt;X&lt;/b&gt;") == 2


def test_the_catalog_decides_what_exists(filled: Any) -> None:
    ghost = IndexedDocument("f" * 64, 9, "b", "document", "filed", "URBANISM", Link(), None, None, ("urbanism secret",))
    filled.index.put([ghost])
    page = filled.get("/cautare?q=urbanism").text
    assert "secret" not in page
    assert len(hits_of(page)) == 1
    assert "un rezultat" in page
    assert filled.index.search(SearchRequest("urbanism")).total == 2


def test_a_hit_shows_what_the_catalog_knows_now(filled: Any, certain: Callable[..., Link]) -> None:
    document = filled.catalog.documents_of_day(certain().date)[0]
    old = replace(document.link, number="1")
    stale = IndexedDocument(document.id, 9, document.batch, "document", "filed", None, old, None, None, ("urbanism",))
    filled.index.put([stale])
    assert text_of(hits_of(filled.get("/cautare?q=urbanism").text)[0]).startswith("RG 48213/2021 ")


def test_long_results_are_paged(office: Any, paper: Any) -> None:
    office.finish("a.pdf", "0", [paper(["urbanism"])])
    for number in range(22):
        office.finish(f"{number}.pdf", "0", [paper([f"urbanism {number}"])])
    first, second = (office.get(f"/cautare?q=urbanism&pagina={page}").text for page in (1, 2))
    assert "23 de rezultate" in first
    assert (len(hits_of(first)), len(hits_of(second))) == (20, 3)
    assert '<a href="/cautare?q=urbanism&amp;pagina=2" rel="next">2</a>' in first
    assert not set(hits_of(first)) & set(hits_of(second))
    assert "Lista se termină mai devreme." in office.get("/cautare?q=urbanism&pagina=9").text


def test_documents_that_wait_for_the_index_are_told(filled: Any) -> None:
    held = filled.catalog.batches(limit=9)[-1]
    filled.line.commit(filled.catalog.account(held.id))
    assert "încă nu pot fi căutate: 3" in text_of(filled.get("/cautare?q=urbanism").text)


def test_a_search_that_is_down_is_late_not_broken(shown: Any) -> None:
    app = create_app(
        catalog=shown.catalog,
        index=DeadIndex(),  # type: ignore[arg-type]
        objects=shown.objects,
        departments=(),
        institution=Institution(),
        previews=shown.previews,
    )
    client = type(shown.client)(app, base_url="http://127.0.0.1:8000")
    answer = client.get("/cautare?q=urbanism&an=2021")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "Căutarea este întârziată." in answer.text
    assert 'value="urbanism"' in answer.text
    assert 'href="/cautare?q=urbanism&amp;an=2021"' in answer.text
    assert client.get("/").status_code == 200
    told = client.get("/api/v1/cautare?q=urbanism")
    assert told.status_code == 503
    assert "Documentele sunt în siguranță." in told.json()["error"]["message"]


def test_only_as_many_facet_values_as_can_be_read(shown: Any) -> None:
    counts = tuple(FacetCount(f"D{number}", 1) for number in range(40))

    class Wide:
        def search(self, request: SearchRequest) -> SearchAnswer:
            return SearchAnswer(0, 1.0, (), {"department": counts, "register": (), "year": ()})

    app = create_app(
        catalog=shown.catalog,
        index=Wide(),  # type: ignore[arg-type]
        objects=shown.objects,
        departments=(),
        institution=Institution(),
        previews=shown.previews,
    )
    page = type(shown.client)(app, base_url="http://127.0.0.1:8000").get("/cautare?q=x").text
    assert page.count('<span class="count">1</span>') == 25
    assert "și încă 15" in page


def test_finding_keeps_hits_and_documents_side_by_side(shown: Any, certain: Callable[..., Link]) -> None:
    known = shown.catalog.documents_of_day(certain().date)

    class Mixed:
        def search(self, request: SearchRequest) -> SearchAnswer:
            names = ("0" * 64, known[0].id, "1" * 64, known[1].id)
            return SearchAnswer(9, 1.0, tuple(SearchHit(name, 1, "", (), None) for name in names), {})

    found = find(shown.catalog, Mixed(), SearchRequest(""))  # type: ignore[arg-type]
    assert [hit.document for hit in found.answer.hits] == [document.id for document in found.documents]
    assert found.documents == tuple(known)
    assert found.answer.total == 7
