"""Large webhooks: how much memory ``serve`` takes for ten thousand of a mebibyte each.

``python -m bench.memory`` posts them to a process of its own: texts, what fits no model, and lists that take many times
their size when they are read.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from bench.report import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNT = 10_000
_WORKERS = 4
_MOST_MIB = 300
_SIZE = 1024 * 1024 - 200
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


def bodies() -> Iterator[bytes]:
    """Webhooks of almost a mebibyte each, none like another."""
    for number in itertools.count():
        text = {"from": "+61123456789", "to": "+61855555555", "content": f"{number}" + "x" * (_SIZE - 20)}
        report = {"id": f"{number}" + "i" * _SIZE}
        yield json.dumps({"method": "message", "params": text}).encode()
        yield json.dumps({"method": "delivered", "params": report}).encode()
        yield json.dumps({"method": f"{number}", "a": [{}] * (_SIZE // 4)}, separators=(",", ":")).encode()
        yield b'{"method": "%d", "a": "%s"}' % (number, b"x" * _SIZE)


async def peak_mib(count: int) -> float:
    """The most memory that a ``serve`` had to which *count* of them were posted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(_SCENARIOS / "reference.json", folder)
        (folder / "ringo-emu.yaml").write_text(_PROJECT, "utf-8")
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "emulator",
                "serve",
                "--json",
                "--port",
                "0",
                "--console-port",
                "0",
                "--no-subscribe",
            ),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        try:
            url = json.loads(await process.stdout.readline())["webhook_url"]
            left = itertools.islice(bodies(), count)
            async with aiohttp.ClientSession() as session:
                await asyncio.gather(*(_post(session, url, left) for _ in range(_WORKERS)))
            return _peak_kib(process.pid) / 1024
        finally:
            process.terminate()
            await process.wait()


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


async def measure() -> list[Figure]:
    """The most memory."""
    peak = await peak_mib(_COUNT)
    return [
        Figure(f"{_COUNT:,} webhooks of 1 MiB: most memory", f"{peak:.0f} MiB", f"{_MOST_MIB} MiB", peak, _MOST_MIB)
    ]


if __name__ == "__main__":
    for each in asyncio.run(measure()):
        print(each.row())
