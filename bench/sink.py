"""The sink under load, and how soon an arrival wakes the step that waits for it."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from pathlib import Path

import aiohttp

from bench.report import Figure
from bench.servers import ORGANIZATION, settings
from emulator.engine.journal import open_journal
from emulator.engine.platform import open_platform

_CONNECTIONS = 64
_SECONDS = 3.0
_ROUNDS = 5
_WAKES = 300


def _rate(kind: str, *arguments: str) -> float:
    """Requests a second of a fresh server of that kind."""
    server = [sys.executable, "-m", "bench.servers", kind, *arguments]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, path = process.stdout.readline().split()
        load = [sys.executable, "-m", "bench.load", "127.0.0.1", port, path, str(_CONNECTIONS), str(_SECONDS)]
        done = subprocess.run(load, capture_output=True, text=True, check=True)
        process.terminate()
    return float(done.stdout)


async def _wakes() -> list[float]:
    """Seconds from the moment a webhook's handler began to the moment the waiting step ran again."""
    took = []
    with open_journal() as journal:
        async with open_platform(settings(), journal) as platform, aiohttp.ClientSession() as session:
            account = platform.open_account(ORGANIZATION)
            for number in range(_WAKES):
                text = str(number)
                waiting = asyncio.ensure_future(
                    account.inbox.wait_for(
                        "message",
                        lambda arrival, text=text: arrival.event.variables["content"] == text,  # type: ignore[misc]
                        platform.clock.now() + 10,
                    )
                )
                await asyncio.sleep(0)
                body = {"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": text}}
                post = asyncio.ensure_future(session.post(account.webhook_url, json=body))
                arrival = await waiting
                woken = platform.clock.now()
                assert arrival is not None
                took.append(woken - arrival.at)
                (await post).close()
    return took


def measure(scratch: Path) -> list[Figure]:
    """The sink's rate against a bare handler's, in turn; and the wake-up."""
    pairs = [(_rate("sink", str(scratch / f"{turn}.db")), _rate("bare")) for turn in range(_ROUNDS)]
    ours, bare = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
    name = f"webhooks, {_CONNECTIONS} connections, matched and durable"
    wake = statistics.median(asyncio.run(_wakes())) * 1000
    return [
        Figure(name, f"{ours:,.0f}/s", f"bare aiohttp handler {bare:,.0f}/s", ours / bare, 0.5, at_least=True),
        Figure("arrival to wake-up, median", f"{wake:.2f} ms", "1 ms", wake, 2.0),
    ]
