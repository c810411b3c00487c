"""What the console's API answers, as typed records, and how they are made of the engine's objects. Pure.

The records' classes are also what the API's description is made of (`openapi`), so their names and docstrings are seen.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from emulator.core.bodies import unpack
from emulator.core.conversations import MessageState
from emulator.core.curl import curl_line
from emulator.core.numbers import E164
from emulator.core.presenting import finding_data
from emulator.core.unread import unread_in
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from datetime import datetime

    from emulator.core import conversations, media
    from emulator.core.document import IntegrationDocument
    from emulator.core.messages import Headers, Request
    from emulator.engine import exchanges
    from emulator.engine.accounts import Account
    from emulator.engine.calling import CallResult
    from emulator.engine.faults import Fault, FaultPlan
    from emulator.scenario import results

LONGEST_URL = 2000
LONGEST_VALUE = 200
LONGEST_TEXT = 64 * 1024
"""Characters of a message's text in lists and events; by itself it is whole."""
LONGEST_LATEST = 1000
"""The same, where only the latest message of a conversation is shown."""
MOST_TEXT = 1024 * 1024
"""Characters of texts in a page of messages; the rest comes with the next one."""
MOST_EVENTS = 20
_MOST_UNPACKED = 4 * 1024 * 1024
STATES: Mapping[MessageState, State] = {
    MessageState.SENDING: "sending",
    MessageState.SENT: "sent",
    MessageState.UNTRACKED: "untracked",
    MessageState.DELIVERED: "delivered",
    MessageState.FAILED: "failed",
    MessageState.RECEIVED: "received",
}

State = Literal["sending", "sent", "untracked", "delivered", "failed", "received"]
Direction = Literal["out", "in"]
EventType = Literal["message", "mms", "messageDelivered"]


