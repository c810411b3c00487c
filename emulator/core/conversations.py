"""Organizations, their users and numbers, and the messages between them and the world (framework 1 and 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.numbers import NumberFormat, contact_key, find_number, formatted

if TYPE_CHECKING:
    from datetime import datetime

    from emulator.core.media import ReceivedFile


class MessageState(StrEnum):
    """Where a message is. Nothing public tells the platform of a failure after the provider took it."""

    SENDING = "sending"
    SENT = "sent"
    UNTRACKED = "sent (untracked)"
    DELIVERED = "delivered"
    FAILED = "failed"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of an organization; *numbers* are the SMS numbers assigned to them."""

    extension: str
    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSettings:
    """What an admin has set for one SMS number (framework 7)."""

    header: str = ""
    """Goes before every outgoing text."""
    footer: str = ""
    """Goes behind it."""
    outbound: NumberFormat = "as_typed"
    """How numbers are written in what goes out."""
    country: str | None = None
    """The country code, in digits: what a national writing leaves out."""

    def text(self, content: str) -> str:
        """*content* as it goes out."""
        return f"{self.header}{content}{self.footer}"

    def number(self, number: str) -> str:
        """*number* as it goes out."""
        return formatted(number, self.outbound, self.country)


_USUAL = NumberSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A customer of the platform. *domain* is a short label such as ``acme``, not the PBX's domain."""

    id: str
    domain: str
    users: tuple[User, ...]
    contact: str
    """The external party that scenarios use where they name none."""
    settings: Mapping[str, NumberSettings] = field(default_factory=dict)
    """By SMS number, where something is set for it."""
    automatic_replies: Mapping[str, str] = field(default_factory=dict)
    """What the platform answers by itself, by the text that comes in."""

    numbers: tuple[str, ...] = field(init=False)
    """Every SMS number, in the order in which users have them."""

    def __post_init__(self) -> None:
        """Gather the numbers once: every webhook asks for them."""
        numbers = tuple(dict.fromkeys(number for user in self.users for number in user.numbers))
        object.__setattr__(self, "numbers", numbers)

    def number_like(self, written: str) -> str | None:
        """The SMS number that *written* means, whatever its format."""
        return find_number(written, self.numbers)

    def settings_of(self, number: str) -> NumberSettings:
        """What is set for the SMS number *number*."""
        return self.settings.get(number, _USUAL)

    def automatic_reply_to(self, content: str) -> str | None:
        """What a text is answered without any user; spaces around it and its case do not matter."""
        said = content.strip().casefold()
        replies = self.automatic_replies.items()
        return next((text for keyword, text in replies if keyword.strip().casefold() == said), None)

    def user_of(self, number: str) -> User | None:
        """The first user that has *number*."""
        return next((user for user in self.users if number in user.numbers), None)


class Message(NamedTuple):
    """A text or a file, out or in; a change makes a copy."""

    id: int
    outgoing: bool
    number: str
    contact: str
    content: str
    is_file: bool = False
    extension: str | None = None
    state: MessageState = MessageState.SENDING
    messageid: str | None = None
    """The provider's id of it, once its answer named one."""
    reason: str | None = None
    """Why it failed."""
    at: datetime | None = None
    """When it was begun, or came."""
    exchange: int | None = None
    """The exchange that sent it, once that has ended, or that brought it."""
    report: int | None = None
    """The exchange that brought the report of its delivery."""
    file: ReceivedFile | None = None
    """What came of the file of an incoming one, once that was fetched or given up."""
    caption: str = ""
    """The text that came with the file of an incoming one."""

    @property
    def conversation(self) -> tuple[str, str]:
        """All messages between one SMS number and one contact have this in common."""
        return self.number, contact_key(self.contact)

    def accepted(self, messageid: str | None, exchange: int | None = None) -> Message:
        """The provider took it; without an id no delivery report can ever match it."""
        state = MessageState.SENT if messageid else MessageState.UNTRACKED
        return self._replace(state=state, messageid=messageid, exchange=exchange)

    def delivered(self, report: int | None = None) -> Message:
        """The provider reported its delivery."""
        return self._replace(state=MessageState.DELIVERED, report=report)

    def failed(self, reason: str, exchange: int | None = None) -> Message:
        """The provider did not take it."""
        return self._replace(state=MessageState.FAILED, reason=reason, exchange=exchange)
