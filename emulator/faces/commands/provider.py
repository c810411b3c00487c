"""``ringo-emu provider``."""

from __future__ import annotations

from typing import Any

import click

from emulator.core.scalars import parse_duration
from emulator.core.validating import MendableError
from emulator.errors import UnreachableError, UsageError
from emulator.faces.output import Output


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8086, show_default=True, help="0 is any free one.")
@click.option("--auth", type=click.Choice(["bearer", "basic", "none"]), default="bearer", show_default=True)
@click.option("--token", default="demo-key", show_default=True, help="The Bearer token it accepts.")
@click.option("--username", default="demo", show_default=True, help="The Basic user it accepts.")
@click.option("--password", default="demo-secret", show_default=True, help="The Basic password it accepts.")
@click.option(
    "--delivered-after", default="50ms", show_default=True, help="How long after its answer it reports delivery."
)
@click.option("--report-before-answer", is_flag=True, help="Report delivery before SendMessage is answered.")
@click.option("--json", "as_json", is_flag=True, help='Print {"event": "ready", "url": …} once it accepts.')
def command(host: str, port: int, delivered_after: str, as_json: bool, **settings: Any) -> int:
    """Run the reference provider, a small correct one.

    It has the framework's sample API: POST /webhook (SendMessage, SendFile), POST /ns-api/v2/subscriptions
    (Subscribe), and POST /_test/inbound, which makes it send a message to the webhook URL.

    \b
    Example: ringo-emu provider --port 8086
    """
    try:
        delivered_after_s = parse_duration(delivered_after)
    except MendableError as error:
        raise UsageError(f"--delivered-after: {error}", mend=error.mend) from error
    from emulator.faces.session import run_until_done
    from emulator.provider.settings import ProviderSettings

    output = Output()

    def ready(url: str) -> None:
        if as_json:
            output.json({"event": "ready", "url": url})
        else:
            output.text(f"reference provider at {url}; Ctrl-C stops it")

    return run_until_done(_serve(ProviderSettings(delivered_after_s=delivered_after_s, **settings), host, port, ready))


async def _serve(settings: Any, host: str, port: int, ready: Any) -> int:
    import asyncio

    from emulator.provider.serving import serve

    try:
        await serve(settings, host, port, ready, asyncio.Event())
    except OSError as error:
        raise UnreachableError(
            f"cannot listen at {host}:{port}: {error.strerror}", mend="pick another --port"
        ) from error
    return 0
