"""Reads a departments file: its shape, its values, and where each fault stands."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from classifiers.laws import parse_act
from pipeline.domain.filing import Department

MAX_WEIGHT = 10
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_TOP = ("departments", "neutral", "boilerplate")
_FIELDS = ("name", "aliases", "addressees", "phrases", "laws", "against")
_WEIGHED = ("phrases", "laws", "against")


@dataclass(frozen=True, slots=True)
class RuleFault:
    """What is wrong where; ``code`` is one of ``filing.rules_*`` in the message catalogue."""

    code: str
    key: str
    line: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WeightedText:
    """A phrase or act as the rule file writes it."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class DepartmentRule:
    """A department and what speaks for it."""

    department: Department
    addressees: tuple[str, ...] = ()
    phrases: tuple[WeightedText, ...] = ()
    laws: tuple[WeightedText, ...] = ()
    against: tuple[WeightedText, ...] = ()


@dataclass(frozen=True, slots=True)
class DepartmentRules:
    """Everything a departments file says."""

    departments: tuple[DepartmentRule, ...]
    neutral: tuple[str, ...] = ()
    boilerplate: tuple[str, ...] = ()


def read_rules(text: str) -> tuple[DepartmentRules, tuple[RuleFault, ...]]:
    """The rules that are sound, and the faults of shape; a file that is no TOML has one fault and no rules."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        return DepartmentRules(()), (RuleFault("toml", "", int(at[1]) if at else None, str(error)),)
    reader = _Reader(text)
    return reader.rules(data), tuple(reader.faults)


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self.faults: list[RuleFault] = []

    def rules(self, data: Mapping[str, Any]) -> DepartmentRules:
        self._known(data, _TOP, "")
        tables = data.get("departments", {})
        if not isinstance(tables, dict) or not tables:
            self._fault("no_departments", "departments")
            tables = {}
        departments = tuple(self._department(code, table) for code, table in tables.items())
        return DepartmentRules(
            tuple(rule for rule in departments if rule is not None),
            self._table_texts(data, "neutral", "phrases"),
            self._table_texts(data, "boilerplate", "texts"),
        )

    def _department(self, code: str, table: Any) -> DepartmentRule | None:
        key = f"departments.{code}"
        if not _CODE.fullmatch(code):
            self._fault("code", key)
            return None
        if not isinstance(table, dict):
            self._fault("table", key)
            return None
        self._known(table, _FIELDS, key)
        name = table.get("name")
        if not isinstance(name, str) or not name.strip():
            self._fault("name", f"{key}.name")
            name = code
        weighed = {field: tuple(self._weighed(table.get(field, {}), f"{key}.{field}")) for field in _WEIGHED}
        for law in weighed["laws"]:
            if parse_act(law.text) is None:
                self._fault("law", f"{key}.laws.{law.text}")
        return DepartmentRule(
            Department(code, name, self._texts(table.get("aliases", []), f"{key}.aliases")),
            addressees=self._texts(table.get("addressees", []), f"{key}.addressees"),
            phrases=weighed["phrases"],
            laws=tuple(law for law in weighed["laws"] if parse_act(law.text) is not None),
            against=weighed["against"],
        )

    def _weighed(self, table: Any, key: str) -> Iterator[WeightedText]:
        if not isinstance(table, dict):
            self._fault("table", key)
            return
        for text, weight in table.items():
            number = isinstance(weight, int | float) and not isinstance(weight, bool)
            if not any(sign.isalnum() for sign in text):
                self._fault("empty", f"{key}.{text}")
            elif not number or not 0 < weight <= MAX_WEIGHT:
                self._fault("weight", f"{key}.{text}", str(weight))
            else:
                yield WeightedText(text, float(weight))

    def _table_texts(self, data: Mapping[str, Any], table: str, field: str) -> tuple[str, ...]:
        content = data.get(table, {})
        if not isinstance(content, dict):
            self._fault("table", table)
            return ()
        self._known(content, (field,), table)
        return self._texts(content.get(field, []), f"{table}.{field}")

    def _texts(self, value: Any, key: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self._fault("texts", key)
            return ()
        for text in value:
            if not any(sign.isalnum() for sign in text):
                self._fault("empty", key)
        return tuple(text for text in value if any(sign.isalnum() for sign in text))

    def _known(self, table: Mapping[str, Any], names: tuple[str, ...], key: str) -> None:
        for name in table:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                self._fault("unknown", f"{key}.{name}".lstrip("."), near[0] if near else ", ".join(names))

    def _fault(self, code: str, key: str, detail: str = "") -> None:
        self.faults.append(RuleFault(code, key, line_of(self._lines, key), detail))


def line_of(lines: list[str], key: str) -> int | None:
    """Line on which a key is written: inside its department's tables when it names one; None when not found."""
    parts = key.split(".", 3 if key.startswith("departments.") else 1)
    table = ".".join(parts[:2]) if parts[0] == "departments" else parts[0]
    inside = re.compile(rf"\s*\[+\s*{re.escape(table)}(?:\.(?P<field>[\w-]+))?\s*\]")
    wanted = parts[-1]
    header: int | None = None
    current = ""
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("[") and "=" not in line:
            match = inside.match(line)
            current = (match["field"] or table) if match else ""
            if match and (header is None or wanted == match["field"]):
                header = number
            continue
        named = re.match(r"\s*(?:\"(?P<quoted>[^\"]*)\"|'(?P<literal>[^']*)'|(?P<bare>[\w-]+))\s*=", line)
        name = named and (named["quoted"] or named["literal"] or named["bare"] or "")
        if name == wanted and (current if len(parts) > 1 else True) and (len(parts) < 4 or current == parts[2]):
            return number
    if len(parts) == 4:
        return line_of(lines, ".".join(parts[:3])) or header
    return header
