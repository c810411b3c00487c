"""``sink`` has webhooks answered on purpose as the scenario says, and what was refused so did not take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.errors import ScenarioError
from emulator.faces.output import Output
from emulator.faces.reports.blocks import scenario_lines
from emulator.scenario.results import Status
from tests.scenario.conftest import Hook

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.scenario.conftest import Stage

IDS = ("a8d35b94-154a", "b17c02d3-77e1")
SEND = "  - send_message: ping\n"
REPORTED = "  - expect: messageDelivered\n    within: 5m\n"


def scenario(steps: str) -> str:
    """A scenario of these steps."""
    return f"scenario: Trouble\nsteps:\n{steps}"


def posts(stage: Stage, times: int, messageid: str = IDS[0]) -> None:
    """The provider posts the report again and again, a second apart."""
    for number in range(times):
        stage.provider.reports(messageid, after_s=1.0 + number)


def retries(stage: Stage, times: int, pause_s: float = 1.0) -> None:
    """The provider posts the report, and again after a pause, up to so many times, while it is not taken."""
    hook = Hook({"method": "delivered", "params": {"messageid": IDS[0]}})

    async def post(left: int = times) -> None:
        await stage.provider.post(hook)
        if left > 1 and stage.provider.replies[-1][0] != 200:
            stage.clock.later(pause_s, lambda: post(left - 1))

    stage.provider.on_request = lambda path: stage.clock.later(1.0, post) if path == "/webhook" else None


def rows(stage: Stage) -> list[tuple[int | None, str | None, int]]:
    """What the journal keeps of the webhooks: status, error and attempt."""
    exchanges = [each for each in stage.journal.last() if each.kind == "webhook"]
    return [(each.reply.status if each.reply else None, each.error, each.attempt) for each in exchanges]


async def test_answers_in_turn_and_then_as_usual(stage: Stage) -> None:
    """Framework 6.29: what is not answered with a 2xx was not taken; the post that is counts, with its attempts."""
    posts(stage, 4)
    steps = (
        "  - sink: {on: messageDelivered, respond: [503, reset, timeout, 200]}\n"
        f"{SEND}{REPORTED}    check: {{attempts: 4, same_body: true}}\n    as: report\n"
        "  - note: $report.attempts$ attempts\n"
    )
    result = await stage.play(scenario(steps))
    assert Status.PASSED is result.status, result.failures
    assert [
        (503, None, 1),
        (None, "connection reset, on purpose", 2),
        (None, "never answered, on purpose", 3),
        (200, None, 4),
    ] == rows(stage)
    assert {503, 0, 200} == {status for status, _ in stage.provider.replies}
    assert "4 attempts" in [entry.detail for entry in result.timeline]
    assert [entry.detail.split("}  ")[-1] for entry in result.timeline if entry.arrow == "←"] == [
        "503, on purpose",
        "connection reset, on purpose (attempt 2)",
        "never answered, on purpose (attempt 3)",
        "200, on purpose (attempt 4)",
    ]


@pytest.mark.parametrize(("pause_s", "codes"), [(0.001, ["[API-120]"]), (1.0, [])])
async def test_retries_without_a_pause(pause_s: float, codes: list[str], stage: Stage) -> None:
    """Framework 8.23: a webhook that is posted again at once after each refusal is told, once; with pauses not."""
    retries(stage, 5, pause_s)
    steps = f"  - sink: {{on: messageDelivered, respond: [503, 503, 503, 503]}}\n{SEND}{REPORTED}"
    result = await stage.play(scenario(steps))
    assert Status.PASSED is result.status
    assert codes == [each.rpartition(" ")[2] for each in result.warnings]
    assert all("posted 3 times within 2 ms, again at once after each 503" in each for each in result.warnings)


async def test_a_provider_that_does_not_post_again(stage: Stage, golden: SnapshotAssertion) -> None:
    """The failure says that the webhook did come, and was refused on purpose."""
    posts(stage, 2)
    result = await stage.play(scenario(f"  - sink: {{respond: [503, 429]}}\n{SEND}{REPORTED}"))
    assert Status.FAILED is result.status
    ((_, _, _, failure),) = result.failures
    assert "WH-DELIVERED-13" == failure.code
    lines = "\n".join(scenario_lines(result, Output(color=False), detail=True, notes=False))
    assert golden == lines.replace(stage.provider.url, "URL") + "\n"


async def test_a_provider_that_posts_until_it_is_taken(stage: Stage) -> None:
    """It passes with just as many attempts as it needed, and without a duplicate."""
    retries(stage, 10)
    steps = (
        f"  - sink: {{respond: [503, timeout, reset]}}\n{SEND}{REPORTED}    check: {{attempts: 4, same_body: true}}\n"
        "  - expect_none: messageDelivered\n    within: 10m\n"
    )
    result = await stage.play(scenario(steps))
    assert Status.PASSED is result.status, result.failures
    assert [1, 2, 3, 4] == [attempt for _, _, attempt in rows(stage)]


async def test_a_provider_that_gives_up_too_soon(stage: Stage) -> None:
    """It is told from one that never posted, and how often it tried."""
    retries(stage, 2)
    result = await stage.play(scenario(f"  - sink: [503, 503, 503]\n{SEND}{REPORTED}"))
    ((_, _, _, failure),) = result.failures
    assert "WH-DELIVERED-13" == failure.code
    assert "it was posted 2 times, refused by the sink step each time, and not posted again:" == failure.received


@pytest.mark.parametrize("messageid", [IDS[1], None], ids=["another-id", "another-event"])
async def test_the_refusal_of_another_event_is_no_reason(stage: Stage, messageid: str | None) -> None:
    """What was refused is the reason only if it is what was expected."""
    if messageid is None:
        stage.provider.texts("pong")
    else:
        stage.provider.reports(messageid)
    result = await stage.play(scenario(f"  - sink: 503\n{SEND}{REPORTED}"))
    ((_, _, _, failure),) = result.failures
    assert "WH-DELIVERED-01" == failure.code


async def test_another_body_is_told(stage: Stage) -> None:
    """A provider that changes what it posts again sends another event to whoever counts by the body."""
    stage.provider.reports(after_s=1.0)
    body = {"method": "delivered", "params": {"messageid": IDS[0]}, "retry": 1}
    stage.provider.posts_on("/webhook", body, after_s=2.0)
    result = await stage.play(scenario(f"  - sink: [503]\n{SEND}{REPORTED}    check: {{same_body: true}}\n"))
    ((_, _, _, failure),) = result.failures
    assert ["expected true; found false (#3, #4)"] == [each.text for each in failure.details]


async def test_too_few_attempts_are_told_with_their_webhooks(stage: Stage) -> None:
    """Who looks for them finds them in the journal."""
    posts(stage, 2)
    result = await stage.play(scenario(f"  - sink: [503]\n{SEND}{REPORTED}    check: {{attempts: {{gte: 3}}}}\n"))
    ((_, _, _, failure),) = result.failures
    assert ("CHK-01", 4) == (failure.code, failure.exchange)
    assert ["expected at least 3; found 2 (#3, #4)"] == [each.text for each in failure.details]


async def test_what_was_taken_twice_is_a_duplicate(stage: Stage) -> None:
    """A provider that posts again what was answered with a 2xx, however empty, has posted it twice."""
    posts(stage, 2)
    result = await stage.play(scenario(f"  - sink: [empty]\n{SEND}  - wait: 3s\n{REPORTED}"))
    assert result.problem is not None
    assert "SCN-503" == result.problem.code


async def test_faults_end_with_their_scenario(stage: Stage) -> None:
    """The next one is answered as usual, though it may have the same webhook URL."""
    stage.options["isolation"] = "none"
    posts(stage, 1)
    first = scenario(f"  - sink: 503\n{SEND}  - expect_none: messageDelivered\n")
    second = scenario(f"{SEND}  - expect: {{messageDelivered: {IDS[1]}}}\n").replace("Trouble", "Peace")
    (trouble, _) = await stage.play_all(f"{first}---\n{second}")
    assert Status.PASSED is trouble.status
    assert [503, 200] == [status for status, _ in stage.provider.replies]


async def test_what_takes_effect_although_it_is_odd(stage: Stage) -> None:
    """An empty 200 and a slow one are 2xx: the event counts at once."""
    posts(stage, 2)
    steps = f"  - sink: {{respond: [empty, slow], pause: 3s}}\n{SEND}  - expect: messageDelivered\n    times: 2\n"
    result = await stage.play(scenario(steps))
    assert Status.PASSED is result.status, result.failures
    assert [(200, None, 1), (200, None, 1)] == rows(stage)
    (first, said), (second, _) = stage.provider.replies
    assert (200, 200, None) == (first, second, said)


async def test_one_answer_holds_until_another_step(stage: Stage) -> None:
    """``sink: 503`` is for every webhook, ``sink: normal`` ends it."""
    for number, status in enumerate((503, 503, 200)):
        stage.provider.texts("pong", on=f"/in{number}")
        del status
    url = stage.provider.url
    steps = "  - sink: 503\n" + "".join(
        f"  - request: {{POST: {url}/in{number}}}\n  - expect_none: message\n    within: 500ms\n" for number in (0, 1)
    )
    steps += f"  - sink: normal\n  - request: {{POST: {url}/in2}}\n  - expect: message\n    check: {{attempts: 3}}\n"
    result = await stage.play(scenario(steps))
    assert Status.PASSED is result.status, result.failures
    assert [503, 503, 200] == [status for status, _ in stage.provider.replies]


async def test_only_the_event_that_is_named(stage: Stage) -> None:
    """Others are answered as usual."""
    stage.provider.texts("pong", after_s=0.5)
    posts(stage, 2)
    steps = f"  - sink: {{on: messageDelivered, respond: [500]}}\n{SEND}  - expect: message\n{REPORTED}"
    assert Status.PASSED is (await stage.play(scenario(steps))).status
    assert [200, 500, 200] == [status for status, _ in stage.provider.replies]


async def test_normal_for_one_event_leaves_the_others(stage: Stage) -> None:
    """What was said of another event still holds."""
    stage.provider.texts("pong", after_s=0.5)
    posts(stage, 2)
    both = "  - sink: {on: message, respond: 500}\n  - sink: {on: messageDelivered, respond: [500]}\n"
    steps = f"{both}  - sink: {{on: message, respond: normal}}\n{SEND}  - expect: message\n{REPORTED}"
    assert Status.PASSED is (await stage.play(scenario(steps))).status
    assert [200, 500, 200] == [status for status, _ in stage.provider.replies]


async def test_chance_is_the_same_again(stage: Stage) -> None:
    """A seed gives the same trouble in every run."""
    answered = []
    for _ in range(2):
        posts(stage, 10)
        steps = f"  - sink: {{respond: [503, 500, 429], chance: 42}}\n{SEND}  - wait: 20s\n  - expect_none: message\n"
        await stage.play(scenario(steps))
        answered.append([status for status, _ in stage.provider.replies])
        stage.provider.replies.clear()
        stage.provider.posts.clear()
        stage.provider.sent = 0
    assert answered[0] == answered[1]
    assert {503, 500, 429} == set(answered[0])


async def test_what_fits_no_model_is_answered_so_too(stage: Stage) -> None:
    """Without ``on`` every webhook is meant; what cannot be used has no attempts."""
    stage.provider.posts_on("/webhook", {"method": "nothing"}, after_s=0.5)
    result = await stage.play(scenario(f"  - sink: [503]\n{SEND}  - expect_none: message\n"))
    assert Status.PASSED is result.status
    assert [(503, None, 1)] == rows(stage)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{respond: []}", "respond needs 1 to 1000 answers"),
        ("{respond: [timout]}", "'timout' is no way to answer"),
        ("{respond: 99}", "'99' is no way to answer"),
        ("{respond: [normal]}", "'normal' is no way to answer"),
        ("{respond: {a: 1}}", "is no way to answer"),
        ("{on: delivered, respond: 503}", 'on cannot be "delivered"'),
        ("{respond: 503, chance: often}", "chance must be a whole number"),
        ("{respond: ٥٠٣}", "is no way to answer"),
        ("{respond: 503, pause: 3}", "a duration needs"),
        ("{on: message}", '"respond" is missing'),
    ],
)
async def test_mistakes_are_told_at_load(stage: Stage, step: str, message: str) -> None:
    """With their line and a suggestion; nothing is run."""
    with pytest.raises(ScenarioError) as raised:
        stage.load(scenario(f"  - sink: {step}\n"))
    (finding,) = raised.value.findings
    assert message in finding.message
    assert finding.where is not None
    assert 3 == finding.where.line


async def test_answers_may_be_placeholders(stage: Stage) -> None:
    """What a case brings is looked at when the step runs."""
    sink = "{respond: [$n$], on: $e$, chance: $n$}"
    cases = "cases: [{n: 503, e: mms}, {n: 99, e: mms}]"
    text = f"scenario: x $n$\n{cases}\nsteps:\n  - sink: {sink}\n  - expect_none: mms\n"
    for whole in (text, text.replace("[$n$]", "$n$")):
        results: list[Any] = await stage.play_all(whole)
        assert [Status.PASSED, Status.FAILED] == [each.status for each in results]
        assert "'99' is no way to answer" in results[1].failures[0][3].received
