"""A document's page, its page images and its downloads."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.domain.batches import ReviewKind
from pipeline.domain.errors import MissingPart, PartDown, WorkerDied
from pipeline.domain.registry import Link, RegistryEntry, RegistryNumber


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def document(filled: Any) -> Any:
    """The first document: two pages, certain number, filed to URBANISM."""
    return filled.catalog.account(filled.catalog.batches(limit=9)[-1].id).documents[0]


def test_the_page_shows_number_department_and_why(filled: Any, document: Any) -> None:
    entry = RegistryEntry(RegistryNumber("RG", 2021, "48213"), document.link.date, "Popa <Ion>", "Cerere & anexe")
    filled.catalog.import_entries([entry], "registers/x.csv")
    page = filled.get(f"/document/{document.id}").text
    seen = text_of(page)
    assert "Număr RG 48213/2021 sigur de pe separator Data 27.09.2021 · ghișeu" in seen
    assert "Expeditor Popa &lt;Ion&gt; Conținut Cerere &amp; anexe" in seen
    assert "Direcția Urbanism și Amenajarea Teritoriului repartizat" in seen
    assert "A hotărât regulile · încredere 87%" in seen
    assert "expresie „certificat de urbanism” pagina 1" in seen
    assert "Alte posibilități Direcția Juridică 21%" in seen
    assert "Document 1 din 3" in seen
    assert "Paginile lotului 2–3" in seen
    assert f'href="/lot/{document.batch}">registratura-001.pdf</a>' in page


def test_pages_are_turned_and_the_text_follows(filled: Any, document: Any) -> None:
    first, second = (filled.get(f"/document/{document.id}?p={page}").text for page in (1, 2))
    assert f'src="/document/{document.id}/pagina/1.jpg?w=1000" alt="Imaginea paginii 1"' in first
    assert 'rel="prev"' not in first
    assert f'rel="next" href="/document/{document.id}?p=2"' in first
    assert "Cerere pentru certificat de urbanism" in first
    assert "planul" not in first
    assert "Anexez planul &amp; schița &lt;A&gt;" in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize("page", ["0", "3", "-1", "x", "", "1.5", "999999999999999999"])
def test_a_page_that_is_not_there_is_the_first(filled: Any, document: Any, page: str) -> None:
    answer = filled.get(f"/document/{document.id}?p={page}")
    assert answer.status_code == 200
    assert "Pagina 1 din 2" in answer.text


def test_the_words_looked_for_are_marked(filled: Any, document: Any) -> None:
    page = filled.get(f"/document/{document.id}?q=certificatele+urbanism").text
    assert "<mark>certificat</mark> de <mark>urbanism</mark>" in page
    assert 'href="/cautare?q=certificatele%20urbanism"' in page
    assert f'href="/document/{document.id}?p=2&amp;q=certificatele+urbanism"' in page


def test_the_query_and_the_text_are_text(office: Any, paper: Any) -> None:
    account = office.finish("a.pdf", "0", [paper(["<script>alert(1)</script> urbanism </div><img src=x>"])])
    page = office.get(f"/document/{account.documents[0].id}", params={"q": 'urbanism"><i>'}).text
    assert not re.search(r"<script>|<img src=x|<i>", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>urbanism</mark> &lt;/div&gt;&lt;img src=x&gt;" in page


def test_questions_name_pages_inside_the_document(filled: Any, document: Any) -> None:
    asked = filled.catalog.account(document.batch).documents[1]
    page = filled.get(f"/document/{asked.id}").text
    assert "De verificat Număr de înregistrare Numărul RG 977/2021 a fost citit" in text_of(page)
    assert f'<a href="/document/{asked.id}?p=1">pagina 1</a>' in page
    assert "De verificat" not in filled.get(f"/document/{document.id}").text


def test_annexes_and_their_document_lead_to_each_other(filled: Any, document: Any) -> None:
    _, parent, annex = filled.catalog.account(document.batch).documents
    assert annex.parent == parent.id
    assert (
        f'<a href="/document/{annex.id}">Anexa: Anexă fără număr ({annex.id[:8]})</a>'
        in filled.get(f"/document/{parent.id}").text
    )
    page = filled.get(f"/document/{annex.id}").text
    assert f'<a href="/document/{parent.id}">Anexă la RG 977/2021</a>' in page
    assert "Documentul nu este legat de registru." in page
    assert "Departamentul nu este stabilit." in page


def test_neighbours_in_the_batch_are_linked(filled: Any, document: Any) -> None:
    first, second, third = (sibling.id for sibling in filled.catalog.account(document.batch).documents)
    page = filled.get(f"/document/{second}").text
    assert f'href="/document/{first}" aria-label="Documentul precedent din lot"' in page
    assert f'href="/document/{third}" aria-label="Documentul următor din lot"' in page


def test_a_document_without_pdf_says_so(office: Any, paper: Any) -> None:
    account = office.finish("a.pdf", "0", [paper(["x"], pdf=False)])
    identity = account.documents[0].id
    page = office.get(f"/document/{identity}").text
    assert "PDF-ul documentului nu a putut fi scris" in page
    assert "<img" not in page
    assert "document.pdf" not in page
    for part in ("pagina/1.jpg", "document.pdf"):
        assert office.get(f"/document/{identity}/{part}").status_code == 404


def test_a_page_without_text_says_so(office: Any, paper: Any) -> None:
    account = office.finish("a.pdf", "00", [paper([""])])
    for page in (1, 2):
        assert (
            "Pe această pagină nu s-a citit text." in office.get(f"/document/{account.documents[0].id}?p={page}").text
        )


def test_a_store_that_is_down_leaves_the_page(filled: Any, document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(key: str) -> bytes:
        raise PartDown("the store is down")

    monkeypatch.setattr(filled.objects, "read", down)
    answer = filled.get(f"/document/{document.id}")
    assert answer.status_code == 200
    assert "Textul nu poate fi citit acum din arhivă." in answer.text


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", 1000),
        ("?w=1000", 1000),
        ("?w=1", 200),
        ("?w=700", 1000),
        ("?w=99999", 2000),
        ("?w=x", 1000),
        ("?w=-5", 1000),
    ],
)
def test_images_come_in_a_few_widths(filled: Any, document: Any, asked: str, given: int) -> None:
    answer = filled.get(f"/document/{document.id}/pagina/2.jpg{asked}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
    assert filled.previews.asked == [(document.objects.pdf, 2, given)]


def test_an_image_is_asked_for_again_but_not_made_again(filled: Any, document: Any) -> None:
    address = f"/document/{document.id}/pagina/1.jpg"
    answer = filled.get(address)
    assert answer.headers["cache-control"] == "private, no-cache"
    tag = answer.headers["etag"]
    for known in (tag, f'"x", {tag}', f"W/{tag}"):
        again = filled.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert len(filled.previews.asked) == 1
    assert filled.get(f"{address}?w=2000").headers["etag"] != tag
    assert filled.get(f"/document/{document.id}/pagina/2.jpg").headers["etag"] != tag
    assert filled.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("place", ["0", "3", "x", "-1", "1e1", "１"])
def test_an_image_of_no_page_is_missing(filled: Any, document: Any, place: str) -> None:
    assert filled.get(f"/document/{document.id}/pagina/{place}.jpg").status_code == 404
    assert filled.previews.asked == []


@pytest.mark.parametrize(("fault", "status"), [(WorkerDied("killed"), 503), (MissingPart("no poppler"), 503)])
def test_an_image_that_cannot_be_made_now_is_told(filled: Any, document: Any, fault: Exception, status: int) -> None:
    filled.previews.fault = fault
    answer = filled.get(f"/document/{document.id}/pagina/1.jpg")
    assert answer.status_code == status
    assert "etag" not in answer.headers


def test_the_pdf_is_an_attachment_with_a_telling_name(filled: Any, document: Any) -> None:
    answer = filled.get(f"/document/{document.id}/document.pdf")
    assert answer.content == filled.objects.read(document.objects.pdf)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="RG-48213-2021.pdf"'
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_text_is_an_attachment(filled: Any, document: Any) -> None:
    answer = filled.get(f"/document/{document.id}/text.txt")
    assert answer.text == filled.objects.read(document.objects.text).decode()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; ")


def test_a_number_cannot_break_out_of_the_file_name(office: Any, paper: Any, certain: Callable[..., Link]) -> None:
    asks = [(ReviewKind.LINK, "?")]
    account = office.finish("a.pdf", "0", [paper(["x"], certain('1"; x="../..\\ș'), asks=asks)])
    answer = office.get(f"/document/{account.documents[0].id}/document.pdf")
    assert answer.headers["content-disposition"] == 'attachment; filename="RG-1-x-2021.pdf"'


def test_a_large_object_is_streamed_whole(office: Any, paper: Any) -> None:
    account = office.finish("a.pdf", "0", [paper(["șț" * 400_000])])
    answer = office.get(f"/document/{account.documents[0].id}/text.txt")
    assert len(answer.content) == 1_600_000
