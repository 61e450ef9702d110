"""Faults as the log may show them: nothing that a file name, a page or a person may have put into their message."""

import re
from pathlib import Path

from pipeline.domain.errors import InputFault, OpisError, WorkerFault

_FOREIGN = re.compile(r"[:'\"]")
"""where, in what a worker says, the words of a parser begin: they may quote the page"""


def plain(fault: BaseException) -> str:
    """Class and code of a fault of foreign bytes, class and place of one nobody expected, else the message itself.

    The messages of our own errors are made of keys, numbers and addresses; the whole of any message goes to DEBUG.
    """
    kind = type(fault).__name__
    if isinstance(fault, InputFault):
        return f"{kind} {fault.code}"
    if isinstance(fault, WorkerFault):
        return f"{kind}: {_FOREIGN.split(str(fault))[0]}".strip()
    if isinstance(fault, OpisError):
        return str(fault)
    return f"{kind} at {_place(fault)}"


def _place(fault: BaseException) -> str:
    """``file.py:12`` where it was raised."""
    trace = fault.__traceback__
    if trace is None:
        return "?"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
