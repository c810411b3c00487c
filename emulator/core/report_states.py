"""States of a message that a webhook reports in place of its delivery: the format has an event for none of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.matching import NearMiss

_NO_LETTER = re.compile(r"[^a-z]+")
_FAILURES = frozenset({"undlv", "deleted", "blocked", "dropped", "invalid", "unreachable", "notsent", "unsent"})
_PARTS_OF_FAILURES = ("undeliv", "notdeliv", "fail", "reject", "expir", "error", "cancel", "bounce")
_ON_THE_WAY = frozenset(
    {
        *("accepted", "acknowledged", "acked", "acceptd", "buffered", "created", "delivering", "dispatched", "enroute"),
        *("inprogress", "intransit", "pending", "processed", "processing", "queued", "read", "received", "relayed"),
        *("routed", "scheduled", "seen", "sending", "sent", "submitted", "transmitted", "unknown"),
    }
)
"""States, as providers name them, that are no delivery yet or come after it."""


def state_of(miss: NearMiss) -> str | None:
    """What *miss* reports of a message, where all is as for a delivery and only the state is another."""
    if miss.event_type != "messageDelivered" or not miss.mismatches:
        return None
    if not all(each.is_literal and each.present and isinstance(each.found, str | int) for each in miss.mismatches):
        return None
    found = (str(each.found) for each in miss.mismatches)
    return next((each for each in found if means_failure(each) or _word(each) in _ON_THE_WAY), None)


def is_state(miss: NearMiss) -> bool:
    """Whether *miss* reports a state for which there is no event."""
    return state_of(miss) is not None


def is_failure(miss: NearMiss) -> bool:
    """Whether *miss* reports that a message was not delivered."""
    state = state_of(miss)
    return state is not None and means_failure(state)


def means_failure(state: str) -> bool:
    """Whether *state* says that a message was not delivered."""
    return _word(state) in _FAILURES or any(part in _word(state) for part in _PARTS_OF_FAILURES)


def _word(state: str) -> str:
    return _NO_LETTER.sub("", state.casefold())
