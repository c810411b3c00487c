"""The step that says how webhooks are answered from now on: ``sink``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from emulator.core.findings import suggestion
from emulator.core.plain import plain_data, source_text
from emulator.core.scalars import Described, Duration, is_placeholder
from emulator.core.validating import MendableError
from emulator.engine.faults import Fault, FaultPlan
from emulator.scenario.steps.base import Common, Outcome, StepKind, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping

NORMAL = "normal"
_WORDS = ("timeout", "reset", "empty", "slow")
_MOST = 1000
_STATUS = re.compile(r"[2-5][0-9][0-9]\Z")
_ANSWER_SCHEMA: Mapping[str, Any] = {
    "anyOf": [
        {"enum": list(_WORDS)},
        {"type": "integer", "minimum": 200, "maximum": 599},
        {"type": "string", "pattern": r"^[2-5][0-9][0-9]$|\$[^$\r\n]+\$"},
    ]
}
_RESPOND_SCHEMA: Mapping[str, Any] = {
    "anyOf": [
        _ANSWER_SCHEMA,
        {"const": NORMAL},
        {"type": "array", "minItems": 1, "maxItems": _MOST, "items": _ANSWER_SCHEMA},
    ]
}


def _answers(value: Any, info: ValidationInfo) -> Any:
    if is_placeholder(value, info):
        return NORMAL
    if not isinstance(value, list):
        text = str(source_text(value))
        return NORMAL if text == NORMAL else _answer(value, also=(NORMAL,))
    if not 0 < len(value) <= _MOST:
        raise MendableError(f"respond needs 1 to {_MOST} answers", "write such as [503, timeout, 200]")
    return tuple("200" if is_placeholder(each, info) else _answer(each) for each in value)


def _answer(value: Any, also: tuple[str, ...] = ()) -> str:
    text = str(source_text(value)) if not isinstance(value, dict | list) else str(plain_data(value))
    if text in _WORDS or _STATUS.match(text):
        return text
    known = (*_WORDS, *also)
    raise MendableError(f"{text!r} is no way to answer", f"{suggestion(text, known)} A status is 200 to 599.")


def _event(value: Any, info: ValidationInfo) -> Any:
    return None if is_placeholder(value, info) else source_text(value)


def _seed(value: Any, info: ValidationInfo) -> Any:
    return None if is_placeholder(value, info) else plain_data(value)


class Sink(StepKind):
    """From now on the scenario's webhooks are answered so."""

    respond: Annotated[Any, BeforeValidator(_answers), Described(_RESPOND_SCHEMA)]
    """A list: each webhook gets the next, then as usual; one answer: each gets it; ``normal``: as usual again."""
    on: Annotated[Literal["message", "mms", "messageDelivered"] | None, BeforeValidator(_event)] = None
    """Only webhooks that bring this event; all unless said otherwise."""
    pause: Duration = 10.0
    """How long ``slow`` takes."""
    chance: Annotated[Annotated[int, Field(ge=0, le=2**31)] | None, BeforeValidator(_seed)] = None
    """A seed: each webhook gets any of the list by chance, the same ones again for the same seed."""

    verb: ClassVar[str] = "sink"
    title: ClassVar[str] = "Sink"
    shorthand: ClassVar[str | None] = "respond"

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Says how."""
        respond = arguments.get("respond")
        said = ", ".join(map(_said, respond)) if isinstance(respond, list) else _said(respond)
        return f"Webhooks are answered {said}"

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Answer so from now on."""
        plan = self._plan()
        turn.account.faults.plan(self.on, plan)
        return Outcome(note=f"{self.on or 'every webhook'} is answered {plan or 'as usual'} from now on")

    def _plan(self) -> FaultPlan | None:
        if self.respond == NORMAL:
            return None
        if isinstance(self.respond, str):
            return FaultPlan((self._fault(self.respond),), "always")
        faults = tuple(map(self._fault, self.respond))
        return FaultPlan(faults) if self.chance is None else FaultPlan(faults, "chance", self.chance)

    def _fault(self, answer: str) -> Fault:
        match answer:
            case "timeout" | "reset" | "empty":
                return Fault(answer)
            case "slow":
                return Fault("slow", pause_s=self.pause)
        return Fault("status", status=int(answer))


def _said(value: Any) -> str:
    return str(plain_data(value))
