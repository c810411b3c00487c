"""``tamper`` spoils a request, which the provider should refuse; ``copies`` sends it several times at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.errors import ScenarioError
from emulator.provider.app import make_provider
from emulator.provider.settings import ProviderSettings
from emulator.scenario.results import Status
from tests.scenario.conftest import IDS
from tests.scenario.steps.test_authorizing import Connected

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_aiohttp import AiohttpServer

    from emulator.scenario.results import Failure, ScenarioResult
    from tests.scenario.conftest import Stage


async def _played(stage: Stage, step: str) -> ScenarioResult:
    return await stage.play(f"scenario: Spoilt\nunexpected: allow\nsteps:\n  - {step}\n")


def _failure(result: ScenarioResult) -> Failure:
    ((_, _, _, failure),) = result.failures
    return failure


def _codes(result: ScenarioResult) -> list[str]:
    return [finding.code for step in result.steps for finding in step.findings]


@pytest.mark.parametrize(
    ("tamper", "status"),
    [
        ("wrong_auth", 401),
        ("no_auth", 403),
        ("broken_json", 400),
        ("wrong_type", 415),
        ("oversize", 413),
        ("[wrong_type, oversize]", 422),
        ("unknown_keys", 201),
    ],
)
async def test_what_a_good_provider_answers_passes(stage: Stage, tamper: str, status: int) -> None:
    """Framework 8.13: without any check, and without a finding: the trouble is not the provider's."""
    stage.provider.answers("/webhook", {"error": "no"} if status >= 400 else {"data": {"id": 1}}, status)

    result = await _played(stage, f"send_message: {{content: hi, tamper: {tamper}}}")

    assert (result.status, _codes(result)) == (Status.PASSED, [])
    assert result.timeline[-1].detail.endswith(f"{tamper.strip('[]').replace(', ', ' and ')} on purpose")


@pytest.mark.parametrize(
    ("tamper", "status", "code", "expected", "received", "mend"),
    [
        (
            "wrong_auth",
            200,
            "TAMPER-01",
            "SendMessage with wrong_auth is answered 401 or 403",
            "200: the provider did what it was asked",
            "check the credentials of every request before anything else is done",
        ),
        (
            "no_auth",
            404,
            "TAMPER-01",
            "SendMessage with no_auth is answered 401 or 403",
            'the provider answered 404: {"error": "no"}',
            "refuse requests without an Authorization header",
        ),
        (
            "broken_json",
            500,
            "TAMPER-02",
            "SendMessage with broken_json is answered 4xx",
            'the provider answered 500: {"error": "no"}',
            "answer 400 where the body cannot be read: nothing of it may be done",
        ),
        (
            "unknown_keys",
            400,
            "TAMPER-02",
            "SendMessage with unknown_keys is answered 2xx: unknown keys are no reason to refuse",
            'the provider answered 400: {"error": "no"}',
            "ignore keys that you do not know: the platform may add some",
        ),
    ],
)
async def test_what_another_provider_answers_fails(
    stage: Stage, tamper: str, status: int, code: str, expected: str, received: str, mend: str
) -> None:
    """Framework 8.13: each way has a sentence of its own."""
    stage.provider.answers("/webhook", {"error": "no"} if status >= 400 else {"data": {"id": 1}}, status)

    failure = _failure(await _played(stage, f"send_message: {{content: hi, tamper: {tamper}}}"))

    assert (failure.code, failure.expected, failure.received, failure.mend) == (code, expected, received, mend)


async def test_a_check_says_what_is_right_here(stage: Stage) -> None:
    """A status that is checked goes before what is usual; other checks are held against the answer too."""
    stage.provider.answers("/webhook", {"error": "who?"}, 400)

    right = await _played(stage, "send_message: {content: hi, tamper: wrong_auth}\n    check: {status: 400}")
    wrong = await _played(
        stage, "send_message: {content: hi, tamper: broken_json}\n    check: {body: {$.error: unreadable}}"
    )

    assert right.status is Status.PASSED
    assert _failure(wrong).code == "CHK-01"


async def test_no_answer_is_none(stage: Stage) -> None:
    stage.provider.hangs.add("/webhook")
    stage.options["profile.timeout"] = "50ms"

    result = await _played(stage, "send_message: {content: hi, tamper: broken_json}")

    failure = _failure(result)
    assert (failure.code, failure.expected) == ("TAMPER-02", "SendMessage with broken_json is answered 4xx")
    assert "no answer" in failure.received
    assert failure.mend == "see in the provider's log what it does with this request"
    assert result.timeline[-1].detail.endswith(" within 0.05 s, broken_json on purpose")


async def test_it_is_made_once(stage: Stage) -> None:
    """The profile's retries are for requests that should succeed."""
    stage.options["profile.retries"] = "3"
    stage.provider.answers("/webhook", "", 401)

    await _played(stage, "send_message: {content: hi, tamper: wrong_auth}")

    assert [each.path for each in stage.provider.requests].count("/webhook") == 1


async def test_files_and_subscribe_are_spoilt_too(stage: Stage) -> None:
    stage.provider.answers("/webhook", "", 401)
    stage.provider.answers("/ns-api/v2/subscriptions", "", 401)

    result = await _played(
        stage,
        "subscribe: {tamper: no_auth}\n  - send_file: {file: 'https://x.test/cat.jpg', tamper: wrong_auth}",
    )

    assert result.status is Status.PASSED
    subscribed, sent = stage.provider.requests
    assert "Authorization" not in subscribed.headers
    assert sent.headers["Authorization"] == "Bearer ringo-emu-wrong-credential"


