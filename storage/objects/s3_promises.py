"""What a bucket promises, found out by asking it: before anything is trusted to it, and again by the doctor."""

import time
from dataclasses import dataclass, replace
from io import BytesIO
from xml.etree.ElementTree import ParseError

from minio.objectlockconfig import ObjectLockConfig
from minio.versioningconfig import VersioningConfig
from minio.xml import unmarshal

from pipeline.domain.errors import PartUnfit
from pipeline.domain.messages import say
from storage.objects.s3_address import Retention
from storage.objects.s3_faults import Kind
from storage.objects.s3_listing import ask_for_list, list_names
from storage.objects.s3_requests import Refused, Requests
from storage.objects.s3_upload import IF_FREE, checksum, put_parts, put_piece

SCRATCH = ".opis/"
"""below the prefix: what Opis asks the server with, and tickets of writers; never a key, since it begins with a dot"""
_CREATE = "probe/create"
_TEXT = b"Opis asks with this object what the server promises. It may be deleted at any time.\n"
_NEAR_SKEW = 300
"""seconds; from 900 on servers refuse"""

_REFUSALS = frozenset({"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"})


@dataclass(frozen=True, slots=True)
class Promises:
    server: str
    """as it names itself; may be empty"""
    conditional: bool
    """a key that exists is never overwritten, at the end of an upload in parts either"""
    checksum: bool
    """a body altered on the way is refused"""
    lock: bool
    lock_mode: str
    """of the bucket's own default retention; empty when it has none"""
    lock_days: int
    versions: bool
    ordered: bool
    """lists come in the order of the whole key"""
    latency_ms: int
    skew: float
    """seconds by which the server's clock is ahead"""

    def told(self, own: Retention | None) -> str:
        """For the doctor, in Romanian. ``own``: the retention that Opis itself asks for."""
        mode, days = (own.mode, own.days) if own else (self.lock_mode, self.lock_days)
        held = say("s3.lock_days", mode=mode.lower(), days=days) if days else say("s3.lock_bare")
        return say(
            "s3.promises",
            create=say("s3.create_conditional" if self.conditional else "s3.create_claims"),
            checksum=_yes(self.checksum),
            lock=held if self.lock else _yes(False),
            versions=_yes(self.versions),
        )

    @property
    def skew_is_near(self) -> bool:
        return abs(self.skew) > _NEAR_SKEW


def find_promises(requests: Requests) -> Promises:
    """Asks; writes only below ``SCRATCH``, always the same few small objects. Raises ``Refused``, ``PartUnfit``."""
    address = requests.address
    scratch = address.prefix + SCRATCH
    latency = _latency(requests, scratch)
    lock, mode, days = _lock(requests)
    if (address.lock_required or address.retention) and not lock:
        raise PartUnfit(f"objects: {address.shown}: the bucket has no object lock", say("s3.no_lock"))
    return Promises(
        server=requests.server,
        conditional=address.conditional and _conditional(requests, f"{scratch}{_CREATE}"),
        checksum=_checksum(requests, f"{scratch}probe/checksum"),
        lock=lock,
        lock_mode=mode,
        lock_days=days,
        versions=_versions(requests),
        ordered=_ordered(requests, f"{scratch}probe/order/"),
        latency_ms=latency,
        skew=requests.skew,
    )


def still_promised(requests: Requests, before: Promises) -> Promises:
    """Asks in two requests, which leave no trace, whether all is as it was found; for who asks every few seconds.

    Raises ``Refused``.
    """
    scratch = requests.address.prefix + SCRATCH
    latency = _latency(requests, scratch)
    conditional = before.conditional and _keeps(requests, f"{scratch}{_CREATE}")
    return replace(before, conditional=conditional, latency_ms=latency, skew=requests.skew, server=requests.server)


def _latency(requests: Requests, scratch: str) -> int:
    """Milliseconds of the first request, which also shows what is wrong with the bucket or with us."""
    started = time.monotonic()
    ask_for_list(requests, scratch)
    return round((time.monotonic() - started) * 1000)


def _conditional(requests: Requests, key: str) -> bool:
    return _keeps(requests, key) and not put_parts(requests, key, BytesIO(), _TEXT, {}, IF_FREE).fresh


def _keeps(requests: Requests, key: str) -> bool:
    """The same bytes each time, so that a server which does not honour the condition changes nothing."""
    return not (put_piece(requests, key, _TEXT, IF_FREE).fresh and put_piece(requests, key, _TEXT, IF_FREE).fresh)


def _checksum(requests: Requests, key: str) -> bool:
    """Sends a body with the checksum of another: a server that looks refuses it."""
    try:
        requests.send("PUT", key, body=_TEXT, headers={"x-amz-checksum-sha256": checksum(b"")}, tries=1)
    except Refused as refused:
        if refused.fault.what.partition(" ")[0] in _REFUSALS:
            return True
        raise
    return False


def _lock(requests: Requests) -> tuple[bool, str, int]:
    """Whether the bucket locks objects; mode and days of its own default, empty and 0 when it has none."""
    data = _settings(requests, "object-lock")
    try:
        found = unmarshal(ObjectLockConfig, data.decode()) if data else None
    except (ParseError, ValueError):
        return False, "", 0
    if found is None:
        return False, "", 0
    days = (found.duration or 0) * (365 if found.duration_unit == "Years" else 1)
    return True, found.mode or "", days


def _versions(requests: Requests) -> bool:
    data = _settings(requests, "versioning")
    try:
        return bool(data) and unmarshal(VersioningConfig, data.decode()).status == "Enabled"
    except (ParseError, ValueError):
        return False


def _settings(requests: Requests, name: str) -> bytes:
    """Empty where the bucket has none, the server knows none, or we may not ask."""
    try:
        return requests.send("GET", query={name: ""}).data
    except Refused as refused:
        if refused.fault.kind in (Kind.PASSING, Kind.FULL):
            raise
        return b""


def _ordered(requests: Requests, folder: str) -> bool:
    """``-`` comes before ``/``: a server that walks its folders gives these two the other way round."""
    expected = [f"{folder}a-b", f"{folder}a/b"]
    found = list(list_names(requests, folder))
    if sorted(found) != expected:
        for key in expected:
            put_piece(requests, key, _TEXT, {})
        found = list(list_names(requests, folder))
    return found == expected


def _yes(value: bool) -> str:
    return say("s3.yes" if value else "s3.no")
