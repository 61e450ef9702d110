"""The list of batches, its fragment, and one batch as a light table."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.domain.batches import Review, ReviewKind
from pipeline.domain.registry import Link, LinkState

XSS = "<script>alert(1)</script>\"' onload=x <img src=x onerror=y>.pdf"


def text_of(page: str) -> str:
    """What is seen: without tags, runs of blanks as one."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def rows_of(page: str) -> list[str]:
    return [text_of(row) for row in re.findall(r"<tr data-key.*?</tr>", page, re.S)]


def test_without_batches_the_page_says_what_to_do(office: Any) -> None:
    page = text_of(office.get("/").text)
    assert "Încă nu a sosit niciun lot." in page
    assert "Puneți un fișier PDF, TIFF, JPEG sau PNG în dosarul de scanare" in page
    assert "0 documente · 0 întrebări · 0 înregistrări" in page


def test_batches_newest_first_with_state_and_balance(shown: Any) -> None:
    rows = rows_of(shown.get("/").text)
    assert [row.split(".")[0] for row in rows] == [
        "în carantină stricat",
        "primit registratura-003",
        "în lucru registratura-002",
        "de verificat registratura-001",
    ]
    assert "Fișierul este trunchiat: scanați din nou documentele." in rows[0]
    assert "Așteaptă la rând." in rows[1]
    assert "12 din 40 de pagini citite" in rows[2]
    assert "8 pagini = 4 în documente + 2 separatoare + 1 verso de separator + 1 goală" in rows[3]


def test_work_is_shown_as_a_bar(shown: Any) -> None:
    assert '<progress max="40" value="12" aria-label="12 din 40 de pagini citite">' in shown.get("/").text


def test_both_addresses_and_the_fragment_show_the_same(shown: Any) -> None:
    whole, other, fragment = (shown.get(address).text for address in ("/", "/loturi", "/loturi/fragment"))
    assert whole == other
    assert fragment.strip() in whole
    assert "<html" not in fragment


def test_states_are_links_with_counts(shown: Any) -> None:
    page = shown.get("/?stare=held").text
    assert len(rows_of(page)) == 1
    assert 'data-live="/loturi/fragment?stare=held"' in page
    tabs = text_of(page[page.index('<nav class="tabs"') : page.index('<p class="sums"')])
    assert tabs == "Toate 4 Primite 1 În lucru 1 Repartizate 0 De verificat 1 În carantină 1"
    assert re.search(r'<a href="/loturi\?stare=held" aria-current="true">De verificat', page)
    assert "Niciun lot în această stare." in shown.get("/?stare=filed").text


@pytest.mark.parametrize(
    "query", ["?stare=xyz", "?pagina=abc", "?pagina=-1", "?pagina=999999999999", "?x=%00%ff", "?stare="]
)
def test_broken_parameters_are_not_used(shown: Any, query: str) -> None:
    answer = shown.get(f"/loturi{query}")
    assert answer.status_code == 200
    assert len(rows_of(answer.text)) == 4


def test_long_lists_are_paged(office: Any) -> None:
    for number in range(53):
        office.drop(f"lot-{number:02d}.pdf")
    first, second = office.get("/").text, office.get("/?pagina=2").text
    assert len(rows_of(first)) == 50
    assert [row.split()[1] for row in rows_of(second)] == ["lot-02.pdf", "lot-01.pdf", "lot-00.pdf"]
    assert '<a href="/loturi?pagina=2" rel="next">2</a>' in first
    assert '<a href="/loturi" rel="prev">1</a>' in second


def test_the_page_asks_more_often_while_something_is_in_work(office: Any, paper: Any) -> None:
    office.finish("a.pdf", "0", [paper(["text"])])
    assert 'data-seconds="5"' in office.get("/").text
    office.drop("b.pdf")
    assert 'data-seconds="2"' in office.get("/").text


def test_a_line_that_is_not_there_is_told_when_batches_wait(office: Any) -> None:
    office.drop("a.pdf")
    told = "Nicio linie de lucru nu este pornită"
    assert told not in office.get("/").text
    office.line.release()
    assert told in office.get("/").text


def test_names_from_outside_are_text(office: Any, paper: Any) -> None:
    account = office.finish(XSS, "0", [paper(["x"])])
    office.drop(XSS, 1)
    for address in ("/", "/loturi/fragment", f"/lot/{account.batch.id}"):
        page = office.get(address).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; onload=x" in page


def test_names_of_any_bytes_can_be_shown(office: Any) -> None:
    batch = office.drop("scan\udcff.pdf")
    office.line.end_arrival(office.catalog.arrivals()[0].id, "hot/x/finalizate/scan\udcff.pdf")
    assert office.get("/").status_code == 200
    assert "finalizate/scan?.pdf" in office.get(f"/lot/{batch.id}").text


