import datetime as dt
from dataclasses import dataclass, field, replace

import pytest

from pipeline.domain.batches import Document, ReviewKind
from pipeline.domain.messages import codes
from pipeline.domain.registry import Announced, Link, LinkSource, LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.romanian.numbers import number_key
from pipeline.domain.settings import Institution, Lane
from pipeline.stages.link import (
    LinkOutcome,
    add_claim,
    claims_of,
    conflict_with,
    link_document,
    sheets_question,
)

DEMO = Institution()
DAY = dt.date(2021, 9, 27)
ME, OTHER = "a" * 64, "b" * 64
ENTRY = RegistryEntry(
    RegistryNumber("RG", 2021, "48213"), DAY, sender="Popescu Ion", sheets=4, department="URBANISM", channel="ghișeu"
)
LATER = RegistryEntry(RegistryNumber("RG", 2021, "48214"), DAY, sender="Ionescu Maria", channel="e-mail")
LETTER = (200, 900, "Subsemnatul Ion Popescu va rog")


@dataclass
class Register:
    """The catalog's side of linking, over entries and documents in memory."""

    entries: tuple[RegistryEntry, ...] = (ENTRY, LATER)
    documents: list[Document] = field(default_factory=list)

    def entry(self, number: RegistryNumber) -> RegistryEntry | None:
        return next((each for each in self.entries if _key(each.number) == _key(number)), None)

    def entries_numbered(self, number: str, register: str | None = None) -> list[RegistryEntry]:
        return [
            each
            for each in self.entries
            if number_key(each.number.number) == number_key(number) and register in (None, each.number.register)
        ]

    def register_known(self, register: str, year: int) -> bool:
        return any((each.number.register, each.number.year) == (register, year) for each in self.entries)

    def documents_claiming(self, number: RegistryNumber) -> list[Document]:
        return [
            each
            for each in self.documents
            if each.link.registry_number is not None and _key(each.link.registry_number) == _key(number)
        ]


def _key(number: RegistryNumber) -> tuple[str, int, str]:
    return number.register, number.year, number_key(number.number)


def announced(number: str = "48213", year: int | None = 2021, source: LinkSource = LinkSource.SEPARATOR) -> Announced:
    return Announced("RG", year, number, source)


def claiming(identity: str, number: str = "48213", batch: str = "old") -> Document:
    link = Link("RG", 2021, number, DAY, "ghișeu", LinkSource.SEPARATOR, LinkState.CERTAIN)
    return Document(identity, batch, (1,), link=link)


def stamp(*lines: str, sure: float = 0.95):
    return [(1500, 150 + 50 * row, text, sure) for row, text in enumerate(lines)]


OWN = "PRIMĂRIA DEMONSTRATIVĂ", "REGISTRATURA GENERALĂ"


@pytest.fixture
def link(page_of):
    def do(number=None, lines=(), register=None, lane=Lane.REGISTRY, claims=None, batch=None) -> LinkOutcome:
        pages = [(5, page_of(lines)), (6, None)]
        return link_document(ME, number, pages, lane, DEMO, register or Register(), claims or {}, batch)

    return do


def said(outcome: LinkOutcome) -> list[str]:
    for question in outcome.questions:
        assert question.reason.endswith(".")
        assert question.pages == (5,)
    return [question.code for question in outcome.questions]


def test_announced_and_known_is_certain(link) -> None:
    outcome = link(announced())
    assert outcome.link == Link("RG", 2021, "48213", DAY, "ghișeu", LinkSource.SEPARATOR, LinkState.CERTAIN)
    assert (outcome.questions, outcome.rivals, outcome.entry) == ((), (), ENTRY)


@pytest.mark.parametrize("written", ["048213", "48.213", "48 213"])
def test_the_register_s_way_of_writing_holds(link, written) -> None:
    assert link(announced(written)).link.number == "48213"


def test_a_channel_that_is_never_scanned_is_linked_as_it_is(link) -> None:
    outcome = link(announced("48214"))
    assert (outcome.link.state, outcome.link.channel) == (LinkState.CERTAIN, "e-mail")


