"""Playing a scenario: its account, its subscription, its steps in order until one fails, what is left at its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from emulator.engine.platform import open_platform
from emulator.errors import Location, ProjectError
from emulator.faces.session import settings_of
from emulator.scenario.results import Detail, Failure, ScenarioResult, Status, exit_status
from emulator.scenario.running import run_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scenario.conftest import Stage

NUMBER, CONTACT, KEY = "+61855555555", "+61123456789", "s3cret-API-key"
IDS = ("a8d35b94-154a", "b17c02d3-77e1", "c09f44aa-20b6")
SEND = "scenario: A text goes out\nsteps:\n  - send_message: ping\n"
CHECKED = "    check: {status: 2xx}\n"
REPORTED = f"{SEND}  - expect: messageDelivered\n"


def _said(stage: Stage) -> list[Any]:
    """The texts that the provider was sent."""
    return [body["content"] for body in stage.provider.bodies if "content" in body]


def _failure(result: ScenarioResult) -> Failure:
    """The one failure of *result*, which ended with its last step."""
    ((_, _, _, failure),) = result.failures
    return failure


# -- the account


async def test_every_scenario_has_an_account_of_its_own(stage: Stage) -> None:
    """Framework 6.2: each scenario's webhook URL holds an id of its own, of 20 digits, and is subscribed first."""
    results = await stage.play_all(f"{SEND}{CHECKED}---\n{SEND.replace('A text', 'Another')}{CHECKED}")
    assert [Status.PASSED] * 2 == [result.status for result in results]
    urls = [body["post-url"] for body in stage.provider.bodies if "post-url" in body]
    ids = [url.rpartition("/services/reference-sms/a")[2] for url in urls]
    assert 2 == len(set(ids))
    assert all(each.isdecimal() and len(each) == 20 for each in ids)
    assert [("subscribe", "Subscribe"), ("send_message", "SendMessage")] == [
        (step.verb, step.name) for step in results[0].steps
    ]


async def test_isolation_none(stage: Stage) -> None:
    """Where the project says so, every scenario has the organization's own webhook URL."""
    stage.options["isolation"] = "none"
    await stage.play_all(f"{SEND}{CHECKED}---\n{SEND.replace('A text', 'Another')}{CHECKED}")
    urls = [body["post-url"] for body in stage.provider.bodies if "post-url" in body]
    assert 2 == len(urls)
    assert {"12345678901234567890"} == {url.rpartition("/a")[2] for url in urls}


async def test_a_document_without_subscribe(stage: Stage) -> None:
    """A provider that cannot be told a webhook URL is told none, and has the organization's own."""
    del stage.document["API"]["Subscribe"]
    result = await stage.play("scenario: No Subscribe\nsteps:\n  - send_message: $webhook_url$\n" + CHECKED)
    assert Status.PASSED is result.status
    assert ["send_message"] == [step.verb for step in result.steps]
    assert "/services/reference-sms/a12345678901234567890" == _said(stage)[0][-len("/services/reference-sms/a") - 20 :]


async def test_a_subscribe_step_of_its_own(stage: Stage) -> None:
    """A scenario that subscribes itself is not subscribed before its first step."""
    result = await stage.play(f"scenario: Later\nsteps:\n  - send_message: one\n  - subscribe:\n{CHECKED}")
    assert Status.PASSED is result.status
    assert ["send_message", "subscribe"] == [step.verb for step in result.steps]
    assert ["/webhook", "/ns-api/v2/subscriptions"] == [request.path for request in stage.provider.requests]


async def test_a_subscription_that_fails_ends_the_scenario(stage: Stage) -> None:
    """A provider that does not take the webhook URL is asked nothing else."""
    stage.provider.answers("/ns-api/v2/subscriptions", "no", 403)
    result = await stage.play(REPORTED)
    assert Status.FAILED is result.status
    assert [("subscribe", Status.FAILED)] == [(step.verb, step.status) for step in result.steps]
    assert result.at == result.steps[0].at
    assert "the provider answered 403: no" == _failure(result).received
    assert [] == _said(stage)


async def test_the_account_is_closed_at_the_end(stage: Stage) -> None:
    """Framework 6.27: what is posted to the webhook URL of a scenario that has ended is answered 404."""
    scenarios, project = stage.load(SEND + CHECKED), stage.project()
    async with open_platform(settings_of(project), stage.journal, clock=stage.clock) as platform:
        result = await run_scenario(scenarios[0], project, platform)
        assert Status.PASSED is result.status
        assert [] == platform.webhook_urls()
        stage.provider.reports()
        await stage.provider.post(stage.provider.posts["/webhook"][0])
    ((status, answer),) = stage.provider.replies
    assert 404 == status
    assert answer["error"]["message"].startswith("no account has the webhook URL")


