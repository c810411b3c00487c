"""What every step kind is made of, and what it works with while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    from emulator.scenario.model import Step
    from emulator.scenario.project import Project


EVERYWHERE = frozenset({"name", "when", "tags", "covers", "severity"})
"""The common keys that go with every verb."""
LATEST = frozenset({"messageid", "status", "answer", "state"})
"""Results that later steps may name without ``as``: those of the latest step that had one."""


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


Ask = Callable[[str], Awaitable[bool]]
"""Puts a question to a person and returns once it is answered; False where nobody answers any more."""


async def _nothing(steps: Sequence[Step], turn: Turn) -> Status:
    del steps, turn
    return Status.PASSED


@dataclass(slots=True)
class Turn:
    """A scenario in progress: what a step may use, and what it leaves for the next."""

    platform: Platform
    account: Account
    project: Project
    variables: dict[str, Any]
    cause: Cause
    latest: Sending | None = None
    sendings: list[Sending] = field(default_factory=list)
    """All messages that were sent, those of parallel branches too."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What every scenario may use: the project's names, the account, the properties."""
    ask: Ask | None = None
    """Asks the person who plays; None where nobody is there."""
    play: Callable[[Sequence[Step], Turn], Awaitable[Status]] = _nothing
    """Does steps until one fails; returns how that ended."""
    ordered: bool = False
    """Inside ``in_order``."""
    after: int = 0
    """There, the number of the latest exchange that a step was about: what an event must come after."""
    round: int | None = None
    """The round of the innermost loop."""

    @property
    def now(self) -> float:
        """Seconds on the engine's clock."""
        return self.platform.clock.now()


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
