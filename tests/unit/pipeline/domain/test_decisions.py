import datetime as dt

import pytest

from pipeline.domain.decisions import Action, Decision, PageOrder, in_force, orders_of, registry_number
from pipeline.domain.errors import UsageError
from pipeline.domain.registry import RegistryNumber

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


def decision(identity: str, action: Action, pages: tuple[int, ...] = (), value: str | None = None) -> Decision:
    return Decision(identity, action, "b" * 64, None, pages, value, "ana", NOW, 1)


def test_what_was_undone_does_not_hold_and_the_undoing_may_be_undone():
    first, undo = decision("1", Action.SPLIT, (3,)), decision("2", Action.UNDO, value="1")
    assert in_force([first]) == [first]
    assert in_force([first, undo]) == []
    assert in_force([first, undo, decision("3", Action.UNDO, value="2")]) == [first]


def test_of_two_decisions_on_a_page_the_later_holds():
    orders = orders_of([decision("1", Action.SPLIT, (3,)), decision("2", Action.REJECT, (3, 4))])
    assert orders.pages == {3: PageOrder.REJECTED, 4: PageOrder.REJECTED}


def test_a_page_that_is_taken_out_leaves_the_bound_where_it_was():
    parted = [decision("1", Action.SPLIT, (3,)), decision("2", Action.REJECT, (3,))]
    assert orders_of(parted).bounds == {3: PageOrder.START}
    assert orders_of([*parted, decision("3", Action.JOIN, (3,))]).bounds == {3: PageOrder.CONTINUE}
    assert orders_of([*parted, decision("3", Action.SEPARATOR, (3,))]).bounds == {}


def test_orders_of_documents_are_kept_by_their_first_page():
    orders = orders_of(
        [
            decision("1", Action.LINK, (2,), "RG 48213/2021"),
            decision("2", Action.FILE, (2,), "URBANISM"),
            decision("3", Action.ROTATE, (5,), "270"),
            decision("4", Action.ACCEPT, value="aa bb"),
            decision("5", Action.SEPARATOR, (7,), "RG 9/2021"),
        ]
    )
    assert orders.numbers == {2: RegistryNumber("RG", 2021, "48213"), 7: RegistryNumber("RG", 2021, "9")}
    assert orders.departments == {2: "URBANISM"}
    assert orders.rotations == {5: 270}
    assert orders.accepted == {"aa", "bb"}
    assert orders.pages == {7: PageOrder.SEPARATOR}


@pytest.mark.parametrize("text", ["RG 48213/2021", "rg 48213/2021", "RG/2021/48213", " RG  48213 / 2021"])
def test_ways_to_write_a_number(text: str):
    number = registry_number(text)
    assert (number.register, number.year, number.number) == ("RG", 2021, "48213")


@pytest.mark.parametrize("text", ["", "48213", "48213/2021", "RG 48213", "RG 48213/21", "RG /2021", "RG 1/٢٠٢١"])
def test_what_is_no_number(text: str):
    with pytest.raises(UsageError):
        registry_number(text)
