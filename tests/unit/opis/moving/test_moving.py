"""What a move has to do, told from two configurations; what it says; what goes with the hot folders."""

from pathlib import Path

import pytest

from opis.commands.move import moved_answer
from opis.moving.hot import copy_quarantine, waiting_files
from opis.moving.plan import PARTS, MovePlan, place_of, plan_move
from opis.moving.texts import moved_text
from opis.moving.values import MOST_NAMED, Moved, with_differences
from pipeline.domain.errors import UsageError
from pipeline.domain.messages import codes
from pipeline.domain.settings import Institution, Settings
from pipeline.stages.verify import Difference

SERVERS = {
    "objects_url": "s3://cheie:parola@opis?endpoint=http://store:9000",
    "catalog_url": "postgresql+psycopg://opis:parola@db/opis",
    "index_url": "elasticsearch+http://user:parola@search:9200/opis",
}


def settings(home: Path, **urls: str) -> Settings:
    return Settings(home=home, **urls)


def moving(plan: MovePlan) -> list[str]:
    return [part for part in PARTS if plan.moves(part)]


@pytest.mark.parametrize(
    ("part", "one", "other"),
    [
        ("objects", "file:objects", "file:./objects/"),
        ("objects", "file:objects", "file:{home}/objects"),
        ("objects", "file:objects", "file://{home}/objects"),
        ("objects", "file:objects", "file:link"),
        ("objects", "s3://opis?endpoint=http://store:80", "s3://opis/?endpoint=http://STORE"),
        ("objects", "s3://opis?endpoint=http://store&region=a", "s3://opis?region=b&endpoint=http://store"),
        ("objects", "s3://key:secret@opis?endpoint=http://store", "s3://opis?endpoint=http://store"),
        ("catalog", "sqlite:///catalog.db", "sqlite+pysqlite:///{home}/catalog.db"),
        ("catalog", "postgresql+psycopg://a:b@db/opis", "postgresql+psycopg://c@db:5432/opis"),
        ("catalog", "postgresql+psycopg://db/opis", "postgresql+psycopg:///opis?host=db"),
        ("index", "tantivy:index", "tantivy:x/../index"),
        ("index", "elasticsearch+http://a:b@search:9200/opis", "elasticsearch+http://search:9200/opis/"),
        ("index", "elasticsearch+https://search/opis", "elasticsearch+https://search:443/opis"),
    ],
)
def test_one_place_under_two_names(tmp_path, part, one, other):
    (tmp_path / "objects").mkdir()
    (tmp_path / "link").symlink_to("objects")
    places = [place_of(part, settings(tmp_path, **{f"{part}_url": url.format(home=tmp_path)})) for url in (one, other)]
    assert places[0].identity == places[1].identity


@pytest.mark.parametrize(
    ("part", "one", "other"),
    [
        ("objects", "file:objects", "file:objects2"),
        ("objects", "s3://opis?endpoint=http://store", "s3://opis2?endpoint=http://store"),
        ("objects", "s3://opis?endpoint=http://store", "s3://opis?endpoint=http://store:9000"),
        ("objects", "s3://opis/a?endpoint=http://store", "s3://opis/b?endpoint=http://store"),
        ("catalog", "postgresql+psycopg://db/opis", "postgresql+psycopg://db/other"),
        ("catalog", "postgresql+psycopg://db/opis", "sqlite:///opis"),
        ("index", "elasticsearch+http://search:9200/opis", "elasticsearch+http://search:9201/opis"),
    ],
)
def test_two_places(tmp_path, part, one, other):
    places = [place_of(part, settings(tmp_path, **{f"{part}_url": url})) for url in (one, other)]
    assert places[0].identity != places[1].identity


def test_no_place_shows_a_password(tmp_path):
    for part in PARTS:
        assert "parola" not in place_of(part, settings(tmp_path, **SERVERS)).shown


@pytest.mark.parametrize("part", PARTS)
def test_one_part_alone(tmp_path, part):
    name = f"{part}_url"
    plan = plan_move(settings(tmp_path), settings(tmp_path, **{name: SERVERS[name]}))
    assert moving(plan) == [part]
    assert not plan.home_changes


def test_all_parts_to_servers_and_the_home_stays(tmp_path):
    plan = plan_move(settings(tmp_path), settings(tmp_path, **SERVERS))
    assert moving(plan) == list(PARTS)
    assert not plan.home_changes


def test_another_home_takes_along_what_lies_in_it(tmp_path):
    plan = plan_move(settings(tmp_path / "a"), settings(tmp_path / "b"))
    assert moving(plan) == list(PARTS)
    assert plan.home_changes
    only_hot = plan_move(settings(tmp_path / "a", **SERVERS), settings(tmp_path / "b", **SERVERS))
    assert moving(only_hot) == []
    assert only_hot.home_changes


def test_nothing_to_move(tmp_path):
    with pytest.raises(UsageError) as refused:
        plan_move(settings(tmp_path), settings(tmp_path))
    assert "--to-home" in refused.value.advice


