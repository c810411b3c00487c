"""``ringo-emu wait-ready``."""

from __future__ import annotations

import click

from emulator.core.scalars import parse_duration
from emulator.core.validating import MendableError
from emulator.errors import UsageError
from emulator.faces.output import Output


@click.command()
@click.argument("url")
@click.option("--timeout", metavar="DURATION", default="30s", show_default=True, help="How long to wait.")
@click.option("--json", "as_json", is_flag=True, help='Print {"event": "ready", "url": …}.')
def command(url: str, timeout: str, as_json: bool) -> int:
    """Wait until URL answers; anything but a server error will do. Exit code 3 if it does not in time.

    \b
    Example: ringo-emu wait-ready http://127.0.0.1:8080/health --timeout 10s
    """
    try:
        within_s = parse_duration(timeout)
    except MendableError as error:
        raise UsageError(f"--timeout: {error}", mend=error.mend) from error
    from emulator.faces.session import run_until_done

    run_until_done(_wait(url, within_s))
    output = Output()
    if as_json:
        output.json({"event": "ready", "url": url})
    else:
        output.text(f"{url} answers")
    return 0


async def _wait(url: str, within_s: float) -> None:
    from emulator.core.rendering import absolute_url
    from emulator.engine.client import HttpTransport
    from emulator.engine.clock import SystemClock
    from emulator.engine.processes import wait_until_ready

    async with HttpTransport() as transport:
        await wait_until_ready(absolute_url(url), within_s, transport, SystemClock())
