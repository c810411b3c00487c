"""Plays a scenario on a platform and judges what happens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from emulator.core.messages import text_of
from emulator.core.plain import source_text
from emulator.core.source import NOTHING
from emulator.core.telling import Told, thing
from emulator.errors import RingoError, Severity, UsageError
from emulator.scenario.conditions import reason_to_skip
from emulator.scenario.diagnosis import alike
from emulator.scenario.fail_on import found
from emulator.scenario.lateness import Awaited
from emulator.scenario.measuring import check_measured, measure
from emulator.scenario.model import CommonKeys, Scenario, Step
from emulator.scenario.placeholders import UnfilledError, fill, in_data
from emulator.scenario.results import Detail, Failure, ScenarioResult, Status, StepResult, TimelineEntry
from emulator.scenario.steps.base import Cause, Common, Outcome, Turn
from emulator.scenario.steps.checking import matcher_complaints
from emulator.scenario.steps.sending import Subscribe
from emulator.scenario.timeline import arrivals_in_words, exchanges_since, findings_in, timeline, webhooks_in_words

if TYPE_CHECKING:
    from emulator.core.conversations import Organization
    from emulator.engine.exchanges import Exchange
    from emulator.engine.inbox import Arrival
    from emulator.engine.platform import Platform
    from emulator.errors import Finding
    from emulator.scenario.project import Project
    from emulator.scenario.steps.base import Ask

_MOST_ROWS = 8
OnStep = Callable[[Scenario, StepResult], None]


class ScenarioInterruptedError(asyncio.CancelledError):
    """A scenario was cancelled; its teardown is done, and *result* says how far it came."""

    def __init__(self, result: ScenarioResult) -> None:
        super().__init__(f"{result.name} was interrupted")
        self.result = result


async def run_scenario(
    scenario: Scenario,
    project: Project,
    platform: Platform,
    on_step: OnStep | None = None,
    *,
    organization: Organization | None = None,
    ask: Ask | None = None,
) -> ScenarioResult:
    """Play *scenario* in an account of its own, and tell *on_step* of each step as it ends.

    *organization* is the project's unless another is given. Without *ask*, a scenario that needs a person is skipped.

    Raises:
        ScenarioInterruptedError: It was cancelled.
    """
    own = own_organization(project, organization or project.organization)
    runner = _Runner(scenario, project, platform, own, on_step or (lambda _, __: None))
    runner.turn.ask = ask
    try:
        return await runner.run()
    finally:
        platform.close_account(runner.turn.account)


def own_organization(project: Project, organization: Organization) -> Organization:
    """*organization*, with an id of its own where every scenario has an account of its own."""
    return (
        replace(organization, id=str(secrets.randbelow(9 * 10**19) + 10**19)) if has_accounts(project) else organization
    )


def has_accounts(project: Project) -> bool:
    """Whether every scenario has an account, hence a webhook URL, of its own."""
    return project.file.isolation == "account" and project.integration.document.api.Subscribe is not None


class _Runner:
    def __init__(
        self, scenario: Scenario, project: Project, platform: Platform, organization: Organization, on_step: OnStep
    ) -> None:
        self.scenario = scenario
        self.project = project
        self.platform = platform
        self.on_step = on_step
        self.began = platform.clock.now()
        self.first = platform.journal.last_id
        account = platform.open_account(organization)
        grace = project.file.grace if scenario.grace is None else scenario.grace
        self.turn = Turn(platform, account, project, {}, Cause("the scenario's start", self.began), grace=grace)
        self.results: list[StepResult] = []
        self.notes: list[TimelineEntry] = []
        self.begun = 0
        """How many steps have begun: their numbers."""
        self.ended: list[Exchange] | None = None
        """What was exchanged, once all is over."""
        self.awaited: list[Awaited] = []
        """What did not come in time, and may still come."""
        self.checks = 0
        self.skipped: str | None = None
        """Why it cannot be played to its end."""

    def _given(self) -> dict[str, Any]:
        account = self.turn.account
        api = self.project.integration.document.api
        given: dict[str, Any] = {
            **self.project.names,
            **self.project.file.properties,
            "contact": account.organization.contact,
            "number": account.organization.numbers[0],
            "domain": account.organization.domain,
            "webhook_url": account.webhook_url,
            "api": {name: getattr(api, name) is not None for name in ("SendMessage", "SendFile", "Subscribe")},
        }
        self.turn.given = dict(given)
        # A case goes before a variable of the same name, and its values may not depend on one.
        for name, value in {**self.scenario.row, **self.scenario.variables, **self.scenario.row}.items():
            given[name] = fill(value, lambda key: in_data(given, key))
        return given

    @property
    def elapsed(self) -> float:
        return self.platform.clock.now() - self.began

    async def run(self) -> ScenarioResult:
        self.turn.play = self._steps
        try:
            self.turn.variables.update(self._given())
        except UnfilledError as error:
            return self._result(Status.FAILED, _no_value(error.name))
        try:
            try:
                status = await self._subscribe()
                if status is Status.PASSED:
                    status = await self._steps((*self.scenario.setup, *self.scenario.steps), self.turn)
                problem, warnings = self._whole() if status is Status.PASSED else (None, ())
            finally:
                after = await self._teardown()
            files = await self._files()
            self.ended = self._exchanges()
            warnings = (*warnings, *files_in_words(files), *self._told())
        except asyncio.CancelledError as error:
            raise ScenarioInterruptedError(self._result(Status.INTERRUPTED, self._interrupted())) from error
        if problem is None and status is Status.PASSED:
            problem = found(self._findings(files), self.project.file.fail_on)
        if problem is not None:
            status = Status.FAILED
        if self.skipped is not None:
            # Of branches at the same time, one may have failed where another could not go on.
            failed = [each.status for each in self.results if each.status in _ENDING]
            return self._result(status if problem else failed[0] if failed else Status.SKIPPED, problem, warnings)
        if status is Status.PASSED and self.checks == 0:
            status, problem = Status.UNCHECKED, _UNCHECKED
        return self._result(after if status is Status.PASSED else status, problem, warnings)

    async def _steps(self, steps: Sequence[Step], turn: Turn) -> Status:
        """Do *steps* until one fails, or the scenario is skipped."""
        for step in steps:
            result = await self._step(step, turn)
            if result.status in _ENDING:
                return result.status
            if self.skipped is not None:
                return Status.SKIPPED
        return Status.PASSED

    async def _teardown(self) -> Status:
        """Do every step of the teardown, whatever happened before, and whatever becomes of them."""
        self.turn.cause = Cause("the teardown's start", self.platform.clock.now())
        statuses = [(await self._step(step, self.turn)).status for step in self.scenario.teardown]
        return next((status for status in statuses if status in _ENDING), Status.PASSED)

    def _result(self, status: Status, problem: Failure | None, warnings: tuple[str, ...] = ()) -> ScenarioResult:
        return ScenarioResult(
            name=self.scenario.name,
            at=self.scenario.at,
            status=status,
            duration_s=self.elapsed,
            steps=tuple(self.results),
            timeline=timeline(self._exchanges(), self.began, self.notes),
            problem=problem,
            warnings=warnings,
            tags=self.scenario.tags,
            reason=self.skipped if status is Status.SKIPPED else None,
            awaited=tuple(self.awaited),
        )

    async def _subscribe(self) -> Status:
        """Where the document has Subscribe, the scenario's own webhook URL is told to the provider first."""
        if self.scenario.subscribes or self.project.integration.document.api.Subscribe is None:
            return Status.PASSED
        step = Step(
            kind=Subscribe,
            arguments={},
            check=None,
            fail_if=None,
            common={},
            at=self.scenario.at,
            locate=lambda _: self.scenario.at,
        )
        result = await self._step(step, self.turn)
        self.turn.cause = Cause("the scenario's start", self.began)
        return result.status

    # -- one step

    async def _step(self, step: Step, turn: Turn) -> StepResult:
        began = self.elapsed
        self.begun += 1
        number = self.begun
        reason = None
        interruption: asyncio.CancelledError | None = None
        try:
            reason = reason_to_skip(step.common.get("when"), lambda name: _found(turn, name))
            outcome = Outcome() if reason else await self._act(step, turn)
        except UnfilledError as error:
            outcome = Outcome(failure=_no_value(error.name))
        except ValidationError as error:
            outcome = Outcome(failure=_bad_value(step, error))
        except RingoError as error:
            outcome = Outcome(failure=_refusal(step, error))
        except asyncio.CancelledError as error:
            outcome, interruption = Outcome(inner=Status.INTERRUPTED), error
        self.checks += outcome.checks
        if outcome.skip is not None:
            reason, self.skipped = outcome.skip, self.skipped or outcome.skip
        severity = str(source_text(step.common.get("severity", "error")))
        status = Status.SKIPPED if reason else _status(outcome, severity)
        result = StepResult(
            verb=step.kind.verb,
            name=_name(step, turn),
            at=step.at,
            status=status,
            began_s=began,
            duration_s=self.elapsed - began if outcome.waited_s is None else outcome.waited_s,
            failure=outcome.failure,
            findings=outcome.findings,
            reason=reason,
            covers=tuple(str(source_text(each)) for each in step.common.get("covers", ())),
        )
        if outcome.awaited is not None:
            self.awaited.append(Awaited(result, outcome.awaited, turn.account))
        self._keep(step, result, outcome, turn, number)
        if interruption is not None:
            raise interruption
        return result

    def _keep(self, step: Step, result: StepResult, outcome: Outcome, turn: Turn, number: int) -> None:
        self.results.append(result)
        note = outcome.note or (f"skipped: {result.name} ({result.reason})" if result.reason else None)
        if note:
            said = self.project.redactor.text(note)
            self.notes.append(TimelineEntry(at_s=result.began_s, arrow="·", label="note", detail=said))
        turn.keep(outcome.results, step.result_name, number)
        self.on_step(self.scenario, result)

    async def _act(self, step: Step, turn: Turn) -> Outcome:
        def lookup(name: str) -> Any:
            return _found(turn, name)

        # What stands inside is filled when its turn comes.
        own = {key: value for key, value in step.arguments.items() if not (step.branches and key in _INSIDE)}
        inside = {key: step.arguments[key] for key in step.arguments.keys() - own.keys()}
        filled = {**fill(own, lookup), **inside}
        body = step.kind.model_validate(filled)
        keys = {key: value for key, value in step.common.items() if key in {"within", "times"}}
        common = CommonKeys.model_validate(fill(keys, lookup))
        checks = {
            name: None if each is None else fill(dict(each), lookup)
            for name, each in (("check", step.check), ("fail_if", step.fail_if))
        }
        if common.times < 1:
            raise UsageError(f"times is {common.times}", mend="times must be 1 or more")
        for complaint in chain(
            step.kind.complaints(filled, self.project.integration.document, self.project) if step.kind.matches else (),
            *(matcher_complaints(each) for each in checks.values() if each is not None),
        ):
            raise UsageError(complaint.message, mend=complaint.mend)  # what a placeholder holds is no matcher
        more = Common(
            within_s=common.within,
            times=common.times,
            **checks,
            branches=step.branches,
            variables=step.variables,
        )
        return await body.run(turn, more)

    # -- the end

    def _interrupted(self) -> Failure:
        """What was going on when the scenario was stopped; of steps inside others, the innermost."""
        step = next((each for each in self.results if each.status is Status.INTERRUPTED), None)
        return Failure(
            code="SCN-507",
            expected="it to be played to its end",
            received=f'it was stopped during "{step.name}" ({step.at})' if step else "it was stopped between two steps",
            mend="nothing: somebody stopped the run, or its --timeout is too short",
        )

    def _whole(self) -> tuple[Failure | None, tuple[str, ...]]:
        """What is wrong with the scenario as a whole, and what is only to be warned of."""
        problem, warnings = self._left_over()
        check = self.scenario.check
        if check is not None:
            self.checks += 1
            measured = measure(self.turn.sendings, self.turn.account.inbox.since(0.0), self.elapsed)
            problem = problem or check_measured(check, measured)
        return problem, warnings

    async def _files(self) -> tuple[Finding, ...]:
        """What is wrong with files that came and that no step has looked at."""
        await self.platform.settle_files(self.turn.account)
        return self.platform.untold_files(self.turn.account)

    def _findings(self, files: Iterable[Finding]) -> list[Finding]:
        """All that was found out, about *files* too."""
        meant = (step for step in self.results if step.status is not Status.WARNED)  # worth a warning, says the step
        steps = (finding for step in meant for finding in step.findings)
        unasked = (each for each in self._exchanges() if each.id not in self.turn.asked)
        return [*steps, *findings_in(unasked), *files]

    def _exchanges(self) -> list[Exchange]:
        if self.ended is not None:
            return self.ended
        return exchanges_since(self.platform, self.turn.account, self.began, after=self.first)

    def _told(self) -> list[Told]:
        """What was found out about the webhooks that came and nothing else tells."""
        told = {each.failure.exchange for each in self.results if each.failure is not None} | self.turn.asked
        if self.scenario.unexpected != "allow":
            told.update(each.exchange for each in self.turn.account.inbox.unconsumed())
        exchanges = self._exchanges()
        if told - self.turn.asked:  # a failure looks at all near misses for what it waited for
            told.update(each.id for each in exchanges if each.outcome.get("unmatched"))
        things = frozenset(thing(each.code, each.path, each.message) for step in self.results for each in step.findings)
        return webhooks_in_words((each for each in exchanges if each.id not in told), but=things)

    def _left_over(self) -> tuple[Failure | None, tuple[str, ...]]:
        """What no step consumed: a failure, warnings or nothing, as the scenario says."""
        left = self.turn.account.inbox.unconsumed()
        if not left or self.scenario.unexpected == "allow":
            return None, ()
        if self.scenario.unexpected == "warn":
            return None, tuple(f"unexpected: {words}" for words in arrivals_in_words(left, self.began))
        return unexpected_events(left, self.began, self.turn.account.inbox.since(0.0)), ()


