"""The demo's front door: plan it with ``make_demo``, write it with ``write_demo``; the small one of ``make run``."""

from dataclasses import replace
from random import Random

from opis.demo.knowledge import department_codes
from opis.demo.plan import make_demo
from opis.demo.spec import DEMO_INSTITUTION, Demo, DemoSpec, NumberOn, Wish
from opis.demo.writing import write_demo
from pipeline.domain.filing import EXTERN
from pipeline.domain.settings import Institution

__all__ = ["make_demo", "small_demo", "small_spec", "write_demo"]

SMALL_LENGTHS = (2, 1, 2, 1, 2, 1)
SMALL_PLACES = (*[NumberOn.SEPARATOR] * 3, NumberOn.STAMP, NumberOn.LABEL, NumberOn.NOWHERE)


def small_spec(seed: int) -> DemoSpec:
    """One batch of six documents of as many departments on fifteen pages (simplex): through in a minute.

    Three have their number on the separator, one on a stamp, one on a label, one nowhere (to be held).
    """
    rng = Random(f"opis-small-demo:{seed}")
    departments = rng.sample([code for code in department_codes() if code != EXTERN], len(SMALL_LENGTHS))
    lengths = rng.sample(SMALL_LENGTHS, len(SMALL_LENGTHS))
    places = rng.sample(SMALL_PLACES, len(SMALL_PLACES))
    wishes = tuple(
        Wish(sheets=sheets, number_on=place, department=department, filed=number % 3 != 2)
        for number, (sheets, place, department) in enumerate(zip(lengths, places, departments, strict=True))
    )
    return DemoSpec(seed=seed, wishes=wishes)


def small_demo(seed: int, institution: Institution = DEMO_INSTITUTION, duplex: bool = False) -> Demo:
    return make_demo(replace(small_spec(seed), institution=institution, duplex=duplex))
