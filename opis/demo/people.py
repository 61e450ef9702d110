"""Names, addresses, sums, dates for the templates: drawn when a template first asks, then the same in that letter."""

import datetime as dt
from collections.abc import Callable
from random import Random

from stdnum.ro import cnp, cui

from opis.demo.knowledge import data

UNISSUED = "000"
"""serial part of invented personal numbers: no registry ever gave it out"""


def full_name(rng: Random, woman: bool | None = None) -> str:
    """Family name first, as Romanian forms have it."""
    people = data("people")
    first = people["women"] if (rng.random() < 0.5 if woman is None else woman) else people["men"]
    given = rng.choice(first)
    if rng.random() < 0.25:
        given += " " + rng.choice([name for name in first if name != given])
    return f"{rng.choice(people['families'])} {given}"


class Facts(dict[str, str]):
    """Values by placeholder, for ``str.format_map``; ``{street2}`` is another street than ``{street}``."""

    def __init__(self, rng: Random, today: dt.date, known: dict[str, str]) -> None:
        super().__init__(known)
        self._rng = rng
        self._today = today
        self.woman = rng.random() < 0.5
        self._makers: dict[str, Callable[[], str]] = {
            "name": lambda: full_name(rng, self.woman),
            "neighbour": lambda: full_name(rng),
            "family": lambda: str(rng.choice(data("people")["families"])),
            "subsemnat": lambda: "Subsemnata" if self.woman else "Subsemnatul",
            "domiciliat": lambda: "domiciliată" if self.woman else "domiciliat",
            "street": lambda: str(rng.choice(data("people")["streets"])),
            "town": lambda: str(rng.choice(data("people")["towns"])),
            "address": self._address,
            "house": lambda: str(rng.randint(1, 180)) + rng.choice(["", "", "", "A", "B", " bis"]),
            "block": lambda: rng.choice("ABCDEMP") + str(rng.randint(1, 48)),
            "flat": lambda: str(rng.randint(3, 48)),
            "count": lambda: str(rng.randint(4, 19)),
            "months": lambda: str(rng.randint(3, 18)),
            "age": lambda: str(rng.randint(66, 89)),
            "small": lambda: str(rng.randint(40, 980)),
            "area": lambda: str(rng.choice([250, 312, 400, 487, 500, 620, 750, 1000, 1240, 2500]) + rng.randint(0, 40)),
            "sum": lambda: f"{rng.randint(1200, 480000):,}".replace(",", "."),
            "year": lambda: str(today.year - rng.randint(2, 30)),
            "day": self._day,
            "soon": lambda: self._written_day(-rng.randint(10, 60)),
            "phone": lambda: f"07{rng.randint(20, 89)} 000 {rng.randint(100, 999)}",
            "plate": lambda: f"TL {rng.randint(10, 99)} " + "".join(rng.choices("ABCDEFGHJKLMNPRSTUVXZ", k=3)),
            "cnp": self._cnp,
            "cui": self._cui,
            "jnumber": lambda: f"J{rng.randint(10, 49)}/{rng.randint(100, 2900)}/{today.year - rng.randint(2, 25)}",
            "iban": lambda: (
                f"RO{rng.randint(10, 98)} DEMO " + " ".join(f"{rng.randint(0, 9999):04d}" for _ in range(4))
            ),
            "idseries": lambda: "X" + rng.choice("RTVBZ"),
            "idnumber": lambda: str(rng.randint(100000, 999999)),
            "firm": self._firm,
            "authority": lambda: str(rng.choice(data("people")["authorities"])).format_map(self),
            "office": lambda: str(rng.choice(data("people")["lawyer_forms"])).format_map(self),
            "court": lambda: f"{rng.randint(900, 9800)}/{rng.randint(80, 320)}/{today.year - rng.randint(0, 3)}",
            "old": lambda: f"{rng.randint(900, 98000)}/{self._day()}",
            "own": lambda: f"{rng.randint(12, 9800)}/{self._written_day(rng.randint(1, 9))}",
        }

    def __missing__(self, key: str) -> str:
        kind = key.rstrip("0123456789")
        value = self._makers[kind]()
        while any(value == other for name, other in self.items() if name.rstrip("0123456789") == kind):
            value = self._makers[kind]()
        self[key] = value
        return value

    def _address(self) -> str:
        people, rng = data("people"), self._rng
        place = f"{rng.choice(people['streets'])} nr. {rng.randint(1, 180)}"
        if rng.random() < 0.5:
            place += (
                f", bl. {rng.choice('ABCDEMP')}{rng.randint(1, 48)}, sc. {rng.choice('AB12')}, ap. {rng.randint(1, 60)}"
            )
        return f"{rng.choice(people['towns'])}, {place}"

    def _day(self) -> str:
        return self._written_day(self._rng.randint(5, 300))

    def _written_day(self, ago: int) -> str:
        day = self._today - dt.timedelta(days=ago)
        if self._rng.random() < 0.25:
            return f"{day.day} {data('people')['months'][day.month - 1]} {day.year}"
        return day.strftime("%d.%m.%Y")

    def _cnp(self) -> str:
        rng = self._rng
        body = f"{2 if self.woman else 1}{rng.randint(40, 99):02d}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
        body += f"{rng.randint(1, 39):02d}{UNISSUED}"
        return body + str(cnp.calc_check_digit(body))

    def _cui(self) -> str:
        """With a wrong check digit: no firm has it."""
        body = str(self._rng.randint(900000, 999999))
        return body + str((int(cui.calc_check_digit(body)) + 1) % 10)

    def _firm(self) -> str:
        people = data("people")
        return f"{self._rng.choice(people['firm_stems'])} {self._rng.choice(people['firm_forms'])}"
