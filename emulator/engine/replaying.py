"""Recorded requests made again: what went out is kept as it was, what came in is read from the journal."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.core import rules
from emulator.core.bodies import first_bytes
from emulator.core.mapping import Mapped
from emulator.core.messages import Request
from emulator.core.profile import status_fits
from emulator.core.redaction import MASK
from emulator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.core.messages import Reply
    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal

_MOST = 1000
_MOST_BYTES = 16 * 1024 * 1024
_MOST_NAMED = 8
_TOO_LARGE = 413
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "content-md5", "digest", "content-digest"})
"""Headers that are right for one body alone."""
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "expect"})
"""Headers of the connection that a webhook came by; the new one has its own."""


class KeptRequests:
    """The latest requests that went out, secrets and all: in memory alone, and never shown."""

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._requests: OrderedDict[int, Request] = OrderedDict()

    def keep(self, number: int, request: Request) -> None:
        """Remember what exchange *number* sent; the oldest are forgotten."""
        self._requests[number] = request
        self._bytes += len(request.body)
        while len(self._requests) > self._most or self._bytes > self._most_bytes:
            _, oldest = self._requests.popitem(last=False)
            self._bytes -= len(oldest.body)

    def get(self, number: int) -> Request | None:
        """What exchange *number* sent, if it is remembered."""
        return self._requests.get(number)


def recorded_webhook(journal: Journal, number: int, account: str, base_url: str, body: bytes | None = None) -> Request:
    """The webhook that exchange *number* brought, as it can be posted again to the listener at *base_url*.

    With *body*, that is posted in place of its own.

    Raises:
        UsageError: There is none, or it is not known any more as it was. The mend names what *account* has.
    """
    exchange = journal.get(number)
    if exchange is None:
        mend = _known(journal.last(_MOST_NAMED, account=account))
        raise UsageError(f"no exchange #{number} is recorded", mend=mend)
    if exchange.kind != "webhook":
        sent = exchange.direction == "out"
        why = "is not remembered as it was sent" if sent else "is no webhook"
        mend = f"only the latest {_MOST} requests of this run, and webhooks, can be replayed"
        raise UsageError(f"{exchange.kind} #{number} {why}", mend=mend)
    request = exchange.request
    if body is not None:
        request = edited(request, body, request.body)
    elif exchange.reply is not None and exchange.reply.status == _TOO_LARGE:
        raise UsageError(f"webhook #{number} was too large to be kept", mend="replay another")
    if MASK in request.url or MASK.encode() in request.body or any(MASK in value for _, value in request.headers):
        # Whether the provider wrote it or we did is not known any more: better none than another than it was.
        raise UsageError(f"webhook #{number} held a secret, which no journal keeps", mend="let the provider post it")
    parts = urlsplit(request.url)
    return Request(
        method=request.method,
        url=f"{base_url}{parts.path}" + (f"?{parts.query}" if parts.query else ""),
        headers=tuple((name, value) for name, value in request.headers if name.lower() not in _FRAMING),
        body=request.body,
    )


def edited(request: Request, body: bytes, recorded: bytes) -> Request:
    """*request* with another *body*; *recorded* is its own as the journal shows it.

    Raises:
        UsageError: The body holds a mask where its own had a secret.
    """
    if MASK.encode() in body and MASK.encode() in recorded:
        raise UsageError(
            f"the body holds {MASK} where a secret was", mend="write the value there, or send it unchanged"
        )
    headers = tuple((name, value) for name, value in request.headers if name.lower() not in _OF_THE_BODY)
    return request._replace(headers=headers, body=body)


def read_own_answer(reply: Reply) -> Mapped:
    """What our listener's answer to a webhook means: the same as the provider's to a request."""
    if status_fits(reply.status, ("2xx",)):
        return Mapped({})
    failure = f"the listener answered {reply.status}: {first_bytes(reply.body)}"
    return Mapped({}, (rules.REFUSED.on("$", failure, "its answer tells why"),), failure)


def _known(exchanges: Sequence[Exchange]) -> str:
    if not exchanges:
        return "this scenario has none yet"
    return f"the latest of this scenario are {', '.join(f'#{each.id} {each.kind}' for each in exchanges)}"
