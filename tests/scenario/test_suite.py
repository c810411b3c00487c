"""Many scenarios: played several at a time without seeing each other's events, stopped, and judged as a whole."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from emulator.engine.accounts import ONE_URL_FOR_ALL
from emulator.engine.clock import SystemClock
from emulator.engine.journal import open_journal
from emulator.engine.platform import open_platform
from emulator.faces.session import settings_of
from emulator.provider.app import make_provider
from emulator.provider.settings import ProviderSettings
from emulator.scenario.choosing import Choice, choose
from emulator.scenario.loading import load_scenarios
from emulator.scenario.project import Overrides, load_project
from emulator.scenario.results import Status
from emulator.scenario.suite import Plan, Suite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_aiohttp import AiohttpServer

    from emulator.engine.platform import Platform
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from emulator.scenario.results import ScenarioResult, StepResult

REFERENCE = Path(__file__).parents[2] / "scenarios/reference.json"
ROUND_TRIP = """
scenario: Round trip
steps:
  - send_message: hello from $number$
  - expect: messageDelivered
  - trigger: reply
    with: {content: pong}
  - expect: {message: {from: $contact$, to: $number$, content: pong}}
"""
SLOW = """
scenario: Slow
steps:
  - send_message: a
    check: {status: 2xx}
  - wait: 50s
teardown:
  - send_message: bye
"""
FAILS = "\nscenario: Fails\nsteps:\n  - send_message: a\n    check: {status: 404}\n"
TRIGGER = (
    "{reply: {request: {POST: URL/_test/inbound, json: {domain: $domain$, from: $from$, to: $to$, text: $content$}}}}"
)
TEN_USERS = "[" + ", ".join(f"{{extension: {each}, numbers: [+6185555555{each}]}}" for each in range(8)) + "]"


class Stage:
    """The reference provider in a server of its own, and a project that means it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.options: dict[str, str] = {}
        self.began: list[str] = []
        self.on_step: Any = lambda: None

    # the listener

    def started(self, scenario: Scenario) -> None:
        self.began.append(scenario.name)

    def step(self, scenario: Scenario, result: StepResult) -> None:
        self.on_step()

    def scenario(self, result: ScenarioResult) -> None:
        pass

    def load(self, text: str, repeat: int = 1) -> tuple[Project, tuple[Scenario, ...]]:
        """The project, and the scenarios of a file with that text."""
        (self.folder / "x.yaml").write_text(text, "utf-8")
        (self.folder / "ringo-emu.yaml").write_text(
            f"integration: {REFERENCE}\nproperties: {{API key: demo-key}}\n"
            f"hosts: {{https://api.example.com: {self.url}}}\ntriggers: {TRIGGER.replace('URL', self.url)}\n",
            "utf-8",
        )
        project = load_project(self.folder / "ringo-emu.yaml", Overrides(values=self.options), environment={})
        return project, choose(load_scenarios([self.folder / "x.yaml"], project), Choice(repeat=repeat))

    @asynccontextmanager
    async def suite(self, text: str, repeat: int = 1, **plan: Any) -> AsyncIterator[tuple[Suite, Platform]]:
        """A run of these scenarios that has not begun."""
        project, scenarios = self.load(text, repeat)
        with open_journal(redactor=project.redactor) as journal:
            async with open_platform(settings_of(project), journal) as platform:
                yield Suite(Plan(scenarios=scenarios, **plan), project, SystemClock(), [self]), platform


