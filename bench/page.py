"""The console's page in Chromium: how soon it can be used, what it weighs, how live it is, and what it keeps.

``python -m bench.page`` measures; it needs Chromium on the path.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from playwright.async_api import async_playwright

from bench.report import Figure

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

_ROUNDS = 5
_ARRIVALS = 40
_EXCHANGES = 100_000
_EARLY = 10_000
_AT_ONCE = 64
_SCENARIOS = Path(__file__).parents[1] / "scenarios"
_WHEELS = 400
_FRAMES = """() => {
  window.frames_ms = [];
  let before = performance.now();
  const look = (now) => { window.frames_ms.push(now - before); before = now; requestAnimationFrame(look); };
  requestAnimationFrame(look);
}"""
_WATCH = """() => {
  window.seen = {};
  new MutationObserver(() => {
    for (const found of document.body.innerText.matchAll(/arrival-\\d+-/g)) window.seen[found[0]] ??= Date.now();
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


async def measure() -> list[Figure]:
    """Start ``serve``, open its page, and measure."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(_SCENARIOS, folder, dirs_exist_ok=True)
        command = [sys.executable, "-m", "emulator", "serve", "--json", "--port", "0", "--console-port", "0"]
        serve = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert serve.stdout is not None
        try:
            return await _measured(json.loads(await serve.stdout.readline()), serve.pid)
        finally:
            serve.terminate()
            await serve.wait()


async def _measured(ready: dict[str, str], pid: int) -> list[Figure]:
    url = ready["console_url"]
    async with async_playwright() as playwright, aiohttp.ClientSession() as session:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened = []
        for _ in range(_ROUNDS):
            page = await browser.new_page()
            began = time.perf_counter()
            await page.goto(url)
            await page.get_by_role("button", name="Write to").click(trial=True)
            opened.append(time.perf_counter() - began)
            weight = await page.evaluate(
                "performance.getEntries().reduce((sum, each) => sum + (each.transferSize || 0), 0)"
            )
            await page.close()
        page = await browser.new_page()
        await page.goto(url)
        await page.get_by_role("button", name="Write to").click()
        delays = await _delays(page, session, ready["webhook_url"])
        memory = await page.context.new_cdp_session(page)
        await _post(session, ready["webhook_url"], _EARLY)
        early = await _heap_mib(memory), _resident_mib(pid)
        await _post(session, ready["webhook_url"], _EXCHANGES - _EARLY)
        late = await _heap_mib(memory), _resident_mib(pid)
        frames = await _scrolled(page, url)
        await browser.close()
    interactive, delay = statistics.median(opened), statistics.median(delays)
    slow = statistics.quantiles(frames, n=20)[18]
    return [
        Figure("the page, until it can be used", f"{interactive:.2f} s", "one second", interactive, 1),
        Figure("its weight", f"{weight / 1000:.0f} kB", "300 kB", weight / 300_000, 1),
        Figure("a webhook, until it is seen, median", f"{delay:.0f} ms", "150 ms", delay / 150, 1),
        Figure("a frame while the timeline scrolls, 95 %", f"{slow:.0f} ms", "33 ms", slow / 33, 1),
        Figure(
            f"the page's memory after {_EXCHANGES:,} exchanges",
            f"{late[0]:.0f} MiB",
            f"after {_EARLY:,}: {early[0]:.0f} MiB",
            late[0] / early[0],
            1.5,
        ),
        Figure(
            f"the server's memory after {_EXCHANGES:,} exchanges",
            f"{late[1]:.0f} MiB",
            f"after {_EARLY:,}: {early[1]:.0f} MiB",
            late[1] / early[1],
            1.5,
        ),
    ]


async def _delays(page: Page, session: aiohttp.ClientSession, webhook_url: str) -> list[float]:
    """Milliseconds from posting a text to its being on the page."""
    await page.evaluate(_WATCH)
    posted = {}
    for number in range(_ARRIVALS):
        token = f"arrival-{number}-"
        posted[token] = datetime.now(UTC).timestamp() * 1000
        await _one(session, webhook_url, token)
        await page.wait_for_function("token => window.seen[token]", arg=token)
        await asyncio.sleep(0.1 + number % 7 / 50)  # people do not text in step with anything
    seen = await page.evaluate("window.seen")
    return [seen[token] - at for token, at in posted.items()]


async def _scrolled(page: Page, url: str) -> list[float]:
    """Milliseconds of each frame while the timeline is scrolled by the wheel; rows are loaded on the way."""
    await page.goto(f"{url}#/timeline")
    rows = page.get_by_role("grid")
    await rows.hover()
    await page.evaluate(_FRAMES)
    for _ in range(_WHEELS):
        await page.mouse.wheel(0, 400)
        await asyncio.sleep(0.016)
    frames: list[float] = await page.evaluate("window.frames_ms")
    return frames


async def _one(session: aiohttp.ClientSession, webhook_url: str, text: str) -> None:
    params = {"from": "+61123456789", "to": "+61855555555", "content": text}
    async with session.post(webhook_url, json={"method": "message", "params": params}) as answer:
        assert answer.status == 200, await answer.text()


async def _post(session: aiohttp.ClientSession, webhook_url: str, count: int) -> None:
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await _one(session, webhook_url, f"text {number}")

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


async def _heap_mib(memory: CDPSession) -> float:
    await memory.send("HeapProfiler.collectGarbage")
    found = await memory.send("Runtime.getHeapUsage")
    return float(found["usedSize"]) / 1024**2


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    for each in asyncio.run(measure()):
        print(each.row())
