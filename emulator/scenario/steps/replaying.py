"""The step that makes a recorded request again: ``replay``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from emulator.core import rules
from emulator.core.plain import source_text
from emulator.core.scalars import Count
from emulator.scenario.steps.base import Common, Outcome, StepKind, Turn
from emulator.scenario.steps.checking import ReplyCheck
from emulator.scenario.steps.sending import ACTION_KEYS, CALL_RESULTS, call_outcome


class Replay(StepKind):
    """Makes a recorded request again, byte for byte: one of ours to the provider, a webhook to its URL."""

    exchange: Annotated[Count, Field(ge=1)]
    """The exchange's number, such as ``$sms.exchange$``."""

    verb: ClassVar[str] = "replay"
    title: ClassVar[str] = "Replay"
    shorthand: ClassVar[str | None] = "exchange"
    common: ClassVar[frozenset[str]] = ACTION_KEYS
    check: ClassVar[Any] = ReplyCheck
    results: ClassVar[frozenset[str]] = CALL_RESULTS

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Names the exchange."""
        return f"Replay {source_text(arguments.get('exchange'))}"

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Make it."""
        again = [each.event for each in turn.account.inbox.since(0.0) if each.exchange == self.exchange and each.event]
        for event in again:
            turn.account.asked_for(*event.variables.values())
        call = await turn.platform.replay(turn.account, self.exchange)
        outcome = call_outcome(turn, call, common, {})
        failure = outcome.failure
        if failure is None or failure.code != rules.REFUSED.code:
            return outcome
        # Who refused it may have been our own listener, not the provider.
        return replace(outcome, failure=replace(failure, expected=f"#{self.exchange} is taken again"))
