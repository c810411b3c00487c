"""What the reports' tests share: a run with every kind of end, and the journal of its exchanges."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from emulator.core.messages import Reply, Request
from emulator.core.redaction import Redactor
from emulator.engine.exchanges import Exchange
from emulator.engine.journal import Journal, open_journal
from emulator.errors import Finding, Location, Severity
from emulator.faces.output import Output
from emulator.scenario.results import Detail, Failure, RunResult, ScenarioResult, Status, StepResult, TimelineEntry

SECRET = 'k3y "<&é'
"""A secret that every format writes in another way."""
AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def failure(text: str = "nothing came") -> Failure:
    """Why something failed."""
    return Failure(
        code="WH-DELIVERED-01",
        expected="messageDelivered   within 5s of SendMessage #2",
        received=text,
        details=(Detail("method", "delivered"), Detail("params.messageid", f"missing {text}", wrong=True)),
        mend="post it",
        exchange=2,
    )


def result(name: str, status: Status, text: str = "nothing came", line: int = 1) -> ScenarioResult:
    """A scenario that ended so."""
    where = Location(file="sms.yaml", line=line, column=1)
    bad = status not in {Status.PASSED, Status.SKIPPED}
    step = StepResult(
        verb="expect",
        name=f"Expect {text}",
        at=replace(where, line=line + 3, column=5),
        status=Status.FAILED if bad else Status.PASSED,
        began_s=0.1,
        duration_s=5.0,
        failure=failure(text) if bad else None,
        findings=(Finding(code="MSG-101", severity=Severity.WARNING, path="$", message=f"odd {text}", remedy="look"),),
        covers=("framework 6",),
    )
    return ScenarioResult(
        name=name,
        at=where,
        status=status,
        duration_s=5.25,
        steps=(step,),
        timeline=(
            TimelineEntry(at_s=0.0, arrow="→", label="SendMessage", detail=f"POST {text}  200", exchange=1),
            TimelineEntry(at_s=0.25, arrow="←", label="unmatched", detail="POST /services  422", exchange=2),
            TimelineEntry(at_s=0.3, arrow="·", label="note", detail=text),
        ),
        warnings=(f"unexpected {text}",),
        tags=("smoke", text),
        reason=f"because {text}" if status in {Status.SKIPPED, Status.EXPECTED} else None,
    )


def run(*results: ScenarioResult, left_out: tuple[str, ...] = (), stopped: str | None = None) -> RunResult:
    """A run with these scenarios."""
    return RunResult(
        results=results,
        started_at=AT,
        duration_s=12.5,
        exit_code=1,
        integration="acme.json",
        left_out=left_out,
        stopped=stopped,
        provider_output=("listening", "Traceback"),
        seed=42,
    )


EVERY = run(
    result("Passes", Status.PASSED),
    result("Fails", Status.FAILED, line=10),
    result("Nobody there", Status.UNREACHABLE, line=20),
    result("Checks nothing", Status.UNCHECKED, line=30),
    result("Is skipped", Status.SKIPPED, line=40),
    result("Fails as expected", Status.EXPECTED, line=50),
    result("Is stopped", Status.INTERRUPTED, line=60),
    left_out=("Never began",),
    stopped="by a signal",
)


def exchange(number: int, direction: str, body: bytes, answer: Reply | None = None) -> Exchange:
    """One that was recorded."""
    kind = "SendMessage" if direction == "out" else "webhook"
    return Exchange(
        id=number,
        direction="out" if direction == "out" else "in",
        kind=kind,
        account="1",
        at=AT,
        clock=1.0,
        request=Request(
            method="POST",
            url="http://127.0.0.1:8080/sms?a=1&b=",
            headers=(("Content-Type", "application/json"), ("X-Key", SECRET)),
            body=body,
        ),
        reply=answer,
        error=None if answer else "nothing answers",
        duration_s=0.002,
        outcome={},
    )


@dataclass
class Reporting:
    """What a report is made with."""

    output: Output
    journal: Journal

    def record(self, *exchanges: Exchange) -> None:
        """Put *exchanges* into the journal."""

        async def recorded() -> None:
            for each in exchanges:
                await self.journal.record(each)

        asyncio.run(recorded())

    @property
    def exchanges(self) -> Callable[[int], Exchange | None]:
        """Gives them by their number."""
        return self.journal.get


@pytest.fixture(autouse=True)
def nobody_reads_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where GitHub plays these tests, what they write does not belong into its summary."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture
def reporting() -> Iterator[Reporting]:
    """An output without colours that masks the secret, and a journal with two exchanges."""
    redactor = Redactor([SECRET])
    with open_journal(redactor=redactor) as journal:
        made = Reporting(Output(redactor, color=False), journal)
        answer = Reply(status=200, headers=(("Content-Type", "application/json"),), body=b'{"id": 1}')
        made.record(
            exchange(1, "out", b'{"text": "hi"}', answer),
            exchange(2, "in", b"\xff\xfe</pre><script>x</script>"),
        )
        yield made
