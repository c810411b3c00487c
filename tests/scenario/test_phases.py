"""Setup comes first, teardown always; a step can be worth only a warning, and can say what must not be."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from emulator.errors import ScenarioError
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

CHECK = "\n    check: {status: 2xx}\n"


def _said(stage: Stage) -> list[Any]:
    return [body["content"] for body in stage.provider.bodies if "content" in body]


async def test_setup_steps_teardown(stage: Stage) -> None:
    """The phases come in order, and what setup supplies the others may use."""
    result = await stage.play(
        f"scenario: x\nteardown:\n  - send_message: bye $first.content$\nsetup:\n  - send_message: one\n    as: first\n"
        f"steps:\n  - send_message: two{CHECK}"
    )
    assert (Status.PASSED, ["one", "two", "bye one"]) == (result.status, _said(stage))


async def test_teardown_after_a_failure(stage: Stage) -> None:
    """After a failed step the rest is left out; every step of the teardown is done, even after one that fails."""
    result = await stage.play(
        "scenario: x\nsteps:\n  - send_message: one\n    check: {status: 5xx}\n  - send_message: two\n"
        "teardown:\n  - send_message: three\n    check: {status: 404}\n  - send_message: four\n"
    )
    assert (Status.FAILED, ["one", "three", "four"]) == (result.status, _said(stage))
    assert 2 == len(result.failures)


async def test_a_failed_teardown_fails(stage: Stage) -> None:
    """A scenario whose teardown fails has failed."""
    result = await stage.play(
        f"scenario: x\nsteps:\n  - send_message: one{CHECK}"
        "teardown:\n  - send_message: two\n    check: {status: 404}\n"
    )
    assert Status.FAILED is result.status


async def test_teardown_after_an_interrupt(stage: Stage) -> None:
    """Ctrl-C in the middle of a step: the teardown is done all the same."""
    stage.provider.hangs.add("/hangs")
    sent = asyncio.Event()
    stage.provider.on_request = lambda path: sent.set() if path == "/hangs" else None
    playing = asyncio.create_task(
        stage.play(
            f"scenario: x\nsteps:\n  - request: {{POST: {stage.provider.url}/hangs}}\n    check: {{status: 2xx}}\n"
            "teardown:\n  - send_message: bye\n"
        )
    )
    await sent.wait()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert ["bye"] == _said(stage)


async def test_a_warning_does_not_fail(stage: Stage) -> None:
    """A failed step of severity warning is shown, and the scenario goes on and passes."""
    result = await stage.play(
        "scenario: x\nsteps:\n  - send_message: one\n    severity: warning\n    covers: [framework 4, own]\n"
        f"    check: {{status: 404}}\n  - send_message: two{CHECK}"
    )
    assert (Status.PASSED, ["one", "two"]) == (result.status, _said(stage))
    assert ((), "$ 404") == (result.failures, result.warned[0][3].expected.replace("status", "$"))
    assert [Status.PASSED, Status.WARNED, Status.PASSED] == [step.status for step in result.steps]
    assert ("framework 4", "own") == result.steps[1].covers


@pytest.mark.parametrize(
    ("fail_if", "status"),
    [
        ("{body: {$.error: {present: true}}}", Status.FAILED),
        ("{status: 2xx, body: {$.error: late}}", Status.PASSED),
        ("{status: 5xx}", Status.PASSED),
    ],
    ids=["holds", "half", "other"],
)
async def test_fail_if_of_an_answer(stage: Stage, fail_if: str, status: Status) -> None:
    """A step fails if all that its fail_if says holds."""
    stage.provider.answers("/webhook", {"error": "no credit", "data": {"id": "x"}})
    result = await stage.play(f"scenario: x\nsteps:\n  - send_message: one\n    fail_if: {fail_if}\n")
    assert status is result.status
    if result.failures:
        failure = result.failures[0][3]
        assert ("CHK-02", "the answer to SendMessage #2 is just that:") == (failure.code, failure.received)


@pytest.mark.parametrize(("method", "status"), [("POST", Status.FAILED), ("GET", Status.PASSED)])
async def test_fail_if_of_a_webhook(stage: Stage, method: str, status: Status) -> None:
    """An event whose webhook is what fail_if says fails the step that waited for it."""
    stage.provider.reports()
    result = await stage.play(
        f"scenario: x\nsteps:\n  - send_message: one\n  - expect: messageDelivered\n    fail_if: {{method: {method}}}\n"
    )
    assert status is result.status


def test_an_empty_fail_if_is_refused(stage: Stage) -> None:
    """A fail_if that says nothing would always fail: it is refused when the file is loaded."""
    with pytest.raises(ScenarioError, match="fail_if is empty"):
        stage.load("scenario: x\nsteps:\n  - send_message: one\n    fail_if: {}\n")
