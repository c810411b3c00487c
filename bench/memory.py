"""Large webhooks: how much memory ``serve`` takes for ten thousand of a mebibyte each, and ``run`` while it waits.

``python -m bench.memory [COUNT]`` posts them to processes of their own: texts, what fits no model, and lists that take
many times their size when they are read.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from bench.report import Figure
from emulator.engine.listening import listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_COUNT = 1000
_SERVE = ("serve", "--port", "0", "--console-port", "0")
_RUN = ("run", "--quiet", "--fail-on", "none")
_WORKERS = 4
_MOST_MIB = 300
_SIZE = 1024 * 1024 - 200
_SCENARIOS = Path(__file__).parents[1] / "scenarios"
_PROJECT = """
integration: reference.json
properties: {{API key: bench}}
hosts: {{https://api.example.com: "{provider}"}}
organization:
  domain: acme
  users: [{{extension: "101", name: Alice, numbers: [+61855555555]}}]
  contact: +61123456789
"""
_WAITS = """
scenario: Waits
unexpected: allow
steps:
  - subscribe:
  - expect: {message: {content: done}}
    within: 3h
"""
_LAST = b'{"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": "done"}}'
_URL = re.compile(r"http://127\.0\.0\.1:[0-9]+/services/[^\"\s]+")


def bodies() -> Iterator[bytes]:
    """Webhooks of almost a mebibyte each, none like another."""
    for number in itertools.count():
        text = {"from": "+61123456789", "to": "+61855555555", "content": f"{number}" + "x" * (_SIZE - 20)}
        report = {"id": f"{number}" + "i" * _SIZE}
        yield json.dumps({"method": "message", "params": text}).encode()
        yield json.dumps({"method": "delivered", "params": report}).encode()
        yield json.dumps({"method": f"{number}", "a": [{}] * (_SIZE // 4)}, separators=(",", ":")).encode()
        yield b'{"method": "%d", "a": "%s"}' % (number, b"x" * _SIZE)


async def peak_mib(count: int, *, waits: bool = False) -> float:
    """The most memory that a ``serve`` had to which *count* of them were posted, or a ``run`` that *waits* for one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(_SCENARIOS / "reference.json", folder)
        (folder / "waits.yaml").write_text(_WAITS, "utf-8")
        async with _provider() as (address, subscribed):
            (folder / "ringo-emu.yaml").write_text(_PROJECT.format(provider=address), "utf-8")
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "emulator", *(_RUN if waits else _SERVE)),
                cwd=folder,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                url = await asyncio.wait_for(subscribed, 60)
                left = itertools.islice(bodies(), count)
                async with aiohttp.ClientSession() as session:
                    await asyncio.gather(*(_post(session, url, left) for _ in range(_WORKERS)))
                    peak = _peak_kib(process.pid) / 1024
                    await _post(session, url, iter([_LAST]))
                if waits:
                    assert await process.wait() == 0
                return peak
            finally:
                with suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()


@asynccontextmanager
async def _provider() -> AsyncIterator[tuple[str, asyncio.Future[str]]]:
    """A provider that takes the subscription: its address, and the webhook URL once it is told."""
    subscribed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def take(request: web.Request) -> web.Response:
        subscribed.set_result(_URL.findall(await request.text())[0])
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{anywhere:.*}", take)
    async with listening(app, "127.0.0.1", 0) as bound:
        yield bound.url, subscribed


async def _post(session: aiohttp.ClientSession, url: str, left: Iterator[bytes]) -> None:
    for body in left:
        async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
            await answer.read()
            assert answer.status < 500, answer.status


def _peak_kib(pid: int) -> int:
    """The most as Linux tells it; elsewhere what is taken now."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)
    return int(next(line.split()[1] for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM")))


async def measure(count: int = _COUNT) -> list[Figure]:
    """The most memory."""
    figures = []
    for what, waits in (("`serve`", False), ("`run` that waits", True)):
        peak, name = await peak_mib(count, waits=waits), f"{count:,} webhooks of 1 MiB: most memory of {what}"
        figures.append(Figure(name, f"{peak:.0f} MiB", f"{_MOST_MIB} MiB", peak / _MOST_MIB, 1.0))
    return figures


if __name__ == "__main__":
    for each in asyncio.run(measure(*map(int, sys.argv[1:]))):
        print(each.row())
