"""``kill -9`` in the middle: every webhook that got its 200 is in the journal, once, when ``serve`` starts again.

``python -m bench.killed`` plays fifty rounds on one journal, each killed at another moment under load; then twenty with
two ``serve`` of one project, of which one is killed, and a ``send`` beside them.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp

from bench.report import Figure
from emulator.engine.journal import open_journal

_ROUNDS = 50
_ROUNDS_BESIDE = 20
_WORKERS = 16
_LATEST_S = 0.8
_NULL = asyncio.subprocess.DEVNULL
_SCENARIOS = Path(__file__).parents[1] / "scenarios"
_PROJECT = """
integration: reference.json
properties: {API key: bench}
hosts: {https://api.example.com: http://127.0.0.1:9}
organization:
  domain: acme
  users: [{extension: "101", name: Alice, numbers: [+61855555555]}]
  contact: +61123456789
"""


async def measure(seed: int = 1) -> list[Figure]:
    """Serve, load, kill, serve again and look."""
    moments = random.Random(seed)  # noqa: S311 - no secret
    alone = f"kill -9, {_ROUNDS} rounds: webhooks that got 200 and are kept, once"
    beside = f"kill -9 of one of two serve, {_ROUNDS_BESIDE} rounds, send beside: the same, and what was sent"
    return [await _figure(alone, _alone, moments), await _figure(beside, _beside, moments)]


async def _figure(
    name: str, play: Callable[[Path, random.Random], Awaitable[set[str]]], moments: random.Random
) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(_SCENARIOS / "reference.json", folder)
        (Path(folder) / "ringo-emu.yaml").write_text(_PROJECT, "utf-8")
        taken = await play(Path(folder), moments)
        counted = Counter(_texts(Path(folder) / ".ringo-emu/serve.db"))
    once = sum(counted[text] == 1 for text in taken)
    return Figure(name, f"{once:,}", f"{len(taken):,}", once / len(taken), 1.0, at_least=True)


async def _alone(folder: Path, moments: random.Random) -> set[str]:
    """What was acknowledged by a ``serve`` that was killed again and again."""
    taken: set[str] = set()
    for turn in range(_ROUNDS):
        process, url = await _serve(folder)
        taken |= await _load_until(process, url, f"{turn}", moments.uniform(0, _LATEST_S))
    return taken


async def _beside(folder: Path, moments: random.Random) -> set[str]:
    """What was acknowledged by two, of which one was killed again and again, and what was sent beside them."""
    taken: set[str] = set()
    steady, steady_url = await _serve(folder)
    for turn in range(_ROUNDS_BESIDE):
        process, url = await _serve(folder)
        until = asyncio.create_task(_load_until(process, url, f"{turn} killed", moments.uniform(0, _LATEST_S)))
        beside = asyncio.create_task(_load(steady_url, f"{turn} steady", until))
        send = [sys.executable, "-m", "emulator", "send", f"{turn} sent"]
        sent = await asyncio.create_subprocess_exec(*send, cwd=folder, stdout=_NULL, stderr=_NULL)
        await sent.wait()  # nobody takes it: that is recorded
        taken |= {f"{turn} sent", *await until, *await beside}
    steady.terminate()
    await steady.wait()
    return taken


async def _serve(folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "emulator", "serve", "--json", "--port", "0", "--no-console"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=_NULL,
    )
    assert process.stdout is not None
    return process, json.loads(await process.stdout.readline())["webhook_url"]


async def _load_until(process: asyncio.subprocess.Process, url: str, name: str, killed_after_s: float) -> set[str]:
    """Post from all workers until the process is killed; the texts that got their 200."""
    taken: set[str] = set()
    began = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        workers = [asyncio.create_task(_post(session, url, f"{name} {each}", taken, began)) for each in range(_WORKERS)]
        await began.wait()
        await asyncio.sleep(killed_after_s)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        ended = await asyncio.gather(*workers, return_exceptions=True)
    assert all(isinstance(each, aiohttp.ClientError) for each in ended), ended
    return taken


async def _load(url: str, name: str, until: asyncio.Task[set[str]]) -> set[str]:
    """The same, until something else is done."""
    taken: set[str] = set()
    async with aiohttp.ClientSession() as session:
        workers = [
            asyncio.create_task(_post(session, url, f"{name} {each}", taken, asyncio.Event()))
            for each in range(_WORKERS // 2)
        ]
        await asyncio.wait([until, *workers], return_when=asyncio.FIRST_COMPLETED)
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return taken


async def _post(session: aiohttp.ClientSession, url: str, name: str, taken: set[str], began: asyncio.Event) -> None:
    number = 0
    while True:
        number += 1
        text = f"{name} {number}"
        params = {"from": "+61123456789", "to": "+61855555555", "content": text}
        async with session.post(url, json={"method": "message", "params": params}) as answer:
            if answer.status == 200:
                taken.add(text)
                began.set()


def _texts(file: Path) -> Iterator[str]:
    """The texts in the journal, those that came and those that went out."""
    with open_journal(file) as journal:
        assert journal.dropped() == 0
        recorded = journal.last(journal.last_id)
    for each in recorded:
        if each.kind == "SendMessage":
            yield json.loads(each.request.body)["content"]
        for event in each.outcome.get("events", ()):
            yield event["variables"]["content"]


if __name__ == "__main__":
    for each in asyncio.run(measure()):
        print(each.row())