# -- the organization


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of the organization."""

    extension: str
    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """All of them."""

    items: tuple[User, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An SMS number, and the first user who has it."""

    number: str
    extension: str | None
    user: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """All of them."""

    items: tuple[Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """Who has the integration enabled, and what it can do."""

    id: str
    domain: str
    contact: str
    users: tuple[User, ...]
    numbers: tuple[str, ...]
    webhook_url: str
    account: str
    service: str
    can_send_files: bool
    has_subscribe: bool
    has_oauth: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookUrl:
    """Where the provider posts."""

    webhook_url: str
    account: str


def user_record(user: conversations.User) -> User:
    """A user."""
    return User(extension=user.extension, name=user.name, numbers=user.numbers)


def number_record(number: str, organization: conversations.Organization) -> Number:
    """An SMS number of *organization*."""
    user = organization.user_of(number)
    return Number(number=number, extension=user.extension if user else None, user=user.name if user else None)


def organization_record(account: Account, service: str, requests: Iterable[str], *, has_oauth: bool) -> Organization:
    """The organization of *account*; *requests* are the names of what the document can ask of the provider."""
    names = frozenset(requests)
    organization = account.organization
    return Organization(
        id=organization.id,
        domain=organization.domain,
        contact=organization.contact,
        users=tuple(map(user_record, organization.users)),
        numbers=organization.numbers,
        webhook_url=account.webhook_url,
        account=account.label,
        service=service,
        can_send_files="SendFile" in names,
        has_subscribe="Subscribe" in names,
        has_oauth=has_oauth,
    )


# -- messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was uploaded; *url* is where the provider fetches it."""

    id: str
    name: str
    type: str
    size: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """All that are kept."""

    items: tuple[Upload, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """What came of the file of an incoming mms: *type* is what its bytes are; without *sha256* it did not come."""

    type: str | None
    declared: str | None
    size: int | None
    sha256: str | None
    exchange: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text or a file, out or in."""

    id: int
    conversation: str
    direction: Direction
    number: str
    contact: str
    content: str
    is_file: bool
    file: Upload | None
    received: ReceivedFile | None
    caption: str
    extension: str | None
    state: State
    reason: str | None
    messageid: str | None
    at: str | None
    exchange: int | None
    report: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """A page of messages, newest first; *cursor* is a place in the stream of events before it was read."""

    items: tuple[Message, ...]
    next: int | None
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """All messages between one of our numbers and one contact."""

    id: str
    number: str
    contact: str
    user: str | None
    count: int
    latest: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """All of them, the latest first."""

    items: tuple[Conversation, ...]
    cursor: str


UploadOf = Callable[[str], Upload | None]
"""The upload that an address leads to, if it leads to one."""


def message_record(message: conversations.Message, upload_of: UploadOf, longest: int | None = None) -> Message:
    """A message as it is now, its text no longer than *longest*."""
    return Message(
        id=message.id,
        conversation=conversation_id(message),
        direction="out" if message.outgoing else "in",
        number=message.number,
        contact=message.contact,
        content=_shortened(message.content, longest),
        is_file=message.is_file,
        file=upload_of(message.content) if message.is_file and message.outgoing else None,
        received=_received_record(message.file) if message.file else None,
        caption=_shortened(message.caption, longest),
        extension=message.extension,
        state=STATES[message.state],
        reason=message.reason,
        messageid=message.messageid,
        at=_time(message.at),
        exchange=message.exchange,
        report=message.report,
    )


def _shortened(text: str, longest: int | None) -> str:
    if longest is None or len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest} more characters)"


def _received_record(file: media.ReceivedFile) -> ReceivedFile:
    return ReceivedFile(
        type=file.type,
        declared=file.declared,
        size=file.size,
        sha256=file.sha256,
        exchange=file.exchange,
        findings=tuple(finding_record(finding_data(each)) for each in file.findings),
    )


def conversation_id(message: conversations.Message) -> str:
    """What all messages of one conversation have in common."""
    return "~".join(message.conversation)


def conversation_records(
    messages: Iterable[conversations.Message], organization: conversations.Organization, upload_of: UploadOf
) -> tuple[Conversation, ...]:
    """*messages*, oldest first, as conversations, the latest of these first."""
    latest: dict[tuple[str, str], conversations.Message] = {}
    counts: dict[tuple[str, str], int] = {}
    names: dict[tuple[str, str], str] = {}
    for message in messages:
        key = message.conversation
        latest[key] = message
        if key not in names or E164.match(message.contact):  # how one webhook writes a number renames nobody
            names[key] = message.contact
        counts[key] = counts.get(key, 0) + 1
    found = []
    for key, message in sorted(latest.items(), key=lambda each: -each[1].id):
        user = organization.user_of(message.number)
        found.append(
            Conversation(
                id=conversation_id(message),
                number=message.number,
                contact=names[key],
                user=user.extension if user else None,
                count=counts[key],
                latest=message_record(message, upload_of, LONGEST_LATEST),
            )
        )
    return tuple(found)


# -- exchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSeen:
    """What a webhook said; long values are cut."""

    event_type: str
    variables: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer, without headers and bodies."""

    id: int
    direction: Direction
    kind: str
    account: str
    at: str
    method: str
    url: str
    sent_to: str | None
    status: int | None
    error: str | None
    duration_s: float | None
    under_way: bool
    attempt: int
    fault: str | None
    tampered: tuple[str, ...]
    failure: str | None
    problem: str | None
    messageid: str | None
    events: tuple[EventSeen, ...]
    event_count: int
    unmatched_count: int
    finding_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanges:
    """A page of exchanges, newest first; *dropped* went because the journal was full."""

    items: tuple[Exchange, ...]
    next: int | None
    cursor: str
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body as it was sent, and as text where it is one; *encoding* is what it was packed by."""

    base64: str
    text: str | None
    size: int
    encoding: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDetail:
    """A request as it was sent; headers are pairs."""

    method: str
    url: str
    sent_to: str | None
    headers: tuple[tuple[str, str], ...]
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDetail:
    """An answer as it came; headers are pairs."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A webhook, or an element of one, that fits a model."""

    event_type: str
    model: int
    path: str
    variables: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One difference from a model; *near* is a key that may be meant."""

    path: str
    expected: str
    found: str
    near: str | None
    why: str | None
    """Why that is not the one, such as that keys are case-sensitive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The model that comes closest."""

    model: int
    event_key: str | None
    event_type: str | None
    mismatches: tuple[Mismatch, ...]
    remedy: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A webhook, or an element of one, that fits no model."""

    path: str
    nearest: Nearest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to tell; line and column only where it stands in a file."""

    code: str
    severity: str
    message: str
    remedy: str
    path: str
    file: str | None
    line: int | None
    column: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was made of an exchange."""

    messageid: str | None
    failure: str | None
    problem: str | None
    fault: str | None
    events: tuple[Event, ...]
    unmatched: tuple[NearMiss, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeDetail(Exchange):
    """An exchange with all that is known of it; *curl* makes the request again, secrets masked."""

    request: RequestDetail
    reply: ReplyDetail | None
    outcome: Outcome
    curl: str
    unread: tuple[str, ...]
    """Keys that nobody reads: of a webhook that no model mentions, of an answer that ``response_map`` skips."""


def exchange_record(exchange: exchanges.Exchange) -> Exchange:
    """An exchange in short."""
    return Exchange(**_in_short(exchange))


def exchange_detail(exchange: exchanges.Exchange, document: IntegrationDocument) -> ExchangeDetail:
    """An exchange in full; *document* is what it is read by now."""
    request, reply = exchange.request, exchange.reply
    short = {**_in_short(exchange), "url": request.url, "sent_to": exchange.sent_to}
    return ExchangeDetail(
        **short,
        request=RequestDetail(
            method=request.method,
            url=request.url,
            sent_to=exchange.sent_to,
            headers=request.headers,
            body=body_record(request.body, request.header("Content-Encoding")),
        ),
        reply=None
        if reply is None
        # What the provider answered was unpacked as it was read, whatever its header says.
        else ReplyDetail(status=reply.status, headers=reply.headers, body=body_record(reply.body, None)),
        outcome=outcome_record(exchange.outcome),
        curl=curl_line(request._replace(url=exchange.sent_to or request.url)),
        unread=tuple(unread_in(exchange.kind, request, reply, document)),
    )


def _in_short(exchange: exchanges.Exchange) -> dict[str, Any]:
    outcome = exchange.outcome
    events = outcome.get("events") or []
    return {
        "id": exchange.id,
        "direction": exchange.direction,
        "kind": exchange.kind,
        "account": exchange.account,
        "at": exchange.at.isoformat(),
        "method": exchange.request.method,
        "url": _cut(exchange.request.url, LONGEST_URL),
        "sent_to": exchange.sent_to and _cut(exchange.sent_to, LONGEST_URL),
        "status": exchange.reply.status if exchange.reply else None,
        "error": exchange.error,
        "duration_s": exchange.duration_s,
        "under_way": exchange.duration_s is None,
        "attempt": exchange.attempt,
        "fault": outcome.get("fault"),
        "tampered": tuple(outcome.get("tampered") or ()),
        "failure": outcome.get("failure"),
        "problem": outcome.get("problem"),
        "messageid": outcome.get("messageid"),
        "events": tuple(
            EventSeen(
                event_type=each["event_type"],
                variables={name: _cut(value, LONGEST_VALUE) for name, value in each["variables"].items()},
            )
            for each in events[:MOST_EVENTS]
        ),
        "event_count": len(events),
        "unmatched_count": len(outcome.get("unmatched") or ()),
        "finding_count": len(outcome.get("findings") or ()),
    }


def event_types(exchange: exchanges.Exchange) -> frozenset[str]:
    """The types of what a webhook brought."""
    return frozenset(each["event_type"] for each in exchange.outcome.get("events") or ())


def outcome_record(outcome: Mapping[str, Any]) -> Outcome:
    """What the journal keeps of what was made of an exchange."""
    return Outcome(
        messageid=outcome.get("messageid"),
        failure=outcome.get("failure"),
        problem=outcome.get("problem"),
        fault=outcome.get("fault"),
        events=tuple(
            Event(
                event_type=each["event_type"], model=each["model"], path=each["path"], variables=dict(each["variables"])
            )
            for each in outcome.get("events") or ()
        ),
        unmatched=tuple(map(_near_miss, outcome.get("unmatched") or ())),
        findings=tuple(map(finding_record, outcome.get("findings") or ())),
    )


def _near_miss(miss: Mapping[str, Any]) -> NearMiss:
    nearest = miss["nearest"]
    if nearest is None:
        return NearMiss(path=miss["path"], nearest=None)
    return NearMiss(
        path=miss["path"],
        nearest=Nearest(
            model=nearest["model"],
            event_key=nearest["event_key"],
            event_type=nearest["event_type"],
            mismatches=tuple(
                Mismatch(
                    path=each["path"],
                    expected=each["expected"],
                    found=each["found"],
                    near=each["near"],
                    why=each.get("why"),
                )
                for each in nearest["mismatches"]
            ),
            remedy=nearest.get("remedy"),
        ),
    )


def finding_record(finding: Mapping[str, Any]) -> Finding:
    """A finding of `presenting.finding_data`."""
    return Finding(
        code=finding["code"],
        severity=finding["severity"],
        message=finding["message"],
        remedy=finding["remedy"],
        path=finding["path"],
        file=finding["file"],
        line=finding["line"],
        column=finding["column"],
    )


def body_record(body: bytes, encoding: str | None) -> Body:
    """A body; its text is unpacked, and null where it is none."""
    text: str | None = None
    try:
        text = unpack(body, encoding, _MOST_UNPACKED).decode("utf-8")
    except (UnreadableBodyError, UnicodeDecodeError):
        text = None
    return Body(base64=base64.b64encode(body).decode(), text=text, size=len(body), encoding=encoding)


# -- what was done


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What came of one request to the provider: *failure* says why it was not taken."""

    exchange: int
    status: int | None
    failure: str | None
    mend: str | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of a message; *unreachable* is that no provider is there at all."""

    message: Message
    exchange: int
    status: int | None
    duration_s: float
    failure: str | None
    mend: str | None
    unreachable: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A place and what is there; what is *wrong* is the reason."""

    label: str
    text: str
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Why no delivery report of a message came: what was expected, what came in its place, and how to mend it."""

    code: str
    expected: str
    received: str
    details: tuple[Detail, ...]
    mend: str
    exchange: int | None
    replayable: bool


def undelivered_record(failure: results.Failure) -> Undelivered:
    """The same as a failed step would tell."""
    return Undelivered(
        code=failure.code,
        expected=failure.expected,
        received=failure.received,
        details=tuple(Detail(label=each.label, text=each.text, wrong=each.wrong) for each in failure.details),
        mend=failure.mend,
        exchange=failure.exchange,
        replayable=failure.replayable,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of each time that a request was made again."""

    items: tuple[Called, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One of the project's triggers; *needs* are the names that have no value of their own."""

    name: str
    way: str | None
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """All of them."""

    items: tuple[Trigger, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggered:
    """What came of a trigger; *ask* is what a person is asked to do."""

    exchange: int | None
    status: int | None
    failure: str | None
    mend: str | None
    ask: str | None


def called_record(call: CallResult, findings: Sequence[Mapping[str, Any]]) -> Called:
    """What came of *call*."""
    return Called(
        exchange=call.exchange,
        status=call.status,
        failure=call.failure,
        mend=call.mend,
        findings=tuple(map(finding_record, findings)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptScenario:
    """A scenario of what was played: *file* and *fixtures* are relative to the project file, *notes* what it lacks."""

    file: str
    text: str
    notes: tuple[str, ...]
    fixtures: tuple[str, ...]
    is_saved: bool


# -- faults


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultAnswer:
    """How one webhook is answered."""

    kind: Literal["status", "timeout", "reset", "empty", "slow"]
    status: int | None
    pause_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How webhooks are answered: *on* one event type or, where null, all; *faults* is what is left."""

    on: EventType | None
    how: Literal["in turn", "always", "chance", "as usual"]
    faults: tuple[FaultAnswer, ...]
    seed: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All plans that hold."""

    items: tuple[Plan, ...]


def faults_record(plans: Mapping[EventType | None, FaultPlan | None]) -> Faults:
    """The plans that hold."""
    return Faults(items=tuple(_plan(on, plan) for on, plan in plans.items()))


def _plan(on: EventType | None, plan: FaultPlan | None) -> Plan:
    if plan is None:
        return Plan(on=on, how="as usual", faults=(), seed=0, said="as usual")
    return Plan(on=on, how=plan.how, faults=tuple(map(_fault, plan.faults)), seed=plan.seed, said=str(plan))


def _fault(fault: Fault) -> FaultAnswer:
    return FaultAnswer(
        kind=fault.kind,
        status=fault.status if fault.kind == "status" else None,
        pause_s=fault.pause_s if fault.kind == "slow" else None,
    )


# -- the document


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding(Finding):
    """A finding in the document; *width* characters are meant, *why* is the rule's reason."""

    width: int
    why: str
    fixable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value of a request comes from; *unset* is what happens without it."""

    path: str
    source: str
    unset: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A request with sample values."""

    name: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    curl: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWebhook:
    """A webhook that fits a model, and what the models make of it."""

    model: int
    event_key: str
    event_type: str
    method: str
    url: str
    body: str
    curl: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthStep:
    """A step of getting a token."""

    step: str
    method: str | None
    url: str | None
    curl: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The integration document as the file has it; *played* says whether that is what is played."""

    file: str
    text: str | None
    problem: str | None
    findings: tuple[LintFinding, ...]
    requests: tuple[SampleRequest, ...]
    webhooks: tuple[SampleWebhook, ...]
    oauth2: tuple[OAuthStep, ...]
    played: bool
    why_not: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChange:
    """The file was saved."""

    played: bool
    why_not: str | None
    errors: int
    warnings: int


# -- events, health


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """An event as the stream has it."""

    id: str
    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvents:
    """Events after a cursor, and the next cursor; with *resync*, some before these are no longer known."""

    events: tuple[FeedEvent, ...]
    cursor: str
    resync: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in the stream of events."""

    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """An empty object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The console answers."""

    status: Literal["ok"]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether all that ``serve`` does at first is done; null is what there is nothing to do of."""

    ready: bool
    connected: bool | None
    subscribed: bool | None
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error (RFC 9457) and its remedy."""

    type: str
    title: str
    status: int
    detail: str
    mend: str | None


def sample_request(name: str, request: Request, origins: Iterable[Origin]) -> SampleRequest:
    """A request of the document, with sample values."""
    return SampleRequest(
        name=name,
        method=request.method,
        url=request.url,
        headers=_pairs(request.headers),
        body=request.body.decode("utf-8", "backslashreplace"),
        curl=curl_line(request),
        origins=tuple(origins),
    )


def _pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