async def test_the_account_is_closed_when_playing_breaks_off(stage: Stage) -> None:
    """Whatever ends a scenario, its webhook URL leads nowhere afterwards."""

    class BrokenOffError(Exception):
        """Stands for any reason."""

    def break_off(*_: object) -> None:
        raise BrokenOffError

    scenarios, project = stage.load(SEND), stage.project()
    async with open_platform(settings_of(project), stage.journal, clock=stage.clock) as platform:
        with pytest.raises(BrokenOffError):
            await run_scenario(scenarios[0], project, platform, break_off)
        assert [] == platform.webhook_urls()


# -- steps


async def test_steps_are_told_as_they_end(stage: Stage) -> None:
    """Who plays a scenario is told of each step, the subscription first, in the words of the result."""
    stage.provider.reports(after_s=0.25)
    result = await stage.play(REPORTED.replace("ping", "ping\n    name: Say ping"))
    assert tuple(stage.steps) == result.steps
    assert [
        ("subscribe", "Subscribe", 1, 0.0, 0.0),
        ("send_message", "Say ping", 3, 0.0, 0.0),
        ("expect", "The provider reports delivery", 5, 0.0, 0.25),
    ] == [(step.verb, step.name, step.at.line, step.began_s, step.duration_s) for step in result.steps]
    assert ("A text goes out", "roundtrip.yaml:1:1", 0.25) == (result.name, str(result.at), result.duration_s)


async def test_nothing_is_done_after_a_step_that_fails(stage: Stage) -> None:
    """The first failure ends a scenario: later steps are left out, and left-over events are not told as well."""
    stage.provider.texts("who is this?", 0)
    result = await stage.play(
        "scenario: Ends early\n"
        "steps:\n"
        "  - send_message: one\n"
        "    check: {status: 201, headers: {X-Id: {present: true}}, body: {$.data.id: short}}\n"
        "  - send_message: two\n"
        "  - expect: message\n"
    )
    assert Status.FAILED is result.status
    assert [Status.PASSED, Status.FAILED] == [step.status for step in result.steps]
    assert result.problem is None
    assert ["one"] == _said(stage)
    assert (
        Detail("status", "expected 201; found 200", wrong=True),
        Detail("header X-Id", "expected something; found nothing", wrong=True),
        Detail("$.data.id", f"expected short; found {IDS[0]}", wrong=True),
    ) == _failure(result).details


async def test_nobody_there(stage: Stage) -> None:
    """A provider that cannot be reached at all is told apart from one that does something wrong."""
    stage.options["hosts"] = "{https://api.example.com: http://127.0.0.1:9}"
    result = await stage.play(REPORTED)
    assert (Status.UNREACHABLE, 3) == (result.status, exit_status((result,)))
    assert [Status.UNREACHABLE] == [step.status for step in result.steps]
    assert result.problem is None


async def test_a_provider_that_goes_away(stage: Stage) -> None:
    """A step that finds nobody there ends the scenario, as a failure does."""
    result = await stage.play(
        "scenario: Gone\nsteps:\n  - send_message: one\n  - request: {GET: http://127.0.0.1:9/}\n  - note: never said\n"
    )
    assert Status.UNREACHABLE is result.status
    assert [Status.PASSED, Status.PASSED, Status.UNREACHABLE] == [step.status for step in result.steps]


@pytest.mark.parametrize("clock", [1000.0, 5_000_000.0], ids=str)
async def test_times_count_from_the_start(clock: float, stage: Stage) -> None:
    """When a step began is told from the scenario's start, whatever the clock reads."""
    stage.clock.time = clock
    result = await stage.play("scenario: Slow\nsteps:\n  - wait: 2s\n  - wait: 3s\n  - send_message: ping\n" + CHECKED)
    assert [(0.0, 0.0), (0.0, 2.0), (2.0, 3.0), (5.0, 0.0)] == [
        (step.began_s, step.duration_s) for step in result.steps
    ]
    assert 5.0 == result.duration_s


# -- placeholders


