"""An account: an organization that enabled the integration, its webhook URL, messages and inbox."""

from __future__ import annotations

import re
from collections import OrderedDict
from sys import getsizeof
from typing import TYPE_CHECKING, NamedTuple

from emulator.core import rules
from emulator.core.conversations import Message, MessageState, Organization
from emulator.core.messages import same_double
from emulator.core.numbers import writing_of
from emulator.core.scalars import format_duration
from emulator.core.source import jsonpath
from emulator.engine.effects import CERTAIN
from emulator.engine.faults import Faults
from emulator.engine.inbox import Inbox
from emulator.engine.recent_texts import RecentTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from emulator.core.matching import Event
    from emulator.core.media import ReceivedFile
    from emulator.core.profile import Profile
    from emulator.engine.clock import Clock
    from emulator.engine.effects import Effects
    from emulator.errors import Finding

_ADDRESS = re.compile(r"https?://\S\S*+\Z", re.IGNORECASE)
_FILE = re.compile(r".\.(?:jpe?g|png|gif|webp|heic|mp4|3gp|mov|mp3|amr|m4a|wav|pdf|vcf)(?:\?|\Z)", re.IGNORECASE)
_UNKNOWN_ID = (
    "does response_map read the id that your reports name? Then report it letter for letter as SendMessage named it"
)
ONE_URL_FOR_ALL = (
    "keep a webhook URL for each domain that subscribes; an API that keeps one for all is played one scenario at a "
    "time: isolation: none in ringo-emu.yaml"
)
"""What is to be done where an account's events come to the URL of another account, which subscribed after it."""
_SAME_ID = (
    "does response_map read the id of the message, and not that of a batch or account? Then give each one of its own"
)
CLOSED = " (closed)"
"""What the journal adds to the label of an account that is closed."""
MOST_HELD = 1000
"""Delivery reports that wait for the answer which tells whose they are; the oldest go first."""
_LONGEST_HELD = 1000
MOST_MESSAGES = 10_000
"""Messages that an account remembers; the oldest go first, and a report for one of them is then unknown."""
MOST_BYTES = 32 * 1024 * 1024
"""What their texts may take, all together."""


class _Held(NamedTuple):
    """A delivery report that came before the answer that tells whose it is."""

    at: float
    exchange: int | None


