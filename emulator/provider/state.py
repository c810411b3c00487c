"""What the provider remembers: plain memory, bounded, without I/O, clock or randomness."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

MAX_MESSAGES = 10_000
MAX_SUBSCRIPTIONS = 1_000

_Key = TypeVar("_Key", bound="Hashable")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a SendMessage or SendFile asks for."""

    sender: str
    """The SMS number; "from" in JSON."""
    to: str
    """The external party."""
    extension: str | None
    domain: str | None
    content: str | None
    media_url: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A webhook gave an answer, whatever its status."""

    status: int
    body: str
    """The beginning of the answer's body."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A webhook gave no answer."""

    reason: str


Outcome = Answered | Unreachable


@dataclass(frozen=True, slots=True)
class Fetched:
    """The file of a SendFile: fetched as a whole, or *error* says why not."""

    status: int | None = None
    error: str | None = None
    content_type: str | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An accepted order."""

    id: str
    accepted_at: str
    """ISO 8601, UTC."""
    order: Order
    webhook_url: str | None
    """Where it is reported, as known when it was accepted; None: nowhere."""
    report: Outcome | None = None
    """How the delivered report ended; None: not yet, or nobody to tell."""
    media: Fetched | None = None
    """The file, once it was fetched or given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where the events of a domain go."""

    domain: str | None
    url: str


class ProviderState:
    """Messages, subscriptions and numbers of one provider; the oldest go when there are too many."""

    def __init__(self, *, max_messages: int = MAX_MESSAGES, max_subscriptions: int = MAX_SUBSCRIPTIONS) -> None:
        self._max_messages = max_messages
        self._max_subscriptions = max_subscriptions
        self._messages: dict[str, Message] = {}
        self._subscriptions: dict[str | None, Subscription] = {}
        self._domains: dict[str, str] = {}

    def message(self, message_id: str) -> Message | None:
        """The message of that id."""
        return self._messages.get(message_id)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was accepted, newest last."""
        return tuple(self._messages.values())

    def accept(self, order: Order, *, message_id: str, accepted_at: str) -> Message:
        """Keep *order* as a message, learn whose number sent it, and bind the webhook that will hear of it."""
        if order.domain is not None:
            _put_last(self._domains, _digits(order.sender), order.domain, limit=self._max_messages)
        message = Message(
            id=message_id, accepted_at=accepted_at, order=order, webhook_url=self.webhook_for(order.domain)
        )
        _put_last(self._messages, message_id, message, limit=self._max_messages)
        return message

    def record_report(self, message_id: str, outcome: Outcome) -> None:
        """Keep how a message's report ended; one that was forgotten meanwhile stays forgotten."""
        message = self._messages.get(message_id)
        if message is not None:
            self._messages[message_id] = replace(message, report=outcome)

    def record_media(self, message_id: str, fetched: Fetched) -> None:
        """Keep what came of a message's file."""
        message = self._messages.get(message_id)
        if message is not None:
            self._messages[message_id] = replace(message, media=fetched)

    def subscribe(self, subscription: Subscription) -> None:
        """Keep *subscription* as the latest one, in the place of its domain's former one."""
        _put_last(self._subscriptions, subscription.domain, subscription, limit=self._max_subscriptions)

    def webhook_of(self, domain: str | None) -> str | None:
        """The webhook subscribed for exactly *domain*."""
        subscription = self._subscriptions.get(domain)
        return subscription.url if subscription else None

    def webhook_for(self, domain: str | None) -> str | None:
        """The webhook of *domain* or, failing that, the latest one."""
        latest = next(reversed(self._subscriptions), None)
        return self.webhook_of(domain) or self.webhook_of(latest)

    def webhook_for_number(self, number: str) -> str | None:
        """The webhook of the domain that last sent from *number* or, failing that, the latest one."""
        return self.webhook_for(self._domains.get(_digits(number)))

    def clear(self) -> None:
        """Forget everything."""
        self._messages.clear()
        self._subscriptions.clear()
        self._domains.clear()


def _put_last(records: dict[_Key, _Value], key: _Key, value: _Value, *, limit: int) -> None:
    records.pop(key, None)
    records[key] = value
    if len(records) > limit:
        del records[next(iter(records))]


def _digits(number: str) -> str:
    # The platform may send a number with its plus and a person may type it without.
    return number.removeprefix("+")
