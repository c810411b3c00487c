"""Every step kind of the language. A new one is a class in a module here, and a line in this list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.scenario.steps.expecting import Expect, ExpectNone
from emulator.scenario.steps.pacing import Note, Wait
from emulator.scenario.steps.provoking import MakeRequest, Trigger
from emulator.scenario.steps.sending import SendFile, SendMessage, Subscribe
from emulator.scenario.steps.shaping import ForEach, InOrder, Parallel, Repeat, Use

if TYPE_CHECKING:
    from emulator.scenario.steps.base import StepKind

STEP_KINDS: dict[str, type[StepKind]] = {
    kind.verb: kind
    for kind in (
        *(Subscribe, SendMessage, SendFile, Trigger, MakeRequest, Expect, ExpectNone, Wait, Note),
        *(InOrder, Parallel, Repeat, ForEach, Use),
    )
}
"""Step kinds by their verb, in the order in which the documentation tells of them."""
