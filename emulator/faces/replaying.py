"""Makes recorded requests again, as ``ringo-emu journal replay`` does: with today's hosts, secrets and listener."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from emulator.core.bodies import first_bytes, parse_json
from emulator.core.hosts import rewrite
from emulator.core.messages import media_type
from emulator.core.redaction import MASK
from emulator.core.rendering import authorization, fill, render_url
from emulator.core.scalars import format_duration
from emulator.core.source import node_at
from emulator.core.template import leaves, parse_template
from emulator.engine.client import off_the_wire
from emulator.engine.clock import SystemClock
from emulator.engine.exchanges import NO_HTTP
from emulator.engine.journal import open_journal
from emulator.engine.platform import open_platform
from emulator.errors import UnreadableBodyError, UsageError
from emulator.faces.session import session, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emulator.core.document import ApiMethod
    from emulator.core.messages import Request
    from emulator.engine.accounts import Account
    from emulator.engine.calling import CallResult
    from emulator.engine.exchanges import Exchange
    from emulator.engine.platform import Platform
    from emulator.faces.neighbours import Serving
    from emulator.faces.output import Output
    from emulator.faces.session import Guest
    from emulator.scenario.project import Project

_FORM = "application/x-www-form-urlencoded"
_REFUSED = 400


class _Again(NamedTuple):
    """What is made again, and where webhooks go."""

    project: Project
    exchanges: Sequence[Exchange]
    moved: Mapping[str, str]
    """Where the provider was when they were recorded, and where it is now."""
    to: str | None


async def replay(
    exchanges: Sequence[Exchange],
    project: Project,
    to: str | None,
    output: Output,
    guest: Guest,
    *,
    recorded: Sequence[Exchange] = (),
    as_json: bool = False,
) -> int:
    """Make the requests of *exchanges* again, one after the other, and print what they are answered now.

    The provider's process is started where the project has one. Webhooks go *to* that URL: without one to the ``serve``
    that plays the project, or else to a listener of their own. *recorded* is what else is known of that time. Returns
    the exit code: 3 if one was not answered.

    Raises:
        UsageError: There is none, or a request held a secret that nobody knows.
    """
    if not exchanges:
        raise UsageError("there is nothing to replay", mend="see ringo-emu journal list; webhooks need their NUMBER")
    again = _Again(project, exchanges, _moved([*exchanges, *recorded], project), to)
    requests = [(each, _request(each, again)) for each in exchanges]
    unanswered = 0
    async with AsyncExitStack() as stack:
        journal = stack.enter_context(open_journal(redactor=project.redactor))
        if any(each.direction == "out" for each in exchanges):
            platform, _ = await stack.enter_async_context(session(project, journal, keep_tokens=True, guest=guest))
        else:
            platform = await stack.enter_async_context(open_platform(settings_of(project), journal))
        account = platform.open_account(project.organization)
        webhook_url = to or _of_serve(project) or account.webhook_url
        for exchange, request in requests:
            target = _posted(request, webhook_url) if exchange.direction == "in" else request
            call = await _made(exchange, target, platform, account)
            unanswered += call.reply is None
            answer = first_bytes(call.reply.body) if call.reply and call.reply.status >= _REFUSED else None
            said = _Said(call.status, call.ended - call.began, call.failure if call.reply is None else answer)
            _tell(exchange, rewrite(target.url, project.hosts), said, output, as_json=as_json)
    return 3 if unanswered else 0


async def replay_through(
    serving: Serving, exchanges: Sequence[Exchange], timeout_s: float, output: Output, *, as_json: bool = False
) -> int | None:
    """Have *serving*, in whose journal they are, make the requests of *exchanges* again, and print what comes of it.

    Returns the exit code; None where it has gone, or does not know one of them as it was, before any is made.

    Raises:
        UnreachableError: It does not answer.
        TransportError: It has gone meanwhile.
    """
    from emulator.faces.console.client import ConsoleClient

    unanswered, clock = 0, SystemClock()
    async with ConsoleClient(serving.console_url or "") as console:
        if not await console.plays(serving.webhook_url):
            return None
        for exchange in exchanges:
            began = clock.now()
            try:
                call = await console.replay(exchange.id, timeout_s)
            except UsageError:
                if exchange is not exchanges[0]:
                    raise
                return None
            if exchange is exchanges[0]:
                output.text(f"through serve, {console.page}", err=True)
            unanswered += call["status"] is None
            said = _Said(call["status"], clock.now() - began, call["failure"])
            _tell(exchange, exchange.sent_to or exchange.request.url, said, output, as_json=as_json)
    return 3 if unanswered else 0


async def _made(exchange: Exchange, request: Request, platform: Platform, account: Account) -> CallResult:
    if exchange.kind == "Subscribe":  # the webhook URL of that time leads nowhere any more
        return await platform.subscribe(account)
    return await platform.request("replay", request, account)


class _Said(NamedTuple):
    """What a request was answered when it was made again; *why* it was refused, or not answered at all."""

    status: int | None
    took_s: float
    why: str | None


def _tell(exchange: Exchange, url: str, said: _Said, output: Output, *, as_json: bool) -> None:
    before = exchange.reply.status if exchange.reply else None
    if as_json:
        error = said.why if said.status is None else None
        output.json({"exchange": exchange.id, "status": said.status, "before": before, "error": error})
        return
    now = said.why if said.status is None else f"{said.status} in {format_duration(said.took_s)}"
    was = before if before is not None else "not answered"
    output.text(f"#{exchange.id} {exchange.kind}  {exchange.request.method} {url}  {now} (was {was})")
    if said.status is not None and said.why:
        output.text(f"  {said.why}")


def _of_serve(project: Project) -> str | None:
    from emulator.faces.neighbours import running_serve

    serving = running_serve(project)
    return serving.webhook_url if serving is not None else None


def _posted(request: Request, webhook_url: str) -> Request:
    query = urlsplit(request.url).query
    return request._replace(url=f"{webhook_url}?{query}" if query else webhook_url)


# -- what was recorded, as it is made today


def _moved(exchanges: Sequence[Exchange], project: Project) -> dict[str, str]:
    """The origins that requests went to by ``hosts``, and those to which today's send them."""
    moved = {}
    for each in exchanges:
        if each.sent_to is not None:
            then, now = _origin(each.sent_to), _origin(rewrite(each.request.url, project.hosts))
            if now != _origin(each.request.url):
                moved[then] = now
    return moved


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def why_not_again(exchange: Exchange) -> str | None:
    """Why nobody here can make the request of *exchange* again."""
    if exchange.kind == NO_HTTP:
        return "was no HTTP request: there is nothing to make again"
    if exchange.direction == "in" and exchange.kind != "webhook":
        return f"is no webhook, but a {exchange.kind} request of the provider's: it alone makes that again"
    return None


