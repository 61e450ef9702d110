"""What the doctor is told of a bucket."""

from dataclasses import replace

from pipeline.domain.errors import OpisError
from pipeline.domain.messages import say
from pipeline.ports.probe import Probe
from storage.objects.s3_address import Address
from storage.objects.s3_credentials import find_credentials
from storage.objects.s3_faults import Kind
from storage.objects.s3_promises import Promises, still_promised
from storage.objects.s3_requests import Limits, Refused, Requests

_PATIENCE_SECONDS = 2.0


def probe_bucket(address: Address, limits: Limits, promises: Promises) -> Probe:
    """Never raises. ``promises``: as found when the bucket was opened. ``version`` is how the server names itself."""
    short = min(_PATIENCE_SECONDS, limits.silent_seconds)
    quick = replace(limits, tries=1, connect_seconds=min(short, limits.connect_seconds), silent_seconds=short)
    try:
        requests = Requests(address, find_credentials(address), quick)
        found = still_promised(requests, promises)
    except Refused as refused:
        unfit = refused.fault.kind is Kind.UNFIT
        mend = refused.error.advice if unfit else say("s3.no_answer", reason=refused.fault.what)
        return Probe("objects", unfit, None, False, mend, address.shown)
    except OpisError as error:
        return Probe("objects", True, None, False, error.advice, address.shown)
    details = (
        ("promise", found.told(address.retention)),
        ("clock", f"{found.skew:+.1f} s"),
        ("latency", f"{found.latency_ms} ms"),
    )
    mend = say("s3.skew_near", seconds=round(abs(found.skew))) if found.skew_is_near else ""
    version = found.server or say("s3.server_unnamed")
    return Probe("objects", True, version, not mend, mend, address.shown, details)