_ENDING = frozenset({Status.FAILED, Status.UNREACHABLE})
"""What ends a scenario."""


_INSIDE = frozenset({"steps", "branches"})


def _found(turn: Turn, name: str) -> Any:
    found = in_data(turn.variables, name)
    return NOTHING if found is None else found


def _name(step: Step, turn: Turn) -> str:
    """What reports call the step; inside a loop the round stands behind it."""
    given = step.common.get("name")
    name = step.kind.title_of(step.arguments) if given is None else str(source_text(given))
    return name if turn.round is None else f"{name} [{turn.round}]"


def _status(outcome: Outcome, severity: str) -> Status:
    if outcome.failure is None:
        return outcome.inner
    if severity == "warning":
        return Status.WARNED
    return Status.UNREACHABLE if outcome.unreachable else Status.FAILED


_UNCHECKED = Failure(
    code="SCN-501",
    expected="a scenario that checks something",
    received="it ran to its end, but has no expect, expect_none or check",
    mend="expect the webhook that should come, or check the answer",
)


def files_in_words(findings: Iterable[Finding]) -> list[str]:
    """What is wrong with files that came, a line each; a note is no warning."""
    return [f"{each.message}; {each.remedy} [{each.code}]" for each in findings if each.severity is not Severity.NOTE]


