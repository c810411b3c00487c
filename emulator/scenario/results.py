"""What a run found: all that a report needs, and nothing that only the run can know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration

if TYPE_CHECKING:
    from datetime import datetime

    from emulator.errors import Finding, Location
    from emulator.scenario.lateness import Awaited


class Status(StrEnum):
    """How a step or a scenario ended. *unreachable* is a failure before the provider said anything."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    """It failed, and its severity says that this is only worth a warning."""
    SKIPPED = "skipped"
    UNREACHABLE = "unreachable"
    UNCHECKED = "unchecked"
    EXPECTED = "failed as expected"
    """A scenario failed that the project says will fail, until a date: this fails no run."""
    INTERRUPTED = "interrupted"
    """It was stopped before its end."""


FAILING = frozenset({Status.FAILED, Status.UNREACHABLE, Status.UNCHECKED, Status.INTERRUPTED})
"""What fails a run."""


_MOST_IN_A_SENTENCE = 3


@dataclass(frozen=True, slots=True)
class Detail:
    """One row of a failure: a place and what is there; *wrong* rows are the reason."""

    label: str
    text: str
    wrong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a step failed, in the words that every report prints.

    *exchange* is the number of the exchange to look at; *code* is stable.
    """

    code: str
    expected: str
    received: str
    details: tuple[Detail, ...] = ()
    mend: str
    exchange: int | None = None
    replayable: bool = True
    """Whether that exchange is a request that can be made again: what was no HTTP, or fetched a file, cannot."""

    @property
    def cause(self) -> str:
        """What was received, and of what follows it what is wrong: whole by itself."""
        wrong = [each for each in self.details if each.wrong] or list(self.details)
        rows = [f"{each.label} {each.text}".strip() for each in wrong]
        told = "; ".join(rows[:_MOST_IN_A_SENTENCE])
        if len(rows) > _MOST_IN_A_SENTENCE:
            told += f"; and {len(rows) - _MOST_IN_A_SENTENCE} more"
        received = self.received.removesuffix(":")
        return f"{received}: {told}" if told else received

    @property
    def sentence(self) -> str:
        """What was expected, what was received and how to mend it, in one line."""
        return " ".join(f"expected {self.expected}; received {self.cause}; mend: {self.mend}".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """A step as it went. *began_s* and *duration_s* are seconds, from the scenario's start and of the step."""

    verb: str
    name: str
    at: Location
    status: Status
    began_s: float
    duration_s: float
    failure: Failure | None = None
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    """Why it was skipped."""
    covers: tuple[str, ...] = ()
    """The rules that it proves."""

    @property
    def took(self) -> str:
        """How long it took, or waited."""
        return (
            f"waited {self.duration_s:.1f} s"
            if self.verb.startswith("expect")
            else f"took {format_duration(self.duration_s)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of what happened: an exchange, or a note. *at_s* is seconds from the scenario's start."""

    at_s: float
    arrow: str
    label: str
    detail: str
    exchange: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """A scenario as it went."""

    name: str
    at: Location
    status: Status
    duration_s: float
    steps: tuple[StepResult, ...]
    timeline: tuple[TimelineEntry, ...]
    problem: Failure | None = None
    """What is wrong with the scenario as a whole: left-over events, or nothing checked."""
    warnings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reason: str | None = None
    """Why it was skipped, or why it was expected to fail."""
    began_s: float = 0.0
    """Seconds from the run's start."""
    awaited: tuple[Awaited, ...] = field(default=(), compare=False, repr=False)
    """What did not come in time: the run's end tells whether it came at all."""

    @property
    def failures(self) -> tuple[tuple[str, Location, str, Failure], ...]:
        """Every failure, with the name and place of what failed and how long that took, in words."""
        own = [(self.name, self.at, f"took {format_duration(self.duration_s)}", self.problem)] if self.problem else []
        return (*self._failed_steps(warned=False), *own)

    @property
    def warned(self) -> tuple[tuple[str, Location, str, Failure], ...]:
        """What failed and is worth only a warning, in the same form."""
        return self._failed_steps(warned=True)

    def _failed_steps(self, *, warned: bool) -> tuple[tuple[str, Location, str, Failure], ...]:
        return tuple(
            (step.name, step.at, step.took, step.failure)
            for step in self.steps
            if step.failure and (step.status is Status.WARNED) == warned
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A whole run, finished or stopped: what every report is made of.

    *started_at* has its time zone, *duration_s* is in seconds. The exchanges that the timelines number stand in the
    run's journal.
    """

    results: tuple[ScenarioResult, ...]
    """In the order of the files, whatever the order in which they ended."""
    started_at: datetime
    duration_s: float
    exit_code: int
    integration: str
    """The name of the integration document's file."""
    stopped: str | None = None
    """Why scenarios were left out, such as ``at --timeout, after 5 s``."""
    left_out: tuple[str, ...] = ()
    """The names of the scenarios that were never begun."""
    provider_output: tuple[str, ...] = ()
    """The last lines that the provider's process printed."""
    late: tuple[str, ...] = ()
    """What came only when its scenario had been told of already: a line each."""
    seed: int | None = None
    """What the order was shuffled with."""

    @property
    def passed(self) -> int:
        """How many scenarios passed."""
        return self._count(Status.PASSED)

    @property
    def failed(self) -> int:
        """How many scenarios failed; of one that was interrupted that is not known."""
        return self._count(*FAILING - {Status.INTERRUPTED})

    @property
    def interrupted(self) -> int:
        """How many scenarios were stopped before their end: they fail the run, and did not fail themselves."""
        return self._count(Status.INTERRUPTED)

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many scenarios ended how, in words; together they are all that were begun."""
        return (
            ("passed", self.passed),
            ("failed", self.failed),
            ("interrupted", self.interrupted),
            (Status.EXPECTED.value, self._count(Status.EXPECTED)),
            ("skipped", self._count(Status.SKIPPED)),
        )

    def _count(self, *statuses: Status) -> int:
        return sum(1 for result in self.results if result.status in statuses)


def exit_status(results: tuple[ScenarioResult, ...]) -> int:
    """The exit code of a run: 0 passed, 1 a check failed, 3 nobody there, 5 nothing checked."""
    statuses = {result.status for result in results}
    for status, code in _EXIT_CODES.items():
        if status in statuses:
            return code
    return 0 if statuses - {Status.SKIPPED} else 5


_EXIT_CODES: Mapping[Status, int] = {
    Status.FAILED: 1,
    Status.UNREACHABLE: 3,
    Status.INTERRUPTED: 1,
    Status.UNCHECKED: 5,
}
