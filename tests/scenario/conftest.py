"""What the scenario tests share: a provider that a test scripts, on a clock that runs ahead to what happens next."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from emulator.core.redaction import Redactor
from emulator.engine.journal import open_journal
from emulator.engine.platform import open_platform
from emulator.faces.session import settings_of
from emulator.scenario.loading import load_scenarios
from emulator.scenario.project import Overrides, load_project
from emulator.scenario.running import run_scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from pytest_aiohttp import AiohttpServer

    from emulator.engine.clock import Clock
    from emulator.engine.journal import Journal
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from emulator.scenario.results import ScenarioResult, StepResult
    from emulator.scenario.steps.base import Ask

REFERENCE = Path(__file__).parents[2] / "scenarios/reference.json"
NUMBER, CONTACT, KEY = "+61855555555", "+61123456789", "s3cret-API-key"
HOSTS = ("https://api.example.com", "https://files.example.com", "https://x.test")
"""All of them are the provider."""
PICTURE = b"\xff\xd8\xff\xe0 and the rest of a JPEG"
IDS = ("a8d35b94-154a", "b17c02d3-77e1", "c09f44aa-20b6")
"""The ids that the provider gives to messages, in order."""


@dataclass(frozen=True)
class Hook:
    """A webhook that the provider posts *after_s* seconds after what causes it; 0 is before that is answered.

    *url* stands in place of the webhook URL, with ``{}`` for the latter.
    """

    body: Any
    after_s: float = 0.05
    method: str = "POST"
    content_type: str = "application/json"
    url: str = "{}"


@dataclass(frozen=True)
class Answer:
    """What a request is answered."""

    body: Any = None
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    took_s: float = 0.0
    """Seconds on the test's clock that the answer takes."""

    def response(self) -> web.Response:
        """It as aiohttp sends it."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return web.Response(status=self.status, text=text, content_type=self.content_type, headers=self.headers)


def _picture() -> web.Response:
    return web.Response(body=PICTURE, content_type="image/jpeg")


class RunningClock:
    """Time that stands still while things happen, and runs ahead to the next of them while somebody waits."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._ahead: list[tuple[float, int, Any]] = []

    def now(self) -> float:
        """Seconds."""
        return self.time

    def wall(self) -> datetime:
        """A date that goes with them."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.time)

    def later(self, after_s: float, happen: Any) -> None:
        """Have the coroutine function *happen* called once so much time has passed."""
        self._ahead.append((self.time + after_s, len(self._ahead), happen))

    async def sleep(self, seconds: float) -> None:
        """Run ahead that far."""
        await self.wait(asyncio.get_running_loop().create_future(), self.time + seconds)

    async def wait(self, future: asyncio.Future[Any], deadline: float) -> bool:
        """Let happen what comes until *deadline*, or until *future* is done."""
        while not future.done():
            due = min(self._ahead, key=lambda each: each[:2], default=None)
            if due is None or due[0] > deadline:
                self.time = max(self.time, deadline)
                break
            self._ahead.remove(due)
            self.time = max(self.time, due[0])
            await due[2]()
        return future.done()


class Provider:
    """Answers and posts as the test says; by default every message is taken, and nothing is ever posted."""

    def __init__(self, clock: RunningClock) -> None:
        self.clock = clock
        self.url = ""
        self.webhook_url = ""
        self._answers: dict[str, Answer] = {}
        self.posts: dict[str, list[Hook]] = {}
        """Webhooks that a request to a path causes."""
        self.hangs: set[str] = set()
        self.pictures: dict[str, Callable[[], web.Response]] = {}
        """What a picture's path is answered with; any other is a JPEG."""
        self.requests: list[web.Request] = []
        self.bodies: list[Any] = []
        self.replies: list[tuple[int, Any]] = []
        """What the webhooks were answered."""
        self.sent = 0
        self.on_request: Callable[[str], None] = lambda _: None
        self._given_up = asyncio.Event()

    def app(self) -> web.Application:
        """The provider as an application."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        app.on_shutdown.append(self._give_up)
        return app

    async def _give_up(self, _app: web.Application) -> None:
        self._given_up.set()

    async def _handle(self, request: web.Request) -> web.Response:
        if request.path.endswith(".jpg"):
            return self.pictures.get(request.path, _picture)()
        raw = await request.text()
        body: Any = raw
        with suppress(json.JSONDecodeError):  # it may be spoilt on purpose
            body = json.loads(raw) if request.content_type == "application/json" and raw else raw
        self.requests.append(request)
        self.on_request(request.path)
        self.bodies.append(body)
        if request.path in self.hangs:
            await self._given_up.wait()
        if request.path == "/ns-api/v2/subscriptions":
            self.webhook_url = body["post-url"]
        usual = Answer({})
        if request.path == "/webhook":
            usual = Answer({"data": {"id": IDS[self.sent % len(IDS)]}})
            self.sent += 1
        answer = self._answers.get(request.path, usual)
        hooks = self.posts.get(request.path, [])
        for hook in hooks:
            if hook.after_s:
                self.clock.later(hook.after_s, lambda hook=hook: self.post(hook))
            else:
                await self.post(hook)
        self.clock.time += answer.took_s
        return answer.response()

    def answers(self, path: str, body: Any, status: int = 200, **rest: Any) -> None:
        """Answer so to *path* from now on."""
        self._answers[path] = Answer(body, status, **rest)

    # -- what a request causes

    def posts_on(self, path: str, body: Any, after_s: float = 0.05, **rest: str) -> None:
        """Post *body* after each request to *path*, among what that causes already."""
        self.posts.setdefault(path, []).append(Hook(body, after_s, **rest))

    def reports(self, messageid: str = IDS[0], after_s: float = 0.05, on: str = "/webhook") -> None:
        """Post the delivery report that the reference document describes."""
        self.posts_on(on, {"method": "delivered", "params": {"messageid": messageid}}, after_s)

    def texts(self, content: Any, after_s: float = 0.05, on: str = "/webhook", sender: str = CONTACT) -> None:
        """Post an incoming text as the reference document describes it."""
        said = {"from": sender, "to": NUMBER, "content": content}
        self.posts_on(on, {"method": "message", "params": said}, after_s)

    def files(self, url: str, after_s: float = 0.05, on: str = "/webhook", **params: str) -> None:
        """Post an incoming file as the reference document describes it."""
        said = {"from": CONTACT, "to": NUMBER, "url": url, **params}
        self.posts_on(on, {"method": "file", "params": said}, after_s)

    async def post(self, hook: Hook) -> None:
        """Post *hook* now."""
        data = hook.body if isinstance(hook.body, bytes) else json.dumps(hook.body).encode()
        headers = {"Content-Type": hook.content_type}
        url = hook.url.format(self.webhook_url)
        if hook.method == "RAW":
            await self._spoken(data, url)
            return
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(hook.method, url, data=data, headers=headers) as reply,
            ):
                text = await reply.text()
                self.replies.append((reply.status, json.loads(text) if text else None))
        except aiohttp.ClientError as error:
            self.replies.append((0, type(error).__name__))

    async def _spoken(self, data: bytes, url: str) -> None:
        """Say *data* to the port of *url*, and hear what is answered."""
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(data.replace(b"PATH", address.path.encode()))
        self.replies.append((int((await reader.readline()).split()[1]), None))
        writer.close()
        await writer.wait_closed()


class Stage:
    """A project in a folder of its own, its provider, and the way to play scenarios there."""

    def __init__(self, folder: Path, provider: Provider, clock: RunningClock, journal: Journal) -> None:
        self.folder = folder
        self.provider = provider
        self.clock = clock
        self.journal = journal
        self.options: dict[str, str] = {}
        """Values of the project file that differ, such as ``profile.timeout``."""
        self.environment: dict[str, str] = {}
        self.triggers = "{}"
        self.document: dict[str, Any] = json.loads(REFERENCE.read_text("utf-8"))
        self.steps: list[StepResult] = []
        self.ask: Ask | None = None
        """Asks whoever plays."""

    def project(self) -> Project:
        """The project, with the document as it stands now."""
        (self.folder / "acme.json").write_text(json.dumps(self.document), "utf-8")
        (self.folder / "ringo-emu.yaml").write_text(
            f"integration: acme.json\n"
            f"properties: {{API key: {KEY}}}\n"
            f"hosts: {{{', '.join(f'{host}: {self.provider.url}' for host in HOSTS)}}}\n"
            f"triggers: {self.triggers}\n",
            "utf-8",
        )
        return load_project(
            self.folder / "ringo-emu.yaml", Overrides(values=self.options), environment=self.environment
        )

    def load(self, text: str, name: str = "roundtrip.yaml") -> tuple[Scenario, ...]:
        """The scenarios of a file with that text."""
        (self.folder / name).write_text(text, "utf-8")
        return load_scenarios([Path(name)], self.project())

    async def play_all(self, text: str, clock: Clock | None = None) -> list[ScenarioResult]:
        """Play the scenarios of a file with that text, one after the other."""
        scenarios, project = self.load(text), self.project()
        async with open_platform(settings_of(project), self.journal, clock=clock or self.clock) as platform:
            return [
                await run_scenario(each, project, platform, lambda _, step: self.steps.append(step), ask=self.ask)
                for each in scenarios
            ]

    async def play(self, text: str, clock: Clock | None = None) -> ScenarioResult:
        """Play the one scenario of a file with that text."""
        (result,) = await self.play_all(text, clock)
        return result


@pytest.fixture
async def stage(tmp_path: Path, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A project with a scripted provider, in the current folder."""
    monkeypatch.chdir(tmp_path)
    clock = RunningClock()
    provider = Provider(clock)
    server = await aiohttp_server(provider.app())
    provider.url = str(server.make_url("")).rstrip("/")
    with open_journal(redactor=Redactor([KEY])) as journal:
        yield Stage(tmp_path, provider, clock, journal)