async def test_the_names_that_every_scenario_has(stage: Stage) -> None:
    """The contact, the number, the organization, properties, the environment and the document's requests are known."""
    stage.environment["SUFFIX"] = "x"
    result = await stage.play(
        "scenario: Names\n"
        "steps:\n"
        "  - send_message: $contact$ $number$ $domain$ $API key$ $env.SUFFIX$ $api.SendFile$ $webhook_url$\n" + CHECKED
    )
    assert Status.PASSED is result.status
    assert [f"{CONTACT} {NUMBER} acme {KEY} x true {stage.provider.webhook_url}"] == _said(stage)


@pytest.mark.parametrize("name", ["SendMessage", "SendFile", "Subscribe"])
async def test_what_the_document_can_do(name: str, stage: Stage) -> None:
    """``$api.SendFile$`` says whether the document has that request."""
    for absent in {"SendFile", "Subscribe"} - {name}:
        del stage.document["API"][absent]
    await stage.play(
        f"scenario: What it has\nsteps:\n  - send_message: $api.SendMessage$ $api.SendFile$ $api.Subscribe$\n{CHECKED}"
    )
    assert [f"true {str(name == 'SendFile').lower()} {str(name == 'Subscribe').lower()}"] == _said(stage)


async def test_vars(stage: Stage) -> None:
    """A variable may use those before it, keeps its characters, and hides a built-in name; it is read once."""
    await stage.play(
        "scenario: Variables\n"
        "vars: {who: Bond, code: 007, said: $who$ $code$, contact: +61400000000, money: costs $$5 and $$who$$}\n"
        "steps:\n"
        "  - send_message: $said$, $contact$, $money$\n" + CHECKED
    )
    assert ["Bond 007, +61400000000, costs $5 and $who$"] == _said(stage)


async def test_a_variable_without_a_value(stage: Stage) -> None:
    """A variable that names what is not in another one fails the scenario before anything is sent."""
    result = await stage.play("scenario: No value\nvars: {a: {b: 1}, c: $a.z$}\nsteps:\n  - send_message: ping\n")
    assert Status.FAILED is result.status
    assert () == result.steps
    assert () == result.timeline
    assert result.problem is not None
    assert ("SCN-504", "a value for $a.z$", "it has none here") == (
        result.problem.code,
        result.problem.expected,
        result.problem.received,
    )
    assert [] == stage.provider.requests


async def test_results_by_name_and_the_latest(stage: Stage) -> None:
    """A step's results are found under its ``as``; without it, those of the latest step that had one."""
    await stage.play(
        "scenario: Captures\n"
        "steps:\n"
        "  - send_message: {content: one, to: +61400000001}\n"
        "    as: first\n"
        "  - send_message: two\n"
        "  - note: nothing to find here\n"
        "  - send_message: $first.messageid$ $first.content$ $first.to$ $first.from$ $first.state$ $first.status$\n"
        "    when: {$messageid$: " + IDS[1] + "}\n"
        "  - send_message: $messageid$ $state$ $status$ $answer.data.id$ $answer$\n"
    )
    assert [
        "one",
        "two",
        f"{IDS[0]} one +61400000001 {NUMBER} sent 200",
        f'{IDS[2]} sent 200 {IDS[2]} {{"data": {{"id": "{IDS[2]}"}}}}',
    ] == _said(stage)


async def test_a_name_used_again(stage: Stage) -> None:
    """The later of two steps with one ``as`` has the name."""
    await stage.play(
        "scenario: Again\nsteps:\n"
        "  - send_message: one\n    as: sms\n"
        "  - send_message: two\n    as: sms\n"
        "  - send_message: $sms.content$ $sms.messageid$\n"
    )
    assert f"two {IDS[1]}" == _said(stage)[-1]


async def test_what_a_provider_says_is_no_template(stage: Stage) -> None:
    """Framework 3.1: what a placeholder brings in is not read again."""
    stage.provider.answers("/webhook", {"data": {"id": "$number$ $5 $$"}})
    await stage.play(f"{SEND}  - send_message: id $messageid$\n")
    assert ["ping", "id $number$ $5 $$"] == _said(stage)


