"""Failures by their cause: one that many scenarios share is told in full once, and the others in a line each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.errors import Location
    from emulator.scenario.results import Failure, ScenarioResult

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\$\S+|\S*\d\S*")
_INSIDE = re.compile(r"\{.*\}", re.DOTALL)
_LONGEST = 2000
_VALUE = "·"


@dataclass(slots=True)
class Cause:
    """What several scenarios fail by. *at* is where it was seen first."""

    failure: Failure
    at: Location
    results: list[ScenarioResult] = field(default_factory=list)


def shape_of(failure: Failure) -> tuple[str, ...]:
    """What two failures of one cause have in common: the code, and the sentences without their values.

    Where something is named as wrong that says it all; how many webhooks came before it does not matter.
    """
    wrong = [f"{each.label} {each.text}" for each in failure.details if each.wrong]
    return failure.code, *map(_shape, wrong or [failure.expected, failure.received])


def _shape(text: str) -> str:
    text = _INSIDE.sub("{}", text[:_LONGEST])
    return " ".join(_QUOTED.sub(_VALUE, text).split())


class Causes:
    """The causes that were seen so far."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, ...], Cause] = {}

    def known(self, result: ScenarioResult) -> Cause | None:
        """Take in *result*; returns the cause of its failures where another scenario was told in full for the same.

        What has failed in several ways, or warns of something that failed too, is told in full itself.
        """
        shapes = [shape_of(failure) for _, _, _, failure in result.failures]
        known = [self._seen[shape] for shape in shapes if shape in self._seen]
        for shape, (_, at, _, failure) in zip(shapes, result.failures, strict=True):
            results = self._seen.setdefault(shape, Cause(failure, at)).results
            if result not in results[-1:]:
                results.append(result)
        return known[0] if len(shapes) == len(known) == 1 and not result.warned else None

    @property
    def shared(self) -> list[Cause]:
        """Those that more than one scenario fails by, in the order in which they were seen."""
        return [cause for cause in self._seen.values() if len(cause.results) > 1]


def by_cause(results: Iterable[ScenarioResult]) -> list[Cause]:
    """The causes that more than one of *results* fails by."""
    causes = Causes()
    for each in results:
        causes.known(each)
    return causes.shared
