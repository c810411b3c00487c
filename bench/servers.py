"""What is loaded: ``python -m bench.servers bare|sink [JOURNAL]`` prints its port and webhook path, then serves."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

from aiohttp import web

from emulator.core.conversations import Organization, User
from emulator.core.reading import read_document
from emulator.engine.journal import open_journal
from emulator.engine.listening import listening
from emulator.engine.platform import PlatformSettings, open_platform

ROOT = Path(__file__).parents[1]
ORGANIZATION = Organization(
    id="12345678901234567890",
    domain="acme",
    users=(User(extension="101", name="Alice", numbers=("+61855555555",)),),
    contact="+61123456789",
)


def settings() -> PlatformSettings:
    """The platform for the reference provider's document."""
    document = ROOT / "scenarios/reference.json"
    return PlatformSettings(integration=read_document(document.name, document.read_bytes()).playable())


async def _bare(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text="{}")


async def serve_bare() -> None:
    """The limit: a handler that only reads the body."""
    app = web.Application()
    app.router.add_post("/{anywhere:.*}", _bare)
    async with listening(app, "127.0.0.1", 0) as (url, _):
        print(url.rpartition(":")[2], "/webhook", flush=True)
        await asyncio.Event().wait()


async def serve_sink(path: Path) -> None:
    """Ours: JSON read, matched, durable in the file before the 200."""
    with open_journal(path) as journal:
        async with open_platform(settings(), journal) as platform:
            account = platform.open_account(ORGANIZATION)
            _, _, rest = account.webhook_url.partition("://")
            address, _, webhook = rest.partition("/")
            print(address.rpartition(":")[2], "/" + webhook, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    gc.set_threshold(50_000)  # both, as the command line does
    asyncio.run(serve_bare() if sys.argv[1] == "bare" else serve_sink(Path(sys.argv[2])))
