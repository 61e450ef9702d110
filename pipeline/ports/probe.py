"""What an external part says of itself when asked: is it there, which version, is it good."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """Never raises and never waits long: a part that does not answer is ``found=False`` with the reason in ``mend``."""

    part: str
    found: bool
    version: str | None
    good: bool
    mend: str
    """Romanian: how to mend it; empty when good"""
    address: str = ""
    """where it is, through ``without_password``; empty for programs and libraries of this machine"""
    details: tuple[tuple[str, str], ...] = ()
    """what else is known, as (name, value) in the order to be shown; names are those of ``DETAILS`` where one fits"""


DETAILS = ("promise", "clock", "space", "latency", "schema", "documents", "workers", "threads")
"""``promise``: which durability or locking promise holds; ``clock``: seconds the server is ahead of us, as ``+0.3 s``;
``space``: free space as the server tells it; ``latency``: milliseconds of the shortest request; ``schema``: revision
or mapping version; ``documents``: how many it holds; ``workers``, ``threads``: of a cluster"""
