"""``subscribe``, ``send_message`` and ``send_file`` make the platform's own requests, which the provider must take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.errors import ProjectError, ScenarioError
from emulator.scenario.results import Failure, ScenarioResult, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scenario.conftest import Stage

    Play = Callable[[str], Any]

NUMBER, CONTACT, KEY = "+61855555555", "+61123456789", "s3cret-API-key"
IDS = ("a8d35b94-154a", "b17c02d3-77e1", "c09f44aa-20b6")
CAT = "https://x.test/cat.jpg"
CHECKED = "    check: {status: 2xx}\n"
SEND = "  - send_message: ping\n"
USERS = "[{extension: '101', numbers: [+61855555555, +61855555556]}, {extension: '102', numbers: [+61855555557]}]"


@pytest.fixture
def play(stage: Stage) -> Play:
    """Plays a scenario of these steps."""

    async def played(steps: str) -> ScenarioResult:
        return await stage.play(f"scenario: Sending\nsteps:\n{steps}")

    return played


def _failure(result: ScenarioResult) -> Failure:
    """The one failure of *result*, which ended with its last step."""
    ((_, _, _, failure),) = result.failures
    assert failure is result.steps[-1].failure
    return failure


def _complaints(stage: Stage, steps: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n{steps}")
    return [f"{each.message} | {each.remedy}" for each in caught.value.findings]


# -- what goes out


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("ping", {"from": NUMBER, "to": CONTACT, "extension": "101", "content": "ping"}),
        ("{content: ping}", {"from": NUMBER, "to": CONTACT, "extension": "101", "content": "ping"}),
        ("007", {"from": NUMBER, "to": CONTACT, "extension": "101", "content": "007"}),
        ("{content: a, to: +61400000001}", {"from": NUMBER, "to": "+61400000001", "extension": "101", "content": "a"}),
        (
            "{content: a, from: +61855555557}",
            {"from": "+61855555557", "to": CONTACT, "extension": "102", "content": "a"},
        ),
        (
            "{content: a, from: 61 8 5555 5556}",
            {"from": "+61855555556", "to": CONTACT, "extension": "101", "content": "a"},
        ),
        (
            "{content: a, from: +61855555557, extension: 900}",
            {"from": "+61855555557", "to": CONTACT, "extension": "900", "content": "a"},
        ),
    ],
    ids=["scalar", "map", "digits", "to", "from", "from-in-another-format", "extension"],
)
async def test_a_text(step: str, expected: dict[str, str], stage: Stage, play: Play) -> None:
    """A text goes from the first number to the contact; other parties are the step's to say, the extension follows."""
    stage.options["organization.users"] = USERS
    result = await play(f"  - send_message: {step}\n{CHECKED}")
    assert Status.PASSED is result.status
    assert {**expected, "domain": "acme"} == stage.provider.bodies[-1]
    request = stage.provider.requests[-1]
    assert ("POST", "/webhook", f"Bearer {KEY}") == (request.method, request.path, request.headers["Authorization"])


async def test_a_file_by_its_url(stage: Stage, play: Play) -> None:
    """A file that has a URL is sent by it, as SendFile."""
    result = await play(f"  - send_file: {CAT}\n{CHECKED}")
    assert (Status.PASSED, "SendFile") == (result.status, result.steps[-1].name)
    assert {
        "from": NUMBER,
        "to": CONTACT,
        "extension": "101",
        "domain": "acme",
        "media_url": CAT,
    } == stage.provider.bodies[-1]
    assert ["Subscribe", "SendFile"] == [each.label for each in result.timeline]


async def test_a_local_file(stage: Stage, play: Play) -> None:
    """A file beside the project file is served under a URL that the provider can fetch."""
    (stage.folder / "pictures").mkdir()
    (stage.folder / "pictures/my cat.txt").write_text("meow", "utf-8")
    result = await play(
        "  - send_file: pictures/my cat.txt\n    as: cat\n"
        "  - request: {GET: $cat.media$}\n"
        "    check: {status: 200, headers: {Content-Type: {starts_with: text/plain}}}\n"
        "    as: fetched\n"
        "  - note: $fetched.answer$ $cat.media$\n"
    )
    assert Status.PASSED is result.status
    url = stage.provider.bodies[-1]["media_url"]
    assert url.endswith("/my%20cat.txt")
    assert f"meow {url}" == result.timeline[-1].detail


