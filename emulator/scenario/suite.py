"""Plays many scenarios, several at a time where they can be kept apart, until all are done or somebody stops it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from emulator.core.scalars import format_duration
from emulator.scenario.expected import judged
from emulator.scenario.isolation import lanes
from emulator.scenario.lateness import told_late
from emulator.scenario.results import FAILING, RunResult, exit_status
from emulator.scenario.running import ScenarioInterruptedError, run_scenario

if TYPE_CHECKING:
    from emulator.core.conversations import Organization
    from emulator.engine.clock import Clock
    from emulator.engine.platform import Platform
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from emulator.scenario.results import ScenarioResult, StepResult
    from emulator.scenario.steps.base import Ask

_INTERRUPTED = 130


class Listener(Protocol):
    """Is told how a run goes, as it goes."""

    def started(self, scenario: Scenario) -> None:
        """A scenario begins."""

    def step(self, scenario: Scenario, result: StepResult) -> None:
        """A step has ended."""

    def scenario(self, result: ScenarioResult) -> None:
        """A scenario has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is played and how: *jobs* at a time, all of it within *timeout_s* seconds."""

    scenarios: tuple[Scenario, ...]
    jobs: int = 1
    fail_fast: bool = False
    timeout_s: float | None = None
    seed: int | None = None


class Suite:
    """A run: what was planned, and what has come of it so far. A run that was stopped still has its result."""

    def __init__(
        self,
        plan: Plan,
        project: Project,
        clock: Clock,
        listeners: Sequence[Listener] = (),
        *,
        ask: Ask | None = None,
    ) -> None:
        self._ask = ask
        self._plan = plan
        self._project = project
        self._clock = clock
        self._listeners = listeners
        self._waiting = deque(enumerate(plan.scenarios))
        self._results: dict[int, ScenarioResult] = {}
        own = lanes(project, max(1, min(plan.jobs, len(plan.scenarios))))
        self._lanes = deque(own.organizations)
        self.jobs = min(plan.jobs, len(own.organizations), max(1, len(plan.scenarios)))
        """How many are played at a time."""
        self.why_fewer = own.why
        """Why that is less than was asked for."""
        self._began = clock.now()
        self._started_at = clock.wall()
        self._stopped: str | None = None
        self._is_interrupted = False

    async def play(self, platform: Platform) -> None:
        """Play what is planned, or as much of it as there is time for.

        Raises:
            asyncio.CancelledError: Somebody interrupted it; what was going on has done its teardown.
        """
        self._began, self._started_at = self._clock.now(), self._clock.wall()
        try:
            async with asyncio.timeout(self._plan.timeout_s), asyncio.TaskGroup() as group:
                for _ in range(self.jobs):
                    group.create_task(self._worker(platform))
        except TimeoutError:
            self._stopped = f"at --timeout, after {format_duration(self._plan.timeout_s or 0.0)}"

    async def _worker(self, platform: Platform) -> None:
        while self._waiting and self._stopped is None:
            index, scenario = self._waiting.popleft()
            lane = self._lanes.popleft()
            try:
                await self._one(index, scenario, platform, lane)
            finally:
                self._lanes.append(lane)

    async def _one(self, index: int, scenario: Scenario, platform: Platform, lane: Organization) -> None:
        began_s = self._clock.now() - self._began
        for each in self._listeners:
            each.started(scenario)
        try:
            result = await run_scenario(scenario, self._project, platform, self._step, organization=lane, ask=self._ask)
        except ScenarioInterruptedError as error:
            self._ended(index, replace(error.result, began_s=began_s))
            raise
        self._ended(index, replace(result, began_s=began_s))

    def _step(self, scenario: Scenario, result: StepResult) -> None:
        for each in self._listeners:
            each.step(scenario, result)

    def _ended(self, index: int, result: ScenarioResult) -> None:
        result = judged(result, self._project.file.expected_failures, self._clock.wall().date())
        self._results[index] = result
        if self._plan.fail_fast and result.status in FAILING and self._waiting:
            self._stopped = self._stopped or "after the first failure"
        for each in self._listeners:
            each.scenario(result)

    def interrupted(self, why: str) -> None:
        """Note that somebody stopped the run, before or while it played."""
        self._stopped, self._is_interrupted = why, True

    def result(self, provider_output: tuple[str, ...] = ()) -> RunResult:
        """What has come of it."""
        told = [told_late(self._results[index]) for index in sorted(self._results)]
        results = tuple(result for result, _ in told)
        return RunResult(
            results=results,
            started_at=self._started_at,
            duration_s=self._clock.now() - self._began,
            exit_code=self._exit_code(results),
            integration=self._project.integration.places.source.name,
            stopped=self._stopped,
            left_out=tuple(scenario.name for _, scenario in self._waiting),
            provider_output=provider_output,
            late=tuple(each for _, said in told for each in said),
            seed=self._plan.seed,
        )

    @property
    def has_failed(self) -> bool:
        """Whether a scenario so far has failed."""
        return any(each.status in FAILING for each in self._results.values())

    def _exit_code(self, results: tuple[ScenarioResult, ...]) -> int:
        if self._is_interrupted:
            return _INTERRUPTED
        code = exit_status(results)
        return 1 if code in {0, 5} and self._stopped is not None else code