class Account:
    """One enabled integration. Its methods decide what an event means; they never wait."""

    def __init__(
        self,
        organization: Organization,
        account_id: str,
        webhook_url: str,
        clock: Clock,
        profile: Profile,
        *,
        remembers: bool = True,
    ) -> None:
        """Without *remembers* its inbox keeps nothing that nobody waits for."""
        self.organization = organization
        self.id = account_id
        self.label = account_id
        """What the journal calls it: its id, unless several accounts have that."""
        self.faults = Faults()
        self.on_messageid: Callable[[str], object] = lambda _: None
        """Told of the id of each message that the provider took."""
        self.on_message: Callable[[Message], object] = lambda _: None
        """Told of each message that is new or has changed."""
        self.former: Callable[[str], Account | None] = lambda _: None
        """The closed account that sent the message of an id."""
        self.elsewhere: Callable[[str], Account | None] = lambda _: None
        """The open account that sent the message of an id."""
        self.closed_at: float | None = None
        """When it was closed, on the engine's clock."""
        self.webhook_url = webhook_url
        self.inbox = Inbox(clock, remembers=remembers)
        self._bytes = 0
        self._clock = clock
        self._profile = profile
        # The oldest goes with each that comes: a dict looks for its first key among all that went before it.
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self._by_messageid: dict[str, int] = {}
        self._held: dict[str, _Held] = {}
        self._in_flight: set[int] = set()
        self._texts = RecentTexts(clock)
        self._last_id = 0

    # -- outgoing

    def begin(self, *, number: str, contact: str, content: str, is_file: bool, extension: str | None) -> Message:
        """A message that is about to be sent."""
        message = Message(
            id=self._new_id(),
            outgoing=True,
            number=number,
            contact=contact,
            content=content,
            is_file=is_file,
            extension=extension,
            at=self._clock.wall(),
        )
        self._in_flight.add(message.id)
        self._texts.went_out(message)
        return self._keep(message)

    def accepted(
        self, message: Message, messageid: str | None, exchange: int | None = None, *, is_copy: bool = False
    ) -> tuple[Message, tuple[Finding, ...]]:
        """The provider took *message* in *exchange*; a report that came before this answer is applied now.

        The id of a copy may be that of another: then the provider knew it again.
        """
        self._in_flight.discard(message.id)
        kept = self._keep(message.accepted(messageid, exchange))
        findings: tuple[Finding, ...] = ()
        if messageid is not None:
            reused = () if is_copy else self._reused(messageid)
            self._by_messageid[messageid] = kept.id
            kept, findings = self._apply_held(kept, messageid)
            findings = (*reused, *findings)
            self.on_messageid(messageid)
            kept = self._messages[kept.id]
        return kept, (*findings, *self._unclaimed())

    def _reused(self, messageid: str) -> tuple[Finding, ...]:
        """What is to be said of an id that an earlier message has."""
        if self._messages.get(self._by_messageid.get(messageid, 0)) is None:
            return ()
        return (rules.ID_REUSED.on("$", f"an earlier message has the id {messageid} too", _SAME_ID),)

    def _apply_held(self, kept: Message, messageid: str) -> tuple[Message, tuple[Finding, ...]]:
        held = self._held.pop(messageid, None)
        if held is None:
            return kept, ()
        early_s = self._clock.now() - held.at
        if early_s > self._profile.early_report_hold:
            return kept, (self._held_too_long(messageid, early_s),)
        finding = rules.EARLY_REPORT.on(
            "$",
            f"delivery of {messageid} was reported {format_duration(early_s)} before SendMessage was answered",
            "nothing to do: the report was held and counts",
        )
        return self._keep(kept.delivered(held.exchange)), (finding,)

    def failed(self, message: Message, reason: str, exchange: int | None = None) -> Message:
        """The provider did not take *message*."""
        self._in_flight.discard(message.id)
        return self._keep(message.failed(reason, exchange))

    def _unclaimed(self) -> tuple[Finding, ...]:
        """What is to be said of held reports that no answer can claim any more."""
        if self._in_flight:
            return ()
        unclaimed, self._held = self._held, {}
        return tuple(self._unknown_message("$", messageid) for messageid in unclaimed)

    def _held_too_long(self, messageid: str, early_s: float) -> Finding:
        hold = format_duration(self._profile.early_report_hold)
        return rules.UNKNOWN_MESSAGE.on(
            "$",
            f"delivery of {messageid} was reported {format_duration(early_s)} before its answer but held for {hold}",
            "answer SendMessage before reporting, or raise early_report_hold in the profile",
        )

    def close(self) -> None:
        """It is played no longer. What nobody consumed stays in its inbox, and what is still reported of its messages
        goes there; the journal tells that apart from what was played."""
        self.faults.end()
        self.closed_at = self._clock.now()
        self.label += CLOSED
        left, self.inbox = self.inbox.unconsumed(), Inbox(self._clock)
        for arrival in left:
            self.inbox.put(arrival)

    def whose(self, event: Event) -> Account:
        """The account that *event* concerns: this one, or a closed one where it reports on a message of that."""
        if event.event_type != "messageDelivered":
            return self
        messageid = event.variables["messageid"]
        if self._in_flight or self.knows(messageid):
            return self
        return self.former(messageid) or self

    def faults_for(self, events: Collection[Event]) -> Faults:
        """What a webhook that brings *events* is answered on purpose."""
        return self._concerned(events).faults

    def label_of(self, events: Collection[Event]) -> str:
        """What the journal calls the account that *events* concern."""
        return self._concerned(events).label

    def _concerned(self, events: Collection[Event]) -> Account:
        """This account, unless all of *events* concern another."""
        owners = [self.whose(each) for each in events]  # mostly one
        return owners[0] if owners and owners.count(owners[0]) == len(owners) else self

    @property
    def is_sending(self) -> bool:
        """Whether a message is on its way whose answer will name an id."""
        return bool(self._in_flight)

    def knows(self, messageid: str) -> bool:
        """Whether a message of it has that id."""
        return messageid in self._by_messageid

    # -- incoming

    def apply(self, event: Event, exchange: int | None = None, effects: Effects = CERTAIN) -> tuple[Finding, ...]:
        """What *event*, which *exchange* brought, does to conversations and messages."""
        if event.event_type == "messageDelivered":
            return self._delivered(event, exchange, effects)
        number = self.organization.number_like(event.variables["to"])
        if number is None:
            return (unknown_number(event, self.organization),)
        content = event.variables.get("content", event.variables.get("url", ""))
        message = Message(
            id=self._new_id(),
            outgoing=False,
            number=number,
            contact=event.variables["from"],
            content=content,
            is_file=event.event_type == "mms",
            state=MessageState.RECEIVED,
            at=self._clock.wall(),
            exchange=exchange,
            caption=event.variables.get("text", ""),
        )
        self._keep(message, effects)
        return (*_file_as_text(event), *self._sender(event, message), *self._texts.came(message, event.path, effects))

    def _sender(self, event: Event, message: Message) -> Iterator[Finding]:
        """What is to be said of how the sender is written: the conversation is the same that `Message` finds."""
        sender, path = event.variables["from"], jsonpath(event.path)
        organization = self.organization
        if sender != sender.strip():
            yield rules.BLANKS_AROUND.on(path, f"from is {sender!r}, with blanks around it", "post the number alone")
        writing = writing_of(sender, (*organization.numbers, organization.contact))
        if writing == "national" and self._is_whole(message):
            writing = "no_plus"
        match writing:
            case "national":
                told = f"from is {sender!r}, without a country code: a conversation of its own"
                yield rules.NATIONAL_SENDER.on(path, told, "post numbers as E.164")
            case "no_plus":
                yield rules.NO_PLUS.on(path, f"from is {sender!r}, without its plus", "post numbers as E.164")
            case "zeros":
                yield rules.NO_PLUS.on(path, f"from is {sender!r}, with 00 for its plus", "post numbers as E.164")
            case "scheme":
                scheme = sender.strip().partition(":")[0]
                told = f"from is {sender!r}, with {scheme}: before the number"
                yield rules.SCHEME_BEFORE.on(path, told, "post the number alone, as E.164")
            case "short" | "name":
                yield rules.NO_NUMBER.on(path, f"from is {sender!r}, a short code or a name", "nothing to do")

    def _is_whole(self, message: Message) -> bool:
        """Whether the contact of *message* is known by the same digits behind a plus: nothing is missing then."""
        whole = f"+{message.conversation[1]}"
        return any(each.contact == whole and each.number == message.number for each in self._messages.values())

    def asked_for(self, *texts: str) -> None:
        """Whoever plays makes the provider post one of *texts* now: it is no echo and no duplicate."""
        self._texts.asked_for(texts)

    def file_came(self, exchange: int, file: ReceivedFile) -> None:
        """The file of an mms that *exchange* brought was fetched, or given up."""
        for message in reversed(self._messages.values()):
            if message.exchange == exchange and message.is_file and message.content == file.url:
                self._keep(message._replace(file=file))
                return

    def _delivered(self, event: Event, exchange: int | None, effects: Effects) -> tuple[Finding, ...]:
        messageid = event.variables["messageid"]
        path = jsonpath(event.path)
        message = self._messages.get(self._by_messageid.get(messageid, 0))
        if message is None and self._in_flight and messageid not in self._held and len(messageid) <= _LONGEST_HELD:
            self._held[messageid] = _Held(self._clock.now(), exchange)
            effects.unless(self._held.pop, messageid)
            if len(self._held) > MOST_HELD:
                oldest = next(iter(self._held))
                held = self._held.pop(oldest)
                effects.unless(self._held.update, {oldest: held})
            return ()
        if message is None and messageid not in self._held:
            return (self._unknown_message(path, messageid),)
        if message is None or message.state is MessageState.DELIVERED:
            return (rules.DUPLICATE_REPORT.on(path, f"delivery of {messageid} was reported before", "report it once"),)
        self._keep(message.delivered(exchange), effects)
        return ()

    def _unknown_message(self, path: str, messageid: str) -> Finding:
        if self.elsewhere(messageid) is not None:
            told = f"the message of the id {messageid} is another account's, which has a webhook URL of its own"
            return rules.UNKNOWN_MESSAGE.on(path, told, ONE_URL_FOR_ALL)
        rounded = next((each for each in self._by_messageid if same_double(each, messageid)), None)
        if rounded is not None:
            told = f"no message has the id {messageid}; rounded to a double, {rounded} is the same number"
            mend = "keep the id as text from end to end, and answer and report it in quotes"
            return rules.UNKNOWN_MESSAGE.on(path, told, mend)
        sent = [each.messageid for each in self._messages.values() if each.messageid][-3:]
        latest = f"; the latest sent are {', '.join(sent)}" if sent else "; none was sent with an id"
        return rules.UNKNOWN_MESSAGE.on(path, f"no message has the id {messageid}{latest}", _UNKNOWN_ID)

    # -- looking

    def message(self, number: int) -> Message:
        """The message of that number as it is now."""
        return self._messages[number]

    def messages(self) -> tuple[Message, ...]:
        """All messages that are remembered, oldest first."""
        return tuple(self._messages.values())

    def find(self, number: int) -> Message | None:
        """The message of that number as it is now, if it is remembered."""
        return self._messages.get(number)

    def forget(self) -> None:
        """Forget all messages; one that is on its way comes back with its answer."""
        self._messages.clear()
        self._bytes = 0
        self._by_messageid.clear()
        self._held.clear()
        self._texts.forget()

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _keep(self, message: Message, effects: Effects = CERTAIN) -> Message:
        before = self._messages.get(message.id)
        self._messages[message.id] = message
        size = _size(message) if before is None else 0  # what is said in it does not change
        self._bytes += size
        effects.unless(self._put_back, message.id, before, size)
        while len(self._messages) > MOST_MESSAGES or (self._bytes > MOST_BYTES and len(self._messages) > 1):
            self._forget_oldest(effects)
        effects.afterwards(self.on_message, message)
        return message

    def _put_back(self, number: int, message: Message | None, size: int) -> None:
        self._bytes -= size
        if message is None:
            del self._messages[number]
        else:
            self._messages[number] = message

    def _forget_oldest(self, effects: Effects) -> None:
        number, oldest = self._messages.popitem(last=False)
        self._bytes -= _size(oldest)
        was_found = oldest.messageid is not None and self._by_messageid.get(oldest.messageid) == oldest.id
        if oldest.messageid is not None and was_found:  # a provider may give one id twice
            del self._by_messageid[oldest.messageid]

        def put_back() -> None:
            self._messages[number] = oldest
            self._bytes += _size(oldest)
            self._messages.move_to_end(number, last=False)
            if oldest.messageid is not None and was_found:
                self._by_messageid[oldest.messageid] = number

        effects.unless(put_back)


