"""The contract of the index port: every adapter passes all of it."""

import datetime as dt
import hashlib
import multiprocessing
import os
import signal
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.errors import PartDown
from pipeline.domain.registry import NO_LINK, Link, LinkSource, LinkState
from pipeline.ports.index import Index, IndexedDocument, SearchAnswer, SearchRequest
from storage.index.open import open_index
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.support.elastic import index_of_its_own

GOLDEN = Path(__file__).parents[1] / "data" / "search"

Opener = Callable[[], Index]


@pytest.fixture(params=["tantivy", "elasticsearch"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Each call opens the same index anew, as another process would."""
    if request.param == "tantivy":
        yield lambda: open_index("tantivy:index", tmp_path)
        return
    server = shared_server(ElasticsearchServer)
    with index_of_its_own(server) as alias:
        yield lambda: open_index(server.index_url(alias), tmp_path)


@pytest.fixture
def index(opener: Opener) -> Index:
    return opener()


def name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def document(key: str, *pages: str, number: str | None = None, **changes: object) -> IndexedDocument:
    day = changes.pop("day", None)
    year = changes.pop("year", 2021)
    register = changes.pop("register", "RG")
    link = NO_LINK
    if number is not None:
        link = Link(register, year, number, day, "ghișeu", LinkSource.SEPARATOR, LinkState.CERTAIN)  # type: ignore[arg-type]
    values: dict[str, object] = {
        "id": name(key),
        "version": 1,
        "batch": name("batch"),
        "kind": "document",
        "state": "filed",
        "department": None,
        "link": link,
        "sender": None,
        "subject": None,
        "pages": pages,
    }
    return IndexedDocument(**(values | changes))  # type: ignore[arg-type]


def found(index: Index, query: str, **filters: object) -> list[str]:
    return [hit.document for hit in index.search(SearchRequest(query, **filters)).hits]  # type: ignore[arg-type]


def names(*keys: str) -> list[str]:
    return [name(key) for key in keys]


def facet(answer: SearchAnswer, which: str) -> list[tuple[object, int]]:
    return [(entry.value, entry.count) for entry in answer.facets[which]]


def test_never_written_answers_with_nothing(index: Index) -> None:
    answer = index.search(SearchRequest("orice"))
    assert (answer.total, answer.hits) == (0, ())
    assert answer.facets == {"department": (), "register": (), "year": ()}
    assert index.versions() == {}
    index.delete([name("a")])
    assert index.probe().good


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("eliberarea autorizațiilor", "autorizatie"),
        ("eliberarea autorizaţiilor", "autorizația"),
        ("petițiile cetățenilor", "petiţie cetatean"),
        ("Hotărîrea din 1978, sînt de acord", "hotărâre"),
        ("hotărârea consiliului", "hotărîre"),
        ("cote de pîine", "pâinea"),
        ("din partea d-lui Popescu Ion", "ion popescu"),
        ("Mariei Enache", "maria enache"),
        ("suma de 48.213 lei", "48213"),
        ("suma de 48213 lei", "48.213"),
        ("Legea nr. 544/2001", "544 din 2001"),
        ("legea 544 din 2001", "Legea nr. 544/2001"),
        ("L. 544/2001", "544/2001"),
        ("dosar 4521/302/2020", "4521/302/2020"),
        ("la 27 septembrie 2021", "27.09.2021"),
        ("la 27.09.2021", "27 septembrie 2021"),
        ("din 30.XII.2008", "30/12/2008"),
        ("adresa 156773/CP/03.08.2018", "156773/2018"),
        ("tel. 0722.123.456", "0722123456"),
        ("CNP 1630615123457", "1630615123457"),
        ("cont RO49 AAAA 1B31 0075 9384 0000", "RO49AAAA1B31007593840000"),
        ("auto B-123-ABC", "b 123 abc"),
        ("str. Florilor nr. 5", "strada Florilor"),
        ("strada Florilor", "str. florilor"),
        ("b-dul Unirii", "bulevardul Unirii"),
        ("H.C.L. nr. 12", "hotărârea consiliului local"),
        ("autori-\nzație de construire", "autorizație"),
        ("certificatul de urbanism", "certifciat"),
        ("certificatul de urbanism", "urbansim"),
    ],
)
def test_finds_however_it_is_written(index: Index, text: str, query: str) -> None:
    index.put([document("meant", text), document("other", "un text despre cu totul altceva, fără legătură")])
    assert found(index, query) == names("meant")


def test_a_typing_error_weighs_less_than_the_word_itself(index: Index) -> None:
    index.put([document("known", "o groapa in asfalt"), document("near", "o groaba in asfalt")])
    assert found(index, "groapa") == names("known")
    assert found(index, "groapq") == names("known")


def test_all_words_come_before_fewer(index: Index) -> None:
    index.put(
        [
            document("many", "copaci copaci copaci copaci copaci", subject="copaci"),
            document("both", "lângă școală, după un text lung, " * 30 + "sunt copaci"),
            document("none", "nimic de acest fel"),
        ]
    )
    assert found(index, "copaci școală") == names("both", "many")


def test_words_near_each_other_come_first(index: Index) -> None:
    index.put(
        [
            document("far", "Ion a scris o cerere despre apă și lumină, iar apoi a semnat cu numele său: Popescu"),
            document("near", "scris și semnat de Popescu Ion, o cerere despre apă și lumină, iar apoi cu numele său"),
        ]
    )
    assert found(index, "Ion Popescu") == names("near", "far")


def test_a_phrase_is_exact_and_stop_words_do_not_break_it(index: Index) -> None:
    index.put(
        [document("is", "cerere de certificat de urbanism"), document("not", "urbanism și un certificat de naștere")]
    )
    assert found(index, '"certificat de urbanism"') == names("is")
    assert found(index, "„certificat de urbanism”") == names("is")
    assert found(index, '"certificat urbanism"') == []
    assert found(index, '-"certificat de urbanism"') == names("not")


def test_without_or_and_fields(index: Index) -> None:
    index.put(
        [
            document("a", "gunoi pe stradă", number="48.213", department="SALUBRITATE"),
            document("b", "gunoi în parc", number="17", year=2020, department="SPATII_VERZI"),
            document("c", "copaci în parc"),
        ]
    )
    assert found(index, "gunoi -parc") == names("a")
    assert set(found(index, "stradă OR copaci")) == set(names("a", "c"))
    assert found(index, "numar:48213") == names("a")
    assert found(index, "număr:48213/2021 gunoi") == names("a")
    assert found(index, "numar:48213/2020") == []
    assert found(index, "an:2020") == names("b")
    assert found(index, 'directie:"spații verzi" gunoi') == names("b")


@pytest.mark.parametrize(
    "query", ["48213", "48.213", "RG 48213/2021", "48213/2021", "nr. 48213 din 2021", "rg 48.213/2021"]
)
def test_the_document_with_that_number_comes_first(index: Index, query: str) -> None:
    index.put(
        [
            document("quotes", "48213 48213/2021 48213 RG 48213/2021", number="1", subject="despre 48213/2021"),
            document("is", "text fără număr", number="48213"),
        ]
    )
    assert found(index, query) == names("is", "quotes")


@pytest.mark.parametrize("query", ["48213", "RG 48213/2021"])
def test_a_certain_number_comes_before_a_proposed_one(index: Index, query: str) -> None:
    maybe = document("maybe", "48213 48213 48213/2021 48213", number="48213", subject="48213/2021")
    link = replace(maybe.link, state=LinkState.PROPOSED)
    index.put([replace(maybe, link=link), document("is", "text fără număr", number="48213")])
    assert found(index, query) == names("is", "maybe")


def test_fields_weigh_number_sender_subject_text(index: Index) -> None:
    index.put([document("text", "școala Titan"), document("sender", "o scrisoare", sender="Școala Titan")])
    assert found(index, "școala titan") == names("sender", "text")


def test_best_page_snippet_and_marks(index: Index) -> None:
    index.put(
        [
            document(
                "a",
                "Prima pagină, fără.",
                "Despre petiții și despre  hotărîri\nvechi. " + "umplutură " * 80,
                number="5",
            )
        ]
    )
    hit = index.search(SearchRequest("petitie hotărâre")).hits[0]
    assert hit.page == 2
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["petiții", "hotărîri"]
    assert 100 < len(hit.snippet) < 260
    assert "\n" not in hit.snippet
    assert hit.registry.number == "5"


def test_a_hit_outside_the_text_shows_the_beginning_of_page_one(index: Index) -> None:
    index.put(
        [document("a", "Începutul literei.", "Altceva.", sender="Zamfirescu"), document("b", sender="Zamfirescu")]
    )
    hits = {hit.document: hit for hit in index.search(SearchRequest("zamfirescu")).hits}
    assert (hits[name("a")].page, hits[name("a")].snippet, hits[name("a")].marks) == (1, "Începutul literei.", ())
    assert (hits[name("b")].page, hits[name("b")].snippet, hits[name("b")].marks) == (None, "", ())


def test_an_empty_query_lists_newest_first(index: Index) -> None:
    days = {"old": dt.date(2020, 1, 1), "new": dt.date(2021, 5, 5), "mid": dt.date(2020, 6, 6)}
    index.put([document(key, "text", number=key, day=day) for key, day in days.items()])
    index.put([document("undated", "text")])
    assert found(index, "") == found(index, " \t") == names("new", "mid", "old", "undated")


def test_filters_facets_and_total(index: Index) -> None:
    index.put(
        [
            document("a", "apă", number="1", department="URBANISM", day=dt.date(2021, 1, 10)),
            document("b", "apă", number="2", department="URBANISM", day=dt.date(2021, 2, 10), register="PET"),
            document("c", "apă", number="3", department="ARHIVA", day=dt.date(2020, 3, 10), year=2020),
            document("d", "apă"),
            document("e", "foc", department="ALTUL"),
        ]
    )
    answer = index.search(SearchRequest("apă"))
    assert answer.total == 4
    assert facet(answer, "department") == [("URBANISM", 2), ("ARHIVA", 1), (None, 1)]
    assert facet(answer, "register") == [("RG", 2), ("PET", 1), (None, 1)]
    assert facet(answer, "year") == [(2021, 2), (2020, 1), (None, 1)]
    filtered = index.search(SearchRequest("apă", department="URBANISM"))
    assert (filtered.total, facet(filtered, "year")) == (2, [(2021, 2)])
    assert found(index, "apă", register="PET") == names("b")
    assert found(index, "", year=2020) == names("c")
    assert found(index, "", date_from=dt.date(2021, 1, 10), date_to=dt.date(2021, 1, 31)) == names("a")
    assert set(found(index, "", date_to=dt.date(2021, 1, 10))) == set(names("a", "c"))


def test_nobody_sees_what_is_not_theirs(opener: Opener, index: Index) -> None:
    mine = [document("a", "cerere pentru copaci", department="VERDE"), document("n", "cerere fără direcție")]
    index.put(mine)
    queries = ("canar", "canari", "cannar", '"canar secret"', "cerere canar", "cerere -canar", "canar OR cerere", "")
    request = {"visible": frozenset({"VERDE"})}
    before = {query: index.search(SearchRequest(query, **request)) for query in queries}  # type: ignore[arg-type]
    index.put([document("foreign", "canar secret", department="JURIDIC", number="7", sender="Canar")])
    for query in queries:
        after = index.search(SearchRequest(query, **request))  # type: ignore[arg-type]
        assert (after.total, after.hits, after.facets) == (
            before[query].total,
            before[query].hits,
            before[query].facets,
        )
    assert found(index, "cerere", visible=frozenset({None})) == names("n")
    assert found(index, "", visible=frozenset()) == []
    assert len(found(index, "")) == 3


def test_pages_of_results_neither_overlap_nor_skip(index: Index) -> None:
    for part in range(3):
        index.put([document(f"{part}-{n}", "aceeași cerere de apă") for n in range(20)])
    for query in ("cerere", "", "apă cerere"):
        paged = [key for offset in range(0, 70, 7) for key in found(index, query, limit=7, offset=offset)]
        assert paged == sorted(name(f"{part}-{n}") for part in range(3) for n in range(20))
    assert found(index, "cerere", limit=0) == []


def test_newer_replaces_older_and_never_the_other_way(index: Index) -> None:
    index.put([document("a", "vechi", version=2)])
    index.put([document("a", "nou", version=3), document("a", "prea vechi", version=1)])
    index.put([document("a", "întârziat", version=2)])
    assert found(index, "nou") == names("a")
    assert found(index, "vechi OR întârziat") == []
    assert index.versions() == {name("a"): 3}
    index.put([document("a", "corectat", version=3)])
    assert found(index, "corectat") == names("a")
    index.delete([name("a"), name("unknown")])
    assert index.search(SearchRequest("")).total == 0
    assert index.versions() == {}


def test_documents_that_were_replaced_count_once(index: Index) -> None:
    index.put([document(str(key), "aceeași cerere de apă", number=str(key)) for key in range(20)])
    index.put([document(str(key), "aceeași cerere de apă", number=str(key), version=2) for key in range(5)])
    answer = index.search(SearchRequest("cerere"))
    assert (answer.total, facet(answer, "year")) == (20, [(2021, 20)])
    assert found(index, "cerere nr. 2/2021")[0] == name("2")


def test_readers_that_are_open_see_commits_and_rebuilds(opener: Opener) -> None:
    writer, reader = opener(), opener()
    assert found(reader, "apă") == []
    writer.put([document("a", "apă")])
    assert found(reader, "apă") == names("a")
    writer.rebuild([document("b", "apă", version=4)])
    assert found(reader, "apă") == names("b")
    assert reader.versions() == {name("b"): 4}
    writer.put([document("c", "apă")])
    assert set(found(reader, "apă")) == set(names("b", "c"))
    writer.rebuild([])
    assert found(reader, "") == []


@pytest.mark.parametrize(
    "query",
    [
        "a" * 10_000,
        "cerere " * 1_500,
        '"' * 501,
        "(((" * 300,
        "(a+)+$ " * 50 + "a" * 5_000,
        "\x00\x01\x02 cerere \x7f",
        "numar: an: directie: an:abc",
        'numar:"',
        "* ? ~ ^ : / \\ [ ] { } && ||",
        "OR OR -",
        "-",
        '"" -""',
        "\ud800 cerere",
        "😀 ﷽ ß İ",
        "1/" * 2_000,
        "de la și cu",
    ],
)
def test_a_broken_query_is_read_as_words(index: Index, query: str) -> None:
    index.put([document("a", "o cerere de la și cu")])
    answer = index.search(SearchRequest(query))
    assert 0 <= answer.total <= 1


def test_any_text_can_be_put(index: Index) -> None:
    index.put(
        [
            document("empty", ""),
            document("none"),
            document("word", "a" * 100_000 + " sfârșit"),
            document("control", "\x00\x07 apă \ud800 \x1b[31m", sender="\ud800", subject="\x00"),
            document("long", "pagină obișnuită de text " * 40_000 + " ultimul"),
            document("odd", "apă", number="A/-.1", department="\ud800 X"),
        ]
    )
    assert index.search(SearchRequest("")).total == 6
    assert found(index, "sfârșit") == names("word")
    assert found(index, "ultimul") == names("long")
    hit = index.search(SearchRequest("apă", register="RG")).hits[0]
    assert hit.document == name("odd")
    assert all(letter.isprintable() for hit in index.search(SearchRequest("")).hits for letter in hit.snippet)


def test_golden_letters_are_found(index: Index) -> None:
    letters = tomllib.loads((GOLDEN / "letters.toml").read_text(encoding="utf-8"))["letters"]
    queries = tomllib.loads((GOLDEN / "queries.toml").read_text(encoding="utf-8"))["queries"]
    assert len(letters) >= 30
    assert len(queries) >= 40
    known = {letter["id"] for letter in letters}
    index.put(
        [
            document(
                letter["id"],
                *letter["pages"],
                number=letter["number"],
                year=letter.get("year", 2021),
                sender=letter["sender"],
                subject=letter["subject"] or None,
            )
            for letter in letters
        ]
    )
    recalls, ranks = [], []
    for query in queries:
        relevant = set(names(*query["relevant"]))
        assert known.issuperset(query["relevant"])
        hits = found(index, query["text"], limit=10)
        if not relevant:
            assert hits == [], query["text"]
            continue
        recalls.append(len(relevant.intersection(hits)) / len(relevant))
        ranks.append(next((1 / place for place, hit in enumerate(hits, 1) if hit in relevant), 0.0))
    assert sum(recalls) / len(recalls) >= 0.95
    assert sum(ranks) / len(ranks) >= 0.9


def _put_and_die(folder: str) -> None:
    index = open_index("tantivy:index", Path(folder))
    index.put([document("before", "apă")])
    doomed = index._latest().index  # type: ignore[attr-defined]
    writer = doomed.writer(15_000_000, 1)
    writer.delete_documents_by_term("id", name("before"))
    os.kill(os.getpid(), signal.SIGKILL)


def test_tantivy_writer_that_was_killed_blocks_nobody(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_put_and_die, args=(str(tmp_path),))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    index = open_index("tantivy:index", tmp_path)
    assert found(index, "apă") == names("before")
    index.put([document("after", "apă")])
    assert set(found(index, "apă")) == set(names("before", "after"))


@pytest.mark.parametrize("damage", ["meta", "truncated", "flipped", "missing", "layout", "gone"])
def test_tantivy_damage_is_told_and_mended_by_a_rebuild(tmp_path: Path, damage: str) -> None:
    open_index("tantivy:index", tmp_path).put([document("a", "apă și foc " * 50)])
    root = tmp_path / "index"
    (generation,) = (folder for folder in root.iterdir() if folder.is_dir())
    segments = [file for file in generation.iterdir() if file.suffix in {".store", ".idx", ".term", ".pos", ".fast"}]
    if damage == "meta":
        (generation / "meta.json").write_text("{")
    elif damage == "layout":
        (root / "CURRENT").write_text("v0-abc")
    elif damage == "gone":
        (root / "CURRENT").write_text(f"{generation.name}0")
    for file in segments:
        if damage == "truncated":
            os.truncate(file, 7)
        elif damage == "flipped":
            file.write_bytes(bytes(byte ^ 0xFF for byte in file.read_bytes()))
        elif damage == "missing":
            file.unlink()
    index = open_index("tantivy:index", tmp_path)
    with pytest.raises(PartDown) as caught:
        index.search(SearchRequest("apă"))
    assert "opis reindex" in caught.value.advice
    assert not index.probe().good
    index.rebuild([document("a", "apă")])
    assert found(index, "apă") == names("a")
    assert index.probe().good
