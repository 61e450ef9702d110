"""Reads the part of the Dockerfile language that our Dockerfile uses; anything else is an error, never passed over."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

KNOWN = frozenset(
    "FROM ENV RUN COPY WORKDIR USER VOLUME EXPOSE ENTRYPOINT CMD HEALTHCHECK LABEL STOPSIGNAL".split()  # noqa: SIM905
)
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class NotUnderstood(Exception):
    """The Dockerfile says something that is not replayed; the message names the line."""


@dataclass(frozen=True, slots=True)
class Step:
    word: str
    """the instruction, upper case"""
    rest: str
    """what follows it, continued lines joined"""
    line: int


@dataclass(frozen=True, slots=True)
class Health:
    command: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)


def steps(text: str) -> list[Step]:
    """The instructions in order. Raises ``NotUnderstood`` for an unknown one, or a file that begins without FROM."""
    found: list[Step] = []
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        first = first if parts else number
        continued = line.rstrip().endswith("\\")
        parts.append(line.rstrip().removesuffix("\\").strip())
        if not continued:
            found.append(_step(" ".join(filter(None, parts)), first))
            parts = []
    if parts:
        raise NotUnderstood(f"line {first}: it goes on after the end of the file")
    if not found or found[0].word != "FROM" or [step.word for step in found].count("FROM") != 1:
        raise NotUnderstood("one FROM is expected, in front")
    return found


def _step(text: str, line: int) -> Step:
    word, _, rest = text.partition(" ")
    if word.upper() not in KNOWN:
        raise NotUnderstood(f"line {line}: {word} is not replayed")
    if not rest.strip():
        raise NotUnderstood(f"line {line}: {word} says nothing")
    return Step(word.upper(), rest.strip(), line)


def assignments(step: Step, environment: Mapping[str, str]) -> dict[str, str]:
    """``ENV A=1 B="2 3"`` → its variables; references stand for what was set before this instruction."""
    pairs = {}
    for word in shlex.split(step.rest):
        name, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"\w+", name):
            raise NotUnderstood(f"line {step.line}: ENV NAME=VALUE is expected, not {word!r}")
        pairs[name] = expanded(value, environment)
    return pairs


def expanded(text: str, environment: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: environment.get(found[1] or found[2], ""), text)


def copied(step: Step) -> tuple[tuple[str, ...], str]:
    """``COPY A B DEST`` → sources and destination, without options."""
    *sources, target = shlex.split(step.rest)
    if not sources or any(source.startswith("--") for source in sources):
        raise NotUnderstood(f"line {step.line}: COPY SOURCE… TARGET is expected")
    return tuple(sources), target


def exec_form(step: Step, rest: str | None = None) -> tuple[str, ...]:
    """``["a", "b"]``; the shell form is an error: its shell would be the process that gets the signals."""
    try:
        words = json.loads(step.rest if rest is None else rest)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise NotUnderstood(f'line {step.line}: {step.word} ["word", …] is expected')
    return tuple(words)


def health(step: Step) -> Health:
    options, marker, rest = step.rest.partition("CMD ")
    if not marker:
        raise NotUnderstood(f"line {step.line}: HEALTHCHECK [--option=value…] CMD […] is expected")
    pairs = [option.removeprefix("--").partition("=") for option in options.split()]
    return Health(exec_form(step, rest.strip()), {name: value for name, _, value in pairs})
