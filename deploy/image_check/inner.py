"""The part of the image check that runs in namespaces of its own: whatever it mounts and starts ends with it."""

import subprocess
import sys
import time
from pathlib import Path

from deploy.image_check import host
from deploy.image_check.build import StepFailed, replay, suite_of
from deploy.image_check.dockerfile import NotUnderstood, steps
from deploy.image_check.trial import TrialFailed, close_network, make_read_only, try_out

_BEGAN = time.monotonic()


def main(tree: Path, folder: Path) -> int:
    try:
        _check(tree, folder)
    except (NotUnderstood, StepFailed, TrialFailed, subprocess.SubprocessError, OSError) as fault:
        tell(f"image-check: {fault}")
        return 1
    return 0


def _check(tree: Path, folder: Path) -> None:
    found = steps((tree / "Dockerfile").read_text(encoding="utf-8"))
    suite = suite_of(found[0].rest)
    root = folder / "root"
    mirror = host.mirror(suite)
    tell(f"bare Debian {suite}")
    bare = ["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, str(root)]
    done = subprocess.run([*bare, *([mirror] if mirror else [])], capture_output=True, text=True)
    if done.returncode != 0:
        raise StepFailed(f"debootstrap ended with {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    subprocess.run(["mount", "--bind", root, root], check=True)
    for kind, place in (("proc", "proc"), ("sysfs", "sys")):
        subprocess.run(["mount", "-t", kind, kind, root / place], check=True)
    subprocess.run(["mount", "--rbind", "/dev", root / "dev"], check=True)
    host.carry(suite, root)
    image = replay(found[1:], tree, root, host.environment(), tell)
    size = subprocess.run(["du", "-sxm", root], capture_output=True, text=True, check=True).stdout.split()[0]
    tell(f"built: {size} MB unpacked")
    make_read_only(root, image, folder / "volumes")
    close_network()
    try_out(root, image, folder / "output", tell)
    tell("image-check: good")


def tell(line: str) -> None:
    print(f"{time.monotonic() - _BEGAN:6.0f} s  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
