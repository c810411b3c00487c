"""What the console's handlers work with."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from emulator.faces.console.problems import ApiError
from emulator.faces.console.records import Readiness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.redaction import Redactor
    from emulator.engine.accounts import Account
    from emulator.engine.platform import Platform
    from emulator.faces.console.documents import DocumentFile
    from emulator.faces.console.feed import Feed
    from emulator.faces.console.guard import Guard
    from emulator.faces.console.stream import Streamer
    from emulator.faces.console.uploads import UploadArea
    from emulator.scenario.project import Project
    from emulator.scenario.recording import Pulled


class Turnstile:
    """Lets so many in at a time."""

    def __init__(self, most: int, what: str) -> None:
        self._left = most
        self._what = what

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Go in.

        Raises:
            ApiError: It is full.
        """
        if self._left == 0:
            raise ApiError(429, f"too many {self._what} are under way", "wait until one ends")
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1


@dataclass(frozen=True, slots=True)
class Turnstiles:
    """What may go on at the same time."""

    actions: Turnstile = field(default_factory=lambda: Turnstile(64, "requests to the provider"))
    waits: Turnstile = field(default_factory=lambda: Turnstile(200, "waits for events"))
    streams: Turnstile = field(default_factory=lambda: Turnstile(100, "streams"))
    uploads: Turnstile = field(default_factory=lambda: Turnstile(4, "uploads"))


MOST_DONE = 10_000


@dataclass(frozen=True, slots=True)
class Done:
    """What was done by hand that no exchange tells: which trigger made it, or which exchange it made again."""

    pulled: dict[int, Pulled] = field(default_factory=dict)
    repeated: dict[int, int] = field(default_factory=dict)

    def pull(self, exchange: int, pulled: Pulled) -> None:
        """A trigger made *exchange*."""
        self.pulled[exchange] = pulled
        if len(self.pulled) > MOST_DONE:
            del self.pulled[next(iter(self.pulled))]

    def repeat(self, exchange: int, original: int) -> None:
        """*exchange* made *original* again as it was."""
        self.repeated[exchange] = original
        if len(self.repeated) > MOST_DONE:
            del self.repeated[next(iter(self.repeated))]


@dataclass(slots=True, kw_only=True)
class Console:
    """A running console."""

    platform: Platform
    account: Account
    project: Project
    redactor: Redactor
    feed: Feed
    streamer: Streamer
    uploads: UploadArea
    document: DocumentFile
    guard: Guard
    turnstiles: Turnstiles = field(default_factory=Turnstiles)
    done: Done = field(default_factory=Done)
    readiness: Readiness = field(
        default_factory=lambda: Readiness(ready=False, connected=None, subscribed=None, failure=None)
    )

    usual: Readiness | None = None
    """What was ready before the journal could not be written."""

    def trouble(self, sentence: str, lasts: bool) -> None:
        """Something is wrong with the journal; while that *lasts*, nothing is ready."""
        if lasts:
            self.usual = self.usual or self.readiness
            self._told(replace(self.usual, ready=False, failure=sentence))
        elif self.usual is not None:
            usual, self.usual = self.usual, None
            self._told(usual)

    def tell(self, readiness: Readiness) -> None:
        """What ``serve`` does at first has come so far."""
        if self.usual is None:
            self._told(readiness)
        else:  # the journal is in trouble: it counts once that is over
            self.usual = readiness

    def _told(self, readiness: Readiness) -> None:
        self.readiness = readiness
        self.feed.publish("ready", readiness)
