"""A webhook URL that several accounts have at once: each event goes to the one that it concerns.

Without Subscribe the provider knows one webhook URL, configured by hand. Scenarios that are played at the same time
then share it, and are told apart by their SMS numbers and by the ids of the messages that they sent.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.engine.accounts import MOST_HELD, Account, unknown_number
from emulator.engine.effects import CERTAIN
from emulator.engine.faults import Faults
from emulator.engine.inbox import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from emulator.core.conversations import Organization
    from emulator.core.matching import Event
    from emulator.engine.effects import Effects
    from emulator.engine.inbox import Arrival
    from emulator.errors import Finding


class SharedInbox:
    """Gives each arrival to the account that it concerns, and what concerns nobody in particular to all of them."""

    def __init__(self, shared: SharedUrl) -> None:
        self._shared = shared

    def put(self, arrival: Arrival) -> None:
        """Take in *arrival*."""
        event = arrival.event
        if event is None:
            for account in self._shared.accounts:
                account.inbox.put(arrival)
            return
        owner = self._shared.owner(event)
        if owner is not None:
            owner.inbox.put(arrival)
        elif self._shared.is_sending:
            self._shared.keep(arrival, event)
        else:
            self.put(arrival._replace(event=None, problem=f"no message has the id {event.variables['messageid']}"))


class SharedUrl:
    """What several accounts are to the receiver: one account that passes on."""

    def __init__(self, first: Account) -> None:
        self.accounts: list[Account] = []
        self.inbox = SharedInbox(self)
        self.webhook_url = first.webhook_url
        self._early: deque[tuple[str, Arrival, Event]] = deque()
        self._early_bytes = 0
        self._opened = 0
        self._no_faults = Faults()
        self.add(first)

    def faults_for(self, events: Collection[Event]) -> Faults:
        """What a webhook that brings *events* is answered on purpose: as the first says whose event it is.

        Where that is nobody's yet, it is the only account's, or that of the only one whose message is on its way.
        """
        owner = next(filter(None, map(self.owner, events)), None)
        if owner is not None:
            return owner.faults
        alone = len(self.accounts) == 1
        perhaps = [each for each in self.accounts if alone or (events and each.is_sending)]
        return perhaps[0].faults if len(perhaps) == 1 else self._no_faults

    def label_of(self, events: Iterable[Event]) -> str:
        """What the journal calls the one account that *events* concern; nothing, if that is not just one."""
        owners = {owner.label for each in events if (owner := self.owner(each))}
        return owners.pop() if len(owners) == 1 else ""

    @property
    def organization(self) -> Organization:
        """One with the users of all."""
        users = tuple(user for account in self.accounts for user in account.organization.users)
        return replace(self.accounts[0].organization, users=users)

    @property
    def is_sending(self) -> bool:
        """Whether a message is on its way whose answer will name an id."""
        return any(account.is_sending for account in self.accounts)

    def add(self, account: Account) -> None:
        """*account* has the URL too."""
        self._opened += 1
        account.label = f"{account.id} {self._opened}"
        account.on_messageid = lambda messageid: self._claim(account, messageid)
        self.accounts.append(account)

    def remove(self, account: Account) -> None:
        """*account* has it no more."""
        self.accounts.remove(account)

    def owner(self, event: Event) -> Account | None:
        """The account that *event* concerns; of several, the one that was opened last."""
        latest_first = reversed(self.accounts)
        if event.event_type == "messageDelivered":
            messageid = event.variables["messageid"]
            known = next((each for each in latest_first if each.knows(messageid)), None)
            return known or (None if self.is_sending else self.accounts[0].former(messageid))
        number = event.variables["to"]
        return next((each for each in latest_first if each.organization.number_like(number) is not None), None)

    def whose(self, event: Event) -> SharedUrl:
        """Who passes *event* on to the account that it concerns."""
        del event
        return self

    def keep(self, arrival: Arrival, event: Event) -> None:
        """A report came before the answer that tells whose it is."""
        self._early.append((event.variables["messageid"], arrival, event))
        self._early_bytes += arrival.size
        while len(self._early) > MOST_HELD or (self._early_bytes > MOST_BYTES and len(self._early) > 1):
            self._early_bytes -= self._early.popleft()[1].size

    def _claim(self, account: Account, messageid: str) -> None:
        """The answer came: *account* has the message of that id, and what was reported of it."""
        early, self._early = self._early, deque(each for each in self._early if each[0] != messageid)
        for named, arrival, event in early:
            if named != messageid:
                continue
            self._early_bytes -= arrival.size
            account.apply(event, arrival.exchange)
            account.inbox.put(arrival)

    def apply(self, event: Event, exchange: int | None = None, effects: Effects = CERTAIN) -> Sequence[Finding]:
        """What *event* does to the conversations and messages of the account that it concerns."""
        owner = self.owner(event)
        if owner is not None:
            return owner.apply(event, exchange, effects)
        if event.event_type != "messageDelivered":
            return (unknown_number(event, self.organization),)
        return () if self.is_sending else self.accounts[0].apply(event, exchange, effects)