def _size(message: Message) -> int:
    return getsizeof(message.content) + getsizeof(message.caption) + getsizeof(message.contact)


def unknown_number(event: Event, organization: Organization) -> Finding:
    """What is to be said of an event that is for none of the organization's numbers."""
    path, sender, to = jsonpath(event.path), event.variables["from"], event.variables["to"]
    if organization.number_like(sender) is not None:
        return rules.OUTGOING_EVENT.on(
            path,
            f"from is {sender!r}, an SMS number of this organization: from and to are swapped, or the message went out",
            "are $from$ and $to$ the right way round in the document? Then post what external parties send, from them "
            "to the SMS number; of what goes out only its delivery",
        )
    return rules.UNKNOWN_NUMBER.on(
        path,
        f"{to!r} is no SMS number of this organization; it has {', '.join(organization.numbers) or 'none'}",
        "in webhooks $to$ is the SMS number and $from$ the external party: does the document have them so, and the "
        "project this number? If both do, it was posted to the wrong account",
    )


def _file_as_text(event: Event) -> Iterator[Finding]:
    text = event.variables["content"].strip() if event.event_type == "message" else ""
    if _ADDRESS.match(text) and _FILE.search(text, len("http://")):
        mend = "is there an mms model in the document? Post files as that describes them, or write one as you post them"
        yield rules.FILE_AS_TEXT.on(jsonpath(event.path), "the text is nothing but the address of a file", mend)