def test_without_a_register_the_number_stands_alone(link) -> None:
    outcome = link(announced(year=2019))
    assert outcome.link == Link("RG", 2019, "48213", None, None, LinkSource.SEPARATOR, LinkState.CERTAIN)
    assert outcome.questions == ()


def test_without_a_register_an_agreeing_stamp_gives_the_date(link) -> None:
    outcome = link(announced(), stamp(*OWN, "INTRARE Nr. 48213 din 27.09.2021"), Register(entries=()))
    assert (outcome.link.state, outcome.link.date) == (LinkState.CERTAIN, DAY)


def test_unknown_to_the_register(link) -> None:
    outcome = link(announced("99"))
    assert (outcome.link.state, outcome.link.number, outcome.link.date) == (LinkState.CONFLICT, "99", None)
    assert said(outcome) == ["unknown_number"]
    assert "RG 99/2021" in outcome.questions[0].reason


def test_known_with_another_year_only(link) -> None:
    old = replace(ENTRY, number=RegistryNumber("RG", 2020, "99"))
    outcome = link(announced("99"), register=Register((ENTRY, old)))
    assert (outcome.link.state, said(outcome)) == (LinkState.CONFLICT, ["other_year"])
    assert "2020" in outcome.questions[0].reason


def test_claimed_by_an_earlier_batch(link) -> None:
    outcome = link(announced(), register=Register(documents=[claiming(OTHER)]))
    assert (outcome.link.state, outcome.rivals, said(outcome)) == (LinkState.CONFLICT, (OTHER,), ["claimed_twice"])
    assert ME[:8] in outcome.questions[0].reason
    assert OTHER[:8] in outcome.questions[0].reason


def test_claimed_within_the_batch(link) -> None:
    claims = claims_of([(ME, announced()), (OTHER, announced("048213")), ("c", None), ("d", announced(year=None))])
    outcome = link(announced(), claims=claims)
    assert (outcome.link.state, outcome.rivals) == (LinkState.CONFLICT, (OTHER,))


def test_a_document_is_no_rival_of_itself(link) -> None:
    outcome = link(announced(), register=Register(documents=[claiming(ME)]), claims=claims_of([(ME, announced())]))
    assert (outcome.link.state, outcome.rivals) == (LinkState.CERTAIN, ())


def test_what_the_catalog_knows_of_this_batch_is_out_of_date(link) -> None:
    register = Register(documents=[claiming(OTHER, batch="mine")])
    assert link(announced(), register=register, batch="mine").link.state is LinkState.CERTAIN
    assert link(announced(), register=register, batch="another").link.state is LinkState.CONFLICT


def test_two_claims_without_a_register(link) -> None:
    outcome = link(announced(), register=Register(entries=(), documents=[claiming(OTHER)]))
    assert (outcome.link.state, outcome.rivals) == (LinkState.CONFLICT, (OTHER,))


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (stamp(*OWN, "INTRARE Nr. 48214 din 27.09.2021"), "contradicted"),
        (stamp("BON DE ÎNREGISTRARE", "Nr. înreg.: RG 48214", "27.09.2021"), "contradicted"),
        (stamp(*OWN, "INTRARE Nr. 48214"), "contradicted"),
        (stamp(*OWN, "INTRARE Nr. 48213 din 27.09.2020"), "contradicted_year"),
        (stamp("Nr. înregistrare 48214 din 27.09.2021"), "contradicted"),
    ],
)
@pytest.mark.parametrize("register", [Register(), Register(entries=(LATER,))], ids=["known", "unknown too"])
def test_contradicted_by_an_own_stamp(link, lines, code, register) -> None:
    outcome = link(announced(), lines, register)
    assert (outcome.link.state, outcome.link.number) == (LinkState.CONFLICT, "48213")
    assert said(outcome)[-1] == code
    assert "48213" in outcome.questions[-1].reason