def _request(exchange: Exchange, again: _Again) -> Request:
    """The request of *exchange* as it can be made again."""
    why_not = why_not_again(exchange)
    if why_not is not None:
        raise UsageError(f"#{exchange.id} {why_not}", mend=f"see it: ringo-emu journal show {exchange.id}")
    request, project = off_the_wire(exchange.request, exchange.sent_to or exchange.request.url), again.project
    if exchange.direction == "out":
        request = _with_secrets(request, exchange.kind, project)
        then = _origin(request.url)
        if exchange.sent_to is None and then in again.moved:
            request = request._replace(url=again.moved[then] + request.url[len(then) :])
    if exchange.kind == "Subscribe":
        return request
    if MASK in request.url or MASK.encode() in request.body or any(MASK in each for _, each in request.headers):
        raise UsageError(
            f"#{exchange.id} held a secret, which no journal keeps",
            mend=f"put the secret in place of {MASK} into what ringo-emu journal curl {exchange.id} prints",
        )
    return request


def _with_secrets(request: Request, kind: str, project: Project) -> Request:
    """*request* with the project's secrets in the places where the document has them."""
    document, properties, profile = project.integration.document, project.file.properties, project.file.profile
    if document.auth is not None:
        value = authorization(document.auth, properties)
        headers = [(name, value if name.lower() == "authorization" else each) for name, each in request.headers]
        request = request._replace(headers=tuple(headers))
    method: ApiMethod | None = getattr(document.api, kind, None) if kind in {"SendMessage", "SendFile"} else None
    if method is None:
        return request
    known = {
        path: fill(leaf, properties, profile)
        for path, leaf in leaves(method.parameters)
        if isinstance(leaf, str) and _is_of(leaf, properties)
    }
    address, _, query = request.url.partition("?")
    if MASK in address and _is_of(method.url, properties):
        address = render_url(method.url, properties, profile).partition("?")[0]
    if MASK in query or "%2A%2A%2A" in query:
        query = _pairs_with(query, known)
    return request._replace(url=f"{address}?{query}" if query else address, body=_body_with(request, known))


def _is_of(template: str, properties: Mapping[str, str]) -> bool:
    """Whether *template* is made of properties alone."""
    variables = parse_template(template).variables
    return bool(variables) and all(each.name in properties for each in variables)


def _body_with(request: Request, known: Mapping[tuple[str | int, ...], Any]) -> bytes:
    kind = media_type(request.header("Content-Type") or "")
    if kind == _FORM:
        return _pairs_with(request.body.decode("utf-8", "replace"), known).encode()
    if MASK.encode() not in request.body:
        return request.body
    try:
        data = parse_json(request.body)
    except UnreadableBodyError:
        return request.body
    for path, value in known.items():
        around = node_at(data, path[:-1])
        if MASK in str(node_at(data, path)) and isinstance(around, dict | list):
            around[path[-1]] = value  # type: ignore[index]
    return json.dumps(data, ensure_ascii=False).encode()


def _pairs_with(text: str, known: Mapping[tuple[str | int, ...], Any]) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    if not any(MASK in value for _, value in pairs):
        return text
    return urlencode([(name, known.get((name,), value) if MASK in value else value) for name, value in pairs])
