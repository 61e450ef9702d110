"""Every refusal of a server becomes one of our own errors, with advice where advice helps."""

import ssl

import pytest
from minio.error import InvalidResponseError, ServerError
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError, SSLError

from pipeline.domain.errors import OpisError, PartDown, PartUnfit, StorageFull
from storage.objects.s3_faults import Kind, fault_of, of_code

ADDRESS = "s3://bucket?endpoint=http://h"


def error(code: str, status: int, opened: bool = False) -> OpisError:
    return of_code(code, status).error(ADDRESS, "a/b", opened)


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("InvalidAccessKeyId", 403, "datele de acces"),
        ("SignatureDoesNotMatch", 403, "datele de acces"),
        ("AccessDenied", 403, "al altcuiva"),
        ("RequestTimeTooSkewed", 403, "Ceasul"),
        ("NoSuchBucket", 404, "opis init"),
        ("PermanentRedirect", 301, "regiune"),
    ],
)
def test_unfit_when_opened_and_down_when_it_comes_later(code: str, status: int, advice: str):
    unfit = error(code, status)
    assert isinstance(unfit, PartUnfit)
    assert advice in unfit.advice
    assert f"{ADDRESS}: a/b: {code} ({status})" in str(unfit)
    later = error(code, status, opened=True)
    assert type(later) is PartDown
    assert later.retry
    assert later.advice == unfit.advice


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("NoSuchKey", 404, Kind.ABSENT),
        ("PreconditionFailed", 412, Kind.TAKEN),
        ("ConditionalRequestConflict", 409, Kind.PASSING),
        ("SlowDown", 503, Kind.PASSING),
        ("RequestTimeout", 400, Kind.PASSING),
        ("BadDigest", 400, Kind.PASSING),
        ("SomethingNew", 503, Kind.PASSING),
        ("SomethingNew", 400, Kind.UNKNOWN),
        ("QuotaExceeded", 403, Kind.FULL),
        ("SomethingNew", 507, Kind.FULL),
    ],
)
def test_kinds(code: str, status: int, kind: Kind):
    assert of_code(code, status).kind is kind


def test_full_is_full():
    assert isinstance(error("XMinioStorageFull", 507), StorageFull)


@pytest.mark.parametrize(
    ("vendor", "kind", "mend"),
    [
        (ServerError("x", 503), Kind.PASSING, ""),
        (ServerError("x", 412), Kind.TAKEN, ""),
        (ServerError("x", 507), Kind.FULL, ""),
        (InvalidResponseError(502, "text/html", "<html>"), Kind.PASSING, ""),
        (InvalidResponseError(404, "text/html", "<html>"), Kind.UNFIT, "no_s3"),
        (InvalidResponseError(405, None, None), Kind.UNFIT, "no_s3"),
        (ProtocolError("aborted", ConnectionResetError()), Kind.PASSING, ""),
        (ReadTimeoutError(None, "/", "slow"), Kind.PASSING, ""),  # type: ignore[arg-type]
        (MaxRetryError(None, "/", NewConnectionError(None, "no")), Kind.PASSING, ""),  # type: ignore[arg-type]
        (SSLError(ssl.SSLCertVerificationError(1, "unknown")), Kind.UNFIT, "certificate"),
        (SSLError(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]")), Kind.UNFIT, "no_tls"),
        (SSLError(ssl.SSLEOFError(8, "EOF")), Kind.PASSING, ""),
        (ConnectionRefusedError(), Kind.PASSING, ""),
        (ValueError("not XML"), Kind.UNKNOWN, ""),
    ],
)
def test_what_the_client_raises(vendor: Exception, kind: Kind, mend: str):
    fault = fault_of(vendor)
    assert (fault.kind, fault.mend) == (kind, mend)
    assert isinstance(fault.error(ADDRESS, "", False), OpisError)
