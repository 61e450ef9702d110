"""Checks a departments file: its shape, and rules that contradict or repeat each other."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from classifiers.departments import read_rule_text
from classifiers.laws import Act, parse_act
from classifiers.phrases import PhraseIndex
from classifiers.places import context
from classifiers.rule_file import DepartmentRule, DepartmentRules, RuleFault, WeightedText, line_of, read_rules
from pipeline.domain.messages import say
from pipeline.domain.romanian.letters import fold


def check_rules(path: Path) -> list[RuleFault]:
    """All faults of a file, by line; none when it may be used. ``ConfigurationError`` when it cannot be read."""
    text = read_rule_text(path)
    rules, faults = read_rules(text)
    lines = text.splitlines()
    found = [*faults, *_repeated_phrases(rules, lines), *_repeated_laws(rules, lines), *_names(rules, lines)]
    return sorted(found, key=lambda fault: (fault.line or 0, fault.key, fault.code))


def fault_text(fault: RuleFault) -> str:
    """One line in Romanian for staff."""
    return say(f"filing.rules_{fault.code}", line=fault.line or "?", key=fault.key, detail=fault.detail)


def _repeated_phrases(rules: DepartmentRules, lines: list[str]) -> Iterator[RuleFault]:
    """The same words twice in one department, or with equal weight in two: the second is named."""
    index: PhraseIndex[None] = PhraseIndex(context().stop)
    seen: dict[tuple[str, ...], list[tuple[DepartmentRule, WeightedText]]] = defaultdict(list)
    for rule in rules.departments:
        if not rule.phrases and not rule.laws:
            key = f"departments.{rule.department.code}"
            yield RuleFault("silent", key, line_of(lines, key))
        for phrase in rule.phrases:
            keys = index.content(phrase.text)
            for other, earlier in seen[keys]:
                same = other is rule
                if same or earlier.weight == phrase.weight:
                    key = f"departments.{rule.department.code}.phrases.{phrase.text}"
                    detail = earlier.text if same else f"{other.department.code}: {earlier.text}"
                    yield RuleFault("repeated" if same else "equal", key, line_of(lines, key), detail)
                    break
            seen[keys].append((rule, phrase))


def _repeated_laws(rules: DepartmentRules, lines: list[str]) -> Iterator[RuleFault]:
    seen: dict[Act, str] = {}
    for rule in rules.departments:
        for law in rule.laws:
            act = parse_act(law.text)
            if act is None:
                continue
            if act in seen:
                key = f"departments.{rule.department.code}.laws.{law.text}"
                yield RuleFault("law_repeated", key, line_of(lines, key), seen[act])
            seen.setdefault(act, rule.department.code)


def _names(rules: DepartmentRules, lines: list[str]) -> Iterator[RuleFault]:
    """A name or alias that two departments share would make the register's department ambiguous."""
    seen: dict[str, str] = {}
    for rule in rules.departments:
        department = rule.department
        for name in dict.fromkeys(
            fold(name).strip() for name in (department.code, department.name, *department.aliases)
        ):
            if seen.setdefault(name, department.code) != department.code:
                key = f"departments.{department.code}.aliases"
                yield RuleFault("alias", key, line_of(lines, key), f"{name}: {seen[name]}")
