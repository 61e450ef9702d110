import click
import pytest

from opis.commands.search import search


@pytest.mark.parametrize(
    ("arguments", "query", "limit"),
    [
        (["taxe", "-gunoi"], ("taxe", "-gunoi"), 10),
        (["-gunoi", "taxe", "--limit", "3"], ("taxe", "-gunoi"), 3),
        (["taxe", "--", "-gunoi", "--limit"], ("taxe", "-gunoi", "--limit"), 10),
        (["taxe", "-țigări", "--", "-gunoi"], ("taxe", "-țigări", "-gunoi"), 10),
        (["taxe -gunoi"], ("taxe -gunoi",), 10),
    ],
)
def test_words_to_leave_out_stand_among_the_words(arguments: list[str], query: tuple[str, ...], limit: int) -> None:
    params = search.make_context("search", arguments).params
    assert (params["query"], params["limit"]) == (query, limit)


@pytest.mark.parametrize("arguments", [["taxe", "--nonsense"], ["taxe", "-x"], []])
def test_what_is_no_option_is_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(click.UsageError):
        search.make_context("search", arguments)
