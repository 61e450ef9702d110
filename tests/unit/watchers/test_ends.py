"""``finalizate/`` and ``eroare/``: names, reason files, and being repeated."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.errors import InputFault, NotFound, PartDown
from pipeline.domain.messages import codes, say
from watchers.checking import EntryFault
from watchers.reasons import Reason, paragraph, reason_for, reason_text

Hot = Any
PDF = b"%PDF-1.7 sound"
DAY = dt.date(2026, 3, 9)
REASON = Reason("truncated", "intake", "ends too early", at=dt.datetime(2026, 3, 9, 8, 0, tzinfo=dt.UTC))
LONG = ["x" * 251 + ".pdf", "ș" * 127, os.fsdecode(b"\xff" * 255), "a." + "b" * 253]


def test_finished_by_day_and_never_over_another(hot: Hot) -> None:
    ends = [hot.folder.finish(hot.claimed("a.pdf", PDF + bytes([n])), DAY) for n in range(3)]
    assert [end.name for end in ends] == ["a.pdf", "a-2.pdf", "a-3.pdf"]
    assert [end.read_bytes()[-1] for end in ends] == [0, 1, 2]
    assert {end.parent for end in ends} == {hot.root / "finalizate/2026-03-09"}


def test_folders_get_their_number_at_the_end(hot: Hot) -> None:
    for expected in ("lot 12.05", "lot 12.05-2"):
        hot.drop("lot 12.05/p1.png", b"\x89PNG\r\n\x1a\n")
        [candidate] = hot.settled()
        claimed = hot.folder.claim(candidate)
        assert hot.folder.finish(claimed, DAY).name == expected


def test_repeating_an_end_answers_where_it_is(hot: Hot) -> None:
    first, second = hot.claimed("a.pdf"), hot.claimed("a.pdf", PDF + b" 2")
    end = hot.folder.finish(second, DAY)
    hot.folder.finish(first, DAY)
    assert hot.folder.finish(second, DAY + dt.timedelta(1)) == end
    assert hot.folder.find_end(second.token) == end
    assert hot.folder.recall(second.token) is None
    bad = hot.claimed("b.pdf")
    quarantined = hot.folder.quarantine(bad, REASON)
    assert hot.folder.quarantine(bad, REASON) == quarantined == hot.folder.find_end(bad.token)


def test_gone_from_everywhere(hot: Hot) -> None:
    claimed = hot.claimed("a.pdf")
    claimed.path.unlink()
    hot.drop("finalizate/a.pdf")
    for step in (lambda: hot.folder.finish(claimed, DAY), lambda: hot.folder.quarantine(claimed, REASON)):
        with pytest.raises(NotFound):
            step()
    assert hot.folder.find_end(claimed.token) is None
    assert hot.names("eroare") == []


def test_quarantine_writes_both_reasons(hot: Hot) -> None:
    claimed = hot.claimed("a.pdf", b"BAD")
    reason = reason_for(claimed.fault, attempts=1, versions={"opis": "0.1.0"}, sha256="ab" * 32, at=REASON.at)
    end = hot.folder.quarantine(claimed, reason)
    assert end == hot.root / "eroare/a.pdf" and end.read_bytes() == b"BAD"
    assert hot.names("eroare") == ["a.pdf", "a.pdf.motiv.txt", "a.pdf.reason.json"]
    assert json.loads(Path(f"{end}.reason.json").read_text("utf-8")) == {
        "code": "truncated",
        "stage": "intake",
        "message": reason_text("truncated"),
        "detail": "ends too early",
        "attempts": 1,
        "versions": {"opis": "0.1.0"},
        "sha256": "ab" * 32,
        "source": "a.pdf",
        "at": "2026-03-09T08:00:00+00:00",
    }
    text = Path(f"{end}.motiv.txt").read_text("utf-8")
    assert text.count("\n") == 1 and "„a.pdf”" in text and "Ce aveți de făcut" in text


def test_quarantined_names_and_their_reasons_go_together(hot: Hot) -> None:
    ends = [hot.folder.quarantine(hot.claimed("a.pdf", PDF + bytes([n])), REASON) for n in range(2)]
    assert [end.name for end in ends] == ["a.pdf", "a-2.pdf"]
    for end in ends:
        assert Path(f"{end}.motiv.txt").is_file() and Path(f"{end}.reason.json").is_file()


def test_an_item_named_like_a_reason_file_is_never_written_over(hot: Hot) -> None:
    named = hot.folder.quarantine(hot.claimed("a.pdf.motiv.txt", b"an item"), REASON)
    end = hot.folder.quarantine(hot.claimed("a.pdf"), REASON)
    assert named.read_bytes() == b"an item" and end.name == "a-2.pdf"
    late = hot.folder.quarantine(hot.claimed("a-2.pdf.reason.json", b"an item"), REASON)
    assert late.name == "a-2.pdf.reason-2.json"
    assert json.loads(Path(f"{end}.reason.json").read_text("utf-8"))["source"] == "a.pdf"


def test_a_file_taken_out_by_a_clerk_leaves_its_name_free(hot: Hot) -> None:
    end = hot.folder.quarantine(hot.claimed("a.pdf"), REASON)
    end.rename(hot.root / "a.pdf")
    hot.scan()
    [candidate] = hot.scan(after=60).ready
    assert hot.folder.quarantine(hot.folder.claim(candidate), REASON) == end


@pytest.mark.parametrize("name", LONG, ids=["ascii", "two-byte letters", "no UTF-8", "long ending"])
def test_the_longest_names_keep_room_for_number_and_reasons(hot: Hot, name: str) -> None:
    assert 254 <= len(os.fsencode(name)) <= 255
    ends = [hot.folder.quarantine(hot.claimed(name, PDF + bytes([n])), REASON) for n in range(2)]
    assert ends[0] != ends[1]
    for number, end in enumerate(ends):
        assert end.read_bytes()[-1] == number
        assert Path(f"{end}.motiv.txt").is_file() and Path(f"{end}.reason.json").is_file()
        if name.isascii() or name.startswith("ș"):
            assert os.fsencode(end.name).decode("utf-8")
    finished = [hot.folder.finish(hot.claimed(name, PDF + bytes([n])), DAY) for n in range(2)]
    assert finished[0].name == name and len({end.name for end in finished}) == 2
    quarantined = hot.claimed(name)
    assert hot.folder.quarantine(quarantined, REASON) == hot.folder.find_end(quarantined.token)


def test_a_link_is_quarantined_itself(hot: Hot, tmp_path: Path) -> None:
    target = tmp_path / "target.pdf"
    target.write_bytes(PDF)
    (hot.root / "link.pdf").symlink_to(target)
    [refused] = hot.scan().refused
    end = hot.folder.quarantine(hot.folder.claim(refused), reason_for(refused.fault))
    assert end.is_symlink() and target.read_bytes() == PDF
    assert json.loads(Path(f"{end}.reason.json").read_text("utf-8"))["code"] == "not-regular"


def test_an_end_that_is_no_folder_is_typed_and_loses_nothing(hot: Hot) -> None:
    claimed = hot.claimed("a.pdf")
    (hot.root / "finalizate").rmdir()
    (hot.root / "finalizate").write_bytes(b"")
    with pytest.raises(PartDown):
        hot.folder.finish(claimed, DAY)
    assert claimed.path.exists()


def test_nothing_is_made_where_a_share_was_unmounted(hot: Hot) -> None:
    claimed = hot.claimed("a.pdf")
    away = hot.root.rename(hot.root.with_name("away"))
    hot.root.mkdir()
    for step in (lambda: hot.folder.finish(claimed, DAY), lambda: hot.folder.quarantine(claimed, REASON)):
        with pytest.raises(PartDown):
            step()
    assert list(hot.root.iterdir()) == []
    hot.root.rmdir()
    away.rename(hot.root)
    assert hot.folder.finish(claimed, DAY).read_bytes() == PDF


def test_a_day_that_is_a_link_is_not_followed(hot: Hot, tmp_path: Path) -> None:
    claimed = hot.claimed("a.pdf")
    (hot.root / "finalizate/2026-03-09").symlink_to(tmp_path)
    with pytest.raises(PartDown):
        hot.folder.finish(claimed, DAY)
    assert claimed.path.exists()


def test_places_removed_by_hand_are_made_again_by_the_next_scan(hot: Hot) -> None:
    first, second = hot.claimed("a.pdf"), hot.claimed("b.pdf")
    (hot.root / "eroare").rmdir()
    (hot.root / "finalizate").rmdir()
    with pytest.raises(PartDown):
        hot.folder.quarantine(first, REASON)
    assert not hot.scan().absent
    assert hot.folder.quarantine(first, REASON).exists() and hot.folder.finish(second, DAY).exists()


class TestTexts:
    def test_each_code_of_intake_has_text_and_advice(self) -> None:
        expected = {
            "not-regular",
            "foreign-file-in-folder",
            "nested-folder",
            "empty-folder",
            "vanished",
            "permission",
        }
        assert codes("intake") == expected
        for code in expected:
            assert reason_text(code) == say(f"intake.{code}")
        for advice in codes("motiv"):
            assert not advice.startswith("next") or "Ce aveți de făcut" in say(f"motiv.{advice}")

    def test_an_unknown_code_has_a_general_sentence(self) -> None:
        assert reason_text("no-such-code") == say("motiv.general")

    def test_unsupported_format_names_the_formats(self) -> None:
        text = paragraph(Reason("unsupported-format", "intake", "text"), "a.docx", False)
        assert "PDF, TIFF, JPEG și PNG" in text and "\n" not in text

    def test_the_file_at_fault_in_a_folder_is_named(self) -> None:
        fault = EntryFault(InputFault("foreign-file-in-folder", "not a page image"), "lista\n.xlsx")
        text = paragraph(reason_for(fault), "lot 3", True)
        assert "Dosarul „lot 3”" in text and "„lista\\x0a.xlsx”" in text
