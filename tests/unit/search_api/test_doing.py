import datetime as dt
from typing import Any

import pytest

from pipeline.domain.wire import to_json
from pipeline.ports.workers import Doing
from search_api.views_doing import doing_now

NOW = dt.datetime(2026, 11, 25, 10, tzinfo=dt.UTC)
BATCH = "ab" * 32


def test_the_list_says_which_machine_works_on_what(shown: Any) -> None:
    doing = [Doing("pc-2", "pages", BATCH, (3, 4, 5), NOW), Doing("<pc>", "document", BATCH, (7, 8), NOW, "cd" * 32)]
    assert "Se lucrează acum" not in shown.get("/loturi").text
    shown.line.tell(to_json(list[Doing], doing).decode())
    page = shown.get("/loturi").text
    assert "pc-2: paginile 3–5 din lotul" in page
    assert "&lt;pc&gt;: documentul de la pagina 7 din lotul" in page
    assert f"/lot/{BATCH}" in page
    shown.line.release()
    assert "Se lucrează acum" not in shown.get("/loturi").text


@pytest.mark.parametrize("told", [None, "", "null", "{}", '[{"worker": 1}]', "\x00"])
def test_what_another_version_tells_is_passed_over(told: str | None) -> None:
    assert doing_now(told) == ()
