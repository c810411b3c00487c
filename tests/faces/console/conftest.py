"""What the console's tests share: a console over real sockets, with the reference provider behind it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.engine.journal import open_journal
from emulator.faces.console.records import Readiness
from emulator.faces.console.server import ConsoleSettings, open_console
from emulator.faces.session import Guest, session
from emulator.scenario.project import Overrides, load_project

if TYPE_CHECKING:
    from emulator.faces.console.parts import Console

SCENARIOS = Path(__file__).parents[3] / "scenarios"
KEY = "demo-key"
READY = Readiness(ready=True, connected=None, subscribed=True, failure=None)
_PROJECT = """
integration: reference.json
properties: {API key: demo-key}
hosts: {https://api.example.com: "PROVIDER"}
organization:
  domain: acme
  users:
    - {extension: "101", name: Alice, numbers: [+61855555555]}
    - {extension: "102", name: Bob, numbers: [+61855555555, +61877777777]}
  contact: +61123456789
triggers:
  reply:
    request:
      POST: PROVIDER/_test/inbound
      json: {domain: $domain$, from: $from$, to: $to$, text: $content$}
  from_a_phone: {ask: "Send '$content$' from $from$, then press enter"}
"""


@dataclass
class Answer:
    """What the console answered."""

    status: int
    headers: Any
    body: bytes
    json: Any = None


@dataclass
class Client:
    """Asks one console."""

    session: aiohttp.ClientSession
    url: str
    console: Console
    webhook_url: str
    folder: Path
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(
        self, method: str, path: str, said: Any = None, *, data: bytes | None = None, headers: Any = None
    ) -> Answer:
        """One request; *path* is below the API, or from the root where it begins with ``//``."""
        target = path[1:] if path.startswith("//") else f"/api/v1{path}"
        more: dict[str, Any] = {"json": said} if said is not None else {}
        if data is not None:
            more = {"data": io.BytesIO(data)}
        asked = self.session.request(
            method, self.url + target, headers={**self.headers, **(headers or {})}, allow_redirects=False, **more
        )
        async with asked as answer:
            body = await answer.read()
            kind = answer.headers.get("Content-Type", "")
            return Answer(answer.status, answer.headers, body, json.loads(body) if "json" in kind and body else None)

    async def get(self, path: str) -> Any:
        """What a GET answers, which must succeed."""
        answer = await self("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    async def post(self, path: str, said: Any = None) -> Any:
        """What a POST answers, which must succeed."""
        answer = await self("POST", path, {} if said is None else said)
        assert answer.status < 300, answer.body
        return answer.json

    async def wait_for(self, cursor: str, **where: str) -> Any:
        """The data of the first event after *cursor* that fits."""
        query = "&".join(f"{key}={value}" for key, value in {"after": cursor, "wait": "20", **where}.items())
        found = await self.get(f"/events?{query}")
        assert found["events"], f"no event came for {where}"
        return found["events"][0]["data"]

    async def webhook(self, said: Any) -> int:
        """Post a webhook, as the provider would."""
        async with self.session.post(self.webhook_url, json=said) as answer:
            return answer.status


Open = Callable[..., Awaitable[Client]]


@pytest.fixture
async def open_client(provider: str, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens consoles, each with a platform of its own, and closes them in the end."""
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        count = 0

        async def opened(settings: ConsoleSettings | None = None) -> Client:
            nonlocal count
            count += 1
            folder = tmp_path / str(count)
            folder.mkdir()
            shutil.copy(SCENARIOS / "reference.json", folder)
            (folder / "ringo-emu.yaml").write_text(_PROJECT.replace("PROVIDER", provider), "utf-8")
            project = load_project(folder / "ringo-emu.yaml", Overrides())
            journal = stack.enter_context(open_journal(None, project.redactor))
            platform, _ = await stack.enter_async_context(
                session(project, journal, guest=Guest("serve", lambda _: None))
            )
            account = platform.open_account(project.organization)
            console, url = await stack.enter_async_context(
                open_console(platform, account, project, settings or ConsoleSettings(port=0))
            )
            url, _, token = url.partition("#token=")
            asking = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return Client(asking, url.rstrip("/"), console, account.webhook_url, folder, headers)

        yield opened


@pytest.fixture
async def client(open_client: Open) -> Client:
    """A console whose platform has subscribed."""
    client = await open_client()
    await client.post("/subscribe")
    client.console.tell(READY)
    return client
