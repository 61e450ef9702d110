"""A few hundred letters and the searches of clerks over them, from a fixed seed: for comparing two indexes."""

import datetime as dt
import hashlib
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pipeline.domain.registry import NO_LINK, Link, LinkSource, LinkState
from pipeline.ports.index import IndexedDocument, SearchRequest

_DATA = tomllib.loads((Path(__file__).parents[1] / "data" / "search" / "letters_like.toml").read_text(encoding="utf-8"))
_WORDS, _SMALL, _NAMES, _STREETS, _LAWS = (_DATA[key] for key in ("words", "small", "names", "streets", "laws"))
_DEPARTMENTS = ("URBANISM", "SALUBRITATE", "SPATII_VERZI", "ARHIVA", None)


def name(key: str) -> str:
    """A document id."""
    return hashlib.sha256(key.encode()).hexdigest()


def documents(seed: int, number: int) -> list[IndexedDocument]:
    dice = random.Random(seed)
    return [_document(dice, seed, place) for place in range(number)]


def requests(seed: int, number: int) -> Iterator[SearchRequest]:
    """Words, phrases, typing errors, numbers, names, exclusions, alternatives, filters, pages."""
    dice = random.Random(seed)
    for _ in range(number):
        query = dice.choice(_SHAPES)(dice)
        yield SearchRequest(
            query,
            department=dice.choice(_DEPARTMENTS) if dice.random() < 0.15 else None,
            register=dice.choice(("RG", "PET")) if dice.random() < 0.1 else None,
            year=dice.choice((2019, 2020, 2021)) if dice.random() < 0.1 else None,
            date_from=dt.date(2020, dice.randint(1, 12), 1) if dice.random() < 0.1 else None,
            date_to=dt.date(2021, dice.randint(1, 12), 1) if dice.random() < 0.1 else None,
            offset=dice.choice((0, 0, 0, 3, 10, 40)),
            visible=frozenset(dice.sample(_DEPARTMENTS, 3)) if dice.random() < 0.25 else None,
        )


def _document(dice: random.Random, seed: int, place: int) -> IndexedDocument:
    link = NO_LINK
    if dice.random() < 0.8:
        day = dt.date(2019, 1, 1) + dt.timedelta(days=dice.randint(0, 1000)) if dice.random() < 0.9 else None
        state = dice.choice((LinkState.CERTAIN, LinkState.CERTAIN, LinkState.PROPOSED, LinkState.CONFLICT))
        register, year = dice.choice(("RG", "RG", "PET")), day.year if day else dice.choice((2019, 2020, 2021))
        link = Link(register, year, str(dice.randint(1, 60_000)), day, "ghișeu", LinkSource.SEPARATOR, state)
    return IndexedDocument(
        id=name(f"{seed}:{place}"),
        version=dice.randint(1, 4),
        batch=name("batch"),
        kind="document",
        state="filed",
        department=dice.choice(_DEPARTMENTS),
        link=link,
        sender=_name(dice) if dice.random() < 0.7 else None,
        subject=_words(dice, dice.randint(1, 4)) if dice.random() < 0.7 else None,
        pages=tuple(_page(dice) for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 6)))),
    )


def _page(dice: random.Random) -> str:
    parts = []
    for _ in range(dice.randint(1, 8)):
        parts.append(_words(dice, dice.randint(3, 25)))
        parts.append(dice.choice((_name, _street, _law, _number, _day, _nothing))(dice))
    return " ".join(parts)


def _words(dice: random.Random, number: int) -> str:
    return " ".join(dice.choice(_SMALL if dice.random() < 0.3 else _WORDS) for _ in range(number))


def _name(dice: random.Random) -> str:
    return " ".join(dice.sample(_NAMES, 2))


def _street(dice: random.Random) -> str:
    return f"{dice.choice(_STREETS)} nr. {dice.randint(1, 90)}"


def _law(dice: random.Random) -> str:
    return dice.choice(_LAWS)


def _number(dice: random.Random) -> str:
    return f"nr. {dice.randint(1, 60_000)}/{dice.choice((2019, 2020, 2021))}"


def _day(dice: random.Random) -> str:
    return f"{dice.randint(1, 28)}.{dice.randint(1, 12):02}.{dice.choice((2019, 2020, 2021))}"


def _nothing(dice: random.Random) -> str:
    return ""


def _one(dice: random.Random) -> str:
    return dice.choice(_WORDS)


def _misspelt(dice: random.Random) -> str:
    word = list(dice.choice([word for word in _WORDS if len(word) > 5]))
    for _ in range(dice.choice((1, 1, 2))):
        place = dice.randrange(len(word) - 1)
        how = dice.randrange(4)
        if how == 0:
            word[place], word[place + 1] = word[place + 1], word[place]
        elif how == 1:
            del word[place]
        elif how == 2:
            word[place] = dice.choice("abcdeimnorstuxz")
        else:
            word.insert(place, dice.choice("abcdeimnorstuxz"))
    return "".join(word)


_SHAPES = (
    _one,
    _misspelt,
    lambda dice: " ".join(dice.sample(_WORDS, 2)),
    lambda dice: " ".join(dice.sample(_WORDS, 4)),
    lambda dice: f"{_one(dice)} {_misspelt(dice)}",
    lambda dice: f"{_misspelt(dice)} {_misspelt(dice)} {_one(dice)}",
    lambda dice: f"{_one(dice)} -{_one(dice)}",
    lambda dice: f'"{_one(dice)} {_one(dice)}"',
    lambda dice: f'"{_name(dice)}" {_one(dice)}',
    lambda dice: f'{_one(dice)} -"{_name(dice)}"',
    lambda dice: f"{_one(dice)} OR {_one(dice)} {_one(dice)}",
    lambda dice: f"{_one(dice)} nimicdeacestfel {_one(dice)}",
    _name,
    _street,
    lambda dice: _street(dice).rpartition(" nr.")[0],
    _law,
    lambda dice: f"{_law(dice)} {_one(dice)}",
    _number,
    lambda dice: str(dice.randint(1, 60_000)),
    _day,
    lambda dice: f"an:{dice.choice((2019, 2020))} {_one(dice)}",
    lambda dice: f"directie:{dice.choice(('urbanism', 'arhiva'))}",
    lambda dice: f"numar:{dice.randint(1, 60_000)}",
    lambda dice: "de la și",
    _nothing,
)
