"""The catalogue of findings about scenario and project files."""

from __future__ import annotations

from emulator.core.findings import Mark, Rule
from emulator.errors import Severity

_E = Severity.ERROR


def _rule(code: str, title: str) -> Rule:
    return Rule(
        code, _E, Mark.DOCUMENTED, title, "The file's own rules: see docs/scenarios.md and docs/project-file.md."
    )


SCENARIO_NOT_YAML = _rule("SCN-101", "the scenario file is not YAML")
SCENARIO_DUPLICATE_KEY = _rule("SCN-102", "a key written twice")
SCENARIO_UNREADABLE = _rule("SCN-103", "YAML that a scenario cannot hold")
SCENARIO_MISSING = _rule("SCN-201", "a required key is missing")
SCENARIO_UNKNOWN = _rule("SCN-202", "an unknown key")
SCENARIO_WRONG_TYPE = _rule("SCN-203", "a value of the wrong type")
SCENARIO_BAD_VALUE = _rule("SCN-204", "a value that cannot be used")
NOT_ONE_VERB = _rule("SCN-205", "a step without its one verb")
MISPLACED_KEY = _rule("SCN-206", "a key that does not go with this verb")
UNKNOWN_PLACEHOLDER = _rule("SCN-301", "a placeholder that nothing supplies")
BAD_MATCHER = _rule("SCN-302", "a matcher that cannot be read")
NOT_IN_DOCUMENT = _rule("SCN-303", "something that the integration document does not have")

PROJECT_NOT_YAML = _rule("PRJ-101", "the project file is not YAML")
PROJECT_DUPLICATE_KEY = _rule("PRJ-102", "a key written twice")
PROJECT_UNREADABLE = _rule("PRJ-103", "YAML that a project file cannot hold")
PROJECT_MISSING = _rule("PRJ-201", "a required key is missing")
PROJECT_UNKNOWN = _rule("PRJ-202", "an unknown key")
PROJECT_WRONG_TYPE = _rule("PRJ-203", "a value of the wrong type")
PROJECT_BAD_VALUE = _rule("PRJ-204", "a value that cannot be used")
PROJECT_PLACEHOLDER = _rule("PRJ-301", "a placeholder without a value")
PROPERTY_WITHOUT_VALUE = _rule("PRJ-302", "a property without a value")
PROPERTY_UNKNOWN = _rule("PRJ-303", "a property that the document does not have")

CATALOGUE = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every one of them, by its code."""
