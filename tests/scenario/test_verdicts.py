"""What is wrong does not pass, whatever a placeholder or an answer brings, and no secret is shown on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.redaction import Redactor
from emulator.errors import ScenarioError
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from emulator.scenario.results import Failure
    from tests.scenario.conftest import Stage

SEND = "  - send_message: ping\n"


async def failure_of(stage: Stage, steps: str, variables: str = "{}") -> Failure:
    """The one failure of a scenario of *steps*."""
    result = await stage.play(f"scenario: x\nunexpected: allow\nvars: {variables}\nsteps:\n{steps}")
    assert Status.FAILED is result.status
    ((_, _, _, failure),) = result.failures
    return failure


@pytest.mark.parametrize(
    ("matcher", "message"),
    [
        ("{strats_with: x}", 'unknown operator "strats_with"'),
        ("{type: strng}", "unknown type strng"),
        ("{'$.a.[': 1}", "$.a.["),
        ("{one_of: x}", "one_of needs a list"),
    ],
)
@pytest.mark.parametrize(
    "step",
    [
        f"{SEND}    check: {{body: $m$}}\n",
        f"{SEND}    fail_if: {{body: $m$}}\n",
        f"{SEND}    when: {{$number$: $m$}}\n",
        f"{SEND}  - expect: {{message: {{content: $m$}}}}\n",
    ],
    ids=["check", "fail_if", "when", "expect"],
)
async def test_a_placeholder_that_holds_no_matcher(stage: Stage, step: str, matcher: str, message: str) -> None:
    """It fails the step with what is wrong with it; the provider's webhooks are taken all the same."""
    stage.provider.texts("hello")
    failure = await failure_of(stage, step, f"{{m: {matcher}}}")
    assert "SCN-506" == failure.code
    assert message in failure.received
    assert all(status == 200 for status, _ in stage.provider.replies)


async def test_times_from_a_placeholder(stage: Stage) -> None:
    """A number of events that is none fails the step."""
    failure = await failure_of(stage, f"{SEND}  - expect: message\n    times: $n$\n", "{n: 0}")
    assert ("times is 0", "times must be 1 or more") == (failure.received, failure.mend)


async def test_a_text_to_an_unknown_number_is_no_event(stage: Stage) -> None:
    """Framework 6.21: an unknown number is an error, so nobody's expectation is met by it."""
    said = {"from": "+61123456789", "to": "+61899999999", "content": "hello"}
    stage.provider.posts_on("/webhook", {"method": "message", "params": said})
    failure = await failure_of(stage, f"{SEND}  - expect: message\n")
    assert any("+61899999999" in each for each in (failure.received, *(detail.text for detail in failure.details)))
    assert [422] == [status for status, _ in stage.provider.replies]


async def test_a_failed_caption_fails(stage: Stage) -> None:
    """Framework 7.3: a caption goes as a message of its own; the step fails if that fails."""
    stage.document["API"]["SendFile"]["request_url"] = "https://api.example.com/files"
    stage.provider.answers("/files", {"data": {"id": "f"}})
    stage.provider.answers("/webhook", "down", status=500)
    failure = await failure_of(stage, "  - send_file: {file: 'https://a.example/x.jpg', caption: hi}\n")
    assert "its caption failed: " in failure.received


async def test_half_a_pair_reaches_the_provider_as_a_replacement(stage: Stage) -> None:
    """What UTF-8 cannot hold goes into a form and a URL as a replacement character; a header refuses it."""
    stage.provider.answers("/webhook", {"data": {"id": "\ud800"}})
    url = f"{stage.provider.url}/a-$messageid$/b"
    steps = f"{SEND}  - request: {{POST: '{url}', form: {{a: $messageid$}}}}\n    check: {{status: 2xx}}\n"
    result = await stage.play(f"scenario: x\nsteps:\n{steps}")
    assert Status.PASSED is result.status
    assert "/a-\ufffd/b" == stage.provider.requests[-1].path
    failure = await failure_of(
        stage, f"{SEND}  - request: {{POST: '{stage.provider.url}/x', headers: {{A: $messageid$}}}}\n"
    )
    assert "the header A cannot hold" in failure.received


def test_an_empty_check_is_no_check(stage: Stage) -> None:
    """A check that says nothing would make a scenario green that checks nothing: it is refused while loading."""
    with pytest.raises(ScenarioError, match="check is empty"):
        stage.load(f"scenario: x\nsteps:\n{SEND}    check: {{}}\n")


async def test_a_number_where_text_is_wanted(stage: Stage) -> None:
    """A placeholder that brings a number is text where text is wanted."""
    result = await stage.play(
        f"scenario: x\nsteps:\n{SEND}  - note: $status$\n  - send_message: $status$\n    check: {{status: 2xx}}\n"
    )
    assert (Status.PASSED, "200") == (result.status, stage.provider.bodies[-1]["content"])


@pytest.mark.parametrize("text", ["pay s3cret-API-ke…", "'pay s3cret-API-ke'…", "s3cr…", "a… b s3cret…"])
def test_the_beginning_of_a_secret_is_masked(text: str) -> None:
    """Framework 8.11: a text is often cut before it is masked; what is left of a secret at the cut is masked too."""
    masked = Redactor(["s3cret-API-key"]).text(text)
    assert "s3cr" not in masked
    assert "***" in masked
    assert "pay more…" == Redactor(["s3cret-API-key"]).text("pay more…")
