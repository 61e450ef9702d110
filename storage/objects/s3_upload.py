"""Creating one object of a bucket, in one piece or in parts, never over one that is there."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, NamedTuple, Protocol
from xml.etree.ElementTree import ParseError, fromstring

from minio.datatypes import ListMultipartUploadsResult
from minio.xml import Element, SubElement, getbytes
from urllib3 import BaseHTTPResponse

from storage.objects.paths import CHUNK, translated
from storage.objects.s3_address import Retention
from storage.objects.s3_faults import Kind, of_code
from storage.objects.s3_requests import Refused, Requests, pause

_LEFT_OVER = timedelta(days=1)
"""uploads in parts that began so long ago belong to nobody any more"""
IF_FREE = {"If-None-Match": "*"}


class Told:
    """A source that is read once, and tells at its end how much it was. Reading raises ``PartDown``."""

    def __init__(self, source: BinaryIO, what: str) -> None:
        self._source = source
        self._what = what
        self._size = 0
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        with translated(self._what):
            data = self._source.read(size)
        self._size += len(data)
        self._digest.update(data)
        return data

    def to_end(self) -> tuple[int, str]:
        """Reads what is left; size in bytes and SHA-256 of all."""
        while self.read(CHUNK):
            pass
        return self._size, self._digest.hexdigest()


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Renewing:
    """A source that does something before it is read on: between two parts."""

    def __init__(self, source: Source, before: Callable[[], None]) -> None:
        self._source = source
        self._before = before

    def read(self, size: int) -> bytes:
        self._before()
        return self._source.read(size)


class Part(NamedTuple):
    etag: str
    checksum: str


class Created(NamedTuple):
    """``fresh``: it was this call that made the object. ``version``: its id, where the bucket keeps versions."""

    fresh: bool
    etag: str = ""
    version: str = ""


TAKEN = Created(False)


def checksum(data: bytes) -> str:
    """As the header ``x-amz-checksum-sha256`` wants it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def put_piece(requests: Requests, key: str, data: bytes, headers: Mapping[str, str]) -> Created:
    """One request. ``headers`` may hold ``IF_FREE``. Raises ``Refused``."""
    try:
        answer = requests.send("PUT", key, body=data, headers={**headers, "x-amz-checksum-sha256": checksum(data)})
    except Refused as refused:
        if refused.fault.kind is Kind.TAKEN:
            return TAKEN
        raise
    return _created(answer, answer.headers.get("ETag", ""))


def put_parts(
    requests: Requests, key: str, source: Source, first: bytes, headers: Mapping[str, str], finish: Mapping[str, str]
) -> Created:
    """``first`` and then the source to its end, of whatever length, part by part; one part is in memory.

    ``finish`` may hold ``IF_FREE``, which alone does not keep several writers apart: SeaweedFS looks, and then joins
    the parts without a lock, so that more than one is told that it was first. They must take turns (``s3_claims``).
    Ended badly, the parts are taken away. Raises ``Refused``, and whatever the source raises.
    """
    answer = requests.send(
        "POST",
        key,
        headers={**headers, "x-amz-checksum-algorithm": "SHA256", "Content-Type": "application/octet-stream"},
        query={"uploads": ""},
    )
    upload = _text(answer.data, "UploadId")
    if not upload:
        raise requests.refused(of_code("no UploadId", answer.status), key)
    try:
        sent = [
            _put_part(requests, key, upload, number, data)
            for number, data in enumerate(_pieces(source, first, requests.limits.part_bytes), start=1)
        ]
        created = _complete(requests, key, upload, sent, finish)
    except BaseException:
        _abort(requests, key, upload)
        raise
    if not created.fresh:
        _abort(requests, key, upload)
    return created


