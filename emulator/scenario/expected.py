"""``expected_failures``: scenarios that the project knows to fail, each until a date and for a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from emulator.core.plain import source_text
from emulator.core.records import Record
from emulator.core.scalars import Described, Text
from emulator.core.validating import MendableError
from emulator.scenario.results import FAILING, Failure, ScenarioResult, Status

if TYPE_CHECKING:
    from collections.abc import Iterable


def _date(value: Any) -> date:
    text = source_text(value)
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise MendableError(f"{text!r} is no date", "write such as 2027-01-31") from None


Day = Annotated[date, BeforeValidator(_date), Described({"type": "string", "format": "date"})]


class ExpectedFailure(Record):
    """Scenarios that are known to fail."""

    scenario: Text
    """The scenario's name; ``*`` stands for any text."""
    until: Day
    """The last day on which that is accepted."""
    because: Text
    """Why, such as the number of a ticket."""

    def means(self, name: str) -> bool:
        """Whether it is about the scenario of that name."""
        return name == self.scenario or fnmatchcase(name, self.scenario)


def judged(result: ScenarioResult, expected: Iterable[ExpectedFailure], today: date) -> ScenarioResult:
    """*result* in the light of what is *expected* to fail.

    A known failure fails nothing; one that passes, or whose day is past, fails the run: neither may be forgotten.
    """
    entry = next((each for each in expected if each.means(result.name)), None)
    if entry is None or result.status in {Status.SKIPPED, Status.INTERRUPTED}:
        return result
    if result.status is Status.PASSED:
        return replace(result, status=Status.FAILED, problem=_passed(entry))
    if result.status in FAILING and today > entry.until and result.problem is None:
        return replace(result, problem=_past(entry))
    if result.status in FAILING and today <= entry.until:
        return replace(result, status=Status.EXPECTED, reason=f"{entry.because}, until {entry.until}")
    return result


def _passed(entry: ExpectedFailure) -> Failure:
    return Failure(
        code="SCN-509",
        expected=f"it to fail: {entry.because}, until {entry.until}",
        received="it passed",
        mend=f'remove "{entry.scenario}" from expected_failures in ringo-emu.yaml',
    )


def _past(entry: ExpectedFailure) -> Failure:
    return Failure(
        code="SCN-510",
        expected=f"it to be mended by {entry.until}: {entry.because}",
        received="it still fails",
        mend="mend it, or give it a later day in expected_failures in ringo-emu.yaml",
    )
