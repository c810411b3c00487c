"""``wait`` lets time pass on the platform's clock, ``note`` says something in the timeline; neither does more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from emulator.errors import ScenarioError
from emulator.scenario.results import Status, TimelineEntry
from emulator.scenario.steps.base import Common, StepKind

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

SEND = "  - send_message: ping\n    check: {status: 2xx}\n"


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("250ms", 0.25),
        ("5s", 5.0),
        ("1.5s", 1.5),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("'3 s'", 3.0),
        ("{duration: 5s}", 5.0),
    ],
    ids=str,
)
async def test_wait(duration: str, seconds: float, stage: Stage) -> None:
    """``wait`` takes as long as it says, and is called by that."""
    result = await stage.play(f"scenario: Waiting\nsteps:\n  - wait: {duration}\n{SEND}")
    assert Status.PASSED is result.status
    waited, sent = result.steps[1:]
    assert (seconds, seconds) == (waited.duration_s, sent.began_s)
    assert f"Wait {duration.strip('{}').removeprefix('duration: ').strip(chr(39))}" == waited.name


async def test_what_happens_while_waiting(stage: Stage) -> None:
    """The provider is listened to while a scenario waits."""
    stage.provider.reports(after_s=1.0)
    result = await stage.play(f"scenario: Meanwhile\nsteps:\n{SEND}  - wait: 2s\n  - expect: messageDelivered\n")
    assert Status.PASSED is result.status
    assert 2.0 == result.duration_s


@pytest.mark.parametrize(
    ("duration", "told"),
    [
        ("5", 'duration: \'5\' is no duration: a duration needs a number and a unit | write "5s" or "5ms"'),
        ("soon", "duration: 'soon' is no duration: a duration needs a number and a unit | write such as 5s or 250ms"),
        ("-1s", "duration: '-1s' is no duration: a duration needs a number and a unit | write such as 5s or 250ms"),
    ],
    ids=["no-unit", "word", "negative"],
)
def test_a_duration_that_is_none(duration: str, told: str, stage: Stage) -> None:
    """A duration needs a number and a unit."""
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n  - wait: {duration}\n")
    assert [told] == [f"{each.message} | {each.remedy}" for each in caught.value.findings]


async def test_a_duration_that_a_placeholder_supplies(stage: Stage) -> None:
    """A duration may come from a variable; until the step runs, reports call it by that."""
    result = await stage.play(f"scenario: Waiting\nvars: {{pause: 750ms}}\nsteps:\n  - wait: $pause$\n{SEND}")
    assert (0.75, "Wait $pause$") == (result.steps[1].duration_s, result.steps[1].name)


@pytest.mark.parametrize(
    ("text", "said"),
    [("hello", "hello"), ("007", "007"), ("to $contact$", "to +61123456789"), ("{text: a}", "a"), ("$$5", "$5")],
    ids=str,
)
async def test_note(text: str, said: str, stage: Stage) -> None:
    """``note`` puts a line into the timeline, at its time, with its placeholders filled."""
    result = await stage.play(f"scenario: Noting\nsteps:\n  - wait: 3s\n  - note: {text}\n  - wait: 1s\n{SEND}")
    assert (Status.PASSED, "Note") == (result.steps[2].status, result.steps[2].name)
    assert TimelineEntry(at_s=3.0, arrow="·", label="note", detail=said) == result.timeline[1]
    assert ["Subscribe", "note", "SendMessage"] == [entry.label for entry in result.timeline]


@pytest.mark.parametrize("key", ["as: it", "check: {status: 200}", "within: 5s", "times: 2"], ids=str)
@pytest.mark.parametrize("step", ["wait: 1s", "note: hello"], ids=["wait", "note"])
def test_keys_that_do_not_go_with_them(step: str, key: str, stage: Stage) -> None:
    """Who only waits or speaks has no result, no deadline and nothing to check."""
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n  - {step}\n    {key}\n")
    verb, name = step.partition(":")[0], key.partition(":")[0]
    assert [f'"{name}" does not go with {verb}'] == [each.message for each in caught.value.findings]


async def test_they_may_have_a_name_and_a_condition(stage: Stage) -> None:
    """``name`` and ``when`` go with every step."""
    result = await stage.play(
        "scenario: Named\nsteps:\n"
        "  - wait: 1s\n    name: A breath\n    when: $api.SendFile$\n"
        f"  - note: hello\n    name: 5\n    when: false\n  - wait: 1s\n{SEND}"
    )
    assert [("A breath", Status.PASSED), ("5", Status.SKIPPED)] == [
        (step.name, step.status) for step in result.steps[1:3]
    ]
    assert "skipped: 5 (when: false is false)" == result.timeline[1].detail


async def test_a_kind_that_does_nothing() -> None:
    """A step kind that does not say what it does cannot be run."""
    with pytest.raises(NotImplementedError):
        await StepKind().run(cast("Any", None), Common())
