"""The console's listener: it joins the parts, and serves them beside the public listener, never on it."""

from __future__ import annotations

import asyncio
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from emulator.core.addresses import is_loopback
from emulator.engine.listening import listening
from emulator.engine.user_files import absolute
from emulator.faces.console import records
from emulator.faces.console.documents import DocumentFile
from emulator.faces.console.feed import Feed
from emulator.faces.console.guard import Guard, protect
from emulator.faces.console.http import CONSOLE, handler
from emulator.faces.console.pages import read_pages, serve_page
from emulator.faces.console.parts import Console
from emulator.faces.console.problems import telling_problems
from emulator.faces.console.routes import BASE, RAW_ROUTES, ROUTES
from emulator.faces.console.stream import Streamer
from emulator.faces.console.uploads import UploadArea

if TYPE_CHECKING:
    from emulator.core.conversations import Message
    from emulator.engine.accounts import Account
    from emulator.engine.exchanges import Exchange
    from emulator.engine.platform import Platform
    from emulator.scenario.project import Project

USUAL_PORT = 8086


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings:
    """Where the console listens; *port* None is the usual one, or any where that is taken."""

    host: str = "127.0.0.1"
    port: int | None = None
    names: Sequence[str] = ()

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)


@asynccontextmanager
async def open_console(
    platform: Platform, account: Account, project: Project, settings: ConsoleSettings
) -> AsyncIterator[tuple[Console, str]]:
    """The console of *account* while the block runs, and its address, with the token where one is needed.

    Raises:
        UnreachableError: Its port cannot be had.
    """
    token = None if settings.is_loopback else secrets.token_urlsafe(32)
    redactor = platform.journal.redactor
    feed = Feed(platform.clock, redactor, platform.journal.beside)
    with tempfile.TemporaryDirectory(prefix="ringo-emu-") as folder:
        console = Console(
            platform=platform,
            account=account,
            project=project,
            redactor=redactor,
            feed=feed,
            streamer=Streamer(feed, platform.clock, redactor),
            uploads=UploadArea(Path(folder), platform.share, platform.unshare),
            document=DocumentFile(
                absolute(project.folder / project.file.integration), platform, account, feed, project
            ),
            guard=Guard(loopback=settings.is_loopback, names=settings.names, token=token),
        )
        _publish(console)
        app = make_app(console)
        async with listening(app, settings.host, _port(settings), "--console-port") as (url, _), _watching(console):
            yield console, f"{url}/" + (f"#token={token}" if token else "")


def make_app(console: Console) -> web.Application:
    """The console's application; no module state, so ten can live in one process."""
    app = web.Application(middlewares=[telling_problems(console.redactor), console.guard.middleware()])
    app[CONSOLE] = console
    app.on_response_prepare.append(protect)
    app.on_shutdown.append(_end)
    for route in ROUTES:
        app.router.add_route(route.method, BASE + route.path, handler(route))
    for raw in RAW_ROUTES:
        app.router.add_route(raw.method, BASE + raw.path, raw.handle)
    pages = read_pages()

    async def page(request: web.Request) -> web.StreamResponse:
        return serve_page(pages, request)

    app.router.add_get("/{path:(?!api/).*}", page)
    return app


async def _end(app: web.Application) -> None:
    """The listener stops: whoever waits or reads the stream is let go."""
    app[CONSOLE].feed.close()


def _publish(console: Console) -> None:
    """Tell the feed of all that happens."""
    feed, upload_at = console.feed, console.uploads.at

    def exchange(recorded: Exchange) -> None:
        feed.publish("exchange", records.exchange_record(recorded), records.event_types(recorded))

    def message(changed: Message) -> None:
        feed.publish("message", records.message_record(changed, upload_at, records.LONGEST_TEXT))

    console.platform.journal.subscribe(exchange)
    console.platform.journal.on_trouble(console.trouble)
    console.account.on_message = message


def _port(settings: ConsoleSettings) -> int:
    """The port that is asked for, or the usual one, or any where another program has that."""
    if settings.port is not None:
        return settings.port
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the listener does
        probe.bind((settings.host, USUAL_PORT))
        return USUAL_PORT
    return 0


@asynccontextmanager
async def _watching(console: Console) -> AsyncIterator[None]:
    stop = asyncio.Event()
    watcher = asyncio.ensure_future(console.document.watch(stop))
    try:
        yield
    finally:
        stop.set()
        await watcher