def sweep_uploads(requests: Requests, prefix: str) -> int:
    """Takes away what killed writers left below the prefix more than a day ago. How many. Raises ``Refused``."""
    answer = requests.send("GET", query={"uploads": "", "prefix": prefix, "max-uploads": "1000"})
    try:
        uploads = ListMultipartUploadsResult(answer).uploads
    except (ParseError, ValueError):
        return 0
    oldest = datetime.now(UTC) + timedelta(seconds=requests.skew) - _LEFT_OVER
    removed = 0
    for upload in uploads:
        began, name, number = upload.initiated_time, upload.object_name, upload.upload_id
        if began and number and began < oldest and name.startswith(prefix):
            _abort(requests, name, number)
            removed += 1
    return removed


def retention_headers(retention: Retention | None, skew: float) -> dict[str, str]:
    if retention is None:
        return {}
    until = datetime.now(UTC) + timedelta(days=retention.days, seconds=skew)
    return {
        "x-amz-object-lock-mode": retention.mode,
        "x-amz-object-lock-retain-until-date": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _pieces(source: Source, first: bytes, size: int) -> Iterator[bytes]:
    """All of one size but the last: some servers insist."""
    held = first
    while held:
        yield held[:size]
        held = held[size:]
        held += read_piece(source, size - len(held))


def content_of(source: BinaryIO, first: bytes) -> str:
    """SHA-256 of the whole source, of which ``first`` has been read; of one that cannot go back something unique."""
    try:
        source.seek(0)
    except OSError:
        return secrets.token_hex(32)
    told = Told(source, "the file to be stored").to_end()[1]
    source.seek(len(first))
    return told


def read_piece(source: Source, size: int) -> bytes:
    """So many bytes; fewer only at the end."""
    parts: list[bytes] = []
    missing = size
    while missing and (data := source.read(missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


def _put_part(requests: Requests, key: str, upload: str, number: int, data: bytes) -> Part:
    own = checksum(data)
    answer = requests.send(
        "PUT",
        key,
        body=data,
        headers={"x-amz-checksum-sha256": own},
        query={"partNumber": str(number), "uploadId": upload},
    )
    return Part(answer.headers.get("ETag", ""), own)


def _complete(requests: Requests, key: str, upload: str, parts: list[Part], headers: Mapping[str, str]) -> Created:
    root = Element("CompleteMultipartUpload")
    for number, part in enumerate(parts, start=1):
        tag = SubElement(root, "Part")
        SubElement(tag, "PartNumber", str(number))
        SubElement(tag, "ETag", part.etag)
        SubElement(tag, "ChecksumSHA256", part.checksum)
    body = getbytes(root)
    tried = 0
    while True:
        tried += 1
        try:
            answer = requests.send(
                "POST",
                key,
                body=body,
                headers={**headers, "Content-Type": "application/xml"},
                query={"uploadId": upload},
            )
        except Refused as refused:
            # an upload that is gone: an answer was lost on the way, and what is stored now decides
            if refused.fault.kind in (Kind.TAKEN, Kind.ABSENT):
                return TAKEN
            raise
        # a server that needs long answers 200 at once, and the outcome is in the body
        code = _text(answer.data, "Code") if b"<Error" in answer.data else ""
        if not code:
            return _created(answer, _text(answer.data, "ETag"))
        fault = of_code(code, answer.status)
        if fault.kind in (Kind.TAKEN, Kind.ABSENT):
            return TAKEN
        if fault.kind is not Kind.PASSING or tried >= requests.limits.tries:
            raise requests.refused(fault, key)
        pause(requests.limits, tried)


def _created(answer: BaseHTTPResponse, etag: str) -> Created:
    return Created(True, etag.strip('"'), answer.headers.get("x-amz-version-id", ""))


def _abort(requests: Requests, key: str, upload: str) -> None:
    with suppress(Refused):
        requests.send("DELETE", key, query={"uploadId": upload})


def _text(data: bytes, tag: str) -> str:
    """Of the first element of this name, in whatever namespace; empty when there is none."""
    try:
        root = fromstring(data)
    except ParseError:
        return ""
    return next((element.text or "" for element in root.iter() if element.tag.rpartition("}")[2] == tag), "")
