"""Attempts of pages: counted before the work, once for each time it is asked, also when an answer was lost."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from storage.catalog.tables import page_attempts


class Attempts:
    """Remembers what it meant to write, until it is known that it was written.

    When a commit's answer is lost, whoever asked asks again; the same number is written then, not one more.
    """

    def __init__(self) -> None:
        self._doubtful: dict[tuple[str, int], int] = {}
        """attempts that a transaction of unknown end was to leave"""

    def known(self, batch: str, pages: Sequence[int]) -> None:
        """The transaction that counted these has ended well."""
        for page in pages:
            self._doubtful.pop((batch, page), None)

    def forget(self, batch: str) -> None:
        """The batch begins anew or has ended: its attempts are gone."""
        self._doubtful = {key: attempts for key, attempts in self._doubtful.items() if key[0] != batch}

    def add(self, connection: Connection, batch: str, pages: Sequence[int], step: int) -> None:
        """``step`` attempts more for each page; with 0 it is only said that it was begun."""
        before = _found(connection, batch, pages)
        wanted = {
            page: self._doubtful.get((batch, page), before.get(page, 0) + step * times) if step else before.get(page, 0)
            for page, times in Counter(pages).items()
        }
        _write(connection, batch, before, wanted)
        if step:
            self._doubtful.update({(batch, page): attempts for page, attempts in wanted.items()})

    def take_back(self, connection: Connection, batch: str, pages: Sequence[int]) -> None:
        """As if the last ``add`` of each page had not been."""
        here = (page_attempts.c.batch == batch) & page_attempts.c.page.in_(pages)
        connection.execute(delete(page_attempts).where(here & (page_attempts.c.attempts == 0)))
        fewer = {"attempts": page_attempts.c.attempts - 1}
        connection.execute(update(page_attempts).where(here & (page_attempts.c.attempts > 0)).values(fewer))


def _found(connection: Connection, batch: str, pages: Sequence[int]) -> dict[int, int]:
    here = (page_attempts.c.batch == batch) & page_attempts.c.page.in_(pages)
    return {row.page: row.attempts for row in connection.execute(select(page_attempts).where(here))}


def _write(connection: Connection, batch: str, before: dict[int, int], wanted: dict[int, int]) -> None:
    for page, attempts in wanted.items():
        here: ColumnElement[bool] = (page_attempts.c.batch == batch) & (page_attempts.c.page == page)
        if page not in before:
            row = {"batch": batch, "page": page, "attempts": attempts}
            connection.execute(insert(page_attempts).values(row))
        elif before[page] != attempts:
            connection.execute(update(page_attempts).where(here).values(attempts=attempts))