@pytest.mark.parametrize(
    "lines",
    [
        stamp(*OWN, "INTRARE Nr. 48213 din 27.09.2021"),
        stamp(*OWN, "INTRARE Nr. 48213 din 28.09.2021"),
        stamp(*OWN, "INTRARE Nr. 48214 din 27.09.2021", sure=0.7),
        stamp("PREFECTURA ARAD", "REGISTRATURA", "INTRARE Nr. 48214 din 27.09.2021"),
        stamp("Nr. 45/CP/03.08.2021"),
        stamp("Nr. 48214/27.09.2021"),
        stamp("Nr. înregistrare 77 din 03.08.2021"),
        stamp("Urmare adresei dumneavoastră nr. 48214/2021"),
        stamp("BON DE ÎNREGISTRARE", "Nr. SP 77/27.09.2021"),
        [*stamp(*OWN, "INTRARE Nr. 48213 din 27.09.2021"), (1500, 2900, "REGISTRATURA IEȘIRE Nr. 9/30.09.2021")],
        [(200, 900, "cererea înregistrată la Primăria Demonstrativă sub nr. 48214/27.09.2021 a fost respinsă")],
    ],
)
def test_not_contradicted(link, lines) -> None:
    outcome = link(announced(), lines)
    assert (outcome.link.state, outcome.questions) == (LinkState.CERTAIN, ())


def test_a_number_by_hand_does_not_contradict(page_of) -> None:
    page = page_of(stamp(*OWN, "INTRARE Nr. 48214 din 27.09.2021"))
    words = tuple(replace(word, height=70) if word.text == "48214" else word for word in page.words)
    outcome = link_document(ME, announced(), [(5, replace(page, words=words))], Lane.REGISTRY, DEMO, Register(), {})
    assert outcome.link.state is LinkState.CERTAIN


def test_a_label_of_another_known_register_contradicts(link) -> None:
    special = replace(ENTRY, number=RegistryNumber("SP", 2021, "5"))
    outcome = link(announced(), stamp("BON DE ÎNREGISTRARE", "Nr. SP 77/27.09.2021"), Register((ENTRY, special)))
    assert (outcome.link.state, said(outcome)) == (LinkState.CONFLICT, ["contradicted"])


def test_sticker_with_a_year_is_as_a_separator(link) -> None:
    outcome = link(announced(source=LinkSource.STICKER))
    assert (outcome.link.state, outcome.link.source) == (LinkState.CERTAIN, LinkSource.STICKER)


OLD = replace(ENTRY, number=RegistryNumber("RG", 2020, "48213"), date=dt.date(2020, 9, 25))


@pytest.mark.parametrize(
    ("entries", "lines", "year", "date", "code"),
    [
        ((ENTRY,), [], 2021, DAY, "year_missing"),
        ((ENTRY, OLD), [], None, None, "year_open"),
        ((ENTRY, OLD), stamp(*OWN, "INTRARE Nr. 48213 din 25.09.2020"), 2020, OLD.date, "year_open"),
        ((LATER,), [], None, None, "year_unknown"),
        ((), stamp(*OWN, "INTRARE Nr. 48213 din 27.09.2021"), 2021, DAY, "year_unknown"),
    ],
)
def test_sticker_without_a_year(link, entries, lines, year, date, code) -> None:
    outcome = link(announced(year=None, source=LinkSource.STICKER), lines, Register(entries))
    assert (outcome.link.state, outcome.link.number) == (LinkState.PROPOSED, "48213")
    assert (outcome.link.year, outcome.link.date) == (year, date)
    assert said(outcome) == [code]


def test_sticker_without_a_year_may_be_claimed_or_contradicted(link) -> None:
    sticker = announced(year=None, source=LinkSource.STICKER)
    claimed = link(sticker, register=Register(documents=[claiming(OTHER)]))
    assert (claimed.link.state, said(claimed)) == (LinkState.CONFLICT, ["claimed_twice", "year_missing"])
    contradicted = link(sticker, stamp(*OWN, "INTRARE Nr. 48214 din 27.09.2021"))
    assert (contradicted.link.state, said(contradicted)) == (LinkState.CONFLICT, ["contradicted", "year_missing"])


