"""Scenarios as they were loaded: frozen, each part with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from emulator.core.plain import source_text
from emulator.core.profile import Word
from emulator.core.records import Items, Record
from emulator.core.scalars import Count, Duration, Text
from emulator.core.validating import MendableError
from emulator.scenario.measuring import ScenarioCheck

if TYPE_CHECKING:
    from emulator.core.source import Path
    from emulator.errors import Location
    from emulator.scenario.steps.base import StepKind

Unexpected = Literal["fail", "warn", "allow"]
WORD = re.compile(r"[^$.\s]+\Z")
"""A name that can stand in a placeholder."""


def _word(name: str) -> str:
    if not WORD.match(name):
        raise MendableError(f"{name!r} cannot stand in a placeholder", "write a word without spaces, dots and dollars")
    return name


class CommonKeys(Record):
    """The keys that may stand beside a step's verb, whatever the verb."""

    name: Text | None = None
    """What reports call the step."""
    as_name: Annotated[Annotated[Text, AfterValidator(_word)] | None, Field(alias="as")] = None
    """The name under which later steps find its results."""
    within: Duration | None = None
    """How long after its cause something may take."""
    times: Count = 1
    """How many events are expected."""
    when: Any = None
    """The step is skipped unless this holds."""
    tags: Items[Text] = ()
    covers: Items[Text] = ()
    """The rules that the step proves, for reports."""
    severity: Annotated[Literal["error", "warning"], Word] = "error"
    """What a failure of the step is; a warning does not fail the scenario."""


class ScenarioKeys(Record):
    """The keys of a scenario."""

    scenario: Text
    """Its name."""
    description: Text = ""
    tags: Items[Text] = ()
    vars: dict[str, Any] = {}
    """Values for placeholders."""
    cases: Any = None
    """Rows of values, or the name of a CSV file: the scenario is played once for each."""
    setup: list[Any] = []
    """Steps before the others."""
    steps: list[Any]
    teardown: list[Any] = []
    """Steps that are done at the end, whatever happened."""
    check: ScenarioCheck | None = None
    """What is demanded of the scenario as a whole."""
    unexpected: Annotated[Unexpected, Word] = "fail"
    """What becomes of events that no step consumed."""
    grace: Duration | None = None
    """How long is listened on after the deadline of an expectation that failed, to tell late from never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. *arguments*, *check* and *common* still hold their placeholders."""

    kind: type[StepKind]
    arguments: Mapping[str, Any]
    check: Mapping[str, Any] | None
    fail_if: Mapping[str, Any] | None
    common: Mapping[str, Any]
    at: Location
    locate: Callable[[Path], Location]
    """The place of a path of *arguments*, or of ``check``."""
    branches: tuple[tuple[Step, ...], ...] = ()
    """The steps inside a step that is made of others."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """The ``vars`` of the scenario that the step uses."""

    @property
    def result_name(self) -> str | None:
        """The name under which later steps find its results."""
        name = self.common.get("as")
        return None if name is None else str(source_text(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario of a file."""

    name: str
    description: str
    tags: tuple[str, ...]
    variables: Mapping[str, Any]
    row: Mapping[str, Any]
    """The values of its case; they go before variables of the same name."""
    setup: tuple[Step, ...]
    steps: tuple[Step, ...]
    teardown: tuple[Step, ...]
    unexpected: Unexpected
    at: Location
    check: ScenarioCheck | None = None
    grace: float | None = None
    """Seconds to listen on after the deadline of an expectation that failed."""

    @property
    def subscribes(self) -> bool:
        """Whether it has a subscribe step of its own."""
        return _have("subscribe", (*self.setup, *self.steps))


def _have(verb: str, steps: Iterable[Step]) -> bool:
    """Whether one of *steps*, or of those inside them, has that verb."""
    return any(step.kind.verb == verb or any(_have(verb, branch) for branch in step.branches) for step in steps)
