"""``expect`` takes each event once, in any order, in its time; ``expect_none`` sees to it that none comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.redaction import Redactor
from emulator.engine.journal import Limits, open_journal
from emulator.errors import ScenarioError, Severity
from emulator.scenario.results import Detail, Failure, ScenarioResult, Status
from tests.scenario.conftest import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.scenario.conftest import Provider

    Play = Callable[[str], Any]

NUMBER, CONTACT = "+61855555555", "+61123456789"
IDS = ("a8d35b94-154a", "b17c02d3-77e1", "c09f44aa-20b6")
CAT = "https://x.test/cat.jpg"
IN = "  - request: {POST: URL/in}\n"
SEND = "  - send_message: ping\n"


@pytest.fixture
def play(stage: Stage) -> Play:
    """Plays a scenario of these steps; URL stands for the provider's."""

    async def played(steps: str) -> ScenarioResult:
        return await stage.play(f"scenario: Expecting\nsteps:\n{steps.replace('URL', stage.provider.url)}")

    return played


def _failure(result: ScenarioResult) -> Failure:
    """The one failure of *result*, which ended with its last step."""
    assert Status.FAILED is result.status
    ((_, _, _, failure),) = result.failures
    assert failure is result.steps[-1].failure
    return failure


def _complaints(stage: Stage, steps: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n{steps}")
    return [f"{each.message} | {each.remedy}" for each in caught.value.findings]


def _text(provider: Provider) -> None:
    provider.texts("pong", on="/in")


def _file(provider: Provider) -> None:
    provider.files(CAT, on="/in", text="a cat")


def _report(provider: Provider) -> None:
    provider.reports(IDS[0], on="/in")


# -- what fits


@pytest.mark.parametrize(
    ("post", "event"),
    [
        (_text, "message"),
        (_text, "{message: }"),
        (_text, "{message: {}}"),
        (_text, "{message: pong}"),
        (_text, "{message: {content: {contains: on}}}"),
        (_text, "{message: {from: $contact$, to: $number$, content: pong}}"),
        (_text, "{message: {content: pong, from: {format: e164}}}"),
        (_file, "mms"),
        (_file, "{mms: " + CAT + "}"),
        (_file, "{mms: {url: {ends_with: .jpg}, text: a cat}}"),
        (_report, "messageDelivered"),
        (_report, "{messageDelivered: }"),
        (_report, "{messageDelivered: " + IDS[0] + "}"),
        (_report, "{messageDelivered: {messageid: {length: 13}}}"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__.strip("_"),
)
async def test_an_event_that_comes(post: Callable[[Provider], None], event: str, stage: Stage, play: Play) -> None:
    """An event of the type fits if every matcher does; a scalar is the text, the file's URL or the message's id."""
    post(stage.provider)
    result = await play(f"{IN}  - expect: {event}\n")
    assert (Status.PASSED, ()) == (result.status, result.failures)
    assert 0.05 == pytest.approx(result.steps[-1].duration_s)


@pytest.mark.parametrize(
    ("post", "event", "rows"),
    [
        (_text, "{message: ping}", ["content: expected ping; found pong"]),
        (
            _text,
            "{message: {from: $number$, to: $contact$}}",
            [f"from: expected '{NUMBER}'; found '{CONTACT}'", f"to: expected '{CONTACT}'; found '{NUMBER}'"],
        ),
        (_file, "{mms: {url: {ends_with: .png}}}", [f"url: expected text that ends with .png; found {CAT}"]),
        (_file, "{mms: {text: {present: false}}}", ["text: expected nothing; found 'a cat'"]),
        (_report, "{messageDelivered: b17c}", [f"messageid: expected b17c; found {IDS[0]}"]),
    ],
    ids=["content", "parties", "url", "text", "messageid"],
)
async def test_an_event_that_does_not_fit(
    post: Callable[[Provider], None], event: str, rows: list[str], stage: Stage, play: Play
) -> None:
    """An event whose values are others is not the one, and every value that differs is told."""
    post(stage.provider)
    failure = _failure(await play(f"{IN}  - expect: {event}\n"))
    assert rows == [f"{each.label}: {each.text}" for each in failure.details if each.wrong]


async def test_an_absent_caption(stage: Stage, play: Play) -> None:
    """Framework 3.13: an mms's caption may be missing."""
    stage.provider.files(CAT, on="/in")
    result = await play(f"{IN}  - expect: {{mms: {{url: {CAT}, text: {{present: false}}}}}}\n")
    assert Status.PASSED is result.status


async def test_the_report_of_the_latest_message(stage: Stage, play: Play) -> None:
    """``expect: messageDelivered`` means the latest message sent, whatever else is reported before."""
    stage.provider.reports(IDS[0], 0.1, on="/in")
    stage.provider.reports(IDS[1], 0.2, on="/in")
    result = await play(f"{SEND}{SEND}{IN}  - expect: messageDelivered\n    as: it\n  - note: $it.messageid$\n")
    assert IDS[1] == result.timeline[-1].detail
    assert result.problem is not None
    assert [IDS[0] in each.text for each in result.problem.details] == [True]


async def test_the_report_of_another_message_is_none(stage: Stage, play: Play) -> None:
    """The report of an earlier message is not that of the latest."""
    stage.provider.reports(IDS[0], 0.1, on="/in")
    failure = _failure(await play(f"{SEND}{SEND}{IN}  - expect: messageDelivered\n"))
    assert failure.details == (
        Detail("messageid", f"expected {IDS[1]}; found {IDS[0]}", wrong=True),
        Detail("messageid", "the id of another message, sent by exchange #2"),
    )
    assert failure.mend == "report each message by the id that its own SendMessage was answered"
    assert "WH-DELIVERED-04" == failure.code


@pytest.mark.parametrize("step", ["expect", "expect_none"])
async def test_an_untracked_message(step: str, stage: Stage, play: Play) -> None:
    """Framework 4.20: no delivery report can match a message without an id, so none is waited for."""
    stage.provider.answers("/webhook", {"data": {}})
    result = await play(f"{SEND}  - {step}: messageDelivered\n")
    if step == "expect_none":
        assert Status.PASSED is result.status
        return
    failure = _failure(result)
    assert ("WH-DELIVERED-11", "messageDelivered   for SendMessage #2", 2) == (
        failure.code,
        failure.expected,
        failure.exchange,
    )
    assert 0.0 == result.duration_s


# -- each once, in any order


async def test_each_event_once(stage: Stage, play: Play) -> None:
    """Two steps that fit one event need two of them."""
    stage.provider.texts("pong", on="/in")
    failure = _failure(await play(f"{IN}  - expect: {{message: pong}}\n  - expect: message\n"))
    assert ("WH-MESSAGE-01", 3) == (failure.code, failure.exchange)
    assert ("consumed",) == tuple(each.label for each in failure.details)


async def test_any_order(stage: Stage, play: Play) -> None:
    """Steps find their events in whatever order these come, and of several that fit the first."""
    stage.provider.files(CAT, 0.1, on="/in")
    stage.provider.texts("two", 0.2, on="/in")
    stage.provider.texts("one", 0.3, on="/in")
    stage.provider.texts("three", 0.4, on="/in")
    result = await play(
        f"{IN}"
        "  - expect: {message: one}\n"
        "  - expect: message\n"
        "    as: next\n"
        "  - expect: {message: {content: {not: one}}}\n"
        "  - expect: mms\n"
        "  - note: $next.content$\n"
    )
    assert Status.PASSED is result.status
    assert "two" == result.timeline[-1].detail


async def test_an_event_that_came_before_its_step(stage: Stage, play: Play) -> None:
    """What came while another step waited counts, and its own step waits no more."""
    stage.provider.texts("pong", 0.5, on="/in")
    result = await play(f"{IN}  - wait: 2s\n  - expect: message\n")
    assert Status.PASSED is result.status
    assert (2.0, 0.0) == (result.steps[-1].began_s, result.steps[-1].duration_s)


async def test_an_event_that_came_before_the_answer(stage: Stage, play: Play) -> None:
    """Framework 6.24: a report that comes before the answer that names its message is held, and counts."""
    stage.provider.reports(IDS[0], 0)
    result = await play(
        f"{SEND}    as: sms\n  - expect: {{messageDelivered: $sms.messageid$}}\n  - note: $sms.state$\n"
    )
    assert Status.PASSED is result.status
    assert "delivered" == result.timeline[-1].detail
    assert [("WH-303", Severity.NOTE)] == [(each.code, each.severity) for each in result.steps[1].findings]


async def test_events_of_one_webhook(stage: Stage, play: Play) -> None:
    """Framework 6.9: each element of a posted list is an event of its own."""
    texts = [{"method": "message", "params": {"from": CONTACT, "to": NUMBER, "content": each}} for each in ("a", "b")]
    stage.provider.posts_on("/in", texts)
    result = await play(
        f"{IN}  - expect: {{message: b}}\n    as: b\n  - expect: {{message: a}}\n  - note: webhook $b.exchange$\n"
    )
    assert Status.PASSED is result.status
    assert "webhook 3" == result.timeline[-1].detail


# -- times


async def test_times(stage: Stage, play: Play) -> None:
    """``times`` waits for so many events that fit, and the step's results are those of the last."""
    for number in (1, 2, 3):
        stage.provider.texts(f"no. {number}", 0.5 * number, on="/in")
    result = await play(
        f"{IN}  - expect: message\n    times: 3\n    as: last\n  - note: $last.content$ $last.exchange$\n"
    )
    assert Status.PASSED is result.status
    assert "no. 3 5" == result.timeline[-1].detail
    assert 1.5 == result.steps[-2].duration_s


async def test_no_more_than_times(stage: Stage, play: Play) -> None:
    """One event more than ``times`` is left over."""
    for after_s in (0.1, 0.2, 0.3):
        stage.provider.texts("pong", after_s, on="/in")
    result = await play(f"{IN}  - expect: message\n    times: 2\n  - wait: 1s\n")
    assert Status.FAILED is result.status
    assert result.problem is not None
    assert ("SCN-503", 5) == (result.problem.code, result.problem.exchange)


async def test_fewer_than_times(stage: Stage, play: Play) -> None:
    """All events of ``times`` must come within the one deadline; how many did is told."""
    stage.provider.texts("pong", 1, on="/in")
    stage.provider.texts("pong", 4, on="/in")
    failure = _failure(await play(f"{IN}  - expect: {{message: pong}}\n    times: 2\n    within: 2s\n"))
    assert "message {content: pong} 2 times   within 2s of request #2" == failure.expected
    assert ("WH-MESSAGE-01", "1 of 2 came, and no more") == (failure.code, failure.received)


async def test_the_last_of_times_is_late(stage: Stage, play: Play) -> None:
    """Where the last of several comes in the grace time, it is told late."""
    stage.provider.texts("pong", 1, on="/in")
    stage.provider.texts("pong", 2.5, on="/in")
    failure = _failure(await play(f"{IN}  - expect: message\n    times: 2\n    within: 2s\n"))
    assert ("WH-MESSAGE-07", 4) == (failure.code, failure.exchange)


# -- time


@pytest.mark.parametrize(
    ("within", "after_s", "code", "received"),
    [
        ("", 5.0, None, None),
        ("", 5.01, "WH-MESSAGE-07", "it came 10 ms after the deadline: webhook #3 at +5.01 s"),
        ("", 7.5, "WH-MESSAGE-07", "it came 2.5 s after the deadline: webhook #3 at +7.5 s"),
        ("", 7.51, "WH-MESSAGE-01", "nothing came, then or in the 2.5 s after it"),
        ("    within: 250ms\n", 0.25, None, None),
        ("    within: 250ms\n", 0.3, "WH-MESSAGE-07", "it came 50 ms after the deadline: webhook #3 at +300 ms"),
        ("    within: 1m\n", 60.0, None, None),
        ("    within: 1m\n", 70.5, "WH-MESSAGE-01", "nothing came, then or in the 10 s after it"),
    ],
    ids=["default", "just-late", "as-late-as-can-be", "never", "within", "late", "minute", "never-after-a-minute"],
)
async def test_within(
    within: str, after_s: float, code: str | None, received: str | None, stage: Stage, play: Play
) -> None:
    """An event counts up to its deadline, five seconds unless said otherwise; for half as long again, late is
    told."""
    stage.provider.texts("pong", after_s, on="/in")
    result = await play(f"{IN}  - expect: message\n{within}")
    if code is None:
        assert Status.PASSED is result.status
        assert after_s == pytest.approx(result.steps[-1].duration_s)
        return
    failure = _failure(result)
    assert (code, received) == (failure.code, failure.received)


@pytest.mark.parametrize(
    ("scenario", "project", "after_s", "code"),
    [
        ("6s", None, 7.9, "WH-MESSAGE-07"),
        (None, "6s", 7.9, "WH-MESSAGE-07"),
        ("6s", "1s", 7.9, "WH-MESSAGE-07"),
        ("1s", "6s", 7.9, "WH-MESSAGE-01"),
        ("0s", None, 2.1, "WH-MESSAGE-01"),
    ],
    ids=["scenario", "project", "scenario-first", "shorter", "none"],
)
async def test_grace(scenario: str | None, project: str | None, after_s: float, code: str, stage: Stage) -> None:
    """How long is listened on after a deadline is said by the scenario, or for all by the project."""
    stage.provider.texts("pong", after_s, on="/in")
    if project is not None:
        stage.options["grace"] = project
    keys = f"grace: {scenario}\n" if scenario is not None else ""
    request = IN.replace("URL", stage.provider.url)
    result = await stage.play(f"scenario: x\n{keys}steps:\n{request}  - expect: message\n    within: 2s\n")
    assert code == _failure(result).code


@pytest.mark.parametrize(("after_s", "ended_s"), [(2.4, 2.4), (9.0, 3.0)], ids=["late", "never"])
async def test_how_long_was_waited(after_s: float, ended_s: float, stage: Stage, play: Play) -> None:
    """A step that fails says how long it waited: up to its deadline, without the grace time."""
    stage.provider.texts("pong", after_s, on="/in")
    result = await play(f"{IN}  - expect: message\n    within: 2s\n")
    assert (2.0, "waited 2.0 s") == (result.steps[-1].duration_s, result.steps[-1].took)
    assert ended_s == pytest.approx(result.duration_s)


async def test_late_before_its_step(stage: Stage, play: Play) -> None:
    """An event that came before its step, but after the deadline, is late, and nothing more is waited for."""
    stage.provider.texts("pong", 1.5, on="/in")
    result = await play(f"{IN}  - wait: 9s\n  - expect: message\n    within: 1s\n")
    failure = _failure(result)
    assert ("WH-MESSAGE-07", "it came 500 ms after the deadline: webhook #3 at +1.5 s", 3) == (
        failure.code,
        failure.received,
        failure.exchange,
    )
    assert (9.0, 0.0) == (result.duration_s, result.steps[-1].duration_s)


@pytest.mark.parametrize(("within", "status"), [("4s", Status.PASSED), ("3900ms", Status.FAILED)], ids=str)
async def test_within_counts_from_the_moment_the_request_left(
    within: str, status: Status, stage: Stage, play: Play
) -> None:
    """An answer that takes its time does not put off the deadline."""
    stage.provider.answers("/in", {}, took_s=3.0)
    stage.provider.texts("pong", 4.0, on="/in")
    result = await play(f"{IN}  - expect: message\n    within: {within}\n")
    assert status is result.status
    assert 3.0 == result.steps[-1].began_s


@pytest.mark.parametrize(
    ("steps", "cause"),
    [
        ("", "the scenario's start"),
        ("  - note: hello\n  - wait: 1s\n", "the scenario's start"),
        ("  - subscribe:\n", "Subscribe #1"),
        (SEND, "SendMessage #2"),
        ("  - send_file: https://x.test/a.png\n", "SendFile #2"),
        (IN, "request #2"),
        ("  - trigger: go\n", "trigger #2"),
        (SEND + IN, "request #3"),
        (f"{SEND}  - expect_none: message\n    within: 1s\n  - wait: 1s\n  - note: hello\n", "SendMessage #2"),
        (f"{SEND}  - request: {{POST: URL/in}}\n    when: false\n", "SendMessage #2"),
    ],
    ids=[
        "nothing", "pacing", "subscribe", "send_message", "send_file", "request", "trigger", "latest-of-two",
        "what-is-no-action", "skipped",
    ],
)  # fmt: skip
async def test_the_causing_step(steps: str, cause: str, stage: Stage, play: Play) -> None:
    """Time counts from the latest action before; an expectation, a wait, a note and a skipped step are none."""
    stage.triggers = f"{{go: {{request: {{POST: {stage.provider.url}/in}}}}}}"
    failure = _failure(await play(f"{steps}  - expect: mms\n    within: 3s\n"))
    assert f"mms   within 3s of {cause}" == failure.expected


async def test_time_before_the_cause(stage: Stage, play: Play) -> None:
    """A deadline counts from the latest action, however long ago the scenario began."""
    stage.provider.texts("pong", 2, on="/in")
    result = await play(f"  - wait: 1h\n{IN}  - expect: message\n    within: 2s\n")
    assert Status.PASSED is result.status
    assert 3602.0 == result.duration_s


# -- results and checks


async def test_results_of_an_event(stage: Stage, play: Play) -> None:
    """An event supplies its variables and the number of its exchange; a report's id is the latest ``$messageid$``."""
    stage.provider.files(CAT, 0.1, on="/in", text="a cat")
    stage.provider.reports("m-9", 0.2, on="/in")
    result = await play(
        f"{IN}  - expect: mms\n    as: it\n"
        "  - expect: {messageDelivered: m-9}\n"
        "  - note: $it.from$ $it.to$ $it.url$ $it.text$ $it.exchange$ $messageid$\n"
    )
    assert f"{CONTACT} {NUMBER} {CAT} a cat 3 m-9" == result.timeline[-1].detail


async def test_findings_of_an_event(stage: Stage, play: Play) -> None:
    """Framework 8.4: what is odd about an event, such as a number sent for a text, is told by the step that took it."""
    said = {"method": "message", "params": {"from": 61123456789, "to": NUMBER, "content": "pong"}}
    stage.provider.posts_on("/in", said, 0.1)
    stage.provider.texts("another", 0.2, on="/in")
    result = await play(f"{IN}  - expect: {{message: {{from: '61123456789'}}}}\n  - expect: message\n")
    assert Status.PASSED is result.status
    assert [["$.params.from", "$"], []] == [[each.path for each in step.findings] for step in result.steps[-2:]]
    assert "WH-102" == result.steps[-2].findings[0].code


async def test_a_check_of_the_webhook(stage: Stage, play: Play) -> None:
    """``check`` looks at the webhook that brought the event: its method, its headers, and all of its body."""
    said = {"method": "message", "id": 7, "params": {"from": CONTACT, "to": NUMBER, "content": "pong"}}
    stage.provider.posts_on("/in", said)
    result = await play(
        f"{IN}  - expect: message\n"
        "    check: {method: POST, headers: {content-type: application/json}, body: {$.id: 7, $.params.to: $number$}}\n"
    )
    assert (Status.PASSED, ()) == (result.status, result.failures)


async def test_a_check_that_fails(stage: Stage, play: Play) -> None:
    """A webhook that is not as checked fails the step with every difference at once."""
    stage.provider.texts("pong", on="/in")
    failure = _failure(
        await play(
            f"{IN}  - expect: message\n"
            "    check: {method: PUT, headers: {X-Signature: {present: true}}, body: {$.id: 7, $.method: message}}\n"
        )
    )
    assert ("CHK-01", "webhook #3 differs in 3 places:", 3) == (failure.code, failure.received, failure.exchange)
    assert (
        Detail("method", "expected PUT; found POST", wrong=True),
        Detail("header X-Signature", "expected something; found nothing", wrong=True),
        Detail("$.id", "expected 7; found nothing", wrong=True),
    ) == failure.details


@pytest.mark.parametrize(
    ("demanded", "code"),
    [
        ("check: {method: PUT}", "SCN-304"),
        ("check: {headers: {X-Never: sent}}", "SCN-304"),
        ("fail_if: {method: PUT}", "SCN-304"),
        ("check: {method: POST}", "SCN-304"),
        ("check: {body: {$.params.content: other}}", "CHK-01"),
        ("fail_if: {body: {$.params.content: pong}}", "CHK-02"),
        ("check: {body: {$.params.content: pong}, attempts: 1}", None),
    ],
)
async def test_a_check_of_what_the_journal_no_longer_has(
    stage: Stage, tmp_path: Path, demanded: str, code: str | None
) -> None:
    """The journal is bounded: what cannot be checked any more fails and says so; what is known anyway is checked."""
    _text(stage.provider)
    url = stage.provider.url
    more = "  - repeat: {times: 20, steps: [{request: {GET: URL/x}}]}\n".replace("URL", url)
    steps = f"{IN.replace('URL', url)}  - wait: 1s\n{more}  - expect: {{message: pong}}\n    {demanded}\n"
    with open_journal(tmp_path / "small.db", Redactor(), Limits(exchanges=5)) as journal:
        small = Stage(stage.folder, stage.provider, stage.clock, journal)
        result = await small.play(f"scenario: Expecting\nsteps:\n{steps}")
    assert ([code] if code else []) == [failure.code for *_, failure in result.failures]
    if code == "SCN-304":
        ((*_, failure),) = result.failures
        assert "the journal is full, and no longer has #3: whether the check holds is not known" == failure.received


async def test_a_check_of_several_webhooks(stage: Stage, play: Play) -> None:
    """With ``times`` the webhook of every event must be as checked; the first that is not is told."""
    for number in (1, 2, 3):
        params = {"from": CONTACT, "to": NUMBER, "content": "pong"}
        stage.provider.posts_on("/in", {"method": "message", "n": number, "params": params})
    step = f"{IN}  - expect: message\n    times: 3\n    check: {{body: {{$.n: {{lte: LIMIT}}}}}}\n"
    assert Status.PASSED is (await play(step.replace("LIMIT", "3"))).status
    failure = _failure(await play(step.replace("LIMIT", "1")))
    assert (Detail("$.n", "expected at most 1; found 2", wrong=True),) == failure.details


# -- expect_none


@pytest.mark.parametrize(("within", "waited_s"), [("", 2.0), ("    within: 500ms\n", 0.5)], ids=["default", "within"])
async def test_nothing_comes(within: str, waited_s: float, play: Play) -> None:
    """``expect_none`` listens until its deadline, two seconds after the cause unless said otherwise."""
    result = await play(f"{SEND}  - expect_none: messageDelivered\n{within}")
    assert (Status.PASSED, waited_s) == (result.status, result.steps[-1].duration_s)
    assert "No messageDelivered comes" == result.steps[-1].name


async def test_the_wait_of_expect_none_counts_from_the_cause(play: Play) -> None:
    """Time that passed since the cause need not be waited again."""
    result = await play(f"{SEND}  - wait: 1500ms\n  - expect_none: message\n")
    assert (Status.PASSED, 0.5) == (result.status, result.steps[-1].duration_s)


@pytest.mark.parametrize(
    ("after_s", "event", "is_failed"),
    [
        (0.7, "message", True),
        (2.0, "message", True),
        (0.7, "{message: pong}", True),
        (0.7, "{message: {content: {not: pong}}}", False),
        (0.7, "mms", False),
        (2.01, "message", False),
    ],
    ids=["comes", "at-the-deadline", "that-one", "another-value", "another-kind", "after-the-deadline"],
)
async def test_something_comes(after_s: float, event: str, *, is_failed: bool, stage: Stage, play: Play) -> None:
    """The first event that fits fails ``expect_none`` at once; any other, and one after the deadline, does not."""
    stage.provider.texts("pong", after_s, on="/in")
    result = await play(f"{IN}  - expect_none: {event}\n")
    step = result.steps[-1]
    if not is_failed:
        assert (Status.PASSED, 2.0) == (step.status, step.duration_s)
        return
    failure = _failure(result)
    assert ("WH-MESSAGE-10", 3) == (failure.code, failure.exchange)
    assert [("from", f"'{CONTACT}'"), ("to", f"'{NUMBER}'"), ("content", "pong")] == [
        (each.label, each.text) for each in failure.details
    ]
    assert after_s == pytest.approx(step.duration_s)
    assert after_s == pytest.approx(result.duration_s)


async def test_what_came_before_expect_none(stage: Stage, play: Play) -> None:
    """An event that came before its step, and that nobody consumed, fails ``expect_none`` without a wait."""
    stage.provider.texts("pong", 0.5, on="/in")
    result = await play(f"{IN}  - wait: 1s\n  - expect_none: message\n")
    assert "webhook #3 at +500 ms:" == _failure(result).received
    assert (1.0, 0.0) == (result.duration_s, result.steps[-1].duration_s)


async def test_what_was_consumed_before_expect_none(stage: Stage, play: Play) -> None:
    """An event that another step has taken is no reason to fail."""
    stage.provider.texts("pong", 0.5, on="/in")
    result = await play(f"{IN}  - expect: message\n  - expect_none: message\n")
    assert (Status.PASSED, 2.0) == (result.status, result.duration_s)


async def test_what_came_after_the_deadline_of_expect_none(stage: Stage, play: Play) -> None:
    """An event after the deadline is none of ``expect_none``'s, even if it is there already; it stays left over."""
    stage.provider.texts("pong", 0.6, on="/in")
    result = await play(f"{IN}  - wait: 1s\n  - expect_none: message\n    within: 500ms\n")
    assert {Status.PASSED} == {step.status for step in result.steps}
    assert result.problem is not None
    assert ("SCN-502", 3) == (result.problem.code, result.problem.exchange)


async def test_expect_none_of_the_latest_message(stage: Stage, play: Play) -> None:
    """``expect_none: messageDelivered`` too means the latest message sent."""
    stage.provider.reports(IDS[0], 0.1, on="/in")
    result = await play(
        f"{SEND}{SEND}{IN}  - expect_none: messageDelivered\n  - expect: {{messageDelivered: {IDS[0]}}}\n"
    )
    assert Status.PASSED is result.status


# -- what loading tells


@pytest.mark.parametrize("verb", ["expect", "expect_none"])
@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("delivered", ["'delivered' is no event | did you mean \"messageDelivered\"?"]),
        ("mesage", ["'mesage' is no event | did you mean \"message\"?"]),
        ("{}", ["VERB takes one event | write one of: message, mms, messageDelivered, media_fetch"]),
        ("{message: , mms: }", ["VERB takes one event | write one of: message, mms, messageDelivered, media_fetch"]),
        ("{message: {contnt: x}}", ['a message event has no contnt | did you mean "content"?']),
        ("{mms: {content: x}}", ['an mms event has no content | use one of: "from", "text", "to", "url"']),
        (
            "{message: {content: {starts: x}}}",
            ['unknown operator "starts" | did you mean "starts_with"? A literal object is written equals: {…}'],
        ),
    ],
    ids=["no-event", "misspelt", "none", "two", "variable", "variable-of-another", "operator"],
)
def test_an_expectation_that_is_wrong(verb: str, event: str, told: list[str], stage: Stage) -> None:
    """An event that there is not, a variable that it does not have and a bad matcher are told before anything runs."""
    assert [each.replace("VERB", verb) for each in told] == _complaints(stage, f"  - {verb}: {event}\n")


def test_an_event_without_a_model(stage: Stage) -> None:
    """What no webhook model describes can never come, so it cannot be expected."""
    stage.document["Webhook"] = stage.document["Webhook"][:1]
    told = "the integration document has no webhook model for {} | add one, or remove this step"
    assert [told.format("mms"), told.format("messageDelivered")] == _complaints(
        stage, "  - expect: mms\n  - expect: message\n  - expect_none: messageDelivered\n"
    )


@pytest.mark.parametrize(
    ("event", "title"),
    [
        ("message", "A message comes in"),
        ("mms", "A picture or file comes in"),
        ("messageDelivered", "The provider reports delivery"),
    ],
    ids=["message", "mms", "messageDelivered"],
)
async def test_what_reports_call_it(event: str, title: str, play: Play) -> None:
    """A step without a name is called by what should happen, or should not."""
    result = await play(f"  - expect_none: {event}\n    within: 1s\n  - expect: {event}\n")
    assert [f"No {event} comes", title] == [step.name for step in result.steps[1:]]
