"""``ringo-emu serve``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.errors import UsageError
from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.engine.accounts import Account
    from emulator.engine.calling import CallResult
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform
    from emulator.faces.console.records import Readiness
    from emulator.faces.console.server import ConsoleSettings
    from emulator.scenario.project import Project


@click.command()
@project_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the webhook listener.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8085,
    show_default=True,
    help="Port of the webhook listener; 0 is any free one.",
)
@click.option("--subscribe/--no-subscribe", default=True, show_default=True, help="Tell the provider the webhook URL.")
@click.option(
    "--console-port",
    type=click.IntRange(0, 65535),
    help="Port of the console; 0 is any free one. By default 8086, or any free one where that is taken.",
)
@click.option(
    "--console-host", default="127.0.0.1", show_default=True, help="Its address; a token is needed beyond loopback."
)
@click.option("--console-name", "console_names", metavar="NAME", multiple=True, help="Host name that it may have.")
@click.option("--no-console", is_flag=True, help="Only the webhook listener.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write the ready line there too.")
@click.option("--log-format", type=click.Choice(["auto", "console", "json"]), default="auto", show_default=True)
@click.option("--json", "as_json", is_flag=True, help='Print {"event": "ready", …} first, and logs as JSON.')
def command(
    host: str,
    port: int,
    subscribe: bool,
    console_port: int | None,
    console_host: str,
    console_names: tuple[str, ...],
    no_console: bool,
    ready_file: Path | None,
    log_format: str,
    as_json: bool,
    **options: Any,
) -> int:
    """Play Ringotel until stopped: a webhook URL, a console, and a log of all that comes.

    \b
    Example: ringo-emu serve --port 8085
    """
    from emulator.faces import logs
    from emulator.faces.session import kept_journal, run_until_done

    console = None
    if not no_console:
        from emulator.faces.console.server import ConsoleSettings

        console = ConsoleSettings(host=console_host, port=console_port, names=console_names)
    project = open_project(**options)
    output = Output(project.redactor)
    logs.configure(project.redactor, as_json=log_format == "json" or (log_format == "auto" and as_json))
    with output.masking(), kept_journal(project) as journal:
        return run_until_done(_serve(project, journal, host, port, subscribe, console, ready_file, output, as_json))


async def _serve(
    project: Project,
    journal: Journal,
    host: str,
    port: int,
    subscribe: bool,
    console_settings: ConsoleSettings | None,
    ready_file: Path | None,
    output: Output,
    as_json: bool,
) -> int:
    import asyncio
    from contextlib import AsyncExitStack

    from emulator.faces.logs import log_exchange
    from emulator.faces.session import session

    async with session(project, journal, host, port, keep_tokens=True) as (platform, _), AsyncExitStack() as stack:
        account = platform.open_account(project.organization)
        journal.subscribe(log_exchange)
        console, console_url = None, None
        if console_settings is not None:
            from emulator.faces.console.server import open_console

            opened = open_console(platform, account, project, console_settings)
            console, console_url = await stack.enter_async_context(opened)
        has_oauth = project.integration.document.oauth2 is not None
        ready = {
            "event": "ready",
            "webhook_url": account.webhook_url,
            **({"connect_url": platform.authorizer.link(account)} if has_oauth else {}),
            "console_url": console_url,
            "pid": os.getpid(),
        }
        if as_json:
            output.json(ready)
        else:
            output.text(f"webhook URL  {account.webhook_url}")
            if console_url is not None:
                output.text(f"console      {console_url}")
            output.text("Ctrl-C stops it; see what came by: ringo-emu journal list")
        if ready_file is not None:
            _write_ready(ready_file, ready)
        if has_oauth:
            await _connect(platform, account, str(ready["connect_url"]), None if as_json else output)
        subscribed = None
        if subscribe and project.integration.document.api.Subscribe is not None:
            subscribed = await platform.subscribe(account)
        if console is not None:
            console.tell(_readiness(subscribed, has_oauth=has_oauth))
        await asyncio.Event().wait()
    return 0


def _readiness(subscribed: CallResult | None, *, has_oauth: bool) -> Readiness:
    from emulator.faces.console.records import Readiness

    failure = subscribed.failure if subscribed is not None else None
    taken = None if subscribed is None else failure is None
    return Readiness(ready=True, connected=True if has_oauth else None, subscribed=taken, failure=failure)


async def _connect(platform: Platform, account: Account, url: str, output: Output | None) -> None:
    """Wait until *account* is connected: by what is kept, without a browser, or else by the admin's."""
    if platform.authorizer.is_connected(account):
        return
    result = await platform.authorizer.connect(account)
    if result.failure is None:
        return
    if output is not None:
        output.text(f"not connected: {result.failure}")
        output.text(f"connect it with a browser:  {url}")
    await platform.authorizer.until_connected(account)
    if output is not None:
        output.text("connected")


def _write_ready(path: Path, ready: dict[str, Any]) -> None:
    """Whole or not at all: who waits for the file must not read half a line."""
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_text(json.dumps(ready) + "\n")
        beside.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", mend="name another --ready-file") from error