def test_stamp_number_date_and_sender_agree(link) -> None:
    outcome = link(lines=[*stamp(*OWN, "INTRARE Nr. 48213", "Ziua 27 Luna 09 Anul 2021"), LETTER])
    assert outcome.link == Link("RG", 2021, "48213", DAY, "ghișeu", LinkSource.STAMP, LinkState.CERTAIN)
    assert (outcome.questions, outcome.entry) == ((), ENTRY)


def test_label_number_date_and_sender_agree(link) -> None:
    outcome = link(lines=[*stamp("BON DE ÎNREGISTRARE", "Nr. înreg.: RG 48213", "27.09.2021"), LETTER])
    assert (outcome.link.source, outcome.link.state) == (LinkSource.LABEL, LinkState.CERTAIN)


GOOD = "INTRARE Nr. 48213 din 27.09.2021"
FIVE_OF_2020 = replace(ENTRY, number=RegistryNumber("RG", 2020, "5"))
PROPOSED = [
    ([*stamp(*OWN, GOOD)], None, "read_unlike_sender"),
    ([*stamp(*OWN, "INTRARE Nr. 48213 din 28.09.2021"), LETTER], None, "read_other_date"),
    ([*stamp(*OWN, "INTRARE Nr. 48213/2021"), LETTER], None, "read_without_date"),
    ([*stamp(*OWN, "INTRARE Nr. 48213"), LETTER], None, "read_without_year_found"),
    ([*stamp(*OWN, "INTRARE Nr. 5"), LETTER], None, "read_without_year"),
    ([*stamp(*OWN, "INTRARE Nr. 5 din 27.09.2021"), LETTER], Register((ENTRY, FIVE_OF_2020)), "read_other_year"),
    ([*stamp(*OWN, "INTRARE Nr. 5 din 27.09.2021"), LETTER], None, "read_unknown"),
    ([*stamp(*OWN, GOOD), LETTER], Register(entries=()), "read_unchecked"),
    ([*stamp(*OWN, GOOD), LETTER], Register((replace(ENTRY, sender=None),)), "read_unlike_sender"),
    ([*stamp(*OWN, GOOD), LETTER], Register(documents=[claiming(OTHER)]), "read_claimed"),
    ([*stamp("Nr. 48213/27.09.2021"), LETTER], None, "read_unnamed"),
    ([*stamp("Nr. înregistrare 5 din 27.09.2021"), LETTER], None, "read_unknown"),
    ([*stamp(*OWN, GOOD), LETTER, (1500, 2900, "INTRARE Nr. 77 din 28.09.2021")], None, "two_registrations"),
]


@pytest.mark.parametrize(("lines", "register", "code"), PROPOSED)
def test_a_stamp_that_is_not_sure_is_proposed(link, lines, register, code) -> None:
    outcome = link(lines=lines, register=register)
    assert (outcome.link.state, outcome.link.source) == (LinkState.PROPOSED, LinkSource.STAMP)
    assert outcome.link.number in ("48213", "5")
    assert (said(outcome), outcome.rivals) == ([code], ())


KNOWN = {
    "read_unlike_sender", "read_other_date", "read_without_date", "read_without_year_found", "read_claimed",
    "read_unnamed", "two_registrations",
}  # fmt: skip


@pytest.mark.parametrize(("lines", "register", "code"), PROPOSED)
def test_in_the_archive_only_what_the_register_knows_is_asked(link, lines, register, code) -> None:
    outcome = link(lines=lines, register=register, lane=Lane.RETRO)
    if code in KNOWN:
        assert (outcome.link.state, said(outcome)) == (LinkState.PROPOSED, [code])
    else:
        assert outcome == LinkOutcome()


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([*stamp(*OWN, "INTRARE Nr. 48213"), LETTER], ("RG 48213", "RG 48213/2021 din 27.09.2021")),
        ([*stamp(*OWN, "INTRARE Nr. 48213 din 28.09.2021"), LETTER], ("28.09.2021", "27.09.2021")),
    ],
)
def test_a_doubt_names_both_sides(link, lines, names) -> None:
    reason = link(lines=lines).questions[0].reason
    assert all(name in reason for name in names)


