"""Fetches the files that SendFile names, as a provider should: all of it, again if it is not there at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import NamedTuple

import aiohttp

from emulator.provider.state import Fetched

MAX_FILE_BYTES = 64 * 1024 * 1024
ATTEMPTS = 3
"""How often a file is asked for that is not there."""
PAUSE_S = 0.5
"""Between two of these; twice as long each time."""
_HEADERS = {"User-Agent": "ringo-emu-provider", "Accept-Encoding": "identity"}
_FINAL = frozenset({400, 401, 403, 410, 415})
"""Statuses that another try does not change."""


class _Tried(NamedTuple):
    fetched: Fetched
    is_final: bool


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    *,
    timeout_s: float,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Fetched:
    """Get the file at *url*, redirects followed; whatever the network does is a value, never an exception."""
    tried = await _try(session, url, timeout_s)
    for attempt in range(1, ATTEMPTS):
        if tried.is_final:
            break
        await pause(PAUSE_S * 2 ** (attempt - 1))
        tried = await _try(session, url, timeout_s)
    return tried.fetched


async def _try(session: aiohttp.ClientSession, url: str, timeout_s: float) -> _Tried:
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    try:
        async with session.get(url, headers=_HEADERS, timeout=timeout) as answer:
            if answer.status != 200:
                refused = Fetched(status=answer.status, error=f"the file was answered {answer.status}")
                return _Tried(refused, answer.status in _FINAL)
            digest, size = sha256(), 0
            async for chunk in answer.content.iter_any():
                digest.update(chunk)
                size += len(chunk)
                if size > MAX_FILE_BYTES:
                    too_large = f"the file is larger than {MAX_FILE_BYTES} bytes"
                    return _Tried(Fetched(status=answer.status, error=too_large), True)
            kind = answer.headers.get("Content-Type")
            return _Tried(Fetched(answer.status, content_type=kind, size=size, sha256=digest.hexdigest()), True)
    except TimeoutError:
        return _Tried(Fetched(error=f"no whole file within {timeout_s:g} s"), False)
    except (aiohttp.ClientError, ValueError) as error:
        return _Tried(Fetched(error=str(error) or type(error).__name__), False)
