"""All keys of a bucket below a prefix, page by page, in the order of their text whatever the server's own order is."""

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO
from xml.etree.ElementTree import ParseError

from minio.datatypes import parse_list_objects

from storage.objects.s3_faults import Fault, Kind
from storage.objects.s3_requests import Refused, Requests

_PAGE = 1000
_RUN = 200_000
"""keys sorted in memory at a time; more are merged from temporary files"""


def list_names(requests: Requests, prefix: str) -> Iterator[str]:
    """Whole names in the bucket, in the server's order. Errors: ``PartDown``."""
    query = {"list-type": "2", "max-keys": str(_PAGE), "prefix": prefix, "delimiter": "", "encoding-type": "url"}
    while True:
        try:
            response = requests.send("GET", query=query)
            found, more, token, _ = parse_list_objects(response)
            if more and not token:
                raise requests.refused(Fault(Kind.PASSING, "a list without its continuation"), None)
        except Refused as refused:
            raise refused.error from refused
        except (ParseError, ValueError) as error:
            raise requests.refused(Fault(Kind.PASSING, "a list that cannot be read"), None).error from error
        for entry in found:
            yield str(entry.object_name)
        if not more:
            return
        query = {**query, "continuation-token": str(token)}


def ask_for_list(requests: Requests, prefix: str = "") -> None:
    """One short list: a wrong address, key, right, clock or bucket shows here. Raises ``Refused``."""
    query = {"list-type": "2", "max-keys": "1", "prefix": prefix}
    # an answer to HEAD has no body, and so no code that would tell a wrong password from a wrong clock
    if b"ListBucketResult" not in requests.send("GET", query=query).data:
        raise requests.refused(Fault(Kind.UNFIT, "it answers, and not as an S3 server", "no_s3"), None)


def in_order(names: Iterator[str], run: int = _RUN) -> Iterator[str]:
    """Sorts by text, each name once; memory is bounded by ``run`` names, the rest waits in temporary files."""
    with ExitStack() as files:
        runs: list[Iterator[str]] = []
        held: list[str] = []
        for name in names:
            held.append(name)
            if len(held) >= run:
                runs.append(_spilled(sorted(held), files))
                held = []
        last = ""
        for name in heapq.merge(*runs, sorted(held)):
            if name != last:
                yield name
            last = name


def _temporary() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")


def _spilled(names: list[str], files: ExitStack) -> Iterator[str]:
    """Keys hold no control character, so that one a line is enough."""
    file = files.enter_context(_temporary())
    file.writelines(f"{name}\n" for name in names)
    file.seek(0)
    return (line[:-1] for line in file)