def test_a_batch_shows_every_pages_fate(shown: Any) -> None:
    account = shown.catalog.account(shown.catalog.batches(limit=9)[-1].id)
    page = shown.get(f"/lot/{account.batch.id}").text
    cells = re.findall(r'class="cell (\w+)"(?: href="([^"]*)")? title="([^"]*)">(\w)<small>(\d+)', page)
    assert [(tone, letter, number) for tone, _, _, letter, number in cells] == [
        ("separator", "S", "1"),
        ("document1", "D", "2"),
        ("document1", "D", "3"),
        ("separator_back", "V", "4"),
        ("separator", "S", "5"),
        ("document0", "D", "6"),
        ("blank", "G", "7"),
        ("document1", "D", "8"),
    ]
    assert [title for _, _, title, _, _ in cells][:3] == [
        "Pagina 1: separator",
        "Pagina 2: documentul 1, pagina 1",
        "Pagina 3: documentul 1, pagina 2",
    ]
    address = cells[2][1]
    assert address == f"/document/{account.documents[0].id[:16]}?p=2"
    assert "Pagina 2 din 2" in shown.get(address).text


def test_a_batch_shows_what_is_held_and_leads_there(shown: Any) -> None:
    account = shown.catalog.account(shown.catalog.batches(limit=9)[-1].id)
    page = shown.get(f"/lot/{account.batch.id}").text
    held = page[page.index('id="de-verificat"') : page.index("Paginile lotului")]
    assert "Număr de înregistrare Numărul RG 977/2021 a fost citit pe ștampilă" in text_of(held)
    assert f'<a href="/document/{account.documents[1].id}?p=1">pagina 6</a>' in held


def test_a_question_about_a_page_outside_documents_leads_to_the_strip(office: Any, paper: Any) -> None:
    question = Review("0" * 32, ReviewKind.SPLIT, None, (1,), "Separatorul nu este urmat de nicio pagină.")
    batch_wide = Review("1" * 32, ReviewKind.BALANCE, None, (), "Lotul față-verso are un număr impar de pagini.")
    account = office.finish("a.pdf", "s0", [paper(["x"])], [question, batch_wide])
    page = office.get(f"/lot/{account.batch.id}").text
    assert '<a href="#p1">pagina 1</a>' in page
    assert 'id="p1"' in page
    assert "Numărătoare Lotul față-verso are un număr impar de pagini." in text_of(page)


def test_documents_are_listed_with_number_and_department(shown: Any) -> None:
    account = shown.catalog.account(shown.catalog.batches(limit=9)[-1].id)
    page = shown.get(f"/lot/{account.batch.id}").text
    rows = [text_of(row) for row in re.findall(r"<tr>.*?</tr>", page[page.index("Documente") :], re.S)]
    assert rows[1] == "1 RG 48213/2021 27.09.2021 Direcția Urbanism și Amenajarea Teritoriului 2–3 repartizat"
    assert rows[2] == "2 RG 977/2021 propus 27.09.2021 nestabilit 6 de verificat"
    assert rows[3] == "3 fără număr anexă — nestabilit 8 repartizat"


def test_the_same_file_again_is_told(filled: Any) -> None:
    batch = filled.drop("registratura-001.pdf", 8)
    page = text_of(filled.get(f"/lot/{batch.id}").text)
    assert page.count("sosit din nou, nu a fost prelucrat a doua oară") == 1


def test_a_batch_in_work_refreshes_itself_and_a_finished_one_does_not(shown: Any) -> None:
    by_name = {batch.source: batch.id for batch in shown.catalog.batches()}
    working = shown.get(f"/lot/{by_name['registratura-002.tif']}").text
    assert f'data-live="/lot/{by_name["registratura-002.tif"]}"' in working
    assert "Soarta paginilor se vede după ce lotul este împărțit." in working
    done = shown.get(f"/lot/{by_name['registratura-001.pdf']}").text
    assert "data-live" not in done
    assert "live.js" not in done


def test_a_quarantined_batch_shows_its_problem(shown: Any) -> None:
    batch = shown.catalog.batches(limit=1)[0]
    page = text_of(shown.get(f"/lot/{batch.id}").text)
    assert "Probleme 1 Lot Fișierul este trunchiat: scanați din nou documentele. truncated" in page


def test_a_batch_of_500_pages_stays_small(office: Any, paper: Any) -> None:
    account = office.finish("mare.pdf", "0" * 500, [paper(["x"] * 500)])
    page = office.get(f"/lot/{account.batch.id}")
    assert len(page.content) < 100_000
    assert "500 de pagini = 500 în documente" in page.text


def test_register_fields_are_text(office: Any, paper: Any, certain: Callable[..., Link]) -> None:
    link = replace(certain("<b>1</b>", "<i>"), state=LinkState.CONFLICT, channel="<u>")
    asks = [(ReviewKind.LINK, "Numărul <b>1</b> este cerut de mai multe documente.")]
    account = office.finish("a.pdf", "0", [paper(["x"], link, asks=asks)])
    for address in (f"/lot/{account.batch.id}", f"/document/{account.documents[0].id}", "/cautare?q=x"):
        page = office.get(address).text
        assert "&lt;b&gt;1&lt;/b&gt;" in page
        assert not re.search(r"<b>1</b>|<i>|<u>", page)
