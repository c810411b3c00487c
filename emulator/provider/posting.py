"""Posts webhooks, and keeps the tasks that outlive the request which began them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from emulator.provider.state import Answered, Outcome, Unreachable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

SHOWN_CHARACTERS = 2000
"""How much of a webhook's answer is kept."""
_HEADERS = {"Content-Type": "application/json", "User-Agent": "ringo-emu-provider"}


class Poster:
    """Posts JSON over *session*; whatever the network does is a value, never an exception."""

    def __init__(self, session: aiohttp.ClientSession, *, timeout_s: float) -> None:
        self._session = session
        self._timeout_s = timeout_s

    async def post(self, url: str, payload: Mapping[str, Any]) -> Outcome:
        """Post *payload* once, follow no redirect, and read the beginning of the answer."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        try:
            async with self._session.post(
                url, data=body, headers=_HEADERS, allow_redirects=False, timeout=timeout
            ) as response:
                return Answered(response.status, await _beginning(response.content))
        except TimeoutError:
            return Unreachable(f"no whole answer within {self._timeout_s:g} s")
        except aiohttp.ClientError as error:
            return Unreachable(str(error) or type(error).__name__)


class Background:
    """Tasks that nobody awaits; none is lost, and none runs on after ``cancel``."""

    def __init__(self) -> None:
        # The loop holds tasks only weakly: one that nobody else holds may vanish while it waits.
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many tasks have not ended."""
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin *work* and keep it until it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cancel(self) -> None:
        """End all that runs now; what is started from here on is left alone."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _beginning(stream: aiohttp.StreamReader) -> str:
    limit = 4 * SHOWN_CHARACTERS  # no character takes more than 4 bytes of UTF-8
    read = b""
    while len(read) < limit and (chunk := await stream.read(limit - len(read))):
        read += chunk
    return read.decode("utf-8", "replace")[:SHOWN_CHARACTERS]