def unexpected_events(
    left: tuple[Arrival, ...],
    began: float,
    arrivals: tuple[Arrival, ...],
    allow: str = "expect it, or write unexpected: warn (or allow) in the scenario",
) -> Failure:
    """The failure that events amount to which nobody consumed; *arrivals* are all that came.

    *allow* says how to have it otherwise.
    """
    words = arrivals_in_words(left, began)
    first = left[0]
    copies = [each for each in arrivals if each is not first and alike(each, first)]
    what = f"a duplicate of webhook #{copies[0].exchange}" if copies else "an event that no step expected"
    if len(left) > 1:
        what = f"{len(left)} events that no step expected"
    known = [] if copies else _findings_about(left)
    return Failure(
        code="SCN-502" if not copies else "SCN-503",
        expected="no events but those that steps expect",
        received=f"{what}:",
        details=(
            *(Detail("came", each, wrong=True) for each in words[:_MOST_ROWS]),
            *(Detail("known", f"{each.message} [{each.code}]") for each in known[:_MOST_ROWS]),
        ),
        mend="post each event once" if copies else known[0].remedy if known else allow,
        exchange=first.exchange,
    )


def _findings_about(arrivals: Iterable[Arrival]) -> list[Finding]:
    """What was found out about them, each thing once: it may be why they came."""
    findings = (finding for each in arrivals if each.event is not None for finding in each.event.findings)
    return list({each.message: each for each in findings if each.severity is not Severity.NOTE}.values())


def _no_value(name: str) -> Failure:
    return Failure(
        code="SCN-504",
        expected=f"a value for ${name}$",
        received="it has none here",
        mend="did the step that supplies it run, and did its answer hold it?",
    )


def _bad_value(step: Step, error: ValidationError) -> Failure:
    first = error.errors(include_url=False)[0]
    field = ".".join(text_of(each) for each in first["loc"])
    reason = str(first.get("ctx", {}).get("error", first["msg"]))
    return Failure(
        code="SCN-505",
        expected=f"a usable {field} for {step.kind.verb}",
        received=reason,
        mend="look at what the placeholder holds",
    )


def _refusal(step: Step, error: RingoError) -> Failure:
    return Failure(
        code="SCN-506",
        expected=f"{step.kind.verb} can be done",
        received=error.message,
        mend=error.mend or "see docs/scenarios.md",
    )
