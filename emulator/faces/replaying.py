"""Makes recorded requests again, as ``ringo-emu journal replay`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.core.redaction import MASK
from emulator.core.rendering import authorization
from emulator.core.scalars import format_duration
from emulator.engine.client import HttpTransport
from emulator.engine.clock import SystemClock
from emulator.errors import TransportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.messages import Request
    from emulator.engine.exchanges import Exchange
    from emulator.faces.output import Output
    from emulator.scenario.project import Project


async def replay(
    exchanges: Iterable[Exchange], project: Project, to: str | None, output: Output, *, as_json: bool = False
) -> int:
    """Make the requests of *exchanges* again, one after the other, and print what they are answered now.

    Webhooks go *to* that URL. Returns the exit code: 3 if one was not answered.

    Raises:
        UsageError: There is none, a webhook has nowhere to go, or a request held a secret that nobody knows.
    """
    requests = [(each, _request(each, project, to)) for each in exchanges]
    if not requests:
        raise UsageError("there is nothing to replay", mend="see ringo-emu journal list; webhooks need --to URL")
    clock = SystemClock()
    ca_file = project.folder / project.file.ca_file if project.file.ca_file else None
    unanswered = 0
    async with HttpTransport(ca_file=ca_file) as transport:
        for exchange, request in requests:
            began = clock.now()
            status, trouble = None, None
            try:
                reply = await transport.send(request, timeout_s=project.file.profile.timeout)
                status = reply.status
            except TransportError as error:
                trouble = error.message
                unanswered += 1
            before = exchange.reply.status if exchange.reply else None
            if as_json:
                output.json({"exchange": exchange.id, "status": status, "before": before, "error": trouble})
                continue
            now = trouble or f"{status} in {format_duration(clock.now() - began)}"
            was = before if before is not None else "not answered"
            output.text(f"#{exchange.id} {exchange.kind}  {request.method} {request.url}  {now} (was {was})")
    return 3 if unanswered else 0


def _request(exchange: Exchange, project: Project, to: str | None) -> Request:
    """The request of *exchange* as it can be made again."""
    request = exchange.request
    if exchange.direction == "in":
        if to is None:
            mend = f"name where it goes: ringo-emu journal replay {exchange.id} --to WEBHOOK_URL"
            raise UsageError(f"#{exchange.id} is a webhook", mend=mend)
        query = urlsplit(request.url).query
        return request._replace(url=f"{to}?{query}" if query else to)
    auth = project.integration.document.auth
    if auth is not None:
        value = authorization(auth, project.file.properties)
        headers = [(name, value if name.lower() == "authorization" else each) for name, each in request.headers]
        request = request._replace(headers=tuple(headers))
    if MASK in request.url or MASK.encode() in request.body or any(MASK in each for _, each in request.headers):
        raise UsageError(
            f"#{exchange.id} held a secret, which no journal keeps",
            mend="send it anew by ringo-emu send, or put the secret into what ringo-emu journal curl prints",
        )
    return request._replace(url=exchange.sent_to or request.url)