async def test_a_key_in_the_body_is_spoilt(stage: Stage) -> None:
    """Framework 8.13: who takes a wrong key is told so, wherever the document puts it; the real one does not go out."""
    del stage.document["auth"]
    stage.document["API"]["SendMessage"]["request_parameters"]["key"] = "$API key$"

    failure = _failure(await _played(stage, "send_message: {content: hi, tamper: wrong_auth}"))

    assert failure.code == "TAMPER-01"
    assert stage.provider.bodies[-1]["key"] == "ringo-emu-wrong-credential"


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (
            "send_message: {content: a, tamper: wrong_atuh}",
            'tamper cannot be "wrong_atuh" | did you mean "wrong_auth"?',
        ),
        ("send_message: {content: a, tampr: no_auth}", 'unknown key "tampr" | did you mean "tamper"?'),
        (
            "send_message: {content: a, tamper: expired_auth}",
            "expired_auth cannot be: only tokens of OAuth2 expire | write wrong_auth",
        ),
        (
            "subscribe: {tamper: [no_auth, wrong_auth]}",
            "authorization is spoilt in one way at a time | write a step for each",
        ),
        (
            "subscribe: {tamper: oversize}",
            "oversize cannot be: the request has no $content$ that could be too long | take it out",
        ),
        ("send_message: {content: a, copies: 0}", "copies must be at least 1; found 0 | write a larger number"),
    ],
)
def test_what_cannot_be_is_told_before_anything_runs(stage: Stage, step: str, complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n  - {step}\n    check: {{status: 401}}\n")

    assert [f"{each.message} | {each.remedy}" for each in caught.value.findings] == [complaint]


async def test_placeholders_are_filled(stage: Stage) -> None:
    stage.provider.answers("/webhook", "", 401)

    result = await stage.play(
        "scenario: Filled\nvars: {how: no_auth}\nsteps:\n  - send_message: {content: a, tamper: $how$}\n"
    )

    assert result.status is Status.PASSED
    assert "Authorization" not in stage.provider.requests[-1].headers


# -- tokens that expire


async def test_a_token_that_has_expired(
    tmp_path: Path, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Framework 8.13: it is the account's own, sent after its time; nothing renews it."""
    monkeypatch.chdir(tmp_path)
    settings = ProviderSettings(auth="oauth2", token_lifetime_s=1.0)
    server = await aiohttp_server(make_provider(settings))
    connected = Connected(tmp_path, str(server.make_url("")).rstrip("/"))

    result = await connected.play(
        "  - oauth: connect\n  - send_message: {content: hi, tamper: expired_auth}\n    check: {status: 401}\n"
    )

    assert result.status is Status.PASSED
    assert connected.kinds[-1] == "SendMessage"
    assert "refresh" not in connected.kinds


async def test_a_token_that_lasts_too_long_is_not_waited_for(
    tmp_path: Path, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server = await aiohttp_server(make_provider(ProviderSettings(auth="oauth2")))
    connected = Connected(tmp_path, str(server.make_url("")).rstrip("/"))

    failure = _failure(await connected.play("  - send_message: {content: hi, tamper: expired_auth}\n"))

    assert "too long to wait for" in failure.received
    assert failure.mend == "give tokens of 30 s or less while you test"


@pytest.mark.parametrize("tamper", ["wrong_auth", "no_auth"])
async def test_tokens_are_spoilt_and_not_renewed(
    tamper: str, tmp_path: Path, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server = await aiohttp_server(make_provider(ProviderSettings(auth="oauth2")))
    connected = Connected(tmp_path, str(server.make_url("")).rstrip("/"))

    result = await connected.play(f"  - oauth: connect\n  - send_message: {{content: hi, tamper: {tamper}}}\n")

    assert result.status is Status.PASSED
    assert "refresh" not in connected.kinds


# -- copies


async def test_copies_are_the_same_request(stage: Stage) -> None:
    """Framework 8.14: sent at the same time, byte for byte; every id is known afterwards."""
    result = await _played(
        stage,
        "send_message: {content: hi, copies: 3}\n    as: out\n    check: {status: 200}\n"
        "  - for_each: {name: id, in: $out.messageids$, steps: [note: $id$]}",
    )

    sent = [body for body in stage.provider.bodies if "content" in body]
    assert len(sent) == 3
    assert all(each == sent[0] for each in sent)
    noted = {each.detail for each in result.timeline if each.label == "note"}
    assert noted == set(IDS)


async def test_a_provider_may_know_a_copy_again(stage: Stage) -> None:
    """Framework 8.14: one id for all of them is no finding, as it would be for different messages."""
    stage.provider.answers("/webhook", {"data": {"id": "m-1"}})

    copied = await _played(stage, "send_message: {content: hi, copies: 2}\n    check: {status: 200}")
    reused = await _played(stage, "send_message: one\n    check: {status: 200}\n  - send_message: two")

    assert _codes(copied) == []
    assert _codes(reused) == ["API-107"]


async def test_one_copy_that_is_refused_fails(stage: Stage) -> None:
    stage.provider.answers("/webhook", "", 503)

    result = await _played(stage, "send_message: {content: hi, copies: 2}")

    assert _failure(result).code == "API-104"
