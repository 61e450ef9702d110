"""What an S3 server's refusal, or its silence, means for Opis: one table from its codes to our own errors."""

import ssl
from dataclasses import dataclass
from enum import Enum

import urllib3.exceptions
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from pipeline.domain.errors import OpisError, PartDown, PartUnfit, StorageFull
from pipeline.domain.messages import say


class Kind(Enum):
    ABSENT = "no such key or upload"
    TAKEN = "the key was not free, or is no longer what it was"
    PASSING = "worth another try"
    FULL = "no space"
    UNFIT = "another try will not help"
    UNKNOWN = "an answer nobody expects"


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    what: str
    """English, without credentials"""
    mend: str = ""
    """the code of a Romanian message; of ``UNFIT`` only"""

    def error(self, address: str, subject: str, opened: bool) -> OpisError:
        """Our own error. What is unfit after the store was opened may be put right meanwhile: it is tried again."""
        message = f"objects: {address}: {subject + ': ' if subject else ''}{self.what}"
        mend = say(f"s3.{self.mend}") if self.mend else ""
        if self.kind is Kind.UNFIT and not opened:
            return PartUnfit(message, mend)
        error = StorageFull(message) if self.kind is Kind.FULL else PartDown(message)
        if mend:
            error.advice = mend
        return error


_CODES = {
    "NoSuchKey": Kind.ABSENT,
    "NoSuchUpload": Kind.ABSENT,
    "NoSuchVersion": Kind.ABSENT,
    "PreconditionFailed": Kind.TAKEN,
    "ConditionalRequestConflict": Kind.PASSING,
    "OperationAborted": Kind.PASSING,
    "SlowDown": Kind.PASSING,
    "InternalError": Kind.PASSING,
    "ServiceUnavailable": Kind.PASSING,
    "RequestTimeout": Kind.PASSING,
    "IncompleteBody": Kind.PASSING,
    "BadDigest": Kind.PASSING,
    "InvalidDigest": Kind.PASSING,
    "XAmzContentSHA256Mismatch": Kind.PASSING,
    "XAmzContentChecksumMismatch": Kind.PASSING,
    "InsufficientStorage": Kind.FULL,
    "QuotaExceeded": Kind.FULL,
    "XMinioStorageFull": Kind.FULL,
    "XMinioAdminBucketQuotaExceeded": Kind.FULL,
}
_UNFIT = {
    "InvalidAccessKeyId": "wrong_credentials",
    "SignatureDoesNotMatch": "wrong_credentials",
    "ExpiredToken": "wrong_credentials",
    "InvalidToken": "wrong_credentials",
    "InvalidTokenId": "wrong_credentials",
    "AccessDenied": "denied",
    "AllAccessDisabled": "denied",
    "AccountProblem": "denied",
    "RequestTimeTooSkewed": "clock",
    "RequestExpired": "clock",
    "NoSuchBucket": "no_bucket",
    "InvalidBucketName": "no_bucket",
    "PermanentRedirect": "wrong_region",
    "Redirect": "wrong_region",
    "AuthorizationHeaderMalformed": "wrong_region",
    "IllegalLocationConstraintException": "wrong_region",
}
_STATUSES = {
    404: Kind.ABSENT,
    408: Kind.PASSING,
    409: Kind.PASSING,
    412: Kind.TAKEN,
    429: Kind.PASSING,
    500: Kind.PASSING,
    502: Kind.PASSING,
    503: Kind.PASSING,
    504: Kind.PASSING,
    507: Kind.FULL,
}

EXPECTED = (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError, SyntaxError)
"""What a request may raise; the last two: an answer that is no XML, or not the XML it should be."""


def fault_of(error: BaseException) -> Fault:
    """What one of the ``EXPECTED`` means."""
    if isinstance(error, S3Error):
        return of_code(str(error.code), int(error.response.status))
    if isinstance(error, ServerError):
        return _of_status(int(error.status_code))
    if isinstance(error, InvalidResponseError):
        return _of_status(int(error._code))
    if isinstance(error, urllib3.exceptions.HTTPError | OSError):
        return _of_transport(error)
    return Fault(Kind.UNKNOWN, f"an answer that cannot be understood ({type(error).__name__})")


def of_code(code: str, status: int) -> Fault:
    """The server's own code decides; its status where the code is none we know."""
    what = f"{code} ({status})"
    if code in _UNFIT:
        return Fault(Kind.UNFIT, what, _UNFIT[code])
    if code in _CODES:
        return Fault(_CODES[code], what)
    return Fault(_STATUSES.get(status, Kind.UNKNOWN), what)


def _of_status(status: int) -> Fault:
    """An answer without a code: of a gateway in between, or of something that is no S3 server."""
    kind = _STATUSES.get(status, Kind.UNFIT)
    if kind is Kind.ABSENT:
        kind = Kind.UNFIT
    return Fault(kind, f"status {status} without an S3 answer", "no_s3" if kind is Kind.UNFIT else "")


def _of_transport(error: BaseException) -> Fault:
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        reason = link.args[0] if link.args and isinstance(link.args[0], BaseException) else None
        link = link.__cause__ or reason or link.__context__
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
        return Fault(Kind.UNFIT, "its certificate is not trusted", "certificate")
    if any("WRONG_VERSION_NUMBER" in str(one) or "RECORD_LAYER" in str(one) for one in chain):
        return Fault(Kind.UNFIT, "it does not speak TLS", "no_tls")
    return Fault(Kind.PASSING, f"no answer ({type(chain[-1]).__name__})")
