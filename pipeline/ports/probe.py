"""What an external part says of itself when asked: is it there, which version, is it good."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    part: str
    found: bool
    version: str | None
    good: bool
    mend: str
    """Romanian: how to mend it; empty when good"""
