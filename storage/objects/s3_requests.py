"""Requests to one bucket through the ``minio`` client: with our own deadlines, tries and errors."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
from minio import Minio
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pipeline.domain.errors import OpisError
from storage.objects.s3_address import Address, Credentials
from storage.objects.s3_faults import EXPECTED, Fault, Kind, fault_of

_SEND = 1 << 18
"""bytes sent at a time: each piece has the whole of ``silent_seconds``"""


@dataclass(frozen=True, slots=True)
class Limits:
    connect_seconds: float = 3.0
    silent_seconds: float = 20.0
    """without a byte in either direction"""
    total_seconds: float = 60.0
    """of a request with all its tries; a try that has begun may end"""
    tries: int = 5
    pause_seconds: float = 0.2
    """the first pause between tries, at most; each next one twice that, up to ``longest_pause_seconds``"""
    longest_pause_seconds: float = 5.0
    part_bytes: int = 16 << 20
    """larger objects are sent in parts of so many; a server takes no fewer than 5 MiB"""


LIMITS = Limits()


class Refused(Exception):
    """A request that ended in a fault which the caller may know how to take."""

    def __init__(self, fault: Fault, error: OpisError) -> None:
        super().__init__(fault.what)
        self.fault = fault
        self.error = error


class Requests:
    """Safe for threads; every process makes its own. ``server``, ``skew``: as the last answer said."""

    def __init__(self, address: Address, credentials: Credentials, limits: Limits) -> None:
        self.address = address
        self.limits = limits
        self.opened = False
        """set when the store has been found fit: from then on what is unfit is tried again by whoever waits"""
        self._pool = _Pool(address, limits)
        self._client = Minio(
            address.host,
            access_key=credentials.access_key,
            secret_key=credentials.secret_key,
            session_token=credentials.session_token,
            secure=address.secure,
            region=address.region,
            http_client=self._pool,
        )

    @property
    def server(self) -> str:
        return self._pool.server

    @property
    def skew(self) -> float:
        """Seconds by which the server's clock is ahead of ours."""
        return self._pool.skew

    def send(
        self,
        method: str,
        key: str | None = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        stream: bool = False,
        tries: int = 0,
    ) -> urllib3.BaseHTTPResponse:
        """The answer (status 200 to 206); ``stream``: its body is yet to be read. Raises ``Refused``.

        ``key`` is a whole name inside the bucket; None asks the bucket itself.
        """
        deadline = time.monotonic() + self.limits.total_seconds
        most = tries or self.limits.tries
        tried = 0
        while True:
            tried += 1
            try:
                return self._send(method, key, body, dict(headers or {}), dict(query or {}), stream)
            except EXPECTED as error:
                fault = fault_of(error)
                again = fault.kind is Kind.PASSING and tried < most and time.monotonic() < deadline
                if not again:
                    raise self.refused(fault, key) from error
            pause(self.limits, tried)

    def refused(self, fault: Fault, key: str | None) -> Refused:
        subject = "" if key is None else key.removeprefix(self.address.prefix)
        return Refused(fault, fault.error(self.address.shown, subject, self.opened))

    def make_bucket(self, lock: bool) -> None:
        """Raises ``Refused``; of a bucket that is there already too."""
        try:
            self._client.make_bucket(self.address.bucket, object_lock=lock)
        except EXPECTED as error:
            raise self.refused(fault_of(error), None) from error

    def _send(
        self, method: str, key: str | None, body: bytes | None, headers: Any, query: Any, stream: bool
    ) -> urllib3.BaseHTTPResponse:
        # the client's public methods can neither put on a condition nor pass a checksum on: see docs/objects.md
        return self._client._execute(
            method,
            self.address.bucket,
            key,
            body=body,
            headers=headers,
            query_params=query or None,
            preload_content=not stream,
        )


def pause(limits: Limits, tried: int) -> None:
    """Waits before another try: any time up to a limit that doubles, so that clients do not come back together."""
    longest = min(limits.longest_pause_seconds, limits.pause_seconds * 2 ** (tried - 1))
    time.sleep(random.uniform(0, longest))


class _Patient:
    """A connection whose sending is bounded by silence, not by the short limit for connecting."""

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.sock.settimeout(self.silent_seconds)  # type: ignore[attr-defined]


class _Pool(urllib3.PoolManager):
    """No tries, no redirects, no proxy of the environment; notes what each answer says of its server."""

    def __init__(self, address: Address, limits: Limits) -> None:
        trust: dict[str, Any] = {}
        if address.secure:
            trust = {"cert_reqs": "CERT_REQUIRED", "ca_certs": address.ca and str(address.ca)}
        super().__init__(
            maxsize=16,
            timeout=urllib3.Timeout(connect=limits.connect_seconds, read=limits.silent_seconds),
            retries=False,
            blocksize=_SEND,
            **trust,
        )
        patience = {"silent_seconds": limits.silent_seconds}
        plain = type("_Plain", (_Patient, HTTPConnection), patience)
        secure = type("_Secure", (_Patient, HTTPSConnection), patience)
        self.pool_classes_by_scheme = {
            "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        self.server = ""
        self.skew = 0.0

    def urlopen(self, method: str, url: str, *_: Any, **kw: Any) -> urllib3.BaseHTTPResponse:
        body = kw.get("body")
        if isinstance(body, bytes) and body:
            kw["body"] = _Pieces(body)
        before = time.time()
        response = super().urlopen(method, url, **{**kw, "redirect": False})
        self._note(response, (before + time.time()) / 2)
        return response

    def _note(self, response: urllib3.BaseHTTPResponse, now: float) -> None:
        self.server = response.headers.get("Server", "") or self.server
        try:
            # the header holds whole seconds, cut off
            self.skew = parsedate_to_datetime(response.headers["Date"]).timestamp() + 0.5 - now
        except (KeyError, ValueError, TypeError):
            return


class _Pieces:
    """A body that is sent piece by piece: one ``sendall`` of the whole would have one time limit for the whole."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._place = 0

    def __iter__(self) -> "_Pieces":
        return self

    def __next__(self) -> bytes:
        if self._place >= len(self._data):
            raise StopIteration
        piece = self._data[self._place : self._place + _SEND]
        self._place += len(piece)
        return bytes(piece)
