"""Which file system a folder is on, as far as events can be expected from it."""

import os
import re
from pathlib import Path

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "glusterfs", "afs", "davfs"})
_OCTAL = re.compile(rb"\\([0-7]{3})")
MOUNTS = Path("/proc/self/mountinfo")


def is_network_share(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether others can write to it without this kernel knowing; False when that cannot be told."""
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return False
    target = os.fsencode(os.path.realpath(folder))
    best, kind = b"", ""
    for line in lines:
        before, _, after = line.partition(b" - ")
        point = _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), before.split(b" ")[4])
        inside = target == point or target.startswith(point.rstrip(b"/") + b"/")
        if inside and len(point) >= len(best):
            best, kind = point, after.split(b" ")[0].decode("ascii", "replace")
    return kind in _NETWORK or kind.startswith("fuse.")
