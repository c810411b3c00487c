"""The step that runs a command: ``run``. A trigger that does so is judged the same way."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from emulator.core.comparing import ABSENT, Complaint, Difference, differences
from emulator.core.plain import source_text
from emulator.core.records import Items, Record
from emulator.core.scalars import Duration, Text, format_duration
from emulator.engine.commands import run_command
from emulator.engine.user_files import is_folder
from emulator.scenario.project import COMMAND_WITHIN_S, shown_path
from emulator.scenario.results import Detail, Failure
from emulator.scenario.steps.base import Cause, Common, Outcome, StepKind, Turn
from emulator.scenario.steps.checking import check_failure, forbidden_failure
from emulator.scenario.steps.sending import ACTION_KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.core.document import IntegrationDocument
    from emulator.engine.commands import Finished
    from emulator.scenario.project import Project

COMMAND_RESULTS = frozenset({"exit_code", "output"})
_LAST_LINES = 10
_LONGEST_SHOWN = 80


class CommandCheck(Record):
    """What is demanded of a command."""

    exit_code: Any = None
    """A matcher of the exit code; 0 unless said otherwise."""
    output: Any = None
    """A matcher of the last 200 lines that it printed, standard error too."""
    within: Duration | None = None
    """How long it may take."""


class Command(NamedTuple):
    """A command, and what later expectations call it that count from it."""

    words: Sequence[str]
    folder: Path
    within_s: float
    label: str
    env: Mapping[str, str] = MappingProxyType({})

    @property
    def shown(self) -> str:
        """The command as one would type it; a long one is cut."""
        text = shlex.join(self.words)
        return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


async def command_outcome(turn: Turn, command: Command, common: Common) -> Outcome:
    """Run *command*: by itself it must end in time and with exit code 0, and *check* must hold."""
    began = turn.now
    turn.acted = turn.begins(command.label)
    finished = await run_command(command.words, command.folder, command.within_s, turn.platform.clock, env=command.env)
    turn.cause = Cause(command.label, turn.now, began)
    check, forbidden = (
        CommandCheck.model_validate(each) if each is not None else None for each in (common.check, common.fail_if)
    )
    # Of what it printed, a check looks at all; what is told is without secrets.
    told = finished._replace(output=tuple(map(turn.project.redactor.text, finished.output)))
    failure = _failure(command, told, demands_code=check is None or check.exit_code is None)
    if failure is None and check is not None:
        found = tuple(_wrong(check, finished, turn.now - began))
        failure = _differs(found, command, told) if found else None
    if failure is None and forbidden is not None and not any(_wrong(forbidden, finished, turn.now - began)):
        failure = forbidden_failure(common.fail_if, what=f"what {command.shown} did")
    return Outcome(
        results={"exit_code": finished.exit_code, "output": "\n".join(finished.output)},
        failure=failure,
        checks=sum(each is not None for each in (check, forbidden)),
        note=f"ran {command.shown}: {_end(finished)}",
    )


def _end(finished: Finished) -> str:
    if finished.error is not None:
        return "not started"
    if finished.exit_code is None:
        return "killed"
    if finished.exit_code < 0:
        return f"ended by {_signal(-finished.exit_code)}"
    return f"exit code {finished.exit_code}"


def _signal(number: int) -> str:
    return signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"


def _failure(command: Command, finished: Finished, *, demands_code: bool) -> Failure | None:
    """Why it failed by itself."""
    place = shown_path(command.folder)
    here = "" if place == "." else f" in {place}"
    if finished.error is not None:
        return Failure(
            code="CMD-03",
            expected=f"{command.shown} can be started",
            received=finished.error,
            mend=f"is it installed, and is its name right? It is run without a shell{here}",
        )
    if finished.exit_code is None:
        limit = format_duration(command.within_s)
        return Failure(
            code="CMD-02",
            expected=f"{command.shown} ends within {limit}",
            received=f"it was still running after {limit}, and was killed; it {_printed(finished)}",
            details=_rows(finished),
            mend=f"run it by hand{here}, or give it more time by within:",
        )
    if finished.exit_code == 0 or not demands_code:
        return None
    return Failure(
        code="CMD-01",
        expected=f"{command.shown} ends with exit code 0",
        received=f"{_end(finished)}; it {_printed(finished)}",
        details=_rows(finished),
        mend=f"run it by hand{here}",
    )


def _printed(finished: Finished) -> str:
    return "printed:" if finished.output else "printed nothing"


def _rows(finished: Finished, label: str = "") -> tuple[Detail, ...]:
    return tuple(Detail(label, line) for line in finished.output[-_LAST_LINES:])


def _differs(found: tuple[Difference, ...], command: Command, finished: Finished) -> Failure:
    failure = check_failure(found, what=f"what {command.shown} did")
    return replace(failure, details=(*failure.details, *_rows(finished, "printed")))


def _wrong(check: CommandCheck, finished: Finished, took_s: float) -> Iterator[Difference]:
    """Every way in which a command did not what *check* demands."""
    if check.exit_code is not None:
        yield from differences(check.exit_code, finished.exit_code, "exit_code")
    if check.within is not None and took_s > check.within:
        yield Difference("within", format_duration(check.within), format_duration(took_s))
    if check.output is not None:
        yield from differences(check.output, "\n".join(finished.output) or ABSENT, "output")


class Run(StepKind):
    """Runs a command, without a shell."""

    command: Annotated[Items[Text], Field(min_length=1)]
    """The command and its arguments."""
    within: Duration = COMMAND_WITHIN_S
    """How long it may take; then it is killed, with all that it started."""
    folder: Text = "."
    """Where it is run, relative to the project file."""
    env: dict[str, Text] = {}
    """Environment variables for it, beside those of ringo-emu."""

    verb: ClassVar[str] = "run"
    title: ClassVar[str] = "Run"
    shorthand: ClassVar[str | None] = "command"
    common: ClassVar[frozenset[str]] = ACTION_KEYS
    check: ClassVar[Any] = CommandCheck
    results: ClassVar[frozenset[str]] = COMMAND_RESULTS

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Says what."""
        command = arguments.get("command")
        return f"Run {' '.join(str(source_text(each)) for each in command)}" if isinstance(command, list) else cls.title

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """The folder must be there."""
        del document
        folder = source_text(arguments.get("folder", "."))
        if isinstance(folder, str) and "$" not in folder and not is_folder(project.folder / folder):
            yield Complaint(
                ("folder",), False, f"there is no folder {folder}", "paths are relative to the project file"
            )

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Run it."""
        label = f"run {self.command[0]}"
        turn.account.asked_for(*self.command)
        command = Command(self.command, turn.project.folder / self.folder, self.within, label, self.env)
        return await command_outcome(turn, command, common)