async def test_a_value_keeps_its_type(stage: Stage) -> None:
    """A value that is only a placeholder stays a number, a list or a map; inside a text it is written out."""
    stage.provider.answers("/webhook", {"data": {"id": 5, "tags": ["a", 1]}})
    result = await stage.play(
        f"{SEND}  - request:\n      POST: {stage.provider.url}/x\n"
        f"      json: {{n: $answer.data.id$, t: $answer.data.tags$, s: n$answer.data.id$}}\n"
        f"{CHECKED}"
    )
    assert Status.PASSED is result.status
    assert {"n": 5, "t": ["a", 1], "s": "n5"} == stage.provider.bodies[-1]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"data": {"id": IDS[0]}}, "answer.data.number"),
        ({"data": {"id": IDS[0], "to": None}}, "answer.data.to"),
        ({"data": {}}, "messageid"),
        ({"data": {"id": IDS[0]}}, "one.answer.0"),
    ],
    ids=["absent", "null", "untracked", "no-list"],
)
async def test_a_result_without_a_value(answer: Any, name: str, stage: Stage) -> None:
    """A placeholder for which the answer held nothing fails the step that uses it."""
    stage.provider.answers("/webhook", answer)
    result = await stage.play(f"{SEND}    as: one\n  - send_message: ${name}$\n")
    assert Status.FAILED is result.status
    assert ("SCN-504", f"a value for ${name}$", None) == (
        (failure := _failure(result)).code,
        failure.expected,
        failure.exchange,
    )
    assert ["ping"] == _said(stage)


@pytest.mark.parametrize(
    ("steps", "expected", "received"),
    [
        (
            "  - wait: $value$\n",
            "a usable duration for wait",
            "'soon' is no duration: a duration needs a number and a unit",
        ),
        (
            "  - expect: message\n    within: $value$\n",
            "a usable within for expect",
            "'soon' is no duration: a duration needs a number and a unit",
        ),
        (
            "  - send_message: ping\n    check: {within: $value$}\n",
            "a usable within for send_message",
            "'soon' is no duration: a duration needs a number and a unit",
        ),
        (
            "  - expect: message\n    times: $value$\n",
            "a usable times for expect",
            "Input should be a valid integer",
        ),
        (
            "  - send_message: {content: a, to: $map$}\n",
            "a usable to for send_message",
            "Input should be a valid string",
        ),
        (
            "  - request: {GET: http://127.0.0.1:9/, headers: {X-Map: $map$}}\n",
            "a usable headers.X-Map for request",
            "Input should be a valid string",
        ),
    ],
    ids=["duration", "within", "check-within", "times", "text", "inner-field"],
)
async def test_a_value_that_cannot_be_used(steps: str, expected: str, received: str, stage: Stage) -> None:
    """A placeholder that holds something of the wrong kind fails its step, which names the field and the reason."""
    result = await stage.play(f"scenario: Bad value\nvars: {{value: soon, map: {{a: 1}}}}\nsteps:\n{steps}")
    assert Status.FAILED is result.status
    failure = _failure(result)
    assert ("SCN-505", expected, received) == (failure.code, failure.expected, failure.received)


@pytest.mark.parametrize(
    ("step", "received", "mend"),
    [
        (
            "  - send_message: {content: a, from: +61400000000}\n",
            "+61400000000 is no SMS number of the organization",
            f"it has {NUMBER}; add it to organization in ringo-emu.yaml",
        ),
        ("  - send_file: $file$\n", "there is no file ", "see docs/scenarios.md"),
    ],
    ids=["with-its-own-remedy", "without"],
)
async def test_a_step_that_cannot_be_done(step: str, received: str, mend: str, stage: Stage) -> None:
    """A step that turns out to be impossible fails with what is wrong and what to do about it."""
    result = await stage.play(f"scenario: Impossible\nvars: {{file: none.png}}\nsteps:\n{step}")
    assert Status.FAILED is result.status
    failure = _failure(result)
    assert ("SCN-506", f"{result.steps[-1].verb} can be done", mend) == (failure.code, failure.expected, failure.mend)
    assert failure.received.startswith(received)


# -- what is left at the end


async def test_nothing_left_over(stage: Stage) -> None:
    """Every event consumed: the scenario passes, and there is nothing to say."""
    stage.provider.reports()
    result = await stage.play(REPORTED)
    assert (Status.PASSED, None, ()) == (result.status, result.problem, result.warnings)
    assert () == result.failures


TOLD = f"unexpected: allow\n{REPORTED}  - wait: 1s\n"


def _odd(stage: Stage) -> None:
    stage.provider.reports(after_s=0.05)
    for after_s in (0.1, 0.2, 0.3, 0.4):
        stage.provider.reports(after_s=after_s)
    stage.provider.posts_on("/webhook", {"method": "sent"}, 0.5)
    stage.provider.texts("ping", 0.6)


