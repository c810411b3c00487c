"""Conversations, messages, and the files that they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.conversations import MessageState
from emulator.core.numbers import contact_key
from emulator.core.presenting import finding_data
from emulator.core.tampering import Spoilt, reasons_against
from emulator.errors import UsageError
from emulator.faces.console import records
from emulator.faces.console.problems import ApiError
from emulator.faces.texting import why_not_delivered

if TYPE_CHECKING:
    from emulator.core import conversations
    from emulator.core.document import ApiName
    from emulator.engine.platform import Sending
    from emulator.faces.console.asking import ById, MessagesWhere, NoBody, Nowhere, SendBody, UndeliveredWhere
    from emulator.faces.console.parts import Console


async def conversation_list(console: Console, where: Nowhere, body: NoBody) -> records.Conversations:
    """All conversations, the latest first."""
    del where, body
    account = console.account
    items = records.conversation_records(account.messages(), account.organization, console.uploads.at)
    return records.Conversations(items=items, cursor=console.feed.cursor(console.feed.position))


async def message_list(console: Console, where: MessagesWhere, body: NoBody) -> records.Messages:
    """A page of messages, newest first."""
    del body
    found = [each for each in reversed(console.account.messages()) if _fits(each, where, console)]
    page: list[records.Message] = []
    size = 0
    for each in found[: where.limit]:
        record = records.message_record(each, console.uploads.at, records.LONGEST_TEXT)
        size += len(record.content) + len(record.caption)
        if page and size > records.MOST_TEXT:
            break
        page.append(record)
    more = len(found) > len(page)
    return records.Messages(
        items=tuple(page),
        next=page[-1].id if more else None,
        cursor=console.feed.cursor(console.feed.position),
    )


def _fits(message: conversations.Message, where: MessagesWhere, console: Console) -> bool:
    if where.before is not None and message.id >= where.before:
        return False
    number, contact = message.conversation
    if where.number is not None and number != console.account.organization.number_like(where.number):
        return False
    return where.contact is None or contact == contact_key(where.contact)


async def message(console: Console, where: ById, body: NoBody) -> records.Message:
    """One message as it is now."""
    del body
    found = console.account.find(where.id)
    if found is None:
        raise ApiError(404, f"no message has the number {where.id}", "see GET /api/v1/messages")
    return records.message_record(found, console.uploads.at)


async def undelivered(console: Console, where: UndeliveredWhere, body: NoBody) -> records.Undelivered:
    """Why no delivery report of a message has come, as a scenario would tell it."""
    del body
    found = console.account.find(where.id)
    if found is None:
        raise ApiError(404, f"no message has the number {where.id}", "see GET /api/v1/messages")
    exchange = None if found.exchange is None else console.platform.journal.get(found.exchange)
    if found.state is not MessageState.SENT or found.messageid is None or exchange is None:
        raise UsageError(f"message {where.id} waits for no report: it is {records.STATES[found.state]}")
    cause = f"{exchange.kind} #{exchange.id}"
    failure = why_not_delivered(console.platform, console.account, found.messageid, where.within, cause, exchange.clock)
    return records.undelivered_record(failure)


async def send(console: Console, where: Nowhere, body: SendBody) -> records.Sent:
    """Send a text or a file; the answer comes when the provider has answered."""
    del where
    organization = console.account.organization
    wanted = body.number or next(iter(organization.numbers), "")
    number = organization.number_like(wanted)
    if number is None:
        mend = f"it has {', '.join(organization.numbers)}"
        raise UsageError(f"{wanted!r} is no SMS number of the organization", mend=mend)
    user = organization.user_of(number)
    extension = body.extension or (user.extension if user else None)
    contact = body.contact or organization.contact
    with console.turnstiles.actions.passed():
        url = _file_url(console, body)
        spoilt = _spoilt(console, body, "SendMessage" if url is None else "SendFile")
        if url is not None:
            sending = await console.platform.send_file(
                console.account,
                number=number,
                contact=contact,
                url=url,
                caption=body.content or None,
                extension=extension,
                spoilt=spoilt,
            )
        else:
            sending = await console.platform.send_message(
                console.account,
                number=number,
                contact=contact,
                content=body.content,
                extension=extension,
                spoilt=spoilt,
            )
    return _sent(console, sending)


def _spoilt(console: Console, body: SendBody, name: ApiName) -> Spoilt:
    document = console.platform.settings.integration.document
    method = document.api.method(name)
    for why, mend in () if method is None else reasons_against(body.tamper, method, document):
        raise UsageError(why, mend=mend)
    return Spoilt(tuple(body.tamper))


def _file_url(console: Console, body: SendBody) -> str | None:
    if body.file is not None and body.url is not None:
        raise UsageError("a message has one file", mend="give file or url")
    if body.file is not None:
        kept = console.uploads.get(body.file)
        if kept is None:
            raise UsageError("there is no such upload", mend="see GET /api/v1/files, or upload it again")
        return kept.upload.url
    if body.url is None and not body.content:
        raise UsageError("there is nothing to send", mend="give content, file or url")
    if body.url is not None and not body.url.lower().startswith(("http://", "https://")):
        raise UsageError("the file's url is none of http or https", mend="upload the file: POST /api/v1/files")
    return body.url


def _sent(console: Console, sending: Sending) -> records.Sent:
    call = sending.call
    found = console.account.find(sending.message.id) or sending.message
    return records.Sent(
        message=records.message_record(found, console.uploads.at),
        exchange=call.exchange,
        status=call.status,
        duration_s=call.ended - call.began,
        failure=call.failure,
        mend=call.mend,
        unreachable=call.unreachable,
        findings=tuple(records.finding_record(finding_data(each)) for each in sending.findings),
    )


async def upload_list(console: Console, where: Nowhere, body: NoBody) -> records.Uploads:
    """The files that were uploaded, the latest first."""
    del where, body
    return records.Uploads(items=console.uploads.all())
