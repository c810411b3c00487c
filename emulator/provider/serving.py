"""Runs the reference provider on a socket until it is told to stop."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from aiohttp import web

from emulator.provider.app import Log, make_provider, no_log

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from emulator.provider.settings import ProviderSettings

_BACKLOG = 1024
_LONGEST_QUERY = 64 * 1024  # a text may come in one
_SHUTDOWN_S = 1.0  # aiohttp waits so long for open requests to finish, and again before it breaks them off


async def serve(
    settings: ProviderSettings,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    stop: asyncio.Event,
    *,
    log: Log = no_log,
) -> None:
    """Serve until *stop* is set.

    Args:
        settings: How the provider behaves.
        host: The address to listen on.
        port: 0 picks a free one.
        on_ready: Told the base URL, without a slash at its end, once the socket accepts.
        stop: Ends it; open requests are broken off after about two seconds.
        log: As for ``make_provider``.

    Raises:
        OSError: The address cannot be had.
    """
    runner = web.AppRunner(
        make_provider(settings, log=log),
        access_log=None,
        shutdown_timeout=_SHUTDOWN_S,
        max_line_size=_LONGEST_QUERY,
    )
    try:
        await runner.setup()
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        on_ready(base_url(runner.addresses[0]))
        await stop.wait()
    finally:
        await runner.cleanup()


def base_url(address: Sequence[object]) -> str:
    """The URL that reaches a bound socket's *address*, which is host, port and, for IPv6, more."""
    host, port = ip_address(str(address[0])), address[1]
    loopback = "127.0.0.1" if host.version == 4 else "::1"
    reachable = loopback if host.is_unspecified else str(host)
    return f"http://{reachable}:{port}" if host.version == 4 else f"http://[{reachable}]:{port}"