async def test_what_nobody_looked_at_is_told(stage: Stage) -> None:
    """Framework 8.17: in a run that passes too, each thing once, with the webhooks that it is about."""
    _odd(stage)
    result = await stage.play(TOLD)

    assert result.status is Status.PASSED
    assert [each.rpartition(";")[0] for each in result.warnings] == [
        f"delivery of {IDS[0]} was reported before (#4, #5, #6 and 1 more)",
        (
            "no webhook model matches: it is like messageDelivered, but params.messageid is missing; "
            "method: expected 'delivered'; found 'sent' (#8)"
        ),
        "the text that went out to +61123456789 600 ms before came in from there (#9)",
    ]
    assert result.warnings[0].endswith("; report it once [WH-302]")


async def test_findings_that_nobody_wants_to_hear_of(stage: Stage) -> None:
    """Framework 8.17: a project names their codes; a code that no finding has is a mistake in the file."""
    _odd(stage)
    stage.options["ignore_findings"] = "[WH-302, WH-204]"
    result = await stage.play(TOLD)
    stage.options["ignore_findings"] = "[WH-30]"
    with pytest.raises(ProjectError) as caught:
        stage.project()

    assert ["[WH-201]"] == [each.rpartition(" ")[2] for each in result.warnings]
    (finding,) = caught.value.findings
    assert finding.message == 'no finding has the code "WH-30"'
    assert finding.remedy.endswith("; docs/findings.md lists them")
    stage.options["ignore_findings"] = "[WH-201 ENROUTE]"
    assert stage.project().file.ignore_findings == ("WH-201 ENROUTE",)
    for odd in ("WH-201 ", "WH-204 ENROUTE"):
        stage.options["ignore_findings"] = f"['{odd}']"
        with pytest.raises(ProjectError):
            stage.project()


FAIL_ON: dict[str, list[str]] = {
    "[]": [],
    "[none]": [],
    "[error]": [],
    "[warning]": ["WH-302", "WH-201", "WH-204"],
    "[WH-204]": ["WH-204"],
    "[error, WH-302, WH-103]": ["WH-302"],
}


@pytest.mark.parametrize("fail_on", FAIL_ON)
async def test_findings_that_fail_a_scenario(fail_on: str, stage: Stage) -> None:
    """A project says which: by a severity, with what is worse, or by codes. By itself none does."""
    _odd(stage)
    stage.options["fail_on"] = fail_on
    result = await stage.play(TOLD)

    codes = FAIL_ON[fail_on]
    assert (Status.FAILED if codes else Status.PASSED, 1 if codes else 0) == (result.status, exit_status((result,)))
    if codes:
        assert result.problem is not None
        assert ("SCN-511", codes) == (result.problem.code, [each.label for each in result.problem.details])
        assert result.problem.mend.endswith(f"; or take {codes[0]} out of what fails a run")


async def test_a_note_that_fails_a_scenario(stage: Stage) -> None:
    """What only --verbose would show counts too, where it is asked for; what a check asked for does not."""
    stage.provider.answers("/ns-api/v2/subscriptions", {}, 409)
    stage.options["fail_on"] = "[note]"
    problem = (await stage.play(SEND + CHECKED)).problem
    assert problem is not None
    assert ["API-108"] == [each.label for each in problem.details]
    own = "scenario: Own\nsteps:\n  - subscribe:\n    check: {status: 409}\n"
    assert (await stage.play(own)).status is Status.PASSED


async def test_a_step_that_only_warns_fails_nothing(stage: Stage) -> None:
    """What its step calls worth a warning is none of what fails a run."""
    stage.provider.answers("/webhook", {}, 500)
    stage.options["fail_on"] = "[error]"
    checked = f"  - subscribe:\n{CHECKED}"
    result = await stage.play(f"{SEND}    severity: warning\n{checked}")
    assert (Status.PASSED, ["API-104"]) == (result.status, [each.code for _, _, _, each in result.warned])


async def test_an_error_that_fails_a_scenario(stage: Stage) -> None:
    """A message posted the wrong way round was answered 422, and nothing else would tell."""
    mine = {"from": NUMBER, "to": CONTACT, "content": "mine"}
    stage.provider.posts_on("/webhook", {"method": "message", "params": mine}, 0.1)
    assert (await stage.play(LEFT)).status is Status.PASSED
    stage.options["fail_on"] = "[error]"
    problem = (await stage.play(LEFT)).problem
    assert problem is not None
    assert ["WH-203"] == [each.label for each in problem.details]


