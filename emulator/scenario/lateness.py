"""What came too late for its step: the run's end tells it from what never came, and whose it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from emulator.scenario.diagnosis import came_after_all

if TYPE_CHECKING:
    from emulator.engine.accounts import Account
    from emulator.engine.inbox import Arrival
    from emulator.scenario.diagnosis import Expected
    from emulator.scenario.results import ScenarioResult, StepResult


class Awaited(NamedTuple):
    """What a step waited for in vain, so far."""

    step: StepResult
    expected: Expected
    account: Account


def told_late(result: ScenarioResult) -> tuple[ScenarioResult, list[str]]:
    """*result* as it is at the run's end, and what is to be said of it: what has come since was late, not lost."""
    steps, said = list(result.steps), []
    for step, expected, account in result.awaited:
        late = _late_arrival(expected, account)
        if late is not None and step in steps:
            failure = came_after_all(expected, late, account.closed_at)
            steps[steps.index(step)] = replace(step, failure=failure)
            said.append(f'{step.at}  "{step.name}": {failure.received}')
    return replace(result, steps=tuple(steps)), said


def _late_arrival(expected: Expected, account: Account) -> Arrival | None:
    """The first event that is what was *expected* and came after its deadline."""
    came = account.inbox.since(expected.deadline)
    return next((each for each in came if each.event is not None and expected.is_it(each)), None)