@pytest.mark.parametrize(
    ("home", "urls"),
    [
        ("a", {"objects_url": "file:objects/more"}),
        ("a", {"objects_url": "file:."}),
        ("a", {"index_url": "tantivy:objects/index"}),
        ("a", {"index_url": "tantivy:index/x"}),
        ("a", {"catalog_url": "sqlite:///objects/catalog.db"}),
        ("a/objects/b", {}),
        ("a/objects/b", SERVERS),
        ("b", {"objects_url": "file:all", "index_url": "tantivy:all/index"}),
    ],
)
def test_nothing_moves_into_what_is_moved(tmp_path, home, urls):
    with pytest.raises(UsageError, match="inside each other"):
        plan_move(settings(tmp_path / "a"), settings(tmp_path / home, **urls))


@pytest.mark.parametrize(("was", "becomes"), [("opis", "opis/new"), ("opis/a/b", "opis/a"), ("opis/a", "opis")])
def test_no_prefix_of_a_bucket_inside_the_other(tmp_path, was, becomes):
    urls = [f"s3://{bucket}?endpoint=http://store" for bucket in (was, becomes)]
    with pytest.raises(UsageError, match="inside each other"):
        plan_move(*(settings(tmp_path, objects_url=url) for url in urls))


def test_two_prefixes_of_a_bucket(tmp_path):
    urls = [f"s3://opis/{prefix}?endpoint=http://store" for prefix in ("a", "ab")]
    assert moving(plan_move(*(settings(tmp_path, objects_url=url) for url in urls))) == ["objects"]


def test_a_home_inside_the_other_home_is_no_trouble(tmp_path):
    assert plan_move(settings(tmp_path / "a"), settings(tmp_path / "a" / "new")).home_changes


def test_every_difference_has_its_sentence():
    named = {"object_missing", "object_differs", "object_foreign", "rows_differ", "catalog_foreign", "index_lacks"}
    named |= {"index_version", "index_foreign", "hot_differs"}
    assert named <= codes("moving")


def test_many_differences_are_counted_and_some_are_named(tmp_path):
    plan = plan_move(settings(tmp_path), settings(tmp_path, **SERVERS))
    found = (Difference("object_missing", f"documents/{number}/c1/x") for number in range(1, 51))
    moved = with_differences(Moved(objects=7, bytes=2_400_000), found)
    assert (moved.different, len(moved.differences), moved.verified) == (50, MOST_NAMED, False)
    answer = moved_answer(plan, moved)
    assert (answer["verified"], answer["different"], len(answer["differences"])) == (False, 50, MOST_NAMED)
    text = moved_text(plan, moved)
    assert "documents/20/c1/x" in text
    assert "documents/21/c1/x" not in text
    assert "încă 30" in text
    assert "NU este bună" in text
    assert "parola" not in text + str(answer)


def test_another_institution_is_pointed_out(tmp_path):
    source = settings(tmp_path)
    same = Settings(home=tmp_path, **SERVERS)
    other = Settings(home=tmp_path, institution=Institution(code="PS3"), **SERVERS)
    assert "altă instituție" not in moved_text(plan_move(source, same), Moved())
    assert "altă instituție" in moved_text(plan_move(source, other), Moved())


def quarantined(home: Path) -> Path:
    folder = home / "hot" / "registratura"
    (folder / "eroare" / "lot").mkdir(parents=True)
    (folder / "finalizate" / "2026-01-01").mkdir(parents=True)
    (folder / "finalizate" / "2026-01-01" / "bun.pdf").write_bytes(b"good")
    (folder / "eroare" / "rău.pdf").write_bytes(b"bad")
    (folder / "eroare" / "rău.pdf.motiv.txt").write_text("motiv", encoding="utf-8")
    (folder / "eroare" / "lot" / "1.png").write_bytes(b"page")
    (folder / "eroare" / "link").symlink_to("/etc/passwd")
    return folder


def test_quarantine_goes_along_and_nothing_else_does(tmp_path):
    folder = quarantined(tmp_path / "a")
    for _ in (1, 2):
        copied = copy_quarantine(tmp_path / "a", tmp_path / "b")
        assert (copied.files, copied.bytes, copied.differences) == (3, 3 + 5 + 4, ())
    found = sorted(path.relative_to(tmp_path / "b") for path in (tmp_path / "b").rglob("*") if not path.is_dir())
    base = folder.relative_to(tmp_path / "a") / "eroare"
    assert found == [base / "lot" / "1.png", base / "rău.pdf", base / "rău.pdf.motiv.txt"]
    assert (tmp_path / "b" / base / "lot" / "1.png").read_bytes() == b"page"


def test_another_file_in_quarantine_is_not_overwritten(tmp_path):
    quarantined(tmp_path / "a")
    there = tmp_path / "b" / "hot" / "registratura" / "eroare" / "rău.pdf"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"not")
    copied = copy_quarantine(tmp_path / "a", tmp_path / "b")
    assert copied.differences == (Difference("hot_differs", str(there)),)
    assert there.read_bytes() == b"not"


def test_what_waits_is_counted(tmp_path):
    folder = quarantined(tmp_path)
    assert waiting_files(tmp_path) == 0
    for name in ("scan.pdf", "scan2.tif", ".hidden", "half.part"):
        (folder / name).write_bytes(b"x")
    (folder / "lot").mkdir()
    assert waiting_files(tmp_path) == 3
    assert waiting_files(tmp_path / "nowhere") == 0
