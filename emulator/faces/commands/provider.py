"""``ringo-emu provider``."""

from __future__ import annotations

from typing import Any

import click

from emulator.core.scalars import parse_duration
from emulator.core.validating import MendableError
from emulator.errors import UsageError
from emulator.faces.output import Output


@click.command()
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address that it listens at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8087,
    show_default=True,
    help="Port that it listens at; 0 is any free one.",
)
@click.option(
    "--auth",
    type=click.Choice(["bearer", "basic", "oauth2", "none"]),
    default="bearer",
    show_default=True,
    help="How it wants to be authorized.",
)
@click.option("--token", metavar="TOKEN", default="demo-key", show_default=True, help="The Bearer token it accepts.")
@click.option("--username", metavar="NAME", default="demo", show_default=True, help="The Basic user it accepts.")
@click.option(
    "--password", metavar="PASSWORD", default="demo-secret", show_default=True, help="The Basic password it accepts."
)
@click.option("--client-id", metavar="ID", default="demo-client", show_default=True, help="The OAuth2 client it knows.")
@click.option(
    "--client-secret",
    metavar="SECRET",
    default="demo-client-secret",
    show_default=True,
    help="The secret of that client.",
)
@click.option("--redirect-uri", metavar="URL", help="That client's only redirect URI; by default any on 127.0.0.1.")
@click.option(
    "--token-lifetime", metavar="DURATION", default="1h", show_default=True, help="How long an access token is good."
)
@click.option("--ask-consent", is_flag=True, help="Show a page with a button before access is given.")
@click.option(
    "--delivered-after",
    metavar="DURATION",
    default="50ms",
    show_default=True,
    help="How long after its answer it reports delivery.",
)
@click.option("--report-before-answer", is_flag=True, help="Report delivery before SendMessage is answered.")
@click.option("--json", "as_json", is_flag=True, help='Print {"event": "ready", "url": …} once it accepts.')
def command(host: str, port: int, delivered_after: str, token_lifetime: str, as_json: bool, **settings: Any) -> int:
    """Run the reference provider, a small correct one.

    It has the framework's sample API: POST /webhook (SendMessage, SendFile), POST /ns-api/v2/subscriptions
    (Subscribe), and POST /_test/inbound, which makes it send a message to the webhook URL. With --auth oauth2 it is its
    own authorization server: /oauth2/authorize, /oauth2/token, /oauth2/revoke, and POST /_test/oauth2/expire.

    \b
    Example: ringo-emu provider --port 8087
    """
    times: dict[str, Any] = {
        "delivered_after_s": _seconds("--delivered-after", delivered_after),
        "token_lifetime_s": _seconds("--token-lifetime", token_lifetime),
    }
    if times["token_lifetime_s"] == 0:
        raise UsageError("--token-lifetime: a token is good for some time", mend="write such as 5s")
    from emulator.faces.session import run_until_done
    from emulator.provider.settings import ProviderSettings

    output = Output()

    def ready(url: str) -> None:
        if as_json:
            output.json({"event": "ready", "url": url})
        else:
            output.text(f"reference provider at {url}; Ctrl-C stops it")

    return run_until_done(_serve(ProviderSettings(**times, **settings), host, port, ready))


def _seconds(option: str, text: str) -> float:
    try:
        return parse_duration(text)
    except MendableError as error:
        raise UsageError(f"{option}: {error}", mend=error.mend) from error


async def _serve(settings: Any, host: str, port: int, ready: Any) -> int:
    import asyncio

    from emulator.engine.listening import unreachable
    from emulator.provider.serving import serve

    try:
        await serve(settings, host, port, ready, asyncio.Event())
    except OSError as error:
        raise unreachable(host, port, error) from error
    return 0