@pytest.mark.parametrize(("check", "codes"), [("", ["WH-201"]), ("    check: {status: 422}\n", [])])
async def test_a_refusal_that_was_asked_for(check: str, codes: list[str], stage: Stage) -> None:
    """A webhook that a step posts itself and wants refused fails nothing, and is not told; the provider's own is."""
    stage.options["fail_on"] = "[warning]"
    odd = "{method: read, params: {messageid: x}}"
    stage.provider.posts_on("/odd", {"method": "read", "params": {"messageid": "x"}})
    url, step = ("$webhook_url$", check) if check else (f"{stage.provider.url}/odd", "")
    result = await stage.play(
        f"scenario: Odd\nsteps:\n  - request: {{POST: {url}, json: {odd}}}\n{step}"
        "  - wait: 1s\n  - request: {GET: URL/in}\n    check: {status: 200}\n".replace("URL", stage.provider.url)
    )
    assert codes == [each.label for each in (result.problem.details if result.problem else ())]
    assert len(codes) == len(result.warnings)


@pytest.mark.parametrize("word", ["eror", "WH-2O4", "failure"])
async def test_words_that_fail_nothing(word: str, stage: Stage) -> None:
    """They are mistakes in the file."""
    stage.options["fail_on"] = f"[{word}]"
    with pytest.raises(ProjectError) as caught:
        stage.project()
    (finding,) = caught.value.findings
    assert finding.message == f'"{word}" is neither a severity nor the code of a finding'
    assert {"eror": "error", "WH-2O4": "WH-204", "failure": "docs/findings.md lists them"}[word] in finding.remedy


async def test_a_failure_that_tells_of_a_webhook_is_not_told_twice(stage: Stage) -> None:
    """Near misses belong to what was waited for."""
    stage.provider.posts_on("/webhook", {"method": "delivered", "params": {"messageId": IDS[0]}}, 0.1)
    result = await stage.play(TOLD)

    assert (result.status, result.warnings) == (Status.FAILED, ())


LEFT = f"{SEND}{CHECKED}  - wait: 1s\n"


def _one(stage: Stage) -> None:
    stage.provider.texts("who is this?", 0.1)


def _two(stage: Stage) -> None:
    _one(stage)
    stage.provider.files("https://x.test/cat.jpg", 0.2)


def _twice(stage: Stage) -> None:
    _one(stage)
    _one(stage)


def _report_and_text(stage: Stage) -> None:
    stage.provider.reports(after_s=0.05)
    _one(stage)


@pytest.mark.parametrize(
    ("prepare", "code", "received", "count"),
    [
        (_one, "SCN-502", "an event that no step expected:", 1),
        (_two, "SCN-502", "2 events that no step expected:", 2),
        (_twice, "SCN-503", "2 events that no step expected:", 2),
        (_report_and_text, "SCN-502", "2 events that no step expected:", 2),
    ],
    ids=["one", "two-kinds", "twice-the-same", "report-and-text"],
)
async def test_left_over_events_fail(
    prepare: Callable[[Stage], None], code: str, received: str, count: int, stage: Stage
) -> None:
    """What no step consumed fails the scenario at its end, though every step passed."""
    prepare(stage)
    result = await stage.play(LEFT)
    assert Status.FAILED is result.status
    assert {Status.PASSED} == {step.status for step in result.steps}
    problem = result.problem
    assert problem is not None
    assert (code, received, count) == (problem.code, problem.received, len(problem.details))
    assert "no events but those that steps expect" == problem.expected
    assert 3 == problem.exchange
    assert () == result.warnings


async def test_a_left_over_event_is_shown(stage: Stage) -> None:
    """A left-over event is told with its values, its number and its time, and with the ways to have it."""
    _one(stage)
    problem = (await stage.play(LEFT)).problem
    assert problem is not None
    said = f"message {{from: {CONTACT}, to: {NUMBER}, content: who is this?}} by webhook #3 at +100 ms"
    assert (Detail("came", said, wrong=True),) == problem.details
    assert "expect it, or write unexpected: warn (or allow) in the scenario" == problem.mend


async def test_what_is_known_of_a_left_over_event(stage: Stage) -> None:
    """Why it came is told with it, and how to mend that; not where the project ignores it."""
    stage.provider.texts("ping", 0.1)
    problem = (await stage.play(LEFT)).problem
    assert problem is not None
    assert [("came", True), ("known", False)] == [(each.label, each.wrong) for each in problem.details]
    assert problem.details[1].text.startswith(f"the text that went out to {CONTACT} 1")
    assert problem.details[1].text.endswith(" before came in from there [WH-204]")
    assert ("SCN-502", "post only what the contact sends") == (problem.code, problem.mend[:32])

    stage.options["ignore_findings"] = "[WH-204]"
    problem = (await stage.play(LEFT)).problem
    assert problem is not None
    assert ["came"] == [each.label for each in problem.details]
    assert "expect it, or write unexpected: warn (or allow) in the scenario" == problem.mend


