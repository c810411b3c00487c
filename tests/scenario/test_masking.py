"""Secrets stay out of what is said: of the files that hold them, and of what a provider makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.redaction import Redactor
from emulator.errors import Finding, Location, Severity
from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.scenario.masking import masked
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

KEY = "s3cret-API-key"
REDACTOR = Redactor([KEY])


def _finding(message: str = "m", remedy: str = "r", where: Location | None = None) -> Finding:
    return Finding(
        code="PRJ-204", severity=Severity.ERROR, message=message, remedy=remedy, path="$.properties", where=where
    )


def _at(text: str | None) -> Location:
    return Location(file="ringo-emu.yaml", line=2, column=1, path="$.properties", width=3, text=text, offset=17)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (_finding(), _finding()),
        (_finding(f"{KEY} is no key"), _finding("*** is no key")),
        (_finding(remedy=f"write {KEY!r}, not {KEY}x"), _finding(remedy="write '***', not ***x")),
        (_finding(where=_at("hosts: {}")), _finding(where=_at("hosts: {}"))),
        (_finding(where=_at(None)), _finding(where=_at(None))),
        (_finding(where=_at(f"  API key: {KEY}")), _finding(where=_at(None))),
        (_finding(where=_at(f'  url: "http://x/?k={KEY}"')), _finding(where=_at(None))),
        (_finding(where=_at("  API key: s3cret")), _finding(where=_at("  API key: s3cret"))),
        (
            _finding(f"a {KEY}", f"b {KEY}", _at(f"c {KEY}")),
            _finding("a ***", "b ***", _at(None)),
        ),
    ],
    ids=[
        "nothing", "message", "remedy", "line-without", "no-line", "line-with", "inside-a-line", "part-of-one",
        "everywhere",
    ],
)  # fmt: skip
def test_a_finding(finding: Finding, expected: Finding) -> None:
    """Message and remedy are masked; a source line that holds a secret goes as a whole, its place stays."""
    assert expected == masked(finding, REDACTOR)


def test_nothing_to_mask() -> None:
    """Where no secret is known a finding stays as it is."""
    finding = _finding(f"{KEY} is no key", where=_at(f"API key: {KEY}"))
    assert finding == masked(finding, Redactor())


@pytest.mark.parametrize(
    ("prepare", "step"),
    [
        ("refuses", "  - send_message: ping\n"),
        ("refuses", "  - send_message: ping\n    check: {status: 200, body: {$.error: no}}\n"),
        ("sends", "  - expect: {message: {content: $API key$2}}\n"),
        ("sends", "  - expect_none: message\n"),
        ("sends", "  - wait: 1s\n"),
        ("sends", "  - note: $API key$\n  - note: again\n    when: {$API key$: x}\n"),
    ],
    ids=["refusal", "check", "expect", "expect_none", "left-over", "note-and-condition"],
)
async def test_a_report(prepare: str, step: str, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a step says of a secret, and whoever brought it in, a report prints it masked."""
    if prepare == "refuses":
        stage.provider.answers("/webhook", {"error": f"wrong key {KEY}"}, 401)
    else:
        stage.provider.texts(KEY, on="/in")
        step = f"  - request: {{POST: {stage.provider.url}/in}}\n{step}"
    result = await stage.play(f"scenario: A key\nsteps:\n{step}")
    assert Status.PASSED is not result.status
    ConsoleReport(Output(stage.project().redactor)).scenario(result)
    told = capsys.readouterr().out
    assert KEY not in told
    assert "***" in told


async def test_the_journal(stage: Stage) -> None:
    """What was exchanged is kept masked: the authorization, and the secret wherever else it stands."""
    stage.provider.answers("/webhook", {"data": {"id": "m-1"}, "key": KEY})
    await stage.play("scenario: A key\nsteps:\n  - send_message: $API key$\n    check: {body: {$.key: $API key$}}\n")
    sent = stage.journal.last(1)[0]
    assert "Bearer ***" == sent.request.header("Authorization")
    assert b'"content": "***"' in sent.request.body
    assert sent.reply is not None
    assert b'"key": "***"' in sent.reply.body
    assert f"Bearer {KEY}" == stage.provider.requests[-1].headers["Authorization"]
