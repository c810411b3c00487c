"""Scenarios that are known to fail fail no run until their day is past; one that passes does."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from emulator.errors import Location
from emulator.scenario.expected import ExpectedFailure, judged
from emulator.scenario.results import ScenarioResult, Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

ENTRY = ExpectedFailure.model_validate({"scenario": "Order is kept*", "until": "2027-01-31", "because": "ticket 812"})
BEFORE, AFTER = date(2027, 1, 31), date(2027, 2, 1)


def result(status: Status, name: str = "Order is kept (3)") -> ScenarioResult:
    """A scenario that ended so."""
    return ScenarioResult(name=name, at=Location(file="x"), status=status, duration_s=0, steps=(), timeline=())


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNREACHABLE, Status.UNCHECKED])
def test_a_known_failure_fails_no_run(status: Status) -> None:
    """It is told as what it is, with its reason and its day."""
    found = judged(result(status), [ENTRY], BEFORE)
    assert (Status.EXPECTED, "ticket 812, until 2027-01-31") == (found.status, found.reason)


def test_one_that_passes_fails_the_run() -> None:
    """Otherwise the entry would stand there for ever."""
    found = judged(result(Status.PASSED), [ENTRY], BEFORE)
    assert Status.FAILED is found.status
    assert found.problem is not None
    assert ("SCN-509", "it passed") == (found.problem.code, found.problem.received)


def test_one_past_its_day_fails_the_run() -> None:
    """And says that the day is past."""
    found = judged(result(Status.FAILED), [ENTRY], AFTER)
    assert Status.FAILED is found.status
    assert found.problem is not None
    assert ("SCN-510", "it to be mended by 2027-01-31: ticket 812") == (found.problem.code, found.problem.expected)


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.INTERRUPTED])
def test_what_was_not_played_to_its_end_proves_nothing(status: Status) -> None:
    """It stays as it is."""
    assert result(status) == judged(result(status), [ENTRY], BEFORE)


def test_others_are_left_alone() -> None:
    """Only the scenarios that an entry names are meant; brackets in a name mean themselves too."""
    assert result(Status.FAILED, "Text") == judged(result(Status.FAILED, "Text"), [ENTRY], BEFORE)
    odd = ENTRY.model_copy(update={"scenario": "Text [1]"})
    assert Status.EXPECTED is judged(result(Status.FAILED, "Text [1]"), [odd], BEFORE).status


async def test_a_day_that_is_none_is_told_with_its_place(stage: Stage) -> None:
    """The project file is read as everything else is."""
    stage.options["expected_failures"] = "[{scenario: x, until: soon, because: y}]"
    with pytest.raises(Exception, match="'soon' is no date"):
        stage.project()
