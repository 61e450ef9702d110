"""Starts the image's command as the image's user in a closed, read-only root without a network, and asks its health."""

import ctypes
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.image_check.build import Image, Tell, inside

NEW_NETWORK = 0x40000000
SET_FLAGS, UP = 0x8914, 0x1
START_SECONDS = 90.0
BATCH_SECONDS = 600.0
STOP_SECONDS = 40.0
PAUSE = 0.5
SMALL = "6"
"""a seed whose two documents have few pages"""


class TrialFailed(Exception):
    """The image was built and does not do what it should."""


def close_network() -> None:
    """This process and its children see a loopback of their own and nothing else."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK) != 0:
        raise TrialFailed(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def make_read_only(root: Path, image: Image, aside: Path) -> None:
    """As ``docker run --read-only --tmpfs /tmp`` with a volume each: the rest of the root cannot be written to."""
    for place, volume in enumerate(image.volumes):
        kept = aside / str(place)
        shutil.copytree(inside(root, volume), kept, symlinks=True)
        shutil.copystat(inside(root, volume), kept)
        owner = inside(root, volume).stat()
        os.chown(kept, owner.st_uid, owner.st_gid)
        _mount("--bind", kept, inside(root, volume))
    _mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev,noexec", "tmpfs", root / "tmp")
    _mount("-o", "remount,bind,ro", root)


def try_out(root: Path, image: Image, output: Path, tell: Tell) -> None:
    """Raises ``TrialFailed``. ``output`` gets what the command says."""
    health = image.health
    if health is None or not image.started_by():
        raise TrialFailed("the image has no HEALTHCHECK or nothing to start")
    if inside_of(root, image, health.command).returncode == 0:
        raise TrialFailed("the health check is content although nothing runs")
    with output.open("wb") as log:
        running = subprocess.Popen(
            as_user(root, image, image.started_by()), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        took = _until(lambda: inside_of(root, image, health.command).returncode == 0, START_SECONDS, running, output)
        tell(f"healthy after {took:.0f} s as user {image.user}")
        _doctor(root, image, tell)
        _batch(root, image, running, output, tell)
    finally:
        running.terminate()
        code = running.wait(STOP_SECONDS)
    tell(f"stopped on SIGTERM with {code}")
    if code != 0:
        raise TrialFailed(f"it ended with {code} on SIGTERM\n{_tail(output)}")
    if inside_of(root, image, health.command).returncode == 0:
        raise TrialFailed("the health check is content although it was stopped")


def _doctor(root: Path, image: Image, tell: Tell) -> None:
    done = inside_of(root, image, image.started_by(["opis", "doctor"]))
    if done.returncode != 0:
        raise TrialFailed(f"opis doctor ended with {done.returncode}\n{_said(done)}")
    tell("opis doctor: every part good")


def _batch(root: Path, image: Image, running: "subprocess.Popen[bytes]", output: Path, tell: Tell) -> None:
    """A scan dropped into the hot folder of the image is read, filed and found."""
    drop = inside_of(
        root, image, image.started_by(["opis", "demo", "--batches", "1", "--documents", "2", "--seed", SMALL])
    )
    if drop.returncode != 0:
        raise TrialFailed(f"opis demo ended with {drop.returncode}\n{_said(drop)}")

    def done() -> bool:
        asked = inside_of(root, image, image.started_by(["opis", "batch", "list", "--json"]))
        states = [batch["state"] for batch in _batches(asked.stdout)] if asked.returncode in (0, 1) else []
        if "quarantined" in states:
            raise TrialFailed(f"the demo batch was quarantined\n{_tail(output)}")
        return bool(states) and set(states) <= {"filed", "held"}

    took = _until(done, BATCH_SECONDS, running, output)
    tell(f"a demo batch went through in {took:.0f} s")


def _batches(answer: bytes) -> list[dict[str, str]]:
    value = json.loads(answer)
    rows = value.get("batches", value) if isinstance(value, dict) else value
    return [row.get("batch", row) for row in rows]


def inside_of(root: Path, image: Image, command: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(as_user(root, image, command), stdin=subprocess.DEVNULL, capture_output=True, timeout=120)


def as_user(root: Path, image: Image, command: Sequence[str]) -> list[str]:
    """As Docker with ``--cap-drop ALL --security-opt no-new-privileges``, with the image's variables and no others."""
    user, _, group = image.user.partition(":")
    drop = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    variables = [f"{name}={value}" for name, value in {"HOME": "/", **image.environment}.items()]
    into = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', image.folder]
    leave = ["chroot", str(root), "setpriv", f"--reuid={user}", f"--regid={group}", *drop]
    return [*leave, "env", "-i", *variables, *into, *command]


def _until(true: Callable[[], bool], seconds: float, running: "subprocess.Popen[bytes]", output: Path) -> float:
    began = time.monotonic()
    while not true():
        if running.poll() is not None:
            raise TrialFailed(f"it ended with {running.returncode}\n{_tail(output)}")
        if time.monotonic() - began > seconds:
            raise TrialFailed(f"not so within {seconds:.0f} s\n{_tail(output)}")
        time.sleep(PAUSE)
    return time.monotonic() - began


def _mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def _tail(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace")[-3000:]


def _said(done: "subprocess.CompletedProcess[bytes]") -> str:
    return (done.stdout + done.stderr).decode(errors="replace")[-3000:]