async def test_a_left_over_copy(stage: Stage) -> None:
    """A second report of a message that a step has consumed is called a duplicate of the first."""
    stage.provider.reports(after_s=0.05)
    stage.provider.reports(after_s=0.1)
    problem = (await stage.play(f"{REPORTED}  - wait: 1s\n")).problem
    assert problem is not None
    assert ("SCN-503", "a duplicate of webhook #3:", 4) == (problem.code, problem.received, problem.exchange)
    assert "post each event once" == problem.mend


async def test_more_left_over_events_than_a_person_reads(stage: Stage) -> None:
    """The first eight are shown, and all are counted."""
    for number in range(10):
        stage.provider.texts(f"no. {number}", 0.1)
    problem = (await stage.play(LEFT)).problem
    assert problem is not None
    assert "10 events that no step expected:" == problem.received
    assert 8 == len(problem.details)
    assert "no. 7" in problem.details[-1].text


async def test_left_over_events_warn(stage: Stage) -> None:
    """With ``unexpected: warn`` the scenario passes, and each event is told as a warning."""
    _two(stage)
    result = await stage.play(LEFT.replace("steps:", "unexpected: warn\nsteps:"))
    assert (Status.PASSED, None) == (result.status, result.problem)
    assert [
        f"unexpected: message {{from: {CONTACT}, to: {NUMBER}, content: who is this?}} by webhook #3 at +100 ms",
        f"unexpected: mms {{from: {CONTACT}, to: {NUMBER}, url: https://x.test/cat.jpg}} by webhook #4 at +200 ms",
    ] == list(result.warnings)


async def test_left_over_events_are_allowed(stage: Stage) -> None:
    """With ``unexpected: allow`` nothing is said of them."""
    _two(stage)
    result = await stage.play(LEFT.replace("steps:", "unexpected: allow\nsteps:"))
    assert (Status.PASSED, None, ()) == (result.status, result.problem, result.warnings)


async def test_what_fits_no_model_is_not_left_over(stage: Stage) -> None:
    """Framework 9.3: a status that is not "delivered" fits no model; it is recorded, and harms nothing."""
    stage.provider.posts_on("/webhook", {"method": "queued", "params": {"id": 1}})
    result = await stage.play(LEFT)
    assert (Status.PASSED, None) == (result.status, result.problem)
    assert [422] == [status for status, _ in stage.provider.replies]


# -- checks


@pytest.mark.parametrize(
    ("steps", "is_checked"),
    [
        ("  - send_message: ping\n", False),
        ("  - send_message: ping\n  - wait: 1s\n  - note: done\n", False),
        ("  - send_message: ping\n  - expect: messageDelivered\n    when: false\n", False),
        ("  - send_message: ping\n    check: {status: 200}\n    when: false\n", False),
        ("  - send_message: ping\n    check: {status: 200}\n", True),
        ("  - send_message: ping\n  - expect_none: messageDelivered\n", True),
    ],
    ids=["action", "pacing", "expect-skipped", "check-skipped", "check", "expect_none"],
)
async def test_a_scenario_that_checks_nothing(steps: str, is_checked: bool, stage: Stage) -> None:
    """A scenario that ran to its end without an expect, an expect_none or a check is not green (exit code 5)."""
    result = await stage.play(f"scenario: Is it checked?\nsteps:\n{steps}")
    if is_checked:
        assert (Status.PASSED, None, 0) == (result.status, result.problem, exit_status((result,)))
        return
    assert (Status.UNCHECKED, 5) == (result.status, exit_status((result,)))
    assert result.problem is not None
    assert "SCN-501" == result.problem.code


async def test_left_over_events_come_before_nothing_checked(stage: Stage) -> None:
    """A scenario that checks nothing and leaves an event fails by the event."""
    _one(stage)
    result = await stage.play(f"{SEND}  - wait: 1s\n")
    assert Status.FAILED is result.status
    assert result.problem is not None
    assert "SCN-502" == result.problem.code


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ((), 5),
        ((Status.PASSED,), 0),
        ((Status.PASSED, Status.SKIPPED), 0),
        ((Status.PASSED, Status.FAILED), 1),
        ((Status.UNREACHABLE, Status.PASSED), 3),
        ((Status.UNCHECKED, Status.PASSED), 5),
        ((Status.UNCHECKED, Status.UNREACHABLE), 3),
        ((Status.UNCHECKED, Status.UNREACHABLE, Status.FAILED), 1),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