@pytest.fixture
async def stage(tmp_path: Path, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A project in the current folder, whose provider reports at once."""
    monkeypatch.chdir(tmp_path)
    server = await aiohttp_server(make_provider(ProviderSettings(delivered_after_s=0.0)))
    return Stage(tmp_path, str(server.make_url("")).rstrip("/"))


@pytest.mark.parametrize("isolation", ["account", "number"])
async def test_scenarios_at_the_same_time_do_not_see_each_other(stage: Stage, isolation: str) -> None:
    """Framework 1.2: eight at a time, for many rounds, and each gets its own reports and texts, no more and no less."""
    stage.options |= {"isolation": isolation, "organization.users": TEN_USERS}
    if isolation == "number":
        stage.options["profile.account_id"] = "organization"
    async with stage.suite(ROUND_TRIP, repeat=80, jobs=8) as (suite, platform):
        assert 8 == suite.jobs
        await suite.play(platform)
        run = suite.result()
    assert {Status.PASSED} == {each.status for each in run.results}
    assert (80, 0) == (run.passed, run.exit_code)
    assert [f"Round trip (round {number})" for number in range(1, 81)] == [each.name for each in run.results]


class OneUrl:
    """A provider that keeps one webhook URL, the latest, and reports on two messages once it has both."""

    def __init__(self) -> None:
        self.url_of: dict[str, str] = {}
        self.sent: list[str] = []
        self.app = web.Application()
        self.app.router.add_post("/ns-api/v2/subscriptions", self._subscribe)
        self.app.router.add_post("/webhook", self._send)
        self._both = asyncio.Event()
        self._reporting: asyncio.Task[None] | None = None

    async def _subscribe(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.url_of[said["domain"]] = said["post-url"]
        return web.json_response({}, status=201)

    async def _send(self, request: web.Request) -> web.Response:
        domain = (await request.json())["domain"]
        self.sent.append(domain)
        if len(self.sent) == 2:
            self._reporting = asyncio.create_task(self._report())
            self._both.set()
        await self._both.wait()
        return web.json_response({"data": {"id": f"id-{domain}"}})

    async def _report(self) -> None:
        (*_, latest) = self.url_of
        others = [each for each in self.sent if each != latest]
        async with aiohttp.ClientSession() as session:
            for domain in (*others, latest):
                report = {"method": "delivered", "params": {"messageid": f"id-{domain}"}}
                async with session.post(self.url_of[latest], json=report):
                    pass


async def test_an_api_that_keeps_one_webhook_url_for_all(
    tmp_path: Path, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Framework 1.2: where scenarios at the same time get each other's events, both say so, and what helps."""
    monkeypatch.chdir(tmp_path)
    server = await aiohttp_server(OneUrl().app)
    stage = Stage(tmp_path, str(server.make_url("")).rstrip("/"))
    sends = "scenario: Sends\nsteps:\n  - send_message: a\n  - expect: messageDelivered\n    within: 500ms\n"
    async with stage.suite(sends, repeat=2, jobs=2) as (suite, platform):
        await suite.play(platform)
        run = suite.result()
    failures = {each[3].code: each[3] for result in run.results for each in result.failures}
    assert {"WH-DELIVERED-05", "SCN-502"} == set(failures)
    assert failures["WH-DELIVERED-05"].received.startswith("it went to the webhook URL of another account: #")
    posted, own = failures["WH-DELIVERED-05"].details
    assert posted.text != own.text
    assert all("; Subscribe #" in each.text for each in (posted, own))
    assert "is another account's" in failures["SCN-502"].details[-1].text
    assert {ONE_URL_FOR_ALL} == {each.mend for each in failures.values()}


async def test_one_that_fails_does_not_stop_the_others(stage: Stage) -> None:
    """Unless it is asked for: then no further one begins, and the run says so."""
    async with stage.suite(FAILS + "---" + ROUND_TRIP) as (suite, platform):
        await suite.play(platform)
        run = suite.result()
    assert ([Status.FAILED, Status.PASSED], 1, None) == (
        [each.status for each in run.results],
        run.exit_code,
        run.stopped,
    )
    async with stage.suite(FAILS + "---" + ROUND_TRIP, fail_fast=True) as (suite, platform):
        await suite.play(platform)
        run = suite.result()
    assert (1, "after the first failure", ("Round trip",)) == (len(run.results), run.stopped, run.left_out)


async def test_a_run_that_takes_too_long(stage: Stage) -> None:
    """What is going on then is stopped, its teardown is done, and the result says during which step."""
    async with stage.suite(SLOW + "---" + ROUND_TRIP, timeout_s=0.5) as (suite, platform):
        await suite.play(platform)
        run = suite.result()
        sent = [each.request.body for each in platform.journal.last() if each.kind == "SendMessage"]
    (slow,) = run.results
    assert (Status.INTERRUPTED, "at --timeout, after 500 ms", 1) == (slow.status, run.stopped, run.exit_code)
    assert slow.problem is not None
    assert 'it was stopped during "Wait 50s" (x.yaml:6:5)' == slow.problem.received
    assert [b"bye" in body for body in sent] == [False, True]
    assert ("Round trip",) == run.left_out


async def test_a_run_that_somebody_interrupts(stage: Stage) -> None:
    """All that are going on do their teardown, and what was found until then is not lost."""
    async with stage.suite(SLOW, repeat=3, jobs=2) as (suite, platform):
        playing = asyncio.ensure_future(suite.play(platform))
        sent = asyncio.Event()
        stage.on_step = lambda: sent.set() if len(stage.began) == 2 else None
        await sent.wait()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        suite.interrupted("by a signal")
        run = suite.result()
        bodies = [each.request.body for each in platform.journal.last() if each.kind == "SendMessage"]
    assert [Status.INTERRUPTED] * 2 == [each.status for each in run.results]
    assert 2 == sum(b"bye" in body for body in bodies)
    assert (130, "by a signal", ("Slow (round 3)",)) == (run.exit_code, run.stopped, run.left_out)


async def test_expected_failures_are_judged(stage: Stage) -> None:
    """A run that fails only as it is known to passes."""
    stage.options["expected_failures"] = "[{scenario: Fails, until: 2999-01-01, because: ticket 812}]"
    async with stage.suite(FAILS) as (suite, platform):
        await suite.play(platform)
        run = suite.result()
    assert (Status.EXPECTED, 0, 0) == (run.results[0].status, run.exit_code, run.failed)


async def test_jobs_that_cannot_be_kept_apart(stage: Stage) -> None:
    """It is said why there are fewer, and the scenarios pass one after the other."""
    stage.options["isolation"] = "none"
    async with stage.suite(ROUND_TRIP, repeat=3, jobs=8) as (suite, platform):
        assert (1, "isolation is none") == (suite.jobs, suite.why_fewer)
        await suite.play(platform)
        assert 3 == suite.result().passed
