"""What the page's tests share: a real browser, the real program, and a page in which nothing may go wrong unseen."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from playwright.async_api import async_playwright, expect

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page


ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / ".cache/screenshots"
NUMBER, SHARED, CONTACT = "+61855555555", "+61866666666", "+61123456789"
CHAT = f"#/phone/{quote(NUMBER)}/{quote(CONTACT)}"
_ONE_USER = 'users: [{extension: "101", name: Alice, numbers: [+61855555555]}]'
_TWO_USERS = """users:
    - {extension: "101", name: Alice, numbers: [+61855555555, +61866666666]}
    - {extension: "102", name: Bob, numbers: [+61866666666]}"""
_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_CHROMIUM = shutil.which("chromium")
# A slow machine is no failure; what never comes is one all the same.
expect.set_options(timeout=15_000)


@dataclass
class Serve:
    """``ringo-emu serve``, running in a folder of its own."""

    folder: Path
    process: asyncio.subprocess.Process
    url: str
    webhook_url: str

    @property
    def port(self) -> int:
        """The console's."""
        return urlsplit(self.url).port or 0

    async def stop(self) -> None:
        """End it, as Ctrl-C does."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
        await self.process.wait()


async def start_serve(folder: Path, *, port: int = 0, provider: str = "") -> Serve:
    """Start it in *folder*, with its console on *port*; *provider* is played with in place of the reference one."""
    if provider:
        file = folder / "ringo-emu.yaml"
        file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:$port.provider$", provider), "utf-8")
    command = [sys.executable, "-m", "emulator", "serve", "--json", "--port", "0", "--console-port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    said = json.loads(await process.stdout.readline())
    await _is_ready(said["console_url"])
    return Serve(folder, process, said["console_url"], said["webhook_url"])


async def _is_ready(url: str) -> None:
    """Wait until it has subscribed: nothing happens then but what a test does."""
    async with ClientSession(f"{url}api/v1/") as client:
        async with client.get("events") as answer:
            cursor = (await answer.json())["cursor"]
        async with client.get("ready") as answer:
            if answer.ok:
                return
        async with client.get("events", params={"after": cursor, "type": "ready", "wait": "30"}) as answer:
            assert (await answer.json())["events"], "serve has not become ready"


def copy_project(folder: Path) -> Path:
    """The project in scenarios/, where two people share a number."""
    for name in ("reference.json", "ringo-emu.yaml"):
        shutil.copy(ROOT / "scenarios" / name, folder / name)
    file = folder / "ringo-emu.yaml"
    text = file.read_text("utf-8")
    assert _ONE_USER in text
    file.write_text(text.replace(_ONE_USER, _TWO_USERS), "utf-8")
    return folder


@contextlib.asynccontextmanager
async def answering(*bodies: Mapping[str, object]) -> AsyncIterator[str]:
    """A provider that takes texts, and answers the last of *bodies* with 402, those before with 200."""
    left = list(bodies)

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/webhook":
            return web.json_response({})
        body = left.pop(0)
        return web.json_response(body, status=200 if left else 402)

    app = web.Application()
    app.router.add_route("*", "/{anywhere:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@dataclass
class Window:
    """The page, and what is done behind its back."""

    page: Page
    serve: Serve
    problems: list[str] = field(default_factory=list)
    """What the browser complained of: errors, and what the content security policy refused."""

    async def open(self, where: str = "") -> None:
        """Go to a view."""
        await self.page.goto("about:blank")
        await self.page.goto(f"{self.serve.url}{where}")
        await expect(self.page.get_by_text("Live", exact=True)).to_be_visible()
        await expect(self.page.get_by_role("heading", level=1)).to_be_attached()

    async def api(self, method: str, path: str, said: object = None) -> Any:
        """A request to the console's API that must succeed."""
        url = f"{self.serve.url}api/v1{path}"
        answer = await self.page.request.fetch(url, method=method, data=said if method != "GET" else None)
        assert answer.ok, await answer.text()
        return await answer.json() if answer.status != 204 else None

    async def webhook(self, body: Mapping[str, object]) -> int:
        """Post as the provider would; the status of the answer."""
        answer = await self.page.request.post(self.serve.webhook_url, data=dict(body))
        return answer.status

    async def incoming(self, text: str, *, contact: str = CONTACT) -> None:
        """A text comes in."""
        params = {"from": contact, "to": NUMBER, "content": text}
        assert await self.webhook({"method": "message", "params": params}) == 200

    async def near_miss(self) -> None:
        """A delivery report comes in with a key in the wrong case."""
        assert await self.webhook({"method": "delivered", "params": {"messageId": "abc"}}) == 422

    async def send(self, text: str) -> None:
        """Write into the open conversation, and press Enter."""
        await self.page.locator("#compose").fill(text)
        await self.page.locator("#compose").press("Enter")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium; Playwright's own is not wanted."""
    if _CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("there is no chromium on the path")
    # Chromium's sandbox cannot be had by root.
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=[*_ARGUMENTS, *sandbox])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def common_serve(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serve]:
    """One for all tests that leave it as it was."""
    serve = await start_serve(copy_project(tmp_path_factory.mktemp("project")))
    yield serve
    await serve.stop()


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    """A project whose files may be changed."""
    return copy_project(tmp_path)


@pytest_asyncio.fixture(loop_scope="session")
async def own_serve(own_folder: Path) -> AsyncIterator[Serve]:
    """One whose files may be changed, and that may be ended."""
    serve = await start_serve(own_folder)
    yield serve
    with contextlib.suppress(ProcessLookupError):
        await serve.stop()


OpenWindow = Callable[..., Awaitable[Window]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_window(browser: Browser) -> AsyncIterator[OpenWindow]:
    """Opens windows, and fails the test where the browser complained in one."""
    opened: list[Window] = []

    async def open_one(serve: Serve, **options: Any) -> Window:
        context = await browser.new_context(**options)
        window = Window(await context.new_page(), serve)
        window.page.on("pageerror", lambda error: window.problems.append(str(error)))
        window.page.on("console", lambda said: window.problems.append(said.text) if said.type == "error" else None)
        opened.append(window)
        return window

    yield open_one
    for window in opened:
        await window.page.context.close()
    assert [problem for window in opened for problem in window.problems] == []


@pytest_asyncio.fixture(loop_scope="session")
async def window(open_window: OpenWindow, common_serve: Serve) -> Window:
    """A wide window on a console that remembers nothing."""
    window = await open_window(common_serve, viewport={"width": 1280, "height": 800})
    await window.api("POST", "/reset", {})
    return window
