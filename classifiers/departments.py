"""Loads the departments and their rules: the shipped ones, or an institution's own file of the same shape."""

from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from classifiers.rule_file import DepartmentRules, RuleFault, read_rules
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.filing import EXTERN


def load_departments(path: Path | None = None) -> DepartmentRules:
    """The rules of an institution's file; without one the shipped ones.

    A file that does not name EXTERN gets the shipped rules for it; one without neutral phrases or boilerplate texts
    gets the shipped ones. Raises ``ConfigurationError`` naming file, line and key.
    """
    if path is None:
        return shipped_rules()
    rules, faults = read_rules(read_rule_text(path))
    if faults:
        raise ConfigurationError(f"{path}{describe(faults[0])}")
    return _completed(rules)


def read_rule_text(path: Path) -> str:
    """The text of a departments file; ``ConfigurationError`` when it cannot be read as UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 at byte {error.start}") from error


def describe(fault: RuleFault) -> str:
    """English, for the log: `` line 12: departments.X.name: name``."""
    line = f", line {fault.line}" if fault.line else ""
    key = f": {fault.key}" if fault.key else ""
    detail = f" ({fault.detail})" if fault.detail else ""
    return f"{line}{key}: {_ENGLISH[fault.code]}{detail}"


_ENGLISH = {
    "toml": "not valid TOML",
    "no_departments": "no department is defined",
    "code": "a code is A-Z, 0-9 and _, at most 40, beginning with a letter",
    "table": "must be a table",
    "name": "a department needs a name",
    "law": "not an act such as 'Legea nr. 50/1991'",
    "empty": "an empty text",
    "weight": "a weight is a number above 0, at most 10",
    "texts": "must be a list of texts",
    "unknown": "unknown key; the nearest known is",
}


@cache
def shipped_rules() -> DepartmentRules:
    text = (resources.files("classifiers") / "data" / "departments.toml").read_text(encoding="utf-8")
    rules, faults = read_rules(text)
    if faults:
        raise ConfigurationError(f"departments.toml as shipped{describe(faults[0])}")
    return rules


def _completed(rules: DepartmentRules) -> DepartmentRules:
    shipped = shipped_rules()
    departments = rules.departments
    if all(rule.department.code != EXTERN for rule in departments):
        departments += tuple(rule for rule in shipped.departments if rule.department.code == EXTERN)
    return replace(
        rules,
        departments=departments,
        neutral=rules.neutral or shipped.neutral,
        boilerplate=rules.boilerplate or shipped.boilerplate,
    )