async def test_a_url_in_capitals(stage: Stage, play: Play) -> None:
    """A scheme may be written in capitals."""
    await play("  - send_file: HTTPS://x.test/cat.jpg\n")
    assert "HTTPS://x.test/cat.jpg" == stage.provider.bodies[-1]["media_url"]


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("after", [{"media_url": CAT}, {"content": "a cat"}]),
        ("before", [{"content": "a cat"}, {"media_url": CAT}]),
    ],
    ids=["after", "before"],
)
async def test_a_caption(caption: str, expected: list[dict[str, str]], stage: Stage, play: Play) -> None:
    """Framework 7.3: a file's caption goes out as a SendMessage of its own, after the file unless the profile
    differs."""
    stage.options["profile.caption"] = caption
    result = await play(
        f"  - send_file: {{file: {CAT}, caption: a cat, to: +61400000001}}\n    as: cat\n"
        "  - note: $cat.messageid$ $cat.to$ $cat.from$ $cat.state$ $cat.status$\n"
    )
    parties = {"from": NUMBER, "to": "+61400000001", "extension": "101", "domain": "acme"}
    assert [{**parties, **each} for each in expected] == stage.provider.bodies[1:]
    sent = IDS[0] if caption == "after" else IDS[1]
    assert f"{sent} +61400000001 {NUMBER} sent 200" == result.timeline[-1].detail


async def test_results_of_a_text(stage: Stage, play: Play) -> None:
    """A text supplies its id, its state, its parties and content, and the answer with its status and number."""
    stage.provider.answers("/webhook", {"data": {"id": 17, "parts": [1, 2]}}, 202)
    result = await play(
        f"{SEND}    as: sms\n"
        "  - note: $sms.messageid$ $sms.state$ $sms.content$ $sms.from$ $sms.to$ $sms.status$ $sms.exchange$"
        " $sms.answer.data.parts.1$\n"
    )
    assert f"17 sent ping {NUMBER} {CONTACT} 202 2 2" == result.timeline[-1].detail


async def test_subscribe(stage: Stage, play: Play) -> None:
    """``subscribe`` tells the provider the account's webhook URL, and what it answers can be checked and named."""
    stage.provider.answers("/ns-api/v2/subscriptions", {"id": "s-1"}, 201)
    result = await play(
        "  - subscribe:\n    check: {status: 201, body: {$.id: s-1}}\n    as: it\n"
        "  - note: $it.status$ $it.answer.id$ $it.exchange$ $webhook_url$\n"
    )
    assert Status.PASSED is result.status
    (body,) = stage.provider.bodies
    assert {"domain": "acme", "user": "*", "model": "message", "post-url": stage.provider.webhook_url} == body
    assert f"201 s-1 1 {stage.provider.webhook_url}" == result.timeline[-1].detail
    assert [("subscribe", "Subscribe")] == [(step.verb, step.name) for step in result.steps[:1]]


# -- what is no success


def _hang(stage: Stage) -> None:
    stage.provider.hangs.add("/webhook")
    stage.options["profile.timeout"] = "50ms"


def _literal(stage: Stage) -> None:
    stage.document["API"]["SendMessage"]["response_map"]["ok"] = True
    stage.provider.answers("/webhook", {"data": {"id": IDS[0]}, "ok": False})


