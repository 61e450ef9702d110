"""``opis verify`` finds one flipped bit anywhere; ``opis rebuild`` makes the same home out of the store alone."""

import json
import shutil
import sqlite3

import pytest

from tests.support.alike import answers
from tests.support.program import Program


@pytest.fixture
def lived_in(program, made):
    """A home with a register, two batches and a person's decision."""
    files = made("pdf")
    assert program.run("registry", "import", files.register_csv).code == 0
    (batch,) = program.run("process", files.batches[0].path, "--json").json
    (other,) = program.run("process", made("folder").batches[0].path, "--json").json
    page = batch["documents"][0]["pages"][1]
    assert program.run("decide", "split", batch["batch"]["id"], page, "--why", "două cereri").code == 1
    assert other["batch"]["pages"]
    return program


def in_any_order(told):
    """Which question was asked first is not kept in the store."""
    return {**told, "reviews": sorted(told["reviews"], key=lambda review: review["id"])}


def verified(program, *arguments):
    ran = program.run("verify", *arguments, "--json")
    assert ran.code in (0, 1), ran.err
    return ran.code, ran.json


def test_a_sound_home_is_good_and_its_parts_are_the_whole(lived_in):
    code, whole = verified(lived_in)
    assert (code, whole["good"], whole["differences"]) == (0, True, [])
    objects = [path for path in (lived_in.home / "objects").rglob("*") if path.is_file()]
    assert whole["objects"] == len([path for path in objects if not path.name.startswith(".")])
    parts = [verified(lived_in, "--subset", f"{part}/2")[1]["objects"] for part in (1, 2)]
    assert all(parts)
    assert sum(parts) == whole["objects"]
    assert lived_in.run("verify", "--subset", "3/2").code == 2


def test_one_flipped_bit_in_any_object_is_found(lived_in):
    root = lived_in.home / "objects"
    kinds = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            parts = path.relative_to(root).parts
            kinds.setdefault((parts[0], path.suffix, parts[2] if len(parts) > 3 else ""), path)
    assert len(kinds) >= 6
    for kind, path in kinds.items():
        sound = path.read_bytes()
        spoilt = bytearray(sound)
        spoilt[len(sound) // 2] ^= 0x04
        path.chmod(0o644)
        path.write_bytes(spoilt)
        code, found = verified(lived_in)
        assert code == 1, kind
        key = str(path.relative_to(root))
        assert key in {each["subject"] for each in found["differences"]}, kind
        path.write_bytes(sound)
    assert verified(lived_in)[0] == 0


def test_what_is_lost_in_store_catalog_or_index_is_named(lived_in):
    batch = lived_in.run("batch", "list", "--json").json[0]["id"]
    account = lived_in.run("batch", "show", batch, "--json").json
    document = account["documents"][0]
    (lived_in.home / "objects" / document["objects"]["pdf"]).unlink()
    with sqlite3.connect(lived_in.home / "catalog.db") as catalog:
        catalog.execute("UPDATE documents SET body = replace(body, '\"version\":1', '\"version\":9')")
    code, found = verified(lived_in)
    codes = {(each["code"], each["subject"]) for each in found["differences"]}
    assert code == 1
    assert ("object_missing", document["objects"]["pdf"]) in codes
    assert {"record_differs", "index_version"} & {name for name, _ in codes}


def test_a_home_made_of_the_store_alone_answers_the_same(lived_in, tmp_path):
    before = in_any_order(answers(lived_in))
    record = lived_in.home / "catalog.db"
    lost = tmp_path / "lost"
    lost.mkdir()
    for path in [*lived_in.home.glob("catalog.db*"), lived_in.home / "index"]:
        shutil.move(path, lost / path.name)
    ran = lived_in.run("rebuild", "--into", tmp_path / "new", "--json")
    assert ran.code == 0, ran.err
    assert not record.exists()
    new = Program(tmp_path / "new")
    shutil.copy(lived_in.config, new.config)
    assert in_any_order(answers(new)) == before
    assert verified(new)[0] == 0
    batch = next(entry for entry in before["show"] if len(entry["documents"]) == 3)
    states = sorted((new.home / "objects" / "batches" / batch["batch"]["id"] / "state").iterdir())
    decision = json.loads(states[-1].read_text())["decisions"][0]["id"]
    undone = new.run("decide", "undo", batch["batch"]["id"], decision, "--json")
    assert undone.code in (0, 1), undone.err
    assert len(undone.json["documents"]) == 2
    assert lived_in.run("rebuild", "--into", new.home).code == 3
    assert lived_in.run("rebuild", "--into", lived_in.home).code == 2
