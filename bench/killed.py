"""``kill -9`` in the middle: every webhook that got its 200 is in the journal when ``serve`` starts again.

``python -m bench.killed`` plays fifty rounds on one journal, each killed at another moment under load.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import aiohttp

from bench.report import Figure
from emulator.engine.journal import open_journal

_ROUNDS = 50
_WORKERS = 16
_LATEST_S = 0.8
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
    acknowledged = lost = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(_SCENARIOS / "reference.json", folder)
        (folder / "ringo-emu.yaml").write_text(_PROJECT, "utf-8")
        process, url = await _serve(folder)
        for turn in range(_ROUNDS):
            taken = await _load_until(process, url, turn, moments.uniform(0, _LATEST_S))
            process, url = await _serve(folder)
            kept = _kept(folder / ".ringo-emu/serve.db", len(taken) + _WORKERS + 1)
            acknowledged += len(taken)
            lost += len(taken - kept)
        process.kill()
        await process.wait()
    what = f"kill -9, {_ROUNDS} rounds: webhooks that got 200 and are kept"
    ratio = (acknowledged - lost) / acknowledged
    return [Figure(what, f"{acknowledged - lost:,}", f"{acknowledged:,}", ratio, 1.0, at_least=True)]


async def _serve(folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "emulator", "serve", "--json", "--port", "0", "--no-console"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    return process, json.loads(await process.stdout.readline())["webhook_url"]


async def _load_until(process: asyncio.subprocess.Process, url: str, turn: int, killed_after_s: float) -> set[str]:
    """Post from all workers until the process is killed; the texts that got their 200."""
    taken: set[str] = set()
    began = asyncio.Event()

    async def post(session: aiohttp.ClientSession, worker: int) -> None:
        number = 0
        while True:
            number += 1
            text = f"{turn}-{worker}-{number}"
            params = {"from": "+61123456789", "to": "+61855555555", "content": text}
            async with session.post(url, json={"method": "message", "params": params}) as answer:
                if answer.status == 200:
                    taken.add(text)
                    began.set()

    async with aiohttp.ClientSession() as session:
        workers = [asyncio.create_task(post(session, worker)) for worker in range(_WORKERS)]
        await began.wait()
        await asyncio.sleep(killed_after_s)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        ended = await asyncio.gather(*workers, return_exceptions=True)
    assert all(isinstance(each, aiohttp.ClientError) for each in ended), ended
    return taken


def _kept(file: Path, most: int) -> set[str]:
    """The texts in the latest exchanges of the journal."""
    with open_journal(file) as journal:
        events = [event for each in journal.last(most) for event in (each.outcome or {}).get("events", ())]
    return {event["variables"]["content"] for event in events}


if __name__ == "__main__":
    for each in asyncio.run(measure()):
        print(each.row())
