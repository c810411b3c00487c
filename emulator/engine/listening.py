"""Binds an application to a port, and says plainly when that cannot be."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from emulator.errors import UnreachableError

BACKLOG = 1024
"""Connections that may wait to be accepted: the usual 128 stalls a burst of 256 by a second."""
_MAX_HEADER = 16 * 1024


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve *app* while the block runs; yields its base URL once the socket accepts. Port 0 picks a free one.

    Raises:
        UnreachableError: The port cannot be had.
    """
    # Bodies are kept as they were sent, so nothing unpacks them on the way; our own record replaces the access log.
    settings: dict[str, Any] = {"auto_decompress": False, "max_field_size": _MAX_HEADER, "max_line_size": _MAX_HEADER}
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0, **settings)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=BACKLOG)
        try:
            await site.start()
        except (OSError, OverflowError) as error:
            raise _unreachable(host, port, error) from error
        yield f"http://{_bracketed(host)}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _unreachable(host: str, port: int, error: OSError | OverflowError) -> UnreachableError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return UnreachableError(
            f"port {port} of {host} is in use",
            mend="stop what listens there, or pick another by --port (0: any free one)",
        )
    if number == errno.EACCES:
        return UnreachableError(f"port {port} of {host} may not be used", mend="pick one above 1023 by --port")
    return UnreachableError(f"cannot listen at {host}:{port}: {error}", mend="use --host 127.0.0.1 --port 0")
