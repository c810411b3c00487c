"""``replay`` makes a recorded request again: ours goes to the provider, a webhook to its own URL here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.errors import ScenarioError
from emulator.scenario.results import Failure, ScenarioResult, Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

KEY = "s3cret-API-key"
SEND = "scenario: Again\nsteps:\n  - send_message: hello\n    as: sms\n"
RECEIVE = "scenario: Again\nsteps:\n  - request: {POST: URL/in}\n  - expect: message\n    as: text\n"


def _failure(result: ScenarioResult) -> Failure:
    ((_, _, _, failure),) = result.failures
    return failure


def _receive(stage: Stage, steps: str) -> str:
    return RECEIVE.replace("URL", stage.provider.url) + steps


async def test_a_request_is_made_again(stage: Stage) -> None:
    """Byte for byte, the secret that the journal masks included; its answer can be checked and used."""
    result = await stage.play(
        f"{SEND}  - replay: $sms.exchange$\n    as: again\n"
        "    check: {status: 200, body: {$.data.id: {length: 13}}}\n"
        "  - send_message: $again.status$ $again.exchange$\n"
    )
    assert Status.PASSED is result.status
    _, first, second, _ = stage.provider.requests
    assert (first.raw_path, first.raw_headers) == (second.raw_path, second.raw_headers)
    assert f"Bearer {KEY}" == second.headers["Authorization"]
    assert stage.provider.bodies[1] == stage.provider.bodies[2]
    assert "200 3" == stage.provider.bodies[3]["content"]
    assert "Replay $sms.exchange$" == result.steps[2].name
    assert [("SendMessage", 2), ("replay", 3)] == [(each.label, each.exchange) for each in result.timeline[1:3]]
    assert all(KEY not in str(exchange) for exchange in stage.journal.last())


async def test_a_replay_may_be_replayed(stage: Stage) -> None:
    """It is an exchange like any other, and events count from it."""
    stage.provider.reports()
    result = await stage.play(
        f"{SEND}  - wait: 1m\n  - replay: $sms.exchange$\n    as: again\n  - replay: $again.exchange$\n"
        "  - expect: messageDelivered\n    within: 1s\n    times: 3\n"
    )
    assert Status.PASSED is result.status
    assert 4 == len(stage.provider.requests)


async def test_the_provider_may_refuse_it(stage: Stage) -> None:
    """It fails by itself without a 2xx, unless a check says what is right."""
    text = f"{SEND}  - request: {{GET: {stage.provider.url}/x}}\n    as: x\n    check: {{status: 404}}\n"
    stage.provider.answers("/x", {"error": "no"}, 404)
    failure = _failure(await stage.play(f"{text}  - replay: $x.exchange$\n"))
    assert ("API-104", "#3 is taken again", 'the provider answered 404: {"error": "no"}') == (
        failure.code,
        failure.expected,
        failure.received,
    )
    right = await stage.play(f"{text}  - replay: $x.exchange$\n    check: {{status: 404}}\n")
    wrong = await stage.play(f"{text}  - replay: $x.exchange$\n    check: {{status: 409}}\n")
    assert (Status.PASSED, "CHK-01") == (right.status, _failure(wrong).code)


async def test_a_webhook_is_posted_again(stage: Stage) -> None:
    """To its own URL, byte for byte: the scenario sees a second event, from a provider that posts twice."""
    stage.provider.texts("hello ü", on="/in")
    result = await stage.play(
        _receive(stage, "  - replay: $text.exchange$\n    check: {status: 200}\n  - expect: {message: hello ü}\n")
    )
    assert Status.PASSED is result.status
    first, second = (each for each in stage.journal.last() if each.kind == "webhook")
    assert (first.request.method, first.request.url, first.request.body) == (
        second.request.method,
        second.request.url,
        second.request.body,
    )
    assert sorted(first.request.headers) == sorted(second.request.headers)


async def test_a_webhook_that_is_refused_again(stage: Stage) -> None:
    """Who refused it is told: the listener, not the provider."""
    stage.provider.posts_on("/in", b"{", 0.0)
    result = await stage.play(
        f"scenario: Refused\nunexpected: allow\nsteps:\n  - request: {{POST: {stage.provider.url}/in}}\n  - replay: 3\n"
    )
    failure = _failure(result)
    assert ("#3 is taken again", "its answer tells why") == (failure.expected, failure.mend)
    assert failure.received.startswith("the listener answered 400: ")


@pytest.mark.parametrize(
    ("number", "received", "mend"),
    [
        ("99", "no exchange #99 is recorded", "the latest of this scenario are #1 Subscribe, #2 SendMessage"),
        ("0", "Input should be greater than or equal to 1", "look at what the placeholder holds"),
        ("many", "Input should be a valid integer", "look at what the placeholder holds"),
    ],
)
async def test_an_exchange_that_is_not_there(number: str, received: str, mend: str, stage: Stage) -> None:
    """What is known is told."""
    text = f"scenario: Nothing\nvars: {{number: {number}}}\nsteps:\n  - send_message: hello\n  - replay: $number$\n"
    failure = _failure(await stage.play(text))
    assert (received, mend) == (failure.received, failure.mend)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("replay: 0", "exchange must be at least 1; found 0 | write a larger number"),
        ("replay: last", "exchange must be a whole number; found text | write a whole number"),
        ("replay: {exchang: 1}", 'unknown key "exchang"; "exchange" is missing | did you mean "exchange"?'),
        ("replay: $nothing$", "nothing supplies $nothing$ here | "),
    ],
    ids=["zero", "word", "key", "placeholder"],
)
def test_a_step_that_is_wrong(step: str, told: str, stage: Stage) -> None:
    """All that can be known is told when the scenario is loaded."""
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n  - {step}\n")
    (finding,) = caught.value.findings
    assert f"{finding.message} | {finding.remedy}".startswith(told)


async def test_what_is_replayed_is_no_duplicate(stage: Stage) -> None:
    """Framework 8.16: a webhook that is posted again on purpose is not told as one that the provider posts twice."""
    stage.provider.texts("hi", on="/in")
    steps = "  - replay: $text.exchange$\n  - expect: message\n"
    result = await stage.play(_receive(stage, steps))
    assert (Status.PASSED, ()) == (result.status, result.warnings)
