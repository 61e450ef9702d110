"""Query parameters as people and programs send them: whatever they hold, a value or None, never a fault."""

import re
from collections.abc import Mapping

MAX_TEXT = 2_000
"""code points of a query that are read"""
MAX_PAGE = 500


def text(values: Mapping[str, str], name: str) -> str:
    """Printable, trimmed, of limited length; empty when it is not there."""
    given = values.get(name, "")[:MAX_TEXT]
    return "".join(sign if sign.isprintable() else " " for sign in given).strip()


def number(values: Mapping[str, str], name: str, highest: int) -> int | None:
    """A whole number from 1 to the highest; None when it is not there or is something else."""
    given = text(values, name)
    if not re.fullmatch(r"[0-9]{1,9}", given):
        return None
    found = int(given)
    return found if 1 <= found <= highest else None


def page(values: Mapping[str, str], name: str = "pagina") -> int:
    """The page of a list, from 1."""
    return number(values, name, MAX_PAGE) or 1


def year(values: Mapping[str, str], name: str = "an") -> int | None:
    """A year of four digits."""
    found = number(values, name, 9999)
    return found if found is not None and found >= 1000 else None
