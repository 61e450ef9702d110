"""Faults of an index that are more than "down": what is to be done differs, and each says so."""

from pipeline.domain.errors import PartDown
from pipeline.domain.messages import say


class IndexDamaged(PartDown):
    """The index cannot be read as it lies there; it is derived, so it is made anew."""

    retry = False
    advice = say("index.damaged")


class OtherLayout(IndexDamaged):
    """Another version of Opis has written it."""

    advice = say("index.other_layout")


class IndexBlocked(PartDown):
    """The server keeps the index read-only, its disk being nearly full: writing waits, somebody is told."""

    advice = say("elastic.blocked")
