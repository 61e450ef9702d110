"""Replays a Dockerfile's steps in a folder with a bare Debian: RUN in a chroot, COPY from what the build may see."""

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from deploy.image_check import dockerfile
from deploy.image_check.dockerfile import Health, NotUnderstood, Step
from deploy.image_check.ignored import kept

SUITES = {"11": "bullseye", "12": "bookworm", "13": "trixie"}
PLAIN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}

Tell = Callable[[str], None]


class StepFailed(Exception):
    """A step ended with a fault; the message names its line and holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class Image:
    """What the steps so far have set."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(PLAIN))
    folder: str = "/"
    user: str = "0:0"
    volumes: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    health: Health | None = None

    def started_by(self, command: Sequence[str] | None = None) -> tuple[str, ...]:
        return (*self.entrypoint, *(self.command if command is None else command))


def suite_of(base: str) -> str:
    """``debian:12.12-slim`` → ``bookworm``."""
    name, _, tag = base.partition(":")
    release = tag.split(".")[0].removesuffix("-slim")
    if name != "debian" or release not in SUITES:
        raise NotUnderstood(f"FROM {base}: a debian:NUMBER image is expected")
    return SUITES[release]


def replay(
    steps: Sequence[Step], tree: Path, root: Path, carried: Mapping[str, str], tell: Tell, image: Image | None = None
) -> Image:
    """The image as the steps leave it; ``carried`` are variables of RUN that the image does not keep."""
    image = image or Image()
    seen = list(kept(tree, (tree / ".dockerignore").read_text(encoding="utf-8")))
    for step in steps:
        tell(f"{step.line:3} {step.word} {step.rest[:100]}")
        if step.word == "RUN":
            _run(step, root, image, carried)
        elif step.word == "COPY":
            _copy(step, tree, seen, root, image)
        else:
            image = _set(step, root, image)
    return image


def _set(step: Step, root: Path, image: Image) -> Image:
    match step.word:
        case "ENV":
            pairs = dockerfile.assignments(step, image.environment)
            return replace(image, environment={**image.environment, **pairs})
        case "WORKDIR":
            folder = str(PurePosixPath(image.folder) / dockerfile.expanded(step.rest, image.environment))
            inside(root, folder).mkdir(parents=True, exist_ok=True)
            return replace(image, folder=folder)
        case "USER":
            return replace(image, user=_numbers(step))
        case "VOLUME":
            return replace(image, volumes=(*image.volumes, *step.rest.split()))
        case "ENTRYPOINT":
            return replace(image, entrypoint=dockerfile.exec_form(step), command=())
        case "CMD":
            return replace(image, command=dockerfile.exec_form(step))
        case "HEALTHCHECK":
            return replace(image, health=dockerfile.health(step))
        case _:
            return image


def _numbers(step: Step) -> str:
    user, _, group = step.rest.partition(":")
    if not user.isdigit() or not (group or user).isdigit():
        raise NotUnderstood(f"line {step.line}: USER NUMBER[:NUMBER] is expected: names can change their meaning")
    return f"{user}:{group or user}"


def _run(step: Step, root: Path, image: Image, carried: Mapping[str, str]) -> None:
    variables = {"HOME": "/root", **carried, **image.environment}
    script = 'cd "$0" && exec /bin/sh -c "$1"'
    done = subprocess.run(
        ["chroot", f"--userspec={image.user}", root, "/bin/sh", "-c", script, image.folder, step.rest],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace")[-3000:]
        raise StepFailed(f"line {step.line}: RUN ended with {done.returncode}\n{said}")


def _copy(step: Step, tree: Path, seen: Sequence[Path], root: Path, image: Image) -> None:
    sources, target = dockerfile.copied(step)
    into_folder = target.endswith("/") or len(sources) > 1
    end = inside(root, str(PurePosixPath(image.folder) / target))
    for source in sources:
        chosen = [path for path in seen if path == Path(source) or Path(source) in path.parents]
        if not chosen:
            raise StepFailed(f"line {step.line}: COPY {source}: not there, or .dockerignore keeps it out")
        for path in chosen:
            if path == Path(source):
                copy = end / path.name if into_folder or end.is_dir() else end
            else:
                copy = end / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree / path, copy, follow_symlinks=False)


def inside(root: Path, path: str) -> Path:
    """The place of an absolute path of the image."""
    return root / path.lstrip("/")
