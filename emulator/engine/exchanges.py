"""An exchange: a request and its answer, in either direction, with all that was made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from emulator.core.messages import Reply, Request

if TYPE_CHECKING:
    from datetime import datetime

Direction = Literal["out", "in"]
UNNUMBERED = 0
"""The number of an exchange that the journal has not numbered yet."""
NO_HTTP = "no_http"
"""The kind of what came to the listener's port and is no HTTP request."""


class Exchange(NamedTuple):
    """One request and its answer, as recorded.

    *kind* is ``SendMessage``, ``SendFile``, ``Subscribe``, ``trigger``, ``request``, ``replay`` or, for OAuth2,
    ``authorize``, ``token``, ``refresh`` or ``revoke`` for what goes out; ``webhook`` or ``redirect`` for what comes
    in, ``no_http`` for what came in and is no HTTP request, its beginning kept as the body; ``media`` for a file,
    either way, whose bytes are not kept here. *clock* is seconds on the engine's clock when the request began,
    *duration_s* seconds until its answer was
    read (out) or decided (in). *sent_to* is the address after ``hosts``.
    """

    id: int
    direction: Direction
    kind: str
    account: str
    at: datetime
    clock: float
    request: Request
    outcome: dict[str, Any]
    """``{"state", "messageid", "events", "unmatched", "findings", "media"}``, as far as they apply; JSON."""
    sent_to: str | None = None
    reply: Reply | None = None
    error: str | None = None
    duration_s: float | None = None
    attempt: int = 1
