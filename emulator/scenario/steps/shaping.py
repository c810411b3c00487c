"""Steps made of other steps: ``in_order``, ``parallel``, ``repeat``, ``for_each``, ``use``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from emulator.core.comparing import Complaint
from emulator.core.plain import plain_data, source_text
from emulator.core.scalars import Count, Text
from emulator.core.source import NOTHING
from emulator.core.validating import MendableError
from emulator.errors import UsageError
from emulator.scenario.model import WORD
from emulator.scenario.placeholders import fill, in_data, names_in
from emulator.scenario.results import Status
from emulator.scenario.steps.base import EVERYWHERE, LATEST, After, Common, Outcome, StepKind, Turn

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.scenario.project import Project

MOST_ROUNDS = 10_000


def _word(name: str) -> str:
    if not WORD.match(name):
        raise MendableError(f"{name!r} cannot stand in a placeholder", "write a word without spaces, dots and dollars")
    return name


class Shaping(StepKind):
    """A step made of others; they stand in its branches."""

    common: ClassVar[frozenset[str]] = EVERYWHERE - {"severity"}
    inside: ClassVar[str | None] = "steps"


class InOrder(Shaping):
    """Events must come in the order of the steps inside, each after the actions before it."""

    steps: list[Any]

    verb: ClassVar[str] = "in_order"
    title: ClassVar[str] = "In order"
    shorthand: ClassVar[str | None] = "steps"

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Do the steps; what came before the latest of them does not count for the next."""
        outer = turn.ordered
        if not outer:  # an event that was expected before it is none of its own
            turn.ordered, turn.seen = True, After()
        try:
            return Outcome(inner=await turn.play(common.branches[0], turn))
        finally:
            turn.ordered = outer


class Parallel(Shaping):
    """Branches that are done at the same time; all of them come to their end."""

    branches: list[Any]
    """Each is a list of steps, or one step."""

    verb: ClassVar[str] = "parallel"
    title: ClassVar[str] = "In parallel"
    shorthand: ClassVar[str | None] = "branches"
    inside: ClassVar[str | None] = "branches"

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Do all branches; what they named may be used afterwards, even if they were stopped."""
        turns = [turn.branch() for _ in common.branches]
        try:
            statuses = await asyncio.gather(
                *(turn.play(steps, each) for steps, each in zip(common.branches, turns, strict=True))
            )
        finally:
            named = [_named(each, turn.variables) for each in turns]
            turn.join(turns)
            for each in named:
                turn.variables.update(each)
        return Outcome(inner=_worst(statuses))


class Repeat(Shaping):
    """The steps inside, several times; ``$round$`` counts from 1."""

    times: Annotated[Count, Field(ge=1, le=MOST_ROUNDS)]
    steps: list[Any]

    verb: ClassVar[str] = "repeat"
    title: ClassVar[str] = "Repeat"

    @classmethod
    def inner_names(cls, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The number of the round."""
        del arguments
        return ("round",)

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Go round until a step fails."""
        for number in range(1, self.times + 1):
            with _round(turn, number, "round", number):
                status = await turn.play(common.branches[0], turn)
            if status is not Status.PASSED:
                return Outcome(inner=status)
        return Outcome()


class ForEach(Shaping):
    """The steps inside, once for each value of a list."""

    name: Annotated[Text, AfterValidator(_word)]
    """The name of the value's placeholder."""
    values: Annotated[Any, Field(alias="in")]
    """The list, or a placeholder that holds one."""
    steps: list[Any]

    verb: ClassVar[str] = "for_each"
    title: ClassVar[str] = "For each"

    @classmethod
    def inner_names(cls, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The value's name."""
        name = source_text(arguments.get("name"))
        return (name,) if isinstance(name, str) else ()

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """``in`` is a list, or may become one."""
        del document, project
        values = arguments.get("in", [])
        if not isinstance(values, list) and not (isinstance(values, str) and names_in(values)):
            yield Complaint(("in",), False, "in is a list, or a placeholder that holds one", "write in: [a, b]")

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Go through the list until a step fails."""
        values = self.values
        if not isinstance(values, list) or not 0 < len(values) <= MOST_ROUNDS:
            found = f"{len(values)} values" if isinstance(values, list) else repr(plain_data(values))
            raise UsageError(f"for_each needs a list of 1 to {MOST_ROUNDS} values; found {found}", mend="look at in:")
        for number, value in enumerate(values, 1):
            with _round(turn, number, self.name, value):
                status = await turn.play(common.branches[0], turn)
            if status is not Status.PASSED:
                return Outcome(inner=status)
        return Outcome()


class Use(Shaping):
    """The steps of another scenario, with values of one's own in place of its ``vars``."""

    file: Text
    """The scenario's file, relative to this one."""
    scenario: Text | None = None
    """Its name, where the file holds several."""
    arguments: Annotated[dict[str, Any], Field(alias="with")] = {}

    verb: ClassVar[str] = "use"
    title: ClassVar[str] = "Use"
    shorthand: ClassVar[str | None] = "file"
    inside: ClassVar[str | None] = None
    beside: ClassVar[frozenset[str]] = frozenset({"with"})
    common: ClassVar[frozenset[str]] = Shaping.common | {"as"}

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Names the file."""
        return f"Use {source_text(arguments.get('file'))}"

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Do its setup and steps, then its teardown; what they named is this step's result."""
        given = dict(turn.given)
        for name, value in common.variables.items():
            given[name] = (
                self.arguments[name] if name in self.arguments else fill(value, lambda key: in_data(given, key))
            )
        inner = turn.branch(given)
        steps, teardown = common.branches
        try:
            status = await turn.play(steps, inner)
        finally:
            after = [await turn.play((step,), inner) for step in teardown]
            turn.join([inner])
        return Outcome(results=_named(inner, given), inner=_worst([status, *after]))


def _named(branch: Turn, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the steps of *branch* named."""
    return {
        name: value
        for name, value in branch.variables.items()
        if name not in LATEST and (name not in before or value is not before[name])
    }


@contextmanager
def _round(turn: Turn, number: int, name: str, value: Any) -> Iterator[None]:
    """A round of a loop, in which *name* is *value*; afterwards it is what it was around the loop."""
    outer_round, outer_value = turn.round, turn.variables.get(name, NOTHING)
    turn.round, turn.variables[name] = number, value
    try:
        yield
    finally:
        turn.round = outer_round
        if outer_value is NOTHING:
            turn.variables.pop(name, None)
        else:
            turn.variables[name] = outer_value


def _worst(statuses: list[Status]) -> Status:
    return next((status for status in statuses if status is not Status.PASSED), Status.PASSED)
