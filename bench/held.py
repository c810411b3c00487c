"""Ten thousand requests to a provider that takes each connection and never answers; webhooks come in meanwhile.

``python -m bench.held`` measures; ``python -m bench.held provider`` and ``… platform PORT`` are what it starts.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from bench.report import Figure
from bench.servers import ORGANIZATION, settings
from emulator.core.profile import Profile
from emulator.engine.journal import open_journal
from emulator.engine.platform import Platform, open_platform

if TYPE_CHECKING:
    from emulator.engine.accounts import Account

_REQUESTS = 10_000
_TIMEOUT_S = 20.0
_WEBHOOKS = 100
_LOOKS = 100
_MOST_KIB = 40.0
"""Memory for a request that is waited for."""
_FILES = 2 * _REQUESTS + 200
"""Half of the files that a process may open are for connections to the provider."""


async def measure() -> list[Figure]:
    """Hold them, look, and wait until all have ended."""
    async with _started("provider") as provider:
        port = (await _line(provider)).strip()
        async with _started("platform", port) as platform:
            url = json.loads(await _line(platform))["webhook_url"]
            alone = await _answered(url)
            await _line(platform)
            busy = await _answered(url)
            told = json.loads(await _line(platform))
    count, memory_kib = told["held"], told["memory_kib"] / told["held"]
    return [
        Figure("held requests, all open at once", f"{count:,}", f"{_REQUESTS:,}", count / _REQUESTS, 1.0, True),
        Figure(
            "held requests that failed with a reason",
            f"{told['failed']:,}",
            f"{_REQUESTS:,}",
            told["failed"] / _REQUESTS,
            1.0,
            True,
        ),
        Figure("memory of a held request", f"{memory_kib:.1f} KiB", f"{_MOST_KIB:g} KiB", memory_kib / _MOST_KIB, 1.0),
        Figure(
            "open files afterwards",
            f"{told['files_after']}",
            f"{told['files_before']} before",
            told["files_after"] / told["files_before"],
            1.5,
        ),
        Figure("webhook meanwhile, median", f"{busy:.1f} ms", f"alone {alone:.1f} ms", busy / alone, 5.0),
    ]


@asynccontextmanager
async def _started(*words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.held", *words), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = await process.stdout.readline()
    assert line, "it ended"
    return line.decode()


async def _answered(url: str) -> float:
    """The median of the milliseconds until a webhook is answered."""
    delays = []
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        for number in range(_WEBHOOKS):
            params = {"from": "+61123456789", "to": "+61855555555", "content": f"text {number}"}
            began = time.perf_counter()
            async with session.post(url, json={"method": "message", "params": params}) as answer:
                await answer.read()
            delays.append((time.perf_counter() - began) * 1000)
    return statistics.median(delays)


# -- what is started


async def _provider() -> None:
    """Take connections, read, and answer nothing."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _platform(port: str) -> None:
    """Send, tell when all are on their way, and what became of them."""
    played = replace(
        settings(),
        hosts={"https://api.example.com": f"http://127.0.0.1:{port}"},
        properties={"API key": "bench"},
        profile=Profile.model_validate({"timeout": f"{_TIMEOUT_S:g}s"}),
    )
    with open_journal() as journal:
        async with open_platform(played, journal) as platform:
            account = platform.open_account(ORGANIZATION)
            _tell(webhook_url=account.webhook_url)
            before, memory = _open_files(), _resident_kib()
            sending = [asyncio.create_task(_failure(platform, account, number)) for number in range(_REQUESTS)]
            for _ in range(_LOOKS):
                await asyncio.sleep(_TIMEOUT_S / 2 / _LOOKS)
                if _open_files() >= before + _REQUESTS:
                    break
            held = _open_files() - before
            peak = _resident_kib()
            _tell(held=held)
            failures = await asyncio.gather(*sending)
            _tell(
                held=held,
                memory_kib=peak - memory,
                failed=sum(f"within {_TIMEOUT_S:g} s" in each for each in failures),
                files_before=before,
                files_after=_open_files(),
            )


async def _failure(platform: Platform, account: Account, number: int) -> str:
    sending = await platform.send_message(
        account, number=ORGANIZATION.numbers[0], contact=ORGANIZATION.contact, content=f"text {number}"
    )
    return sending.call.failure or ""


def _tell(**said: object) -> None:
    print(json.dumps(said), flush=True)


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))
    match sys.argv[1:]:
        case ["provider"]:
            asyncio.run(_provider())
        case ["platform", port]:
            asyncio.run(_platform(port))
        case _:
            for each in asyncio.run(measure()):
                print(each.row())
