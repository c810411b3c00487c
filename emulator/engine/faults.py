"""How webhooks are answered on purpose, so that a provider shows what it does when the platform is in trouble."""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from emulator.core.document import EventType
    from emulator.core.matching import Event

Kind = Literal["status", "timeout", "reset", "empty", "slow"]
MOST_TRIED = 1000
"""Events whose attempts are remembered; the oldest go first."""
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

    def next(self) -> Fault | None:
        if self._plan.how == "chance":
            return self._random.choice(self._plan.faults)
        if self._plan.how == "always":
            return self._plan.faults[0]
        return self._left.popleft() if self._left else None


class Attempt(NamedTuple):
    """A webhook that brought an event and was refused on purpose; *at* is on the engine's clock."""

    event: Event
    exchange: int
    at: float
    body: bytes
    fault: Fault


class Faults:
    """What one account's webhooks are answered on purpose, and what was refused so."""

    def __init__(self) -> None:
        self._plans: dict[EventType | None, _Plan] = {}
        self._tried: dict[object, list[Attempt]] = {}

    def plan(self, on: EventType | None, plan: FaultPlan | None) -> None:
        """From now on answer so to webhooks that bring *on*, or to all; without *plan* as usual."""
        if plan is not None:
            self._plans[on] = _Plan(plan)
        elif on is None:
            self._plans.clear()
        else:
            self._plans.pop(on, None)

    def next(self, events: Collection[Event]) -> Fault | None:
        """How the next webhook is answered, which brings *events*."""
        if not self._plans:
            return None
        for on in (*(event.event_type for event in events), None):
            plan = self._plans.get(on)
            fault = plan.next() if plan is not None else None
            if fault is not None:
                return fault
        return None

    def refused(self, attempt: Attempt) -> int:
        """Remember *attempt*; returns which one of its event it is, from 1."""
        tried = self._tried.setdefault(_key(attempt.event), [])
        tried.append(attempt)
        if len(self._tried) > MOST_TRIED:
            del self._tried[next(iter(self._tried))]
        return len(tried)

    def taken(self, event: Event) -> Sequence[Attempt]:
        """The refused attempts to bring *event*, which is taken now: the next time counts anew."""
        return self._tried.pop(_key(event), ()) if self._tried else ()

    def attempts(self) -> Iterable[Sequence[Attempt]]:
        """The attempts to bring each event that was not taken."""
        return self._tried.values()


def _key(event: Event) -> object:
    return event.event_type, frozenset(event.variables.items())
