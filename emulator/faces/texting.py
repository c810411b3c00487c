"""One message by hand: through the ``serve`` that plays the project, or alone with a platform of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.conversations import MessageState
from emulator.engine.user_files import absolute, is_file, is_folder
from emulator.errors import UsageError
from emulator.scenario.project import shown_path

if TYPE_CHECKING:
    from emulator.engine.accounts import Account
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform, Sending
    from emulator.errors import Finding
    from emulator.faces.session import Guest
    from emulator.scenario.project import Project
    from emulator.scenario.results import Failure

_FETCHED_WITHIN_S = 5.0
"""How long a local file is served to a provider that has taken the message, where nothing else is waited for."""


class Wanted(NamedTuple):
    """What is to be sent. *file* is a URL, or a file of this machine; *wait_s* asks for the delivery report."""

    text: str | None
    number: str
    contact: str | None
    file: str | Path | None
    wait_s: float | None


class Texted(NamedTuple):
    """What came of it, however it was sent; *undelivered* says why no report came in time."""

    name: str
    state: MessageState
    exchange: int
    status: int | None
    messageid: str | None
    took_s: float
    findings: tuple[Finding, ...]
    failure: str | None = None
    mend: str | None = None
    unreachable: bool = False
    undelivered: Failure | None = None
    unfetched: bool = False
    """Whether nobody has asked for the file while it was served."""


def file_of(text: str | None) -> str | Path | None:
    """What ``--file`` means: a URL as it is, else a file of this machine.

    Raises:
        UsageError: There is no such file.
    """
    if text is None or text.lower().startswith(("http://", "https://")):
        return text
    path = Path(text)
    if not is_file(path):
        why = f"{shown_path(path)} is a folder" if is_folder(path) else f"there is no file {shown_path(path)}"
        raise UsageError(why, mend="name a file, or the http(s) URL of one")
    return absolute(path)


def number_of(project: Project, wanted: str | None) -> str:
    """The SMS number of the organization to send from.

    Raises:
        UsageError: It has none like that.
    """
    organization = project.organization
    if not organization.numbers:
        mend = "give a user numbers: organization: {users: [{extension: …, numbers: […]}]}"
        raise UsageError("the organization has no SMS number to send from", mend=mend)
    wanted = wanted or organization.numbers[0]
    number = organization.number_like(wanted)
    if number is None:
        known = ", ".join(organization.numbers)
        raise UsageError(f"{wanted} is no SMS number of the organization", mend=f"it has {known}")
    return number


async def text_alone(project: Project, journal: Journal, wanted: Wanted, guest: Guest) -> Texted:
    """Send it with a platform of its own, which listens until the report has come or the time is over.

    Raises:
        RingoError: It cannot be made, or the provider's process is not to be had.
    """
    from emulator.faces.session import session

    async with session(project, journal, keep_tokens=True, guest=guest) as (platform, _):
        account = platform.open_account(project.organization)
        findings: tuple[Finding, ...] = ()
        if wanted.wait_s is not None and project.integration.document.api.Subscribe is not None:
            findings = (await platform.subscribe(account)).findings
        sending = await _sent(platform, account, wanted)
        call, undelivered, unfetched = sending.call, None, False
        if wanted.wait_s is not None and call.messageid is not None:
            await _until_delivered(platform, account, call.messageid, wanted.wait_s)
        elif isinstance(wanted.file, Path) and call.failure is None:
            unfetched = not await _is_fetched(platform, sending.message.content)
        state = account.message(sending.message.id).state
        if wanted.wait_s is not None and state is MessageState.SENT and call.messageid is not None:
            undelivered = why_not_delivered(
                platform, account, call.messageid, wanted.wait_s, f"{call.name} #{call.exchange}", call.began
            )
    return Texted(
        name=call.name,
        state=state,
        exchange=call.exchange,
        status=call.status,
        messageid=call.messageid,
        took_s=call.ended - call.began,
        findings=(*findings, *sending.findings),
        failure=call.failure,
        mend=call.mend,
        unreachable=call.unreachable,
        undelivered=undelivered,
        unfetched=unfetched,
    )


async def _sent(platform: Platform, account: Account, wanted: Wanted) -> Sending:
    organization = account.organization
    user = organization.user_of(wanted.number)
    contact, extension = wanted.contact or organization.contact, user.extension if user else None
    if wanted.file is None:
        return await platform.send_message(
            account, number=wanted.number, contact=contact, content=wanted.text or "", extension=extension
        )
    url = wanted.file if isinstance(wanted.file, str) else platform.share(wanted.file, account)
    return await platform.send_file(
        account, number=wanted.number, contact=contact, url=url, caption=wanted.text, extension=extension
    )


async def _until_delivered(platform: Platform, account: Account, messageid: str, wait_s: float) -> None:
    await account.inbox.wait_for(
        "messageDelivered",
        lambda arrival: arrival.event is not None and arrival.event.variables["messageid"] == messageid,
        platform.clock.now() + wait_s,
    )


async def _is_fetched(platform: Platform, url: str) -> bool:
    """Serve the file at *url* until the provider has it; whether it asked for it."""
    link = platform.shelf.at(url)
    if link is None:
        return False
    deadline = platform.clock.now() + _FETCHED_WITHIN_S
    whole = await platform.shelf.wait_for(
        lambda fetch: fetch.token == link.token and fetch.bytes == "complete", deadline, platform.clock
    )
    return whole is not None or any(fetch.token == link.token for fetch in platform.shelf.since(0.0))


def why_not_delivered(
    platform: Platform, account: Account, messageid: str, wait_s: float, cause: str, cause_at: float
) -> Failure:
    """Why no report of *messageid* came within *wait_s* seconds of *cause*: what came in its place says it."""
    from emulator.scenario.diagnosis import Expected, never_came

    expected = Expected("messageDelivered", {"messageid": messageid}, wait_s, cause, cause_at)
    return never_came(expected, platform, account, ())
