"""Every step kind of the language. A new one is a class in a module here, and a line in this list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.scenario.steps.base import StepKind

_KINDS = {
    "subscribe": "sending.Subscribe",
    "send_message": "sending.SendMessage",
    "send_file": "sending.SendFile",
    "trigger": "provoking.Trigger",
    "request": "provoking.MakeRequest",
    "replay": "replaying.Replay",
    "run": "commands.Run",
    "oauth": "authorizing.OAuth",
    "sink": "answering.Sink",
    "expect": "expecting.Expect",
    "expect_none": "expecting.ExpectNone",
    "wait": "pacing.Wait",
    "note": "pacing.Note",
    "in_order": "shaping.InOrder",
    "parallel": "shaping.Parallel",
    "repeat": "shaping.Repeat",
    "for_each": "shaping.ForEach",
    "use": "shaping.Use",
}


class _StepKinds(Mapping[str, "type[StepKind]"]):
    """Cold start: a kind is imported when a scenario has its verb; its model costs more than a short run's steps."""

    def __getitem__(self, verb: str) -> type[StepKind]:
        module, name = _KINDS[verb].split(".")
        kind: type[StepKind] = getattr(import_module(f"emulator.scenario.steps.{module}"), name)
        return kind

    def __contains__(self, verb: object) -> bool:
        return verb in _KINDS

    def __iter__(self) -> Iterator[str]:
        return iter(_KINDS)

    def __len__(self) -> int:
        return len(_KINDS)


STEP_KINDS = _StepKinds()
"""Step kinds by their verb, in the order in which the documentation tells of them."""
