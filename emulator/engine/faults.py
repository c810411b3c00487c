"""How webhooks are answered on purpose, so that a provider shows what it does when the platform is in trouble."""

from __future__ import annotations

import random
from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, NamedTuple

from emulator.engine.effects import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from emulator.core.document import EventType
    from emulator.core.matching import Event
    from emulator.engine.effects import Effects

Kind = Literal["status", "timeout", "reset", "empty", "slow"]
Trap = Literal["redirect", "not_found_first", "wrong_type", "no_length", "slow", "truncated", "expired"]
"""What the link to a file does on purpose, so that a provider shows how it fetches."""
MOST_TRIED = 1000
"""Events whose attempts are remembered; the oldest go first."""
MOST_TRIED_CHARACTERS = 4 * 1024 * 1024
"""What the variables of these may take, all together."""
MOST_ATTEMPTS = 100
"""Attempts that are remembered of each of them; all are counted."""
HOLD_S = 120.0
"""How long a webhook that is never answered is held, unless the provider gives up before."""


class Fault(NamedTuple):
    """How one webhook is answered: with a *status*, or not; ``slow`` after *pause_s* seconds."""

    kind: Kind
    status: int = 200
    pause_s: float = 0.0

    @property
    def takes_effect(self) -> bool:
        """Whether the platform took the webhook: only what is answered with a 2xx counts as delivered."""
        return self.kind in {"empty", "slow"} or (self.kind == "status" and 200 <= self.status < 300)

    def __str__(self) -> str:
        """``503``, ``timeout``."""
        return str(self.status) if self.kind == "status" else self.kind


class FaultPlan(NamedTuple):
    """What webhooks get: *faults* one after the other, then as usual; ``always`` the first, ``chance`` any of them."""

    faults: tuple[Fault, ...]
    how: Literal["in turn", "always", "chance"] = "in turn"
    seed: int = 0

    def __str__(self) -> str:
        """``503, timeout, then as usual``."""
        said = ", ".join(map(str, self.faults))
        if self.how == "chance":
            return f"one of {said} by chance (seed {self.seed})"
        return f"{said}, then as usual" if self.how == "in turn" else said


class _Plan:
    """A plan in use."""

    def __init__(self, plan: FaultPlan) -> None:
        self._plan = plan
        self._left = deque(plan.faults)
        self._random = random.Random(plan.seed)  # noqa: S311 - the same trouble again, no secret

    def next(self, effects: Effects) -> Fault | None:
        if self._plan.how == "chance":
            state = self._random.getstate()
            effects.unless(self._random.setstate, state)
            return self._random.choice(self._plan.faults)
        if self._plan.how == "always":
            return self._plan.faults[0]
        if not self._left:
            return None
        fault = self._left.popleft()
        effects.unless(self._left.appendleft, fault)
        return fault

    def left(self) -> FaultPlan:
        return self._plan._replace(faults=tuple(self._left)) if self._plan.how == "in turn" else self._plan


class Attempt(NamedTuple):
    """A webhook that was refused on purpose, and the event that it brought, if any; *at* is on the engine's clock."""

    event: Event | None
    exchange: int
    at: float
    body: bytes
    """What tells its body from others; see `fingerprint`."""
    fault: Fault
    number: int = 1
    """The how many-th of its event it is."""


class Faults:
    """What one account's webhooks are answered on purpose, and what was refused so."""

    def __init__(self) -> None:
        self._plans: dict[EventType | None, _Plan | None] = {}
        self._tried: dict[object, deque[Attempt]] = {}
        self.on_end: Callable[[], object] = lambda: None
        """Told when the account is closed: nobody is held any longer then."""

    def plan(self, on: EventType | None, plan: FaultPlan | None) -> None:
        """From now on answer so to webhooks that bring *on*, or to all; without *plan* as usual."""
        if on is None:
            self._plans.clear()
        if on is not None or plan is not None:
            self._plans[on] = _Plan(plan) if plan is not None else None

    def plans(self) -> dict[EventType | None, FaultPlan | None]:
        """What is left of each plan, by the event that it is for; None is: as usual, whatever holds for all others."""
        left = {on: None if plan is None else plan.left() for on, plan in self._plans.items()}
        return {on: plan for on, plan in left.items() if plan is None or plan.faults}

    def end(self) -> None:
        """The account is closed."""
        self._plans.clear()
        self.on_end()

    def next(self, events: Collection[Event], effects: Effects = CERTAIN) -> Fault | None:
        """How the next webhook is answered, which brings *events*."""
        if not self._plans:
            return None
        for on in (*(event.event_type for event in events), None):
            if on not in self._plans:
                continue
            plan = self._plans[on]
            if plan is None:  # as usual, whatever was said of all the others
                return None
            fault = plan.next(effects)
            if fault is not None:
                return fault
        return None

    def refused(self, attempt: Attempt, effects: Effects = CERTAIN) -> int:
        """Remember *attempt*; returns which one of its event it is, from 1."""
        key = _key(attempt.event, attempt.body)
        tried = self._tried.get(key, ())
        if tried and tried[-1].exchange == attempt.exchange:  # one webhook that says it twice is one attempt
            return tried[-1].number
        before = dict(self._tried)
        number = tried[-1].number + 1 if tried else 1
        event = tried[-1].event if tried else attempt.event  # the same, kept once
        self._tried[key] = deque((*tried, attempt._replace(number=number, event=event)), MOST_ATTEMPTS)
        size = sum(map(_size, self._tried.values()))
        while len(self._tried) > MOST_TRIED or (size > MOST_TRIED_CHARACTERS and len(self._tried) > 1):
            size -= _size(self._tried.pop(next(iter(self._tried))))
        effects.unless(self._put_back, before)
        return number

    def _put_back(self, tried: dict[object, deque[Attempt]]) -> None:
        self._tried = tried

    @property
    def has_refused(self) -> bool:
        """Whether anything was refused that has not been taken since."""
        return bool(self._tried)

    def taken(self, event: Event | None, body: bytes = b"", effects: Effects = CERTAIN) -> Sequence[Attempt]:
        """The refused attempts to bring *event*, which is taken now: the next time counts anew.

        A webhook without an event is known by its *body*.
        """
        if not self._tried:
            return ()
        key = _key(event, body)
        tried = self._tried.pop(key, None)
        if tried is None:
            return ()
        effects.unless(self._tried.update, {key: tried})
        return tried

    def attempts(self) -> Iterable[Sequence[Attempt]]:
        """The attempts to bring each event that was not taken."""
        return self._tried.values()


def fingerprint(query: str, body: bytes) -> bytes:
    """What tells what was posted from all else: a body of a megabyte is not kept for that."""
    return blake2b(query.encode("utf-8", "replace") + b"\0" + body, digest_size=16).digest()


def _size(tried: Sequence[Attempt]) -> int:
    event = tried[0].event  # the same of all
    return 0 if event is None else sum(map(len, event.variables.values()))


def _key(event: Event | None, body: bytes) -> object:
    return body if event is None else (event.event_type, frozenset(event.variables.items()))
