"""Taking turns at one key where no conditional put decides: Lamport's bakery, with objects as its tickets.

Used for every put where the server has no conditional put, and for uploads in parts on every server.

Every writer of a key lists the tickets below ``.opis/claims/<hash of the key>/``. It says that it is choosing, takes a
number above all it sees, and waits until nobody is choosing and nobody has a lower number. Writers of the same bytes do
not wait for each other: whoever comes after a crash with what was being written then goes on at once. It needs a server
whose lists show what was put before (as S3 promises). A ticket that its writer has not renewed is taken away when it is
old by the server's own clock; the promise is therefore as good as no writer sleeping for so long between two requests.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from minio.datatypes import parse_list_objects

from storage.objects.s3_faults import Fault, Kind
from storage.objects.s3_requests import Refused, Requests, pause

ABANDONED_SECONDS = 180.0
"""above what one request may take with all its tries, after each of which a ticket is renewed"""
_CHOOSING = 0


class Ticket(NamedTuple):
    number: int
    """0 while its writer is choosing"""
    writer: str
    content: str
    """SHA-256 of what is to be written; of a stream whatever is unique"""

    @property
    def name(self) -> str:
        return f"{self.number:012}-{self.writer}-{self.content}"

    def goes_before(self, other: "Ticket") -> bool:
        if self.content == other.content:
            return False
        return self.number == _CHOOSING or self[:2] < other[:2]


@contextmanager
def turn_at(requests: Requests, scratch: str, key: str, content: str) -> Iterator[Callable[[], None]]:
    """Nobody writes other bytes to the key meanwhile. The value renews the ticket: to be called before each part.

    Errors: ``PartDown``; also when the turn does not come in time. The value raises ``Refused``.
    """
    folder = _folder(scratch, key)
    choosing = Ticket(_CHOOSING, uuid.uuid4().hex, content)
    mine = {choosing}
    try:
        try:
            requests.send("PUT", folder + choosing.name, body=b"")
            highest = max((other.number for other in _standing(requests, folder)), default=0)
            ticket = choosing._replace(number=highest + 1)
            mine.add(ticket)
            requests.send("PUT", folder + ticket.name, body=b"")
            requests.send("DELETE", folder + choosing.name)
            mine.remove(choosing)
            _wait(requests, folder, ticket)
        except Refused as refused:
            raise refused.error from refused
        yield lambda: _renew(requests, folder + ticket.name)
    finally:
        for left in mine:
            with suppress(Refused):
                requests.send("DELETE", folder + left.name)


def wait_for_turns(requests: Requests, scratch: str, key: str, content: str) -> None:
    """Returns when no writer of other bytes is left that may have seen the key free. Raises ``Refused``."""
    _wait(requests, _folder(scratch, key), Ticket(10**12, "", content))


def _folder(scratch: str, key: str) -> str:
    return f"{scratch}claims/{hashlib.sha256(key.encode()).hexdigest()}/"


def _renew(requests: Requests, name: str) -> None:
    requests.send("PUT", name, body=b"")


def _wait(requests: Requests, folder: str, ticket: Ticket) -> None:
    deadline = time.monotonic() + requests.limits.total_seconds
    tried = 0
    while any(other.goes_before(ticket) for other in _standing(requests, folder)):
        if time.monotonic() > deadline:
            raise requests.refused(Fault(Kind.PASSING, "another writer holds the key"), folder)
        tried = min(tried + 1, 3)
        pause(requests.limits, tried)


def _standing(requests: Requests, folder: str) -> list[Ticket]:
    """The tickets of writers that live; those of the dead are taken away. Raises ``Refused``."""
    query = {"list-type": "2", "max-keys": "1000", "prefix": folder, "delimiter": ""}
    try:
        found, _, _, _ = parse_list_objects(requests.send("GET", query=query))
    except (ParseError, ValueError) as error:
        raise requests.refused(Fault(Kind.PASSING, "a list that cannot be read"), None) from error
    now = datetime.now(UTC) + timedelta(seconds=requests.skew)
    tickets = []
    for entry in found:
        name = str(entry.object_name)
        if entry.last_modified and (now - entry.last_modified).total_seconds() > ABANDONED_SECONDS:
            requests.send("DELETE", name)
            continue
        number, _, rest = name.removeprefix(folder).partition("-")
        writer, _, content = rest.partition("-")
        if number.isdigit():
            tickets.append(Ticket(int(number), writer, content))
    return tickets
