"""What every step kind is made of, and what it works with while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from emulator.core.comparing import Complaint
from emulator.core.records import Record
from emulator.core.validating import MendableError
from emulator.scenario.results import Failure, Status

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.engine.accounts import Account
    from emulator.engine.platform import Platform, Sending
    from emulator.errors import Finding
    from emulator.scenario.diagnosis import Expected
    from emulator.scenario.model import Step
    from emulator.scenario.project import Project


EVERYWHERE = frozenset({"name", "when", "tags", "covers", "severity"})
"""The common keys that go with every verb."""
LATEST = frozenset({"messageid", "status", "answer", "state"})
"""Results that later steps may name without ``as``: those of the latest step that had one."""


_SHORTEST_GRACE_S = 1.0
_LONGEST_GRACE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a step. *results* are what later steps may refer to, *checks* how many things it checked."""

    results: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    findings: tuple[Finding, ...] = ()
    checks: int = 0
    unreachable: bool = False
    waited_s: float | None = None
    """How long it waited for something, where that is not how long the step took."""
    note: str | None = None
    """A line for the timeline."""
    inner: Status = Status.PASSED
    """How the steps inside ended."""
    awaited: Expected | None = None
    """What did not come in time: it may still come before the run has ended."""
    skip: str | None = None
    """Why the step, and with it the scenario, cannot be played here: it is skipped."""


class Cause(NamedTuple):
    """The action that later expectations count from; *at* is seconds on the engine's clock.

    Of a command or a person nobody knows when they made the provider act: that counts from their end, and what came
    since they *began* may be their doing.
    """

    label: str
    at: float
    began: float | None = None


class After(NamedTuple):
    """What an event must come after inside ``in_order``: its own exchange has this number, or a higher one."""

    exchange: int = 0
    words: str = ""
    """What a failure calls it: ``#4``."""


_START = After()
Ask = Callable[[str], Awaitable[bool]]
"""Puts a question to a person and returns once it is answered; False where nobody answers any more."""


async def _nothing(steps: Sequence[Step], turn: Turn) -> Status:
    del steps, turn
    return Status.PASSED


@dataclass(slots=True)
class Turn:
    """A scenario in progress: what a step may use, and what it leaves for the next.

    Steps inside others are played in a branch of it (`branch`), and what they leave joins it again (`join`), by the
    rule that stands with each field. A field that says nothing is never changed by a step.
    """

    platform: Platform
    account: Account
    project: Project
    variables: dict[str, Any]
    """Names and their values. Joined: what a branch named; where several named the same, the one that stands last
    counts, and for the names of ``LATEST`` the step that began last."""
    cause: Cause
    """Joined: the latest; as it is not known which branch makes the provider act, what came since the earliest of them
    may be its doing."""
    latest: Sending | None = None
    """The latest message sent. Joined: the one whose request left last."""
    latest_file: Sending | None = None
    """The latest file sent. Joined in the same way."""
    sendings: list[Sending] = field(default_factory=list)
    """All messages that were sent. Branches share the list."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What every scenario may use: the project's names, the account, the properties."""
    ask: Ask | None = None
    """Asks the person who plays; None where nobody is there."""
    play: Callable[[Sequence[Step], Turn], Awaitable[Status]] = _nothing
    """Does steps until one fails; returns how that ended."""
    ordered: bool = False
    """Inside ``in_order``, which sets and resets it. Not joined: a branch is as its place is."""
    acted: After = _START
    """The latest action. Joined: the earliest of the branches', for the event may be the doing of any of them."""
    seen: After = _START
    """The latest event that an ``expect`` took. Joined: the latest of the branches'."""
    asked: set[int | None] = field(default_factory=set)
    """Webhooks that a step posted itself and whose refusal it asked for. Branches share the set."""
    grace: float | None = None
    """Seconds to listen on after the deadline of an expectation that failed, if the scenario or the project says so."""
    round: int | None = None
    """The round of the innermost loop, which sets and resets it. Not joined."""
    dates: dict[str, int] = field(default_factory=dict)
    """The number of the step that each name of ``LATEST`` has its value from. Joined with the values."""

    def grace_after(self, within_s: float) -> float:
        """How long to listen on after a deadline of *within_s* seconds: half as long again, but some seconds at most.

        Only what fails takes that time.
        """
        return min(max(within_s / 2, _SHORTEST_GRACE_S), _LONGEST_GRACE_S) if self.grace is None else self.grace

    @property
    def now(self) -> float:
        """Seconds on the engine's clock."""
        return self.platform.clock.now()

    @property
    def after(self) -> After:
        """What an event must come after inside ``in_order``."""
        return max(self.acted, self.seen)

    def keep(self, results: Mapping[str, Any], name: str | None, number: int) -> None:
        """Keep the *results* of a step for later ones, under its *name*, and those that need none.

        Steps are numbered as they begin.
        """
        for each in results.keys() & LATEST:
            self.variables[each], self.dates[each] = results[each], number
        if name is not None:
            self.variables[name] = dict(results)

    def begins(self, label: str) -> After:
        """The action *label*, which is no exchange and begins now: what comes from now on may be its doing."""
        return After(self.platform.journal.last_id + 1, f"{label} began")

    def sent(self, sending: Sending) -> None:
        """A message was sent."""
        self.sendings.append(sending)
        self.latest = _later(self.latest, sending)
        if sending.message.is_file:
            self.latest_file = _later(self.latest_file, sending)

    def branch(self, variables: Mapping[str, Any] | None = None) -> Turn:
        """A turn for steps that are played beside others, or with *variables* of their own in place of these."""
        own = self.variables if variables is None else variables
        return replace(self, variables=dict(own), dates=dict(self.dates))

    def join(self, branches: Sequence[Turn]) -> None:
        """Take over what *branches* left, except for what they named: who uses that knows under which name."""
        for each in branches:
            for name in each.variables.keys() & LATEST:
                if each.dates.get(name, 0) > self.dates.get(name, 0):
                    self.variables[name], self.dates[name] = each.variables[name], each.dates[name]
            self.latest = _later(self.latest, each.latest)
            self.latest_file = _later(self.latest_file, each.latest_file)
            self.seen = max(self.seen, each.seen)
        acted = [each for each in branches if each.cause is not self.cause]
        if acted:
            self.acted = min(each.acted for each in acted)
            self.cause = _joined([each.cause for each in acted])


