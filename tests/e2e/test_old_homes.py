"""Homes of earlier versions open, and answer as they did."""

import json
import tarfile
from pathlib import Path

import pytest

from tests.support.answers import check_batch

HOMES = sorted((Path(__file__).parents[1] / "data" / "homes").glob("*.tar.gz"))


def test_a_home_is_kept():
    assert HOMES


@pytest.mark.parametrize("archive", HOMES, ids=[path.name.removesuffix(".tar.gz") for path in HOMES])
def test_an_old_home_answers_as_it_did(program, archive):
    with tarfile.open(archive) as tar:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(program.home, **safely)
    kept = json.loads((program.home / "answers.json").read_text(encoding="utf-8"))
    batch = kept["batch"]["batch"]["id"]
    shown = program.run("batch", "show", batch, "--json")
    assert shown.code == 0, shown.err
    check_batch(shown.json)
    assert shown.json == kept["batch"]
    for document in kept["batch"]["documents"]:
        assert program.run("document", "show", document["id"], "--json").json == document
    assert program.run("reindex", "--json").json == {"documents": len(kept["batch"]["documents"])}
    hits = program.run("search", kept["query"], "--json").json["hits"]
    assert [hit["document"] for hit in hits] == kept["hits"]
    assert program.run("run", "--until-idle").code == 0
