"""The webhook listener while fifty pages of the console are open, against itself without any.

``python -m bench.console pages URL COUNT`` opens them; the rest measures.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import aiohttp

from bench.report import Figure

_PAGES = 50
_RATE = 500
_SECONDS = 6
_ROUNDS = 3
_SCENARIOS = Path(__file__).parents[1] / "scenarios"


class Taken(NamedTuple):
    """What came of a few seconds of webhooks at a fixed rate."""

    rate: float
    median_ms: float


async def measure() -> list[Figure]:
    """In turn without pages and with them, several rounds."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(_SCENARIOS, folder, dirs_exist_ok=True)
        serve = await _start("-m", "emulator", "serve", "--json", "--port", "0", "--console-port", "0", folder=folder)
        assert serve.stdout is not None
        ready = json.loads(await serve.stdout.readline())
        alone, watched = [], []
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
                await _offered(session, ready["webhook_url"], 1)
                for _ in range(_ROUNDS):
                    alone.append(await _offered(session, ready["webhook_url"], _SECONDS))
                    pages = await _start("-m", "bench.console", "pages", ready["console_url"], str(_PAGES))
                    assert pages.stdout is not None
                    await pages.stdout.readline()
                    watched.append(await _offered(session, ready["webhook_url"], _SECONDS))
                    pages.kill()
                    await pages.wait()
        finally:
            serve.terminate()
            await serve.wait()
    rates = [statistics.median(each.rate for each in some) for some in (watched, alone)]
    delays = [statistics.median(each.median_ms for each in some) for some in (watched, alone)]
    what = f"{_PAGES} open pages, {_RATE} webhooks/s"
    return [
        Figure(
            f"{what}: taken", f"{rates[0]:.0f}/s", f"without pages {rates[1]:.0f}/s", rates[0] / rates[1], 0.9, True
        ),
        Figure(
            f"{what}: answered, median",
            f"{delays[0]:.2f} ms",
            f"without pages {delays[1]:.2f} ms",
            delays[0] / delays[1],
            1.1,
        ),
    ]


async def _start(*words: str, folder: str | None = None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )


async def _offered(session: aiohttp.ClientSession, webhook_url: str, seconds: float) -> Taken:
    """Post at the fixed rate, each at its time, whether or not those before were answered."""
    delays: list[float] = []
    began = time.perf_counter()

    async def post(number: int) -> None:
        await asyncio.sleep(began + number / _RATE - time.perf_counter())
        params = {"from": "+61123456789", "to": "+61855555555", "content": f"text {number}"}
        at = time.perf_counter()
        async with session.post(webhook_url, json={"method": "message", "params": params}) as answer:
            await answer.read()
        delays.append((time.perf_counter() - at) * 1000)

    await asyncio.gather(*(post(number) for number in range(int(_RATE * seconds))))
    return Taken(len(delays) / (time.perf_counter() - began), statistics.median(delays))


async def _open_pages(url: str, count: int) -> None:
    """Read the stream as so many pages do, for ever; prints a line when all are open."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), read_bufsize=2**20) as session:
        pages = [await session.get(f"{url}api/v1/stream") for _ in range(count)]
        print("open", flush=True)

        async def read(page: aiohttp.ClientResponse) -> None:
            async for _ in page.content.iter_any():
                pass

        await asyncio.gather(*map(read, pages))


if __name__ == "__main__":
    if sys.argv[1:2] == ["pages"]:
        asyncio.run(_open_pages(sys.argv[2], int(sys.argv[3])))
    else:
        for each in asyncio.run(measure()):
            print(each.row())
