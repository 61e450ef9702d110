"""What a task on another machine gives back: always an answer, never an exception, so that Dask logs no arguments."""

import json
from typing import Any

from pipeline.domain.errors import (
    InputFault,
    KeyTaken,
    MissingPart,
    NotFound,
    OpisError,
    PartDown,
    PartUnfit,
    Stopped,
    StorageFull,
    WorkerDied,
    WorkerFault,
    WorkerTimeout,
)

Answer = tuple[str, bytes]
"""``ok`` with the JSON of the value, or ``fault`` with the JSON of the error"""

OK, FAULT = "ok", "fault"
_KINDS: dict[str, type[OpisError]] = {
    "KeyTaken": KeyTaken,
    "MissingPart": MissingPart,
    "NotFound": NotFound,
    "PartDown": PartDown,
    "PartUnfit": PartUnfit,
    "Stopped": Stopped,
    "StorageFull": StorageFull,
    "WorkerDied": WorkerDied,
    "WorkerFault": WorkerFault,
    "WorkerTimeout": WorkerTimeout,
}
LONGEST = 500
"""characters of an error that nobody foresaw: it may quote what was being worked on"""


def told(fault: Exception) -> Answer:
    """An error as an answer; what is none of ours becomes a ``WorkerFault``."""
    if isinstance(fault, InputFault):
        said: dict[str, Any] = {"kind": "InputFault", "code": fault.code, "detail": fault.detail, "page": fault.page}
    elif type(fault).__name__ in _KINDS:
        said = {"kind": type(fault).__name__, "detail": str(fault)}
        if isinstance(fault, PartUnfit):
            said["mend"] = fault.advice
    else:
        said = {"kind": "WorkerFault", "detail": f"{type(fault).__name__}: {fault}"[:LONGEST]}
    return FAULT, json.dumps(said).encode("utf-8")


def fault_of(body: bytes) -> OpisError:
    """The error that ``told`` made an answer of."""
    said = json.loads(body)
    if said["kind"] == "InputFault":
        return InputFault(said["code"], said["detail"], said["page"])
    if said["kind"] == "PartUnfit":
        return PartUnfit(said["detail"], said["mend"])
    return _KINDS[said["kind"]](said["detail"])
