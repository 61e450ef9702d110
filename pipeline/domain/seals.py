"""A record that carries the digest of its own bytes, so that a single flipped bit in it is found."""

import hashlib
import re

_SEAL = re.compile(rb',"seal":"([0-9a-f]{64})"\}$')


def sealed(record: bytes) -> bytes:
    """A compact JSON object with one more member at its end: ``seal``, the SHA-256 of the bytes before it was added."""
    if not record.startswith(b"{") or not record.endswith(b"}") or record == b"{}":
        raise ValueError("only a JSON object with members can be sealed")
    return record[:-1] + b',"seal":"' + hashlib.sha256(record).hexdigest().encode("ascii") + b'"}'


def seal_holds(record: bytes) -> bool | None:
    """Whether the bytes are those that were sealed; None when there is no seal (records of the first version)."""
    found = _SEAL.search(record)
    if found is None:
        return None
    body = record[: found.start()] + b"}"
    return hashlib.sha256(body).hexdigest().encode("ascii") == found.group(1)