REFUSALS: dict[str, tuple[Callable[[Stage], None], str, str]] = {
    "status": (
        lambda stage: stage.provider.answers("/webhook", {"error": "no"}, 401),
        "API-104",
        'the provider answered 401: {"error": "no"}',
    ),
    "empty": (lambda stage: stage.provider.answers("/webhook", "", 503), "API-104", "the provider answered 503"),
    "redirect": (
        lambda stage: stage.provider.answers("/webhook", "", 302, headers={"Location": "/elsewhere"}),
        "API-104",
        "the provider answered 302 and redirects to https://api.example.com/elsewhere; redirects are not followed",
    ),
    "no-json": (
        lambda stage: stage.provider.answers("/webhook", "OK"),
        "API-103",
        "the answer is not JSON: it begins with OK",
    ),
    "literal": (_literal, "API-102", "response_map wants $.ok = true; found false"),
    "hangs": (_hang, "API-105", "no answer from HOST within 0.05 s"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_text_that_is_not_taken(case: str, stage: Stage, play: Play) -> None:
    """Framework 4.13, 4.14: another status, no answer, and an answer that says no are failures; the step tells why."""
    prepare, code, received = REFUSALS[case]
    prepare(stage)
    result = await play(SEND)
    failure = _failure(result)
    assert Status.FAILED is result.status
    assert (code, received.replace("HOST", stage.provider.url.removeprefix("http://"))) == (
        failure.code,
        failure.received,
    )
    assert ("SendMessage is taken by the provider", 2) == (failure.expected, failure.exchange)
    assert code in {finding.code for finding in result.steps[-1].findings}


@pytest.mark.parametrize(
    ("check", "is_passed"),
    [
        ("{status: 401}", True),
        ("{status: 4xx}", True),
        ("{state: failed}", True),
        ("{status: {one_of: [200, 401]}, body: {$.error: no}}", True),
        ("{status: 200}", False),
        ("{state: sent}", False),
        ("{body: {$.error: no}}", False),
        ("{within: 5s}", False),
    ],
    ids=str,
)
async def test_a_refusal_that_is_expected(check: str, *, is_passed: bool, stage: Stage, play: Play) -> None:
    """A check of the status or the state says what is right in place of the rule that a request must succeed."""
    stage.provider.answers("/webhook", {"error": "no"}, 401)
    result = await play(f"{SEND}    check: {check}\n")
    assert (Status.PASSED if is_passed else Status.FAILED) is result.status


@pytest.mark.parametrize("check", ["{status: 200}", "{state: failed}", "{status: {present: false}}"], ids=str)
async def test_no_answer_is_never_expected(check: str, stage: Stage, play: Play) -> None:
    """Where there is no answer at all, no check makes it right."""
    _hang(stage)
    failure = _failure(await play(f"{SEND}    check: {check}\n"))
    assert "API-105" == failure.code


async def test_the_results_of_a_refusal(stage: Stage, play: Play) -> None:
    """A message that was not taken is failed; its answer, which need not be JSON, can be named."""
    stage.provider.answers("/webhook", "no credit", 402, content_type="text/plain")
    result = await play(f"{SEND}    check: {{status: 402}}\n  - note: $state$, $status$, $answer$\n")
    assert "failed, 402, no credit" == result.timeline[-1].detail


async def test_an_untracked_text(stage: Stage, play: Play) -> None:
    """Framework 4.20: a 2xx without the mapped id makes the message untracked: told, and no failure."""
    stage.provider.answers("/webhook", {"data": {"Id": "x"}})
    result = await play(SEND + CHECKED)
    assert Status.PASSED is result.status
    assert ["API-101"] == [finding.code for finding in result.steps[-1].findings]


UNREADABLE = {
    "page": ("<!doctype html><h1>Sign in</h1>", "it begins with <!doctype html><h1>Sign in</h1>"),
    "empty": ("", "it is empty"),
    "text": ("OK", "it begins with OK"),
}


@pytest.mark.parametrize("check", ["", "    check: {status: 2xx}\n", "    check: {status: 200, within: 5s}\n"], ids=str)
@pytest.mark.parametrize("case", UNREADABLE)
async def test_a_check_of_the_status_is_one_of_the_status_alone(
    case: str, check: str, stage: Stage, play: Play
) -> None:
    """Framework 4.19: an answer that response_map cannot read fails the message, whatever its status; with a check of
    that it is told as without."""
    body, shown = UNREADABLE[case]
    stage.provider.answers("/webhook", body, content_type="text/html")
    result = await play(f"{SEND}{check}  - expect: messageDelivered\n    within: 50ms\n")
    failure = _failure(result)
    assert ("API-103", f"the answer is not JSON: {shown}") == (failure.code, failure.received)
    assert "SendMessage is taken by the provider" == failure.expected


async def test_a_failed_message_is_waited_for(stage: Stage, play: Play) -> None:
    """Where a check wants the message to fail, no report is blamed on the document."""
    stage.provider.answers("/webhook", "<h1>")
    result = await play(f"{SEND}    check: {{state: failed}}\n  - expect: messageDelivered\n    within: 50ms\n")
    failure = _failure(result)
    assert "the message was not sent, so no report can come:" == failure.received
    assert ["the answer is not JSON: it begins with <h1>"] == [each.text for each in failure.details]


ASKED: dict[str, tuple[Any, int, str, list[str]]] = {
    "a status": ({"error": "no"}, 401, "{status: 401}", []),
    "a class": ({"error": "no"}, 401, "{status: 4xx}", []),
    "a state": ({"error": "no"}, 401, "{state: failed}", []),
    "a page": ("<h1>", 200, "{state: failed}", []),
    "no id": ({}, 200, "{messageid: {present: false}}", []),
    "untracked": ({}, 200, "{state: sent (untracked)}", []),
    "a part of the body": ({"data": {"id": "m"}, "ok": False}, 200, "{body: {$.ok: false}}", []),
    "another part": ({"data": {"id": "m"}, "ok": False}, 200, "{body: {$.data.id: m}}", ["API-109"]),
    "the status alone": ({}, 200, "{status: 200}", ["API-101"]),
    "another status": ({"error": "no"}, 401, "{status: 402}", ["API-104"]),
}


@pytest.mark.parametrize("case", ASKED)
async def test_what_a_check_asks_for_is_no_finding(case: str, stage: Stage, play: Play) -> None:
    """A status that the check wants and that comes is told as no error, nor is what else it asks for."""
    body, status, check, codes = ASKED[case]
    stage.provider.answers("/webhook", body, status)
    result = await play(f"{SEND}    check: {check}\n")
    assert (Status.FAILED if case == "another status" else Status.PASSED) is result.status
    assert codes == [finding.code for finding in result.steps[-1].findings]


async def test_what_each_of_several_copies_asks_for(stage: Stage, play: Play) -> None:
    """That holds for every copy of a message."""
    stage.provider.answers("/webhook", "", 429)
    result = await play("  - send_message: {content: ping, copies: 3}\n    check: {status: 429}\n")
    assert (Status.PASSED, ()) == (result.status, result.steps[-1].findings)


async def test_a_status_that_nobody_wanted(stage: Stage, play: Play) -> None:
    """The check that does not hold says what the status is known to mean."""
    stage.provider.answers("/webhook", "", 301, headers={"Location": "https://api.example.com/v2/"})
    failure = _failure(await play(SEND + CHECKED))
    assert ("CHK-01", "status 2xx") == (failure.code, failure.expected)
    assert ["expected 2xx; found 301", failure.details[-1].text] == [each.text for each in failure.details]
    assert "redirects to https://api.example.com/v2/" in failure.details[-1].text
    assert failure.mend.startswith("write that address into request_url (acme.json:")


@pytest.mark.parametrize(
    ("check", "status", "codes"),
    [
        ("", Status.PASSED, ["API-108"]),
        ("    check: {status: 409}\n", Status.PASSED, []),
        ("    check: {status: {one_of: [201, 409]}}\n", Status.PASSED, []),
        ("    check: {status: 2xx}\n", Status.FAILED, ["API-108"]),
    ],
)
async def test_a_subscription_that_is_there(
    check: str, status: Status, codes: list[str], stage: Stage, play: Play
) -> None:
    """Framework 8.21: it harms nothing; a check that does not want it and what is known of it say the same."""
    stage.provider.answers("/ns-api/v2/subscriptions", {"error": "exists"}, 409)
    result = await play(f"  - subscribe:\n{check}{SEND}")
    subscribed = result.steps[0]
    assert (status, codes) == (subscribed.status, [finding.code for finding in subscribed.findings])
    if subscribed.failure is not None:
        assert (
            "the provider answered Subscribe with 409: it has the subscription" == subscribed.failure.details[-1].text
        )
        assert subscribed.failure.mend.startswith("409 harms nothing: ")


async def test_nobody_to_send_to(stage: Stage, play: Play) -> None:
    """Where no provider is there, the step is unreachable and not merely failed, whatever its check says."""
    stage.options["hosts"] = "{https://api.example.com: http://127.0.0.1:9}"
    result = await play(f"  - subscribe:\n{CHECKED}")
    assert [Status.UNREACHABLE] == [step.status for step in result.steps]
    assert "Subscribe is taken by the provider" == _failure(result).expected


async def test_nobody_to_send_a_text_to(stage: Stage, play: Play) -> None:
    """A text too that finds nobody there is unreachable."""
    stage.document["API"]["SendMessage"]["request_url"] = "http://127.0.0.1:9/"
    result = await play(f"{SEND}{CHECKED}")
    assert [Status.PASSED, Status.UNREACHABLE] == [step.status for step in result.steps]


async def test_a_number_of_somebody_else(stage: Stage, play: Play) -> None:
    """A text goes out from a number of the organization only."""
    result = await play("  - send_message: {content: a, from: +61899999999}\n")
    failure = _failure(result)
    assert ("SCN-506", "+61899999999 is no SMS number of the organization") == (failure.code, failure.received)
    assert f"it has {NUMBER}; add it to organization in ringo-emu.yaml" == failure.mend
    assert ["/ns-api/v2/subscriptions"] == [request.path for request in stage.provider.requests]


async def test_a_number_that_two_users_share(stage: Stage, play: Play) -> None:
    """Framework 7.4: several users may share a number; the first one's extension is sent."""
    stage.options["organization.users"] = (
        "[{extension: '201', numbers: [+61855555555]}, {extension: '202', numbers: [+61855555555]}]"
    )
    await play(SEND)
    assert "201" == stage.provider.bodies[-1]["extension"]


# -- what loading tells


@pytest.mark.parametrize(
    ("step", "absent", "told"),
    [
        ("subscribe:", "Subscribe", ["the integration document has no API.Subscribe | add it, or remove this step"]),
        (
            f"send_file: {CAT}",
            "SendFile",
            ["the integration document has no API.SendFile | add it, or remove this step"],
        ),
        ("send_file: dog.png", "", ["there is no file dog.png | paths are relative to the project file"]),
        (
            "send_file: {file: dog.png, caption: a dog}",
            "SendFile",
            [
                "the integration document has no API.SendFile | add it, or remove this step",
                "there is no file dog.png | paths are relative to the project file",
            ],
        ),
        ("subscribe: now", "", ["subscribe needs a map | see subscribe in docs/scenarios.md"]),
        ("send_message: {to: '1'}", "", ['"content" is missing | add "content"']),
        ("send_message: {content: a, form: '1'}", "", ['unknown key "form" | did you mean "from"?']),
    ],
    ids=["subscribe", "send_file", "no-such-file", "both", "subscribe-what", "no-content", "misspelt"],
)
def test_a_send_that_cannot_be(step: str, absent: str, told: list[str], stage: Stage) -> None:
    """What the document lacks, a file that is not there and a wrong key are told before anything runs."""
    stage.document["API"].pop(absent, None)
    assert told == _complaints(stage, f"  - {step}\n")


def test_a_file_that_a_placeholder_names(stage: Stage) -> None:
    """Whether a placeholder's file is there is not known while loading."""
    assert 1 == len(stage.load("scenario: Later\nvars: {file: dog.png}\nsteps:\n  - send_file: $file$\n"))


async def test_what_is_set_for_the_number(stage: Stage) -> None:
    """Framework 6.20, 7.5, 7.6: header, footer and format go out; a file has neither, and the
    reply is found all the same."""
    stage.options["organization.numbers"] = (
        "{+61855555555: {header: 'Acme: ', footer: ' STOP?', outbound: national0, country: 61}}"
    )
    stage.provider.reports()
    text = "scenario: x\nsteps:\n  - send_message: hi\n  - expect: messageDelivered\n"
    assert Status.PASSED is (await stage.play(text)).status
    sent = stage.provider.bodies[-1]
    assert ("Acme: hi STOP?", "0855555555", "0123456789") == (sent["content"], sent["from"], sent["to"])


async def test_settings_of_a_number_that_nobody_has(stage: Stage) -> None:
    """The mistake is told with the number that is meant."""
    stage.options["organization.numbers"] = "{+61855555556: {header: x}}"
    with pytest.raises(ProjectError) as raised:
        stage.project()
    (finding,) = raised.value.findings
    assert "no user has the SMS number +61855555556" == finding.message
    assert "+61855555555" in finding.remedy
