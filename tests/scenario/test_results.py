"""Results hold all that a report needs: what failed, where, and how long it took, in words."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from emulator.errors import Location
from emulator.scenario.results import Failure, ScenarioResult, Status, StepResult

AT = Location(file="roundtrip.yaml", line=1, column=1)
STEP_AT = Location(file="roundtrip.yaml", line=3, column=5)
FAILURE = Failure(code="CHK-01", expected="status 200", received="401", mend="correct the provider")
PROBLEM = Failure(code="SCN-501", expected="a check", received="none", mend="check the answer")
STEP = StepResult(verb="send_message", name="Say ping", at=STEP_AT, status=Status.PASSED, began_s=0.0, duration_s=0.0)
RESULT = ScenarioResult(
    name="A text goes out", at=AT, status=Status.PASSED, duration_s=1.25, steps=(STEP,), timeline=()
)


@pytest.mark.parametrize(
    ("verb", "duration_s", "took"),
    [
        ("send_message", 0.0, "took 0 ms"),
        ("wait", 0.25, "took 250 ms"),
        ("request", 1.214, "took 1.21 s"),
        ("trigger", 60.0, "took 60 s"),
        ("expect", 0.0, "waited 0.0 s"),
        ("expect", 5.0, "waited 5.0 s"),
        ("expect_none", 0.25, "waited 0.2 s"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else str(value),
)
def test_how_long_a_step_took(verb: str, duration_s: float, took: str) -> None:
    """An expectation waits, to the tenth of a second; every other step takes its time."""
    assert took == replace(STEP, verb=verb, duration_s=duration_s).took


@pytest.mark.parametrize(
    ("steps", "problem", "expected"),
    [
        ((), None, ()),
        ((STEP,), None, ()),
        ((STEP, replace(STEP, failure=FAILURE)), None, (("Say ping", STEP_AT, "took 0 ms", FAILURE),)),
        ((STEP,), PROBLEM, (("A text goes out", AT, "took 1.25 s", PROBLEM),)),
        (
            (replace(STEP, verb="expect", name="First", failure=FAILURE), replace(STEP, failure=PROBLEM)),
            PROBLEM,
            (
                ("First", STEP_AT, "waited 0.0 s", FAILURE),
                ("Say ping", STEP_AT, "took 0 ms", PROBLEM),
                ("A text goes out", AT, "took 1.25 s", PROBLEM),
            ),
        ),
    ],
    ids=["no-steps", "none", "of-a-step", "of-the-scenario", "of-both"],
)
def test_failures(
    steps: tuple[StepResult, ...], problem: Failure | None, expected: tuple[tuple[str, Location, str, Failure], ...]
) -> None:
    """Failures come in the order of the steps, and what is wrong with the scenario as a whole comes last."""
    assert expected == replace(RESULT, steps=steps, problem=problem).failures


def test_what_is_worth_only_a_warning() -> None:
    """A step that failed and is worth only a warning is told apart from those that failed."""
    steps = (
        replace(STEP, name="Bad", status=Status.FAILED, failure=FAILURE),
        replace(STEP, name="Odd", status=Status.WARNED, failure=PROBLEM),
        STEP,
    )
    result = replace(RESULT, steps=steps)
    assert (("Bad", STEP_AT, "took 0 ms", FAILURE),) == result.failures
    assert (("Odd", STEP_AT, "took 0 ms", PROBLEM),) == result.warned


def test_what_the_statuses_are_called() -> None:
    """Reports and other programs read these words."""
    words = ["passed", "failed", "warned", "skipped", "unreachable", "unchecked", "failed as expected", "interrupted"]
    assert words == [str(each) for each in Status]


def test_a_result_stays_what_it_is() -> None:
    """What was found is not changed afterwards."""
    with pytest.raises(FrozenInstanceError):
        RESULT.status = Status.FAILED  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        STEP.duration_s = 1.0  # type: ignore[misc]


def test_what_a_step_leaves_out() -> None:
    """A step that merely passed has no failure, no findings and no reason to have been skipped."""
    assert (None, (), None) == (STEP.failure, STEP.findings, STEP.reason)
    assert (None, ()) == (RESULT.problem, RESULT.warnings)
