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
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform
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
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write the ready line there too.")
@click.option("--log-format", type=click.Choice(["auto", "console", "json"]), default="auto", show_default=True)
@click.option("--json", "as_json", is_flag=True, help='Print {"event": "ready", …} first, and logs as JSON.')
def command(
    host: str, port: int, subscribe: bool, ready_file: Path | None, log_format: str, as_json: bool, **options: Any
) -> int:
    """Play Ringotel until stopped: a webhook URL, and a log of all that comes.

    \b
    Example: ringo-emu serve --port 8085
    """
    from emulator.faces import logs
    from emulator.faces.session import kept_journal, run_until_done

    project = open_project(**options)
    output = Output(project.redactor)
    logs.configure(project.redactor, as_json=log_format == "json" or (log_format == "auto" and as_json))
    with output.masking(), kept_journal(project) as journal:
        return run_until_done(_serve(project, journal, host, port, subscribe, ready_file, output, as_json))


async def _serve(
    project: Project,
    journal: Journal,
    host: str,
    port: int,
    subscribe: bool,
    ready_file: Path | None,
    output: Output,
    as_json: bool,
) -> int:
    import asyncio

    from emulator.faces.logs import log_exchange
    from emulator.faces.session import session

    async with session(project, journal, host, port, keep_tokens=True) as (platform, _):
        account = platform.open_account(project.organization)
        journal.subscribe(log_exchange)
        has_oauth = project.integration.document.oauth2 is not None
        ready = {
            "event": "ready",
            "webhook_url": account.webhook_url,
            **({"connect_url": platform.authorizer.link(account)} if has_oauth else {}),
            "console_url": None,
            "pid": os.getpid(),
        }
        if as_json:
            output.json(ready)
        else:
            output.text(f"webhook URL  {account.webhook_url}")
            output.text("Ctrl-C stops it; see what came by: ringo-emu journal list")
        if ready_file is not None:
            _write_ready(ready_file, ready)
        if has_oauth:
            await _connect(platform, account, str(ready["connect_url"]), None if as_json else output)
        if subscribe and project.integration.document.api.Subscribe is not None:
            await platform.subscribe(account)
        await asyncio.Event().wait()
    return 0


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
