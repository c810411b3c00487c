"""``ringo-emu send``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from emulator.core.scalars import format_duration, parse_duration
from emulator.core.validating import MendableError
from emulator.errors import UnreachableError, UsageError
from emulator.faces import completing
from emulator.faces.options import digest_of, open_project, project_options
from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.faces.neighbours import Serving
    from emulator.faces.texting import Texted, Wanted
    from emulator.scenario.project import Project

_TRIES = 3
"""A request may be made again with another access token; each may take as long as the profile allows."""


@click.command()
@click.argument("text", required=False)
@project_options
@click.option("--from", "number", metavar="NUMBER", help="SMS number to send from; by default the first user's first.")
@click.option("--to", "contact", metavar="NUMBER", help="External party; by default the organization's contact.")
@click.option(
    "--file",
    "file",
    metavar="FILE",
    shell_complete=completing.files,
    help="Send this file, a path or the URL of one; TEXT is then its caption.",
)
@click.option("--wait", metavar="DURATION", help="Wait that long for the delivery report; alone, subscribe first.")
@click.option("--alone", is_flag=True, help="Send by yourself, also where serve runs, which then hears nothing of it.")
@click.option("--json", "as_json", is_flag=True, help='Print {"state", "status", "messageid", "exchange", "findings"}.')
def command(text: str | None, wait: str | None, alone: bool, as_json: bool, **options: Any) -> int:
    """Send one text or file through the provider.

    Where serve plays the project, it goes through that one: same account, same provider, and the page shows it.
    Exit code 1 if the provider did not take it, or did not report it delivered in time.

    \b
    Example: ringo-emu send "hello" --to +61123456789 --wait 5s
             ringo-emu send "look" --file cat.png
    """
    parties = {key: options.pop(key) for key in ("number", "contact", "file")}
    if text is None and parties["file"] is None:
        raise UsageError("nothing to send", mend='write ringo-emu send "text", or --file FILE')
    try:
        wait_s = parse_duration(wait) if wait else None
    except MendableError as error:
        raise UsageError(f"--wait: {error}", mend=error.mend) from error
    project = open_project(**options)
    from emulator.scenario.project import SERVE_JOURNAL

    output = Output.of(project, SERVE_JOURNAL)
    with output.masking():
        from emulator.faces.session import run_until_done
        from emulator.faces.texting import Wanted, file_of, number_of

        number = number_of(project, parties["number"])
        wanted = Wanted(text, number, parties["contact"], file_of(parties["file"]), wait_s)
        serving = None if alone else _serving(project, options, output)
        texted = run_until_done(_through(project, serving, wanted, output)) if serving is not None else None
        if texted is None:
            texted = _alone(project, wanted, output)
        return _finish(texted, wanted, output, as_json=as_json)


def _serving(project: Project, options: Mapping[str, Any], output: Output) -> Serving | None:
    """The ``serve`` that this text goes through."""
    from emulator.faces.neighbours import running_serve

    serving = running_serve(project)
    if serving is None:
        return None
    around = f"{serving.who} plays this project, but this text goes around it"
    if serving.console_url is None:
        output.text(f"{around}: it runs with --no-console", err=True)
        return None
    if digest_of(options) not in {"", serving.options}:
        output.text(f"{around}: the two were started with different options of the project", err=True)
        return None
    return serving


async def _through(project: Project, serving: Serving, wanted: Wanted, output: Output) -> Texted | None:
    """Send it through *serving*; None where that is not there after all."""
    from emulator.faces.console.client import ConsoleClient

    async with ConsoleClient(serving.console_url or "") as console:
        if not await console.plays(serving.webhook_url):
            return None
        environment = f", with --env {serving.environment}" if serving.environment else ""
        output.text(f"through serve, {console.page}{environment}", err=True)
        return await console.text(wanted, project.file.profile.timeout * _TRIES)


def _alone(project: Project, wanted: Wanted, output: Output) -> Texted:
    from emulator.faces.session import Guest, kept_journal, run_until_done
    from emulator.faces.texting import text_alone

    guest = Guest("send", lambda text: output.text(text, err=True))
    with kept_journal(project) as journal:
        return run_until_done(text_alone(project, journal, wanted, guest))


def _finish(texted: Texted, wanted: Wanted, output: Output, *, as_json: bool) -> int:
    """Tell what came of it; returns the exit code."""
    from emulator.core.conversations import MessageState
    from emulator.faces.reports.blocks import failure_lines

    _tell(texted, output, as_json=as_json)
    if texted.undelivered is not None and not as_json:
        for line in failure_lines(texted.undelivered, output):
            output.line(line)
    if texted.unfetched:
        mend = "does it fetch the URL? --wait 30s serves the file longer, serve as long as it runs"
        output.text(f"warning: the provider has not asked for the file while it was served; {mend}", err=True)
    if texted.unreachable:
        raise UnreachableError(texted.failure or "", mend=texted.mend)
    if wanted.wait_s is not None:
        return 0 if texted.state is MessageState.DELIVERED else 1
    return 1 if texted.state is MessageState.FAILED else 0


def _tell(texted: Texted, output: Output, *, as_json: bool) -> None:
    if as_json:
        from emulator.core.presenting import finding_data
        from emulator.faces.console.records import STATES

        output.json(
            {
                "state": STATES[texted.state],
                "status": texted.status,
                "messageid": texted.messageid,
                "exchange": texted.exchange,
                "findings": [finding_data(finding) for finding in texted.findings],
            }
        )
        return
    took = format_duration(texted.took_s)
    answered = f"answered {texted.status} in {took}" if texted.status else "got no answer"
    messageid = texted.messageid or "none"
    output.text(f"{texted.state.value}: {texted.name} #{texted.exchange} {answered}, messageid {messageid}")
    output.findings(texted.findings, codes=True)
