"""What a person typed, and what is looked for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.query import MAX_ITEMS, Item, Phrase, RegistryPattern, Thing, Word, department_key, items_of, parse


def shown(item: Item) -> str:
    if isinstance(item, Word):
        return item.keys.exact
    return f'"{" ".join(item.words)}"' if isinstance(item, Phrase) else f"{item.kind}:{item.value}"


def groups(text: str) -> list[str]:
    return ["|".join(shown(item) for item in group.items) for group in parse(text).groups]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("groapă Florilor", ["groapa", "florilor"]),
        ("strada Florilor", ["florilor"]),
        ("strada", ["strada"]),
        ('"certificat de urbanism" cerere', ['"certificat de urbanism"', "cerere"]),
        ("„certificat de urbanism”", ['"certificat de urbanism"']),
        ("gunoi OR deșeuri parc", ["gunoi|deseuri", "parc"]),
        ('gunoi OR "spații verzi"', ['gunoi|"spatii verzi"']),
        ("OR gunoi OR", ["gunoi"]),
        ("gunoi or deșeuri", ["gunoi", "deseuri"]),
        ("de la", ["de", "la"]),
        ("cerere de la", ["cerere"]),
        ("cerere cerere", ["cerere"]),
        ('"neînchisă', ["neinchisa"]),
        ("a:b (c*", ["b", "c"]),
        ("an:abc", ["an", "abc"]),
        ("Legea nr. 544/2001", ["number:544/2001"]),
        ("544 din 2001", ["number:544/2001"]),
        ("dosar 4521/302/2020", ["case:4521/302/2020"]),
        ("27 septembrie 2021", ["date:2021-09-27"]),
        ("H.C.L. taxe", ["initials:hcl", "taxe"]),
        ("proces-verbal", ["initials:pv"]),
        ("", []),
        (" \t\n", []),
        ("-", []),
    ],
)
def test_what_is_wanted(text: str, wanted: list[str]) -> None:
    assert groups(text) == wanted


def test_without() -> None:
    query = parse('cerere -taxi -"loc de veci" -auto-moto')
    assert [shown(item) for item in query.excluded] == ["taxi", '"loc de veci"', '"auto moto"']
    assert groups('cerere -taxi -"loc de veci"') == ["cerere"]
    assert groups("apă - lumină auto-moto") == ["apa", "lumina", "auto", "moto"]


def test_fields() -> None:
    query = parse('numar:48.213 an:2021 directie:"Spații verzi" Număr:"RG 5/2020"')
    assert query.numbers == (RegistryPattern("48213"), RegistryPattern("5", 2020, "rg"))
    assert query.years == (2021,)
    assert query.departments == ("spatii_verzi",) == (department_key("SPATII_VERZI"),)
    assert not query.groups


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("48213", RegistryPattern("48213")),
        ("48.213", RegistryPattern("48213")),
        ("nr. 48213", RegistryPattern("48213")),
        ("48213/2021", RegistryPattern("48213", 2021)),
        ("RG 48213/2021", RegistryPattern("48213", 2021, "rg")),
        ("RG nr. 48.213 din 2021", RegistryPattern("48213", 2021, "rg")),
        ("48213 groapă", None),
        ("groapă", None),
        ("", None),
    ],
)
def test_a_registry_number_alone(text: str, pattern: RegistryPattern | None) -> None:
    assert parse(text).registry == pattern


def test_empty() -> None:
    assert parse("").empty
    assert parse("\x00 ").empty
    assert not parse("-taxi").empty


def test_neighbours_are_wanted_near() -> None:
    assert [(a.keys.exact, b.keys.exact) for a, b in parse("Ion Popescu de la Unirii").near] == [
        ("ion", "popescu"),
        ("popescu", "unirii"),
    ]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.text(alphabet='"-: ORa1/.(an', max_size=60)))
def test_any_query_can_be_read(text: str) -> None:
    query = parse(text)
    assert len(query.groups) <= MAX_ITEMS
    assert all(isinstance(item, Word | Phrase | Thing) for item in items_of(query))


def test_a_long_query_is_cut() -> None:
    words = " ".join(f"cuvant{n}" for n in range(2_000))
    assert len(parse(words).groups) == MAX_ITEMS
