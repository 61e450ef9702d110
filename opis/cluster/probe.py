"""What ``opis doctor`` sees of a Dask cluster: its scheduler, its workers, their threads and versions."""

import asyncio
from importlib import metadata

from opis.cluster.link import Member, connect
from pipeline.domain.addresses import without_password
from pipeline.domain.errors import OpisError, PartUnfit
from pipeline.domain.messages import say
from pipeline.ports.probe import Probe

PART = "cluster"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0


def probe_cluster(scheduler: str) -> Probe:
    """Connects, asks who works there, and leaves. Needs Python's own event loop free in this thread."""
    address = without_password(scheduler)
    try:
        members = asyncio.run(_members(scheduler))
    except OpisError as fault:
        return Probe(PART, isinstance(fault, PartUnfit), None, False, f"{fault}. {fault.advice}", address)
    usable = [member for member in members if member.working and not member.differences]
    details = [("workers", str(len(usable))), ("threads", str(sum(member.threads for member in usable)))]
    details += [(member.name, member.differences) for member in members if member.differences]
    mend = "" if usable else say("doctor.no_cluster_workers", scheduler=address)
    return Probe(
        PART, True, f"distributed {metadata.version('distributed')}", bool(usable), mend, address, tuple(details)
    )


async def _members(scheduler: str) -> list[Member]:
    link = await connect(scheduler, CONNECT_SECONDS, ANSWER_SECONDS)
    try:
        return list((await link.members()).values())
    finally:
        await link.close()
