"""What the doctor is told of an Elasticsearch beside its version: its clock, its free space, how whole it is."""

import time
from collections.abc import Mapping
from typing import Any

from pipeline.domain.messages import say
from storage.index.elastic_server import Server

Details = tuple[tuple[str, str], ...]
LEAST_SHARE = 0.10
"""of its disk that must be free: from 5 % on the server closes its indexes to writing"""
SECONDS = 5.0
_STATS = "/_nodes/stats/fs?filter_path=nodes.*.timestamp,nodes.*.fs.total"
_HEALTH = "/_cluster/health?filter_path=status,number_of_nodes"


def facts_of(server: Server) -> tuple[Details, str]:
    """Details for ``Probe`` and, where the disk of a node is nearly full, how to mend it. Errors: as ``Server.ask``.

    Of several nodes the worst is told; what this user may not ask is left out.
    """
    health = server.ask("GET", _HEALTH, seconds=SECONDS, accept=(403,))
    begun = time.time()
    stats = server.ask("GET", _STATS, seconds=SECONDS, accept=(403,))
    ended = time.time()
    nodes = [*stats.get("nodes", {}).values()] if isinstance(stats, Mapping) else []
    details: list[tuple[str, str]] = []
    if ahead := [node["timestamp"] / 1000 - (begun + ended) / 2 for node in nodes if "timestamp" in node]:
        details.append(("clock", f"{max(ahead, key=abs):+.1f} s"))
    details.append(("latency", f"{(ended - begun) * 1000:.0f} ms"))
    disks = [disk for node in nodes if (disk := _disk(node)) is not None]
    fullest = min(disks, key=lambda disk: disk[0] / disk[1], default=None)
    if fullest is not None:
        details.append(("space", f"{fullest[0] / 2**30:.1f} GiB ({fullest[0] / fullest[1]:.0%})"))
    if isinstance(health, Mapping) and "status" in health:
        details.append(("status", f"{health['status']}, {health.get('number_of_nodes', '?')}"))
    if fullest is not None and fullest[0] < fullest[1] * LEAST_SHARE:
        return tuple(details), say("monitoring.index_space", share=f"{fullest[0] / fullest[1]:.0%}")
    return tuple(details), ""


def _disk(node: Mapping[str, Any]) -> tuple[int, int] | None:
    """Bytes available and in all."""
    total = node.get("fs", {}).get("total", {})
    if not total.get("total_in_bytes"):
        return None
    return int(total["available_in_bytes"]), int(total["total_in_bytes"])
