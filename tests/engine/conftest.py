"""What the engine's tests share: a clock turned by hand, a provider of raw bytes, a platform to play on."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from emulator.core.conversations import Organization, User
from emulator.core.reading import read_document
from emulator.engine.journal import open_journal
from emulator.engine.platform import PlatformSettings, open_platform

if TYPE_CHECKING:
    import ssl

    from emulator.core.document import Integration
    from emulator.engine.accounts import Account
    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform

NUMBER, CONTACT = "+61855555555", "+61123456789"
API_KEY = "s3cret-API-key"

_SEND: dict[str, Any] = {
    "request_method": "POST",
    "request_url": "https://api.example.com/messages",
    "request_content_type": "application/json",
    "request_parameters": {"from": "$from$", "to": "$to$", "user": "$extension$", "text": "$content$"},
    "response_map": {"data": {"id": "$messageid$"}},
}
_MESSAGE = {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "content": "$content$"}}
_FILE = {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "text": "$text$", "url": "$url$"}}
_DOCUMENT: dict[str, Any] = {
    "id": "acme-sms",
    "name": "Acme SMS",
    "class": "sms",
    "properties": ["API key"],
    "auth": {"type": "Bearer", "token": "$API key$"},
    "API": {
        "SendMessage": _SEND,
        "SendFile": {
            **_SEND,
            "request_url": "https://api.example.com/files",
            "request_parameters": {"from": "$from$", "to": "$to$", "media": "$content$"},
        },
        "Subscribe": {
            "request_method": "POST",
            "request_url": "https://api.example.com/hooks",
            "request_content_type": "application/json",
            "request_parameters": {"domain": "$domain$", "url": "$webhook_url$"},
        },
    },
    "Webhook": [
        {"event_key": "sms", "event_type": "message", "request_method": "POST", "request_parameters": _MESSAGE},
        {"event_key": "file", "event_type": "mms", "request_method": "POST", "request_parameters": _FILE},
        {
            "event_key": "delivered",
            "event_type": "messageDelivered",
            "request_method": "POST",
            "request_parameters": {"method": "$event_key$", "params": {"id": "$messageid$"}},
        },
    ],
}


class ManualClock:
    """Time that moves only when a test turns it, or when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._now = 1000.0
        self._turned = asyncio.Event()

    def now(self) -> float:
        """Seconds, as far as they were turned."""
        return self._now

    def wall(self) -> datetime:
        """Always the same moment."""
        return datetime(2026, 11, 23, 8, 30, tzinfo=UTC)

    def turn(self, seconds: float) -> None:
        """Let *seconds* pass."""
        self._now += seconds
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def sleep(self, seconds: float) -> None:
        """Nobody waits: the clock is turned instead."""
        self.slept.append(seconds)
        self.turn(seconds)

    async def wait(self, future: asyncio.Future[Any], deadline: float) -> bool:
        """Wait for *future*, or for the clock to be turned to *deadline*."""
        while not future.done() and self._now < deadline:
            turned = asyncio.ensure_future(self._turned.wait())
            try:
                await asyncio.wait({future, turned}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                turned.cancel()
        return future.done()


@dataclass(frozen=True)
class Answer:
    """Bytes that a provider answers with, and what becomes of the connection *then*."""

    data: bytes
    then: Literal["close", "abort", "hang"] = "close"

    @staticmethod
    def of(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
        """An answer as it should be."""
        head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
        return Answer("\r\n".join(head).encode() + body)


TAKEN = Answer.of(b'{"data": {"id": "m-1"}}', "Content-Type: application/json")


@dataclass
class RawProvider:
    """A provider that answers with bytes, whatever they are, and keeps what it was asked byte for byte."""

    url: str = ""
    answers: deque[Answer | Callable[[], Awaitable[Answer]]] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def targets(self) -> list[str]:
        """The first line of every request, without its HTTP version."""
        return [request.partition(b" HTTP/1.1\r\n")[0].decode() for request in self.requests]

    @property
    def bodies(self) -> list[bytes]:
        """The body of every request."""
        return [request.partition(b"\r\n\r\n")[2] for request in self.requests]

    def headers(self, index: int = -1) -> dict[str, str]:
        """The headers of one request, names in small letters."""
        head = self.requests[index].partition(b"\r\n\r\n")[0].decode()
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        self.requests[-1] += await reader.readexactly(int(self.headers().get("content-length", 0)))
        self.asked.set()
        answer = self.answers.popleft() if self.answers else TAKEN
        if not isinstance(answer, Answer):
            answer = await answer()
        writer.write(answer.data)
        await writer.drain()
        if answer.then == "hang":
            await self.released.wait()
        elif answer.then == "abort":
            writer.transport.abort()


@asynccontextmanager
async def _raw_provider(tls: ssl.SSLContext | None = None) -> AsyncIterator[RawProvider]:
    provider = RawProvider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, ssl=tls)
    provider.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        provider.released.set()
        server.close()
        await asyncio.gather(*provider.tasks)


@dataclass(frozen=True)
class Sink:
    """A platform with one account, as somebody sees it who posts webhooks."""

    platform: Platform
    account: Account
    session: aiohttp.ClientSession

    async def request(
        self, body: bytes | None = None, *, method: str = "POST", url: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON of the answer; underscores in the names of headers become hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        target = URL(url or self.account.webhook_url, encoded=True)
        async with self.session.request(method, target, data=body, headers=sent) as answer:
            return answer.status, await answer.json()

    async def post(self, payload: object, url: str | None = None) -> tuple[int, Any]:
        """Post *payload* as JSON, as a provider should."""
        return await self.request(json.dumps(payload).encode(), url=url, Content_Type="application/json")

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the listener."""
        address = urlsplit(self.account.webhook_url)
        return await asyncio.open_connection(address.hostname, address.port)

    async def raw(self, data: bytes) -> bytes:
        """What is answered to bytes, up to where the connection is closed."""
        reader, writer = await self.connected()
        writer.write(data)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    def recorded(self) -> Exchange:
        """The latest exchange of the journal."""
        (latest,) = self.platform.journal.last(1)
        return latest


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nobody prints a traceback or complains: neither asyncio nor aiohttp."""
    yield
    records = [record for when in ("setup", "call", "teardown") for record in caplog.get_records(when)]
    # How long a busy machine held the loop is no complaint about what is tested.
    records = [record for record in records if record.name != "emulator.engine.watchdog"]
    assert [record.getMessage() for record in records if record.levelno >= logging.WARNING] == []


@pytest.fixture
def answer() -> type[Answer]:
    """Makes a provider's answers."""
    return Answer


@pytest.fixture
def clock() -> ManualClock:
    """Time that stands still."""
    return ManualClock()


@pytest.fixture
def journal() -> Iterator[Journal]:
    """An empty journal in memory."""
    with open_journal() as opened:
        yield opened


@pytest.fixture
def start_provider() -> Callable[..., AbstractAsyncContextManager[RawProvider]]:
    """Starts a provider of raw bytes, over TLS where a context is given."""
    return _raw_provider


@pytest.fixture
async def provider() -> AsyncIterator[RawProvider]:
    """A provider that takes every message."""
    async with _raw_provider() as started:
        yield started


@pytest.fixture
def document() -> dict[str, Any]:
    """An integration document to change at will."""
    return copy.deepcopy(_DOCUMENT)


@pytest.fixture
def integrate() -> Callable[[Mapping[str, Any]], Integration]:
    """Reads a document as the emulator does."""
    return lambda document: read_document("acme.json", json.dumps(document).encode()).playable()


@pytest.fixture
def organization() -> Organization:
    """A customer with one user and one number."""
    user = User(extension="101", name="Alice", numbers=(NUMBER,))
    return Organization(id="12345678901234567890", domain="acme", users=(user,), contact=CONTACT)


@pytest.fixture
def open_emulator(
    document: dict[str, Any],
    integrate: Callable[[Mapping[str, Any]], Integration],
    journal: Journal,
    provider: RawProvider,
) -> Callable[..., AbstractAsyncContextManager[Platform]]:
    """Opens a platform that plays the document against the provider."""

    def opened(*, clock: ManualClock | None = None, **settings: Any) -> AbstractAsyncContextManager[Platform]:
        usual = {"properties": {"API key": API_KEY}, "hosts": {"https://api.example.com": provider.url}}
        made = PlatformSettings(integration=integrate(document), **{**usual, **settings})
        return open_platform(made, journal, clock=clock)

    return opened


@pytest.fixture
def open_sink(
    open_emulator: Callable[..., AbstractAsyncContextManager[Platform]], organization: Organization
) -> Callable[..., AbstractAsyncContextManager[Sink]]:
    """Opens a platform with an account, and a client that posts to it."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Sink]:
        async with aiohttp.ClientSession() as session, open_emulator(**settings) as platform:
            yield Sink(platform, platform.open_account(organization), session)

    return opened


@pytest.fixture
async def sink(open_sink: Callable[..., AbstractAsyncContextManager[Sink]]) -> AsyncIterator[Sink]:
    """A platform with an account, and a client that posts to it."""
    async with open_sink() as opened:
        yield opened


class StartSinkProcess(Protocol):
    """Starts a sink with a journal file in a process of its own, and tells its webhook URL."""

    def __call__(
        self, document: Mapping[str, Any], database: Path, **environment: str
    ) -> AbstractAsyncContextManager[tuple[str, asyncio.subprocess.Process]]:
        """It runs until the block ends, if nobody kills it before."""
        ...


@pytest.fixture
def start_sink_process(tmp_path: Path) -> StartSinkProcess:
    """Starts a sink with a journal file in a process of its own."""

    @asynccontextmanager
    async def started(
        document: Mapping[str, Any], database: Path, **environment: str
    ) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
        written = tmp_path / "acme.json"
        written.write_text(json.dumps(document))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            Path(__file__).with_name("serve_until_killed.py"),
            written,
            database,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            yield (await process.stdout.readline()).decode().strip(), process
        finally:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)  # process.kill() would take its exit code from asyncio, bpo-43884
            await process.communicate()

    return started
