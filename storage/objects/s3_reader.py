"""Reading one object of a bucket: a connection that is cut goes on where it stopped, and is never a short object."""

import io
import time

import urllib3
from urllib3.exceptions import HTTPError

from pipeline.domain.errors import PartDown
from storage.objects.s3_faults import Fault, Kind
from storage.objects.s3_requests import Refused, Requests, pause

_GAIN = 1 << 16
"""bytes that a connection must have brought for its end not to count against it"""


class ObjectReader(io.RawIOBase):
    """Errors of reading: ``PartDown``. Made by ``opened``."""

    def __init__(self, requests: Requests, key: str, response: urllib3.BaseHTTPResponse) -> None:
        super().__init__()
        self._requests = requests
        self._key = key
        self.etag = response.headers.get("ETag", "")
        self._response: urllib3.BaseHTTPResponse | None = response
        self._place = 0
        self._failed, self._failed_at = 0, 0
        length = response.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close()
            raise self._down("an answer without its length")
        self.size = int(length)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence]
        place = start + offset
        if place < 0:
            raise ValueError("a place before the beginning")
        if place != self._place:
            self._drop()
            self._place = place
        return place

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        wanted = min(len(buffer), self.size - self._place)
        if wanted <= 0:
            return 0
        data = self._some(wanted)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._drop()
        super().close()

    def _some(self, wanted: int) -> bytes:
        """At least a byte of what comes next."""
        limits = self._requests.limits
        deadline = time.monotonic() + limits.total_seconds
        while True:
            try:
                data = self._answer().read(wanted)
                if data:
                    return data
                reason: Exception = EOFError("it ended too early")
            except (HTTPError, OSError) as error:
                reason = error
            self._drop()
            self._failed = 1 if self._place - self._failed_at >= _GAIN else self._failed + 1
            self._failed_at = self._place
            if self._failed >= limits.tries or time.monotonic() > deadline:
                raise self._down(f"cut off at byte {self._place} of {self.size} ({type(reason).__name__})") from reason
            pause(limits, self._failed)

    def _answer(self) -> urllib3.BaseHTTPResponse:
        """The body from the present place on, asked for anew when there is none."""
        if self._response is None:
            headers = {"Range": f"bytes={self._place}-"}
            if self.etag:
                headers["If-Match"] = self.etag
            try:
                response = self._requests.send("GET", self._key, headers=headers, stream=True)
            except Refused as refused:
                if refused.fault.kind in (Kind.TAKEN, Kind.ABSENT):
                    raise self._down("changed while it was read") from refused
                raise refused.error from refused
            if response.headers.get("Content-Range") != f"bytes {self._place}-{self.size - 1}/{self.size}":
                response.close()
                raise self._down("the server gave another range than was asked for")
            self._response = response
        return self._response

    def _drop(self) -> None:
        """Gives the connection back when its answer was read to the end, else ends it."""
        response, self._response = self._response, None
        if response is not None:
            if self._place < self.size:
                response.close()
            response.release_conn()

    def _down(self, what: str) -> PartDown:
        error = self._requests.refused(Fault(Kind.PASSING, what), self._key).error
        assert isinstance(error, PartDown)
        return error


def opened(requests: Requests, key: str) -> ObjectReader | None:
    """None when there is no such key. Errors: ``PartDown``."""
    try:
        return ObjectReader(requests, key, requests.send("GET", key, stream=True))
    except Refused as refused:
        if refused.fault.kind is Kind.ABSENT:
            return None
        raise refused.error from refused
