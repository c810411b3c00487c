"""What the public listener can find: open accounts by the ids in their webhook URLs, and shared files."""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from emulator.engine.sharing import SharedUrl

if TYPE_CHECKING:
    from emulator.core.matching import Event
    from emulator.engine.accounts import Account
    from emulator.engine.shelf import Shelf

MOST_STRAYS = 100
MOST_CLOSED = 100
"""Closed accounts that are remembered: what comes for them later is theirs, and nobody else's."""


class Stray(NamedTuple):
    """A webhook that was posted to a URL that no account has; *at* is on the engine's clock."""

    exchange: int
    at: float
    path: str
    events: tuple[Event, ...] = ()
    """What it brought, where an account had that URL."""
    is_late: bool = False
    """Whether an account had that URL, which is closed."""


class Garbled(NamedTuple):
    """What came to the listener's port and was no HTTP request; *at* is on the engine's clock."""

    exchange: int
    at: float
    reason: str
    mend: str


class Directory:
    """What the public listener can find: open accounts by the ids in their webhook URLs, and shared files."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._accounts: dict[str, Account | SharedUrl] = {}
        self._closed: deque[Account] = deque(maxlen=MOST_CLOSED)
        self.strays: deque[Stray] = deque(maxlen=MOST_STRAYS)
        self.garbled: deque[Garbled] = deque(maxlen=MOST_STRAYS)

    @cached_property
    def shelf(self) -> Shelf:
        """The shared files, and who fetched them."""
        from emulator.engine.shelf import Shelf  # cold start: most runs share none

        return Shelf()

    def shares(self, token: str) -> bool:
        """Whether a file is shared under that link."""
        return "shelf" in self.__dict__ and self.shelf.find(token) is not None

    def add(self, account: Account) -> None:
        """Open *account*; where others with its webhook URL are open, they share it."""
        account.former, account.elsewhere = self.sender, self.open_sender
        there = self._accounts.get(account.id)
        if there is None:
            self._accounts[account.id] = account
            return
        shared = there if isinstance(there, SharedUrl) else SharedUrl(there)
        if shared is not there:
            self._accounts[account.id] = shared
        shared.add(account)

    def remove(self, account: Account) -> None:
        """Close *account*: its webhook URL leads nowhere from now on, unless others have it too."""
        there = self._accounts.get(account.id)
        if there is account:
            del self._accounts[account.id]
        elif isinstance(there, SharedUrl) and account in there.accounts:
            there.remove(account)
            if not there.accounts:
                del self._accounts[account.id]
        else:
            return
        account.close()
        self._closed.append(account)

    def closed(self, service: str, account_id: str) -> Account | None:
        """The account that had that webhook URL last, if it is closed and remembered."""
        if service != self._service or account_id in self._accounts:
            return None
        return next((each for each in reversed(self._closed) if each.id == account_id), None)

    def sender(self, messageid: str) -> Account | None:
        """The closed account that sent the message of that id last."""
        return next((each for each in reversed(self._closed) if each.knows(messageid)), None)

    def open_sender(self, messageid: str) -> Account | None:
        """The open account that sent the message of that id."""
        return next((each for each in self.accounts() if each.knows(messageid)), None)

    def accounts(self) -> tuple[Account, ...]:
        """All that are open."""
        there = self._accounts.values()
        return tuple(one for each in there for one in (each.accounts if isinstance(each, SharedUrl) else [each]))

    def others(self, account: Account) -> tuple[Account, ...]:
        """The accounts, open and closed, that have another webhook URL than *account*."""
        return tuple(each for each in (*self._closed, *self.accounts()) if each.id != account.id)

    def knows(self, service: str, account_id: str) -> bool:
        """Whether an account has that webhook URL, or had."""
        return self.find(service, account_id) is not None or self.closed(service, account_id) is not None

    def find(self, service: str, account_id: str) -> Account | SharedUrl | None:
        """What stands behind a webhook URL."""
        return self._accounts.get(account_id) if service == self._service else None

    def webhook_urls(self) -> list[str]:
        """The webhook URLs that lead somewhere, the latest few: for answers to those who missed them."""
        return [account.webhook_url for account in list(self._accounts.values())[-5:]]
