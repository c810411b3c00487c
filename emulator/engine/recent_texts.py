"""Texts that went out or came in a moment ago: the same one again is an echo or a duplicate (framework 6)."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from hashlib import blake2b
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.scalars import format_duration
from emulator.core.source import jsonpath
from emulator.engine.effects import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.conversations import Message
    from emulator.core.source import Path
    from emulator.engine.clock import Clock
    from emulator.engine.effects import Effects
    from emulator.errors import Finding

ECHO_WITHIN_S = 60.0
"""A text that comes in so soon after it went out to the same contact is taken for an echo."""
AGAIN_WITHIN_S = 10.0
"""A text that comes so soon after the same one is taken for a duplicate."""
_SHORT = 100
MOST_RECENT = 1000
"""Texts that are remembered; the oldest go first."""

_Key = tuple[bool, tuple[str, str], str]
"""Whether it went out, its conversation, and the text, in short."""


class RecentTexts:
    """When each text went out, or came, last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # A dict looks for its first key among all that went before it.
        self._at: OrderedDict[_Key, float] = OrderedDict()
        self._asked: deque[tuple[str, ...]] = deque(maxlen=MOST_RECENT)

    def went_out(self, message: Message) -> None:
        """*message* is sent now."""
        self._note((True, _conversation(message), _in_short(message.content)), self._clock.now())

    def asked_for(self, texts: tuple[str, ...]) -> None:
        """Whoever plays makes the provider post one of *texts*, or a text that stands in one: that is no echo, once."""
        self._asked.append(texts)

    def _was_asked_for(self, content: str, effects: Effects) -> bool:
        """Whether somebody asked for *content* and has not got it yet."""
        if not self._asked:
            return False
        for fits in (lambda text: text == content, lambda text: bool(content) and content in text):
            found = next((texts for texts in self._asked if any(map(fits, texts))), None)
            if found is not None:
                self._asked.remove(found)
                effects.unless(self._asked.appendleft, found)
                return True
        return False

    def came(self, message: Message, path: Path, effects: Effects = CERTAIN) -> tuple[Finding, ...]:
        """*message*, which stands at *path* of a webhook, comes in now: what is to be said of the same text before."""
        conversation, content, now = _conversation(message), message.content, self._clock.now()
        short = _in_short(content)
        key = (False, conversation, short)
        went_out, came = self._at.get((True, conversation, short)), self._at.get(key)
        self._note(key, now, effects)
        if self._was_asked_for(content, effects) or (went_out is None and came is None):
            return ()
        return tuple(_again(message.contact, jsonpath(path), _since(went_out, now), _since(came, now)))

    def _note(self, key: _Key, now: float, effects: Effects = CERTAIN) -> None:
        before = self._at.pop(key, None)
        self._at[key] = now
        oldest = self._at.popitem(last=False) if len(self._at) > MOST_RECENT else None
        effects.unless(self._take_back, key, before, oldest)

    def _take_back(self, key: _Key, before: float | None, oldest: tuple[_Key, float] | None) -> None:
        if oldest is not None:
            self._at[oldest[0]] = oldest[1]
            self._at.move_to_end(oldest[0], last=False)
        if before is None:
            del self._at[key]
        else:
            self._at[key] = before  # its place among the others may be a later one: it is forgotten later

    def forget(self) -> None:
        """Forget them all."""
        self._at.clear()
        self._asked.clear()


def _conversation(message: Message) -> tuple[str, str]:
    number, contact = message.conversation
    return number, _in_short(contact)


def _in_short(text: str) -> str:
    """What tells *text* from others: a long one is not kept for that."""
    if len(text) <= _SHORT:
        return text
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest() + f" {len(text)}"


def _since(at: float | None, now: float) -> float:
    return math.inf if at is None else now - at


def _again(contact: str, path: str, went_out_s: float, came_s: float) -> Iterator[Finding]:
    if went_out_s <= ECHO_WITHIN_S:
        told = f"the text that went out to {contact} {format_duration(went_out_s)} before came in from there"
        yield rules.ECHO.on(path, told, "post only what the contact sends, never what the platform sent")
    if came_s <= AGAIN_WITHIN_S:
        told = f"{contact} sent the same text {format_duration(came_s)} before"
        yield rules.TEXT_AGAIN.on(path, told, "post each message once: a 200 means that it was taken")