def test_exit_codes(statuses: tuple[Status, ...], code: int) -> None:
    """One failure counts most, then nobody there, then nothing checked; a run of no scenario checked nothing."""
    results = tuple(
        ScenarioResult(name="x", at=Location(file="x"), status=each, duration_s=0, steps=(), timeline=())
        for each in statuses
    )
    assert code == exit_status(results)


async def test_a_late_event_of_another_scenario(stage: Stage) -> None:
    """What still comes for a scenario that has ended goes nowhere: it is not left over in the next one."""
    stage.provider.reports(on="/later")
    (hook,) = stage.provider.posts["/later"]

    async def late() -> None:
        await stage.provider.post(replace(hook, url=stage.provider.bodies[0]["post-url"]))

    stage.clock.later(0.5, late)
    results = await stage.play_all(f"{SEND}{CHECKED}---\n{LEFT.replace('A text', 'Another')}")
    assert [404] == [status for status, _ in stage.provider.replies]
    assert [Status.PASSED, Status.PASSED] == [result.status for result in results]
    assert [0.0, 1.0] == [result.duration_s for result in results]


# -- what cannot be played here

ASKS = "{ask: {ask: Send a text}, fine: {request: {POST: URL/in}}}"
PARALLEL = "  - parallel:\n      - trigger: ask\n      - [{request: {GET: URL/x}}, {note: later}]\n"
USED = "scenario: Used\nsteps:\n  - trigger: ask\n  - note: never\nteardown:\n  - note: tidied\n"


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ("  - trigger: ask\n  - note: never\n", ["Trigger ask"]),
        ("  - repeat: {times: 3, steps: [{trigger: ask}, {note: never}]}\n", ["Trigger ask [1]", "Repeat"]),
        ("  - in_order: [{trigger: ask}, {note: never}]\n  - note: never\n", ["Trigger ask", "In order"]),
        ("  - use: used.yaml\n  - note: never\n", ["Trigger ask", "Note", "Use used.yaml"]),
        (PARALLEL, ["Trigger ask", "Request", "In parallel"]),
        ("  - note: x\nteardown:\n  - trigger: ask\n  - note: tidied\n", ["Note", "Trigger ask", "Note"]),
    ],
    ids=["step", "repeat", "in-order", "use", "parallel", "teardown"],
)
async def test_a_step_that_cannot_be_played_skips_the_scenario(steps: str, names: list[str], stage: Stage) -> None:
    """Wherever it stands: what comes after it is not played, but for teardowns."""
    stage.triggers = ASKS.replace("URL", stage.provider.url)
    (stage.folder / "used.yaml").write_text(USED, "utf-8")
    result = await stage.play(f"scenario: Skipped\nsteps:\n{steps.replace('URL', stage.provider.url)}")
    assert (Status.SKIPPED, "nobody is there to ask: Send a text", None) == (
        result.status,
        result.reason,
        result.problem,
    )
    assert names == [step.name for step in result.steps[1:]]


async def test_a_branch_that_fails_beside_one_that_cannot_be_played(stage: Stage) -> None:
    """A failure goes before that something could not be played."""
    stage.triggers = ASKS.replace("URL", stage.provider.url)
    stage.provider.answers("/x", {}, 500)
    result = await stage.play(f"scenario: Both\nsteps:\n{PARALLEL.replace('URL', stage.provider.url)}")
    assert (Status.FAILED, None) == (result.status, result.reason)
    assert "API-104" == _failure(result).code


async def test_a_scenario_that_failed_before_its_teardown_is_skipped(stage: Stage) -> None:
    """It stays failed, and so does one whose events nobody expected."""
    stage.triggers = ASKS.replace("URL", stage.provider.url)
    stage.provider.texts("hello", 0.0, on="/in")
    teardown = "teardown:\n  - trigger: ask\n"
    failed = await stage.play(f"{SEND}    check: {{status: 404}}\n{teardown}")
    left = await stage.play(f"scenario: Left over\nsteps:\n  - trigger: fine\n{CHECKED}{teardown}")
    assert [(Status.FAILED, "CHK-01"), (Status.FAILED, "SCN-502")] == [
        (result.status, _failure(result).code) for result in (failed, left)
    ]
