"""Binds an application to a port, and says plainly when that cannot be."""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from emulator.errors import UnreachableError

BACKLOG = 1024
"""Connections that may wait to be accepted: the usual 128 stalls a burst of 256 by a second."""
_MAX_HEADER = 16 * 1024
_LOG = logging.getLogger(__name__)


def _is_a_bug_of_ours(record: logging.LogRecord) -> bool:
    """Whoever sends what is not HTTP, or goes away in the middle, is answered 400; a traceback would be noise."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionError)


_LOG.addFilter(_is_a_bug_of_ours)


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int, option: str = "--port") -> AsyncIterator[str]:
    """Serve *app* while the block runs; yields its base URL once the socket accepts. Port 0 picks a free one.

    *option* is the one that says which port.

    Raises:
        UnreachableError: The port cannot be had.
    """
    # Bodies are kept as they were sent, so nothing unpacks them on the way; our own record replaces the access log.
    settings: dict[str, Any] = {"auto_decompress": False, "max_field_size": _MAX_HEADER, "max_line_size": _MAX_HEADER}
    runner = web.AppRunner(app, logger=_LOG, access_log=None, handle_signals=False, shutdown_timeout=1.0, **settings)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=BACKLOG)
        try:
            await site.start()
        except (OSError, OverflowError) as error:
            raise _unreachable(host, port, error, option) from error
        yield _base_url(runner.addresses[0])
    finally:
        await runner.cleanup()


def _base_url(address: Sequence[Any]) -> str:
    """The URL that reaches a bound socket's *address* from this machine."""
    host, port = ip_address(address[0]), address[1]
    if host.is_unspecified:
        host = ip_address("127.0.0.1" if host.version == 4 else "::1")
    return f"http://{host}:{port}" if host.version == 4 else f"http://[{host}]:{port}"


def _unreachable(host: str, port: int, error: OSError | OverflowError, option: str = "--port") -> UnreachableError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return UnreachableError(
            f"port {port} of {host} is in use",
            mend=f"stop what listens there, or pick another by {option} (0: any free one)",
        )
    if number == errno.EACCES:
        return UnreachableError(f"port {port} of {host} may not be used", mend=f"pick one above 1023 by {option}")
    mend = f"use {option.replace('port', 'host')} 127.0.0.1 {option} 0"
    return UnreachableError(f"cannot listen at {host}:{port}: {error}", mend=mend)