def _later(one: Sending | None, other: Sending | None) -> Sending | None:
    """The one whose request left last."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda each: each.call.exchange)


def _joined(causes: Sequence[Cause]) -> Cause:
    latest = max(causes, key=lambda each: each.at)
    began = min(each.at if each.began is None else each.began for each in causes)
    return latest._replace(began=None if began == latest.at else began)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The common keys of a step, filled. *within_s* is in seconds, *check* and *fail_if* still hold matchers."""

    within_s: float | None = None
    times: int = 1
    check: Any = None
    fail_if: Any = None
    branches: tuple[tuple[Step, ...], ...] = ()
    """The steps inside."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """The ``vars`` of a scenario that is used."""


class StepKind(Record):
    """A verb of the language: its arguments are the fields, what it does is `run`."""

    verb: ClassVar[str]
    title: ClassVar[str]
    """What reports call a step of this kind that has no name."""
    beside: ClassVar[frozenset[str]] = frozenset()
    """Arguments that stand beside the verb, not below it."""
    common: ClassVar[frozenset[str]] = EVERYWHERE
    """The common keys that make sense with it."""
    check: ClassVar[type[Record] | None] = None
    """What its ``check`` may hold."""
    results: ClassVar[frozenset[str]] = frozenset()
    """The names that it supplies to later steps."""
    shorthand: ClassVar[str | None] = None
    """The argument that a scalar in place of the map is."""
    matches: ClassVar[bool] = False
    """Its arguments are matchers, which a placeholder may bring: what it brought is looked at in the run."""
    inside: ClassVar[str | None] = None
    """The argument that holds steps, or lists of them."""

    @classmethod
    def expand(cls, value: Any) -> dict[str, Any]:
        """The arguments that a scalar in place of a map means.

        Raises:
            MendableError: It means nothing here.
        """
        if cls.shorthand is None:
            raise MendableError(f"{cls.verb} needs a map", f"see {cls.verb} in docs/scenarios.md")
        return {cls.shorthand: value}

    @classmethod
    def inner_names(cls, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The names that the steps inside may use, and nobody else supplies."""
        del arguments
        return ()

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """What is wrong with *arguments*, their shape aside; told while the scenario is loaded."""
        del arguments, document, project
        return iter(())

    @classmethod
    def unchecked(cls, arguments: Mapping[str, Any], project: Project) -> str | None:
        """Why such a step has nothing that its ``check`` could be held against; None if it has."""
        del arguments, project
        return None

    @classmethod
    def check_complaints(cls, arguments: Mapping[str, Any], check: Mapping[str, Any]) -> Iterator[Complaint]:
        """What of its *check* does not go with *arguments*; paths begin below the check."""
        del arguments, check
        return iter(())

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """What reports call such a step."""
        del arguments
        return cls.title

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Do it."""
        raise NotImplementedError
