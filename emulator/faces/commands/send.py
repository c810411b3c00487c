"""``ringo-emu send``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from emulator.core.conversations import MessageState
from emulator.core.presenting import finding_data
from emulator.core.scalars import format_duration, parse_duration
from emulator.core.validating import MendableError
from emulator.errors import UnreachableError, UsageError
from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.engine.accounts import Account
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform, Sending
    from emulator.errors import Finding
    from emulator.scenario.project import Project
    from emulator.scenario.results import Failure


@click.command()
@click.argument("text", required=False)
@project_options
@click.option("--from", "number", metavar="NUMBER", help="SMS number to send from; by default the first user's first.")
@click.option("--to", "contact", metavar="NUMBER", help="External party; by default the organization's contact.")
@click.option("--file", "file", metavar="URL", help="Send the file at this URL; TEXT is then its caption.")
@click.option("--wait", metavar="DURATION", help="Subscribe first, and wait that long for the delivery report.")
@click.option("--json", "as_json", is_flag=True, help='Print {"state", "status", "messageid", "exchange", "findings"}.')
def command(text: str | None, wait: str | None, as_json: bool, **options: Any) -> int:
    """Send one text or file through the provider.

    Exit code 1 if the provider did not take it, or did not report it delivered in time.

    \b
    Example: ringo-emu send "hello" --to +61123456789 --wait 5s
    """
    parties = {key: options.pop(key) for key in ("number", "contact", "file")}
    if text is None and parties["file"] is None:
        raise UsageError("nothing to send", mend='write ringo-emu send "text", or --file URL')
    try:
        wait_s = parse_duration(wait) if wait else None
    except MendableError as error:
        raise UsageError(f"--wait: {error}", mend=error.mend) from error
    project = open_project(**options)
    output = Output(project.redactor)
    with output.masking():
        from emulator.faces.session import kept_journal, run_until_done

        with kept_journal(project) as journal:
            return run_until_done(_send(project, journal, text, parties, wait_s, output, as_json))


async def _send(
    project: Project,
    journal: Journal,
    text: str | None,
    parties: dict[str, str | None],
    wait_s: float | None,
    output: Output,
    as_json: bool,
) -> int:
    from emulator.faces.session import session

    organization = project.organization
    wanted = parties["number"] or organization.numbers[0]
    number = organization.number_like(wanted)
    if number is None:
        known = ", ".join(organization.numbers)
        raise UsageError(f"{wanted} is no SMS number of the organization", mend=f"it has {known}")
    async with session(project, journal, keep_tokens=True) as (platform, _):
        account = platform.open_account(organization)
        findings: tuple[Finding, ...] = ()
        if wait_s is not None and project.integration.document.api.Subscribe is not None:
            findings = (await platform.subscribe(account)).findings
        user = organization.user_of(number)
        contact, extension = parties["contact"] or organization.contact, user.extension if user else None
        if parties["file"]:
            sending = await platform.send_file(
                account, number=number, contact=contact, url=parties["file"], caption=text, extension=extension
            )
        else:
            sending = await platform.send_message(
                account, number=number, contact=contact, content=text or "", extension=extension
            )
        if wait_s is not None and sending.call.messageid is not None:
            await _until_delivered(platform, sending.call.messageid, wait_s, account)
        state = account.message(sending.message.id).state
        undelivered = None
        if wait_s is not None and state is MessageState.SENT and sending.call.messageid is not None:
            undelivered = _why_not(platform, account, sending, wait_s)
    _tell(sending, (*findings, *sending.findings), state, output, as_json)
    if undelivered is not None and not as_json:
        from emulator.faces.reports.blocks import failure_lines

        for line in failure_lines(undelivered, output):
            output.line(line)
    if sending.call.unreachable:
        raise UnreachableError(sending.call.failure or "", mend=sending.call.mend)
    good = state is not MessageState.FAILED if wait_s is None else state is MessageState.DELIVERED
    return 0 if good else 1


async def _until_delivered(platform: Platform, messageid: str, wait_s: float, account: Account) -> None:
    await account.inbox.wait_for(
        "messageDelivered",
        lambda arrival: arrival.event is not None and arrival.event.variables["messageid"] == messageid,
        platform.clock.now() + wait_s,
    )


def _why_not(platform: Platform, account: Account, sending: Sending, wait_s: float) -> Failure:
    """Why no delivery report came: what came in its place says it."""
    from emulator.scenario.diagnosis import Expected, never_came

    call = sending.call
    matchers = {"messageid": call.messageid}
    expected = Expected("messageDelivered", matchers, wait_s, f"{call.name} #{call.exchange}", call.began)
    return never_came(expected, platform, account, ())


def _tell(sending: Sending, findings: tuple[Finding, ...], state: MessageState, output: Output, as_json: bool) -> None:
    call = sending.call
    if as_json:
        output.json(
            {
                "state": state.value,
                "status": call.status,
                "messageid": call.messageid,
                "exchange": call.exchange,
                "findings": [finding_data(finding) for finding in findings],
            }
        )
        return
    took = format_duration(call.ended - call.began)
    answered = f"answered {call.status} in {took}" if call.status else "got no answer"
    output.text(f"{state.value}: {call.name} #{call.exchange} {answered}, messageid {call.messageid or 'none'}")
    output.findings(findings, codes=True)
