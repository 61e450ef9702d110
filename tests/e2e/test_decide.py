"""``opis decide …``: what a person decides holds, adds up, is on record, and can be undone."""

import json
import shutil

import pytest

from tests.support.answers import check_batch


@pytest.fixture
def batch(program, made):
    """A filed batch of two documents, 2 and 1 sheets long; a function that decides and gives the batch after it."""
    files = made("pdf")
    assert program.run("registry", "import", files.register_csv).code == 0
    shown = program.run("process", files.batches[0].path, "--json")
    (account,) = shown.json
    check_batch(account)
    return account


def decided(program, *arguments):
    ran = program.run("decide", *arguments, "--json")
    assert ran.code in (0, 1), ran.err
    check_batch(ran.json)
    return ran.json


def pages(account):
    return [document["pages"] for document in account["documents"]]


def test_split_join_and_undo(program, batch):
    name = batch["batch"]["id"]
    first, second = pages(batch)
    parted = decided(program, "split", name, first[1], "--why", "două cereri")
    assert pages(parted) == [first[:1], first[1:], second]
    assert parted["documents"][0]["registry"]["number"] == batch["documents"][0]["registry"]["number"]
    assert parted["documents"][1]["registry"]["number"] != parted["documents"][0]["registry"]["number"]
    assert parted["batch"]["state"] == "held"
    whole = decided(program, "join", name, first[1])
    assert pages(whole) == [first, second]
    assert whole["documents"] == [*whole["documents"][:1], batch["documents"][1]]
    found = program.run("search", "*", "--json").json
    assert {hit["document"] for hit in found["hits"]} == {document["id"] for document in whole["documents"]}
    record = json.loads((program.home / "objects" / "batches" / name / "state" / "3.json").read_text())
    assert [(one["action"], one["why"]) for one in record["decisions"]] == [("split", "două cereri"), ("join", None)]
    parted_again = decided(program, "undo", name, record["decisions"][1]["id"])
    assert pages(parted_again) == pages(parted)
    assert (program.home / "objects" / "batches" / name / "state" / "1.json").exists()


def test_reject_blank_and_separator_keep_the_balance(program, batch):
    name = batch["batch"]["id"]
    first, second = pages(batch)
    after = decided(program, "reject", name, first[1])
    assert after["batch"]["ledger"]["rejected"] == 1
    after = decided(program, "blank", name, first[1])
    assert (after["batch"]["ledger"]["rejected"], after["batch"]["ledger"]["blanks"]) == (0, 1)
    after = decided(program, "separator", name, first[1], "--number", "RG 99999/2020")
    assert pages(after) == [first[:1], second]
    assert after["batch"]["ledger"]["separators"] == batch["batch"]["ledger"]["separators"] + 1
    assert after["batch"]["ledger"]["balanced"]


def test_link_file_and_accept(program, batch):
    name = batch["batch"]["id"]
    document = batch["documents"][0]
    after = decided(program, "file", document["id"], "urbanism")
    assert after["documents"][0]["department"]["code"] == "URBANISM"
    assert after["documents"][0]["department"]["decided_by"] == "person"
    after = decided(program, "link", document["id"], "RG 77001/2020", "--who", "ana")
    registry = after["documents"][0]["registry"]
    assert (registry["number"], registry["year"], registry["source"], registry["state"]) == (
        *("77001", 2020),
        *("person", "certain"),
    )
    parted = decided(program, "split", name, document["pages"][1])
    assert parted["batch"]["state"] == "held"
    accepted = decided(program, "accept", name)
    assert accepted["batch"]["state"] == "filed"
    assert accepted["reviews"] == []


def test_a_turned_page_gets_a_new_version_and_the_old_one_stays(program, batch):
    document = batch["documents"][1]
    after = decided(program, "rotate", batch["batch"]["id"], document["pages"][0], "180")
    turned = after["documents"][1]
    assert turned["id"] == document["id"]
    assert turned["objects"]["pdf"] != document["objects"]["pdf"]
    for key in (turned["objects"]["pdf"], document["objects"]["pdf"]):
        assert (program.home / "objects" / key).is_file()
    assert turned["text"]["confidence"] < document["text"]["confidence"]
    back = decided(program, "rotate", batch["batch"]["id"], document["pages"][0], "0")
    assert back["documents"][1]["text"] == document["text"]


def test_what_was_undone_is_as_if_it_had_not_been(program, batch):
    name = batch["batch"]["id"]
    page = pages(batch)[0][1]
    for action in (("rotate", name, page, "180"), ("reject", name, page)):
        assert decided(program, *action)["documents"][0] != batch["documents"][0]
        states = (program.home / "objects" / "batches" / name / "state").iterdir()
        last = max(states, key=lambda path: int(path.stem))
        back = decided(program, "undo", name, json.loads(last.read_text())["decisions"][-1]["id"])
        for account in (back, batch):
            account["documents"][0]["objects"].pop("manifest", None)
        assert back == batch


def test_what_does_not_fit_is_refused_and_changes_nothing(program, batch):
    name, first = batch["batch"]["id"], pages(batch)[0]
    taken = batch["documents"][1]["registry"]
    number = f"{taken['register']} {taken['number']}/{taken['year']}"
    refused = [
        *(("split", name, first[0]), ("split", name, 999), ("join", name, first[0]), ("join", name, first[1])),
        *(("file", batch["documents"][0]["id"], "NIMIC"), ("link", batch["documents"][0]["id"], number)),
        *(("link", batch["documents"][0]["id"], "48213"), ("accept", name), ("undo", name, "0" * 8)),
        *(("split", name, "x"), ("split", "f" * 64, 2)),
    ]
    for arguments in refused:
        ran = program.run("decide", *arguments, "--json")
        assert (ran.code, ran.out) == (2, ""), (arguments, ran.err)
        assert "Traceback" not in ran.err
    stale = program.run("decide", "split", name, first[1], "--version", "7")
    assert stale.code == 1
    assert program.run("batch", "show", name, "--json").json == batch


def test_an_old_state_without_observations_is_read_again(program, batch):
    name = batch["batch"]["id"]
    path = program.home / "objects" / "batches" / name / "state" / "1.json"
    record = json.loads(path.read_text())
    del record["observations"]
    path.chmod(0o644)
    path.write_text(json.dumps(record))
    first, second = pages(batch)
    after = decided(program, "split", name, first[1])
    assert pages(after) == [first[:1], first[1:], second]
    shutil.rmtree(program.home / "index")
    assert program.run("reindex").code == 0
    assert program.run("search", "*", "--json").json["total"] == 3