def test_in_the_archive_a_sure_stamp_and_a_separator_count(link) -> None:
    assert link(lines=[*stamp(*OWN, GOOD), LETTER], lane=Lane.RETRO).link.state is LinkState.CERTAIN
    outcome = link(announced("99"), lane=Lane.RETRO)
    assert (outcome.link.state, said(outcome)) == (LinkState.CONFLICT, ["unknown_number"])


def test_the_number_only_known_elsewhere_gives_year_and_date(link) -> None:
    outcome = link(lines=stamp(*OWN, "INTRARE Nr. 48213"))
    assert (outcome.link.year, outcome.link.date, outcome.link.channel) == (2021, DAY, "ghișeu")


def test_a_number_by_hand_needs_an_entry_to_agree_with(page_of) -> None:
    for number, state in (("48213", LinkState.CERTAIN), ("48219", LinkState.NONE)):
        page = page_of([*stamp(*OWN, f"INTRARE Nr. {number} din 27.09.2021"), LETTER])
        words = tuple(replace(word, height=70) if word.text == number else word for word in page.words)
        outcome = link_document(ME, None, [(5, replace(page, words=words))], Lane.REGISTRY, DEMO, Register(), {})
        assert outcome.link.state is state


@pytest.mark.parametrize(
    "lines", [[LETTER], [*stamp("Nr. 45/CP/03.08.2018"), LETTER], stamp(*OWN, "INTRARE Nr. 48Z1S din 27.09.2021")]
)
def test_nothing_found(link, lines) -> None:
    outcome = link(lines=lines)
    assert outcome.link == Link()
    assert said(outcome) == ["nothing_found"]
    assert link(lines=lines, lane=Lane.RETRO) == LinkOutcome()


def test_first_page_not_read() -> None:
    outcome = link_document(ME, None, [(5, None)], Lane.REGISTRY, DEMO, Register(), {})
    assert (outcome.link, said(outcome)) == (Link(), ["first_page_unread"])
    assert link_document(ME, announced(), [(5, None)], Lane.REGISTRY, DEMO, Register(), {}).link.number == "48213"


def test_the_second_stamp_of_one_number_in_a_batch_is_proposed(link) -> None:
    lines = [*stamp(*OWN, GOOD), LETTER]
    claims = claims_of([(OTHER, None)])
    add_claim(claims, OTHER, link(lines=lines, claims=claims).link)
    outcome = link(lines=lines, claims=claims)
    assert (outcome.link.state, said(outcome)) == (LinkState.PROPOSED, ["read_claimed"])
    add_claim(claims, "c", outcome.link)
    assert list(claims.values()) == [[OTHER]]


def test_conflict_keeps_what_is_known() -> None:
    old = claiming(OTHER).link
    assert conflict_with(old) == replace(old, state=LinkState.CONFLICT)


def test_sheets() -> None:
    assert sheets_question(ENTRY, 4) is None
    assert sheets_question(LATER, 9) is None
    assert sheets_question(None, 9) is None
    question = sheets_question(ENTRY, 1, (5,))
    assert question is not None
    assert (question.kind, question.pages) == (ReviewKind.BALANCE, (5,))
    assert question.reason == "Pentru RG 48213/2021 registrul are 4 foi, iar documentul o foaie."


def test_every_text_is_used_and_exists() -> None:
    used = {code for _, _, code in PROPOSED} | {
        "unknown_number", "other_year", "claimed_twice", "contradicted", "contradicted_year", "year_missing",
        "year_open", "year_unknown", "nothing_found", "first_page_unread", "sheets_unlike_register",
    }  # fmt: skip
    assert codes("link") == used
