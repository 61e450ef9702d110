"""The departments file: the shipped one is sound, an institution's own is checked and its faults are named."""

from pathlib import Path

import pytest

import classifiers.departments
from classifiers.check import check_rules, fault_text
from classifiers.departments import load_departments
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.filing import EXTERN

SHIPPED = Path(classifiers.departments.__file__).parent / "data" / "departments.toml"
CODES = [
    "URBANISM",
    "ASISTENTA_SOCIALA",
    "TAXE_IMPOZITE",
    "STARE_CIVILA",
    "EVIDENTA_PERSOANELOR",
    "AGRICOL_FOND_FUNCIAR",
    "JURIDIC",
    "POLITIA_LOCALA",
    "SPATII_VERZI",
    "SALUBRITATE",
    "DOMENIU_PUBLIC",
    "ASOCIATII_PROPRIETARI",
    "TRANSPORT_AUTORIZARI",
    "SPATIU_LOCATIV_PATRIMONIU",
    "ACHIZITII",
    "RESURSE_UMANE",
    "COMUNICARE_544",
    "RELATII_PUBLIC_AUDIENTE",
    "ARHIVA",
    "SECRETARIAT_CONSILIU",
    "EXTERN",
]
GOOD = """
[departments.UNU]
name = "Direcția Unu"
aliases = ["Unu"]
[departments.UNU.phrases]
"certificat de urbanism" = 5
[departments.UNU.laws]
"Legea nr. 50/1991" = 4

[departments.DOI]
name = "Direcția Doi"
phrases = { "parc" = 1.5 }
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "departamente.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_departments() -> None:
    rules = load_departments()
    assert [rule.department.code for rule in rules.departments] == CODES
    for rule in rules.departments:
        assert rule.department.name and rule.department.aliases and rule.addressees and rule.laws
        assert len(rule.phrases) >= 30, rule.department.code


def test_the_shipped_rules_have_no_fault() -> None:
    assert check_rules(SHIPPED) == []


def test_kinds_of_paper_are_no_evidence() -> None:
    phrases = {phrase.text for rule in load_departments().departments for phrase in rule.phrases}
    assert not phrases & {"petiție", "sesizare", "reclamație", "propunere", "autorizație", "adeverință", "cerere"}


def test_an_own_file_gets_extern_and_the_general_lists(tmp_path: Path) -> None:
    rules = load_departments(written(tmp_path, GOOD))
    assert [rule.department.code for rule in rules.departments] == ["UNU", "DOI", EXTERN]
    assert rules.departments[0].phrases[0].weight == 5.0
    assert rules.neutral == load_departments().neutral
    assert check_rules(written(tmp_path, GOOD)) == []


@pytest.mark.parametrize(
    ("find", "put", "line", "key"),
    [
        ("[departments.UNU]", "[departments.unu]", 2, "departments.unu"),
        ('name = "Direcția Unu"', 'nume = "x"', 3, "departments.UNU.nume"),
        ('name = "Direcția Unu"', 'name = ""', 3, "departments.UNU.name"),
        ('aliases = ["Unu"]', 'aliases = "Unu"', 4, "departments.UNU.aliases"),
        ('aliases = ["Unu"]', 'aliases = [""]', 4, "departments.UNU.aliases"),
        ('urbanism" = 5', 'urbanism" = 50', 6, "departments.UNU.phrases.certificat de urbanism"),
        ('urbanism" = 5', 'urbanism" = true', 6, "departments.UNU.phrases.certificat de urbanism"),
        ('"certificat de urbanism" = 5', '"..." = 5', 6, "departments.UNU.phrases...."),
        ('"Legea nr. 50/1991" = 4', '"Codul civil" = 4', 8, "departments.UNU.laws.Codul civil"),
        ('"Legea nr. 50/1991" = 4', '"Legea nr. 50/1991" =', 8, ""),
        ('phrases = { "parc" = 1.5 }', "phrases = 3", 12, "departments.DOI.phrases"),
    ],
)  # fmt: skip
def test_faults_name_file_line_and_key(tmp_path: Path, find: str, put: str, line: int, key: str) -> None:
    path = written(tmp_path, GOOD.replace(find, put))
    with pytest.raises(ConfigurationError) as caught:
        load_departments(path)
    message = str(caught.value)
    assert str(path) in message and f"line {line}" in message and key in message
    fault = next(fault for fault in check_rules(path) if fault.key == key)
    assert fault.line == line and fault_text(fault).startswith(f"Linia {line}: ")


@pytest.mark.parametrize("content", [b"", b"[departments]\n", b"\xff\xfe\x00", b"[other]\nx = 1\n"])
def test_files_without_departments(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError):
        load_departments(path)
    with pytest.raises(ConfigurationError):
        load_departments(tmp_path / "missing.toml")


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"departments\.UNU\.alias: .*aliases"):
        load_departments(written(tmp_path, GOOD.replace("aliases", "alias")))


def test_rules_that_repeat_or_contradict_each_other(tmp_path: Path) -> None:
    more = '"certificat de urbanism" = 5\n"certificate de urbanism" = 3\n"parcuri" = 1.5'
    end = 'aliases = ["UNU"]\n[departments.DOI.laws]\n"Legea 50/1991" = 2\n[departments.TREI]\nname = "Trei"\n'
    path = written(tmp_path, GOOD.replace('"certificat de urbanism" = 5', more) + end)
    found = {(fault.code, fault.line, fault.key) for fault in check_rules(path)}
    assert found == {
        ("repeated", 7, "departments.UNU.phrases.certificate de urbanism"),
        ("equal", 14, "departments.DOI.phrases.parc"),
        ("alias", 15, "departments.DOI.aliases"),
        ("law_repeated", 17, "departments.DOI.laws.Legea 50/1991"),
        ("silent", 18, "departments.TREI"),
    }
    assert all(fault_text(fault) for fault in check_rules(path))
