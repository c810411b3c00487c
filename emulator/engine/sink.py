"""The public listener's application: it receives webhooks at ``/services/<service_id>/a<accountid>``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http import HttpProcessingError, HttpVersion11

from emulator.core.addresses import is_loopback
from emulator.core.bodies import TooLargeError, TooSlowError
from emulator.core.browsers import sent_by_page
from emulator.core.messages import Headers, Reply, Request
from emulator.core.oauth import without_secrets
from emulator.core.presenting import finding_data
from emulator.core.scalars import duration_literal, format_duration
from emulator.engine.connected_page import CONNECT_PATH, PAGE_HEADERS, page
from emulator.engine.connections import PATIENCE, body_time
from emulator.engine.directory import Garbled, Stray
from emulator.engine.exchanges import NO_HTTP, Exchange
from emulator.engine.making_trouble import Holder, error_of, make_trouble, reply_of
from emulator.engine.receiving import Read, Receiver, Verdict, Webhook, problem_answer
from emulator.errors import JournalError, UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from emulator.core.no_http import NoHttp
    from emulator.engine.accounts import Account
    from emulator.engine.authorizing import Authorizer
    from emulator.engine.clock import Clock
    from emulator.engine.directory import Directory
    from emulator.engine.effects import Effects
    from emulator.engine.journal import Journal
    from emulator.engine.sharing import SharedUrl

_JSON: Headers = (("Content-Type", "application/json; charset=utf-8"),)
_KEPT_OF_TOO_LARGE = 64 * 1024  # enough to see what it was


_LARGEST_STRAY = 64 * 1024  # of a larger webhook that has no account it is not remembered what it brought
_LONGEST_PATH = 2000


class SinkContext(NamedTuple):
    """What the sink works with; *max_body* is in bytes."""

    journal: Journal
    clock: Clock
    receiver: Receiver
    directory: Directory
    max_body: int
    authorizer: Authorizer | None = None
    public_url: str | None = None
    """Where others are told that the listener is."""


class Record(NamedTuple):
    """What is recorded of a request that came in, beside it and its answer; *at* is on the engine's clock.

    *number* is 0 until it has one.
    """

    kind: str
    account: str
    at: float
    outcome: dict[str, Any]
    number: int = 0
    attempt: int = 1
    error: str | None = None


class _Decided(NamedTuple):
    """What is answered to whom; *account* is whose webhook it was, if anybody's."""

    verdict: Verdict
    account: Account | SharedUrl | None


_CONTEXTS: web.AppKey[Sequence[SinkContext]] = web.AppKey("contexts")
_HOLDER = web.AppKey("holder", Holder)
_IS_EXPOSED: web.AppKey[Callable[[], bool]] = web.AppKey("is_exposed")


def make_sink(contexts: Sequence[SinkContext], clock: Clock, is_exposed: Callable[[], bool]) -> web.Application:
    """An application that records every webhook; no module state, so ten can live in one process.

    *contexts* are the platforms that it receives for; they may come and go. *is_exposed* says whether others than
    this machine reach it.
    """
    app = web.Application()
    app[_CONTEXTS] = contexts
    app[_IS_EXPOSED] = is_exposed
    app[_HOLDER] = Holder(clock)
    app.on_shutdown.append(_let_go)
    app.router.add_route("*", "/services/{service}/{account}", _receive, expect_handler=_expected)
    app.router.add_get("/media/{token}/{name}", _media)
    app.router.add_get(f"{CONNECT_PATH}/{{token}}", _connect, allow_head=False)
    app.router.add_route("*", "/{anywhere:.*}", _elsewhere, expect_handler=_expected)
    return app


def _whose(request: web.Request, fits: Callable[[SinkContext], object]) -> SinkContext:
    """The platform that *request* is for; the first where nobody knows.

    Raises:
        HTTPServiceUnavailable: There is none yet, or none any more.
    """
    contexts = request.app[_CONTEXTS]
    if not contexts:
        raise web.HTTPServiceUnavailable
    if len(contexts) == 1:
        return contexts[0]
    return next((each for each in contexts if fits(each)), contexts[0])


async def _let_go(app: web.Application) -> None:
    """The listener stops: nobody is held any longer."""
    app[_HOLDER].let_go()


async def _receive(request: web.Request) -> web.Response:
    service, account_id = _addressed(request)
    context = _whose(request, lambda each: each.directory.knows(service, account_id))
    at = context.clock.now()
    body, trouble = await _read(request, context.max_body)
    if not context.receiver.takes_from_pages:
        trouble = sent_by_page(request.headers) or trouble
    webhook = _webhook(request, body)
    read = Read(error=trouble)
    if trouble is None:
        read = await context.journal.beside.do(len(body), lambda: context.receiver.read(webhook))
    said = [value for event in read.matched.events for value in event.variables.values()] if read.matched else []

    def decide(number: int, effects: Effects) -> _Decided:
        account = context.directory.find(service, account_id)
        if account is None:
            closed = context.directory.closed(service, account_id)
            return _Decided(_nobody(context, request, number, at, effects, closed, read), closed)
        if trouble is not None:
            return _Decided(context.receiver.refuse(account, trouble, number, at, effects), account)
        return _Decided(context.receiver.receive(account, webhook, read, number, at, effects), account)

    return await _answer(context, request, body, at, decide, said)


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    context = _whose(request, lambda _: False)
    if request.method == "GET" and any(_is_redirect(each, request) for each in request.app[_CONTEXTS]):
        return await _redirected(request)
    at = context.clock.now()
    body, _ = await _read(request, context.max_body)

    def decide(number: int, effects: Effects) -> _Decided:
        return _Decided(_nobody(context, request, number, at, effects), None)

    return await _answer(context, request, body, at, decide)


async def _media(request: web.Request) -> web.StreamResponse:
    """A file that SendFile names; the name in the URL is for people, the token decides."""
    from emulator.engine.serving_media import serve_media  # cold start: most runs serve none

    context = _whose(request, lambda each: each.directory.shares(request.match_info["token"]))
    return await serve_media(context, request, request.app[_HOLDER])


async def _connect(request: web.Request) -> web.StreamResponse:
    """The link by which an admin connects an account: on to the provider's authorization page."""
    token = request.match_info["token"]
    context = _whose(request, lambda each: each.authorizer and each.authorizer.linked(token))
    at = context.clock.now()
    account = context.authorizer.linked(token) if context.authorizer else None
    if context.authorizer is None or account is None:
        return await _elsewhere(request)
    reply = Reply(status=302, headers=(("Location", context.authorizer.begin(account)), *PAGE_HEADERS))
    return await _recorded(context, request, reply, Record("redirect", account.label, at, {}))


async def _redirected(request: web.Request) -> web.StreamResponse:
    """The browser is back from the provider's authorization page."""
    query = request.rel_url.raw_query_string
    asked = [each for each in request.app[_CONTEXTS] if _is_redirect(each, request)]
    context = next((each for each in asked if each.authorizer and each.authorizer.awaits(query)), asked[0])
    assert context.authorizer is not None  # noqa: S101 - nobody else has redirects
    begun = Record("redirect", "", context.clock.now(), {})
    exchange = _exchange(context, _sent(request, begun.kind), None, begun)._replace(duration_s=None)
    try:
        exchange = await context.journal.begin(exchange)  # its number comes before those of the requests for tokens
    except JournalError as error:
        return _failed(error)
    finished = await context.authorizer.finish(query)
    outcome = {"findings": [finding_data(finished.finding)]} if finished.finding else {}
    record = begun._replace(account=finished.account, number=exchange.id, outcome=outcome)
    reply = page(finished.finding, context.journal.redactor)
    return await _recorded(context, request, reply, record, exchange.at)


async def _answer(
    context: SinkContext,
    request: web.Request,
    body: bytes,
    at: float,
    decide: Callable[[int, Effects], _Decided],
    said: Sequence[str] = (),
) -> web.Response:
    """Record what is decided, and only then let it happen and answer; the webhook *said* these texts."""
    sent = _sent(request, "webhook", body)
    verdict: Verdict | None = None

    def make(number: int, effects: Effects) -> Exchange:
        nonlocal verdict
        verdict, account = decide(number, effects)
        label = account.label_of(verdict.events) if account else ""
        record = Record("webhook", label, at, verdict.outcome, number, verdict.attempt)
        reply: Reply | None = _reply(verdict)
        if verdict.fault is not None and reply is not None:
            outcome = {**verdict.outcome, "fault": str(verdict.fault)}
            record = record._replace(error=error_of(verdict.fault), outcome=outcome)
            reply = reply_of(verdict.fault, reply)
        return _exchange(context, sent, reply, record)

    try:
        async with context.journal.beside.masked(context.journal.redactor, [sent], said):
            exchange = await context.journal.decide(make)
    except JournalError as error:
        return _after_all(request, _failed(error))
    response = _after_all(request, _response(exchange.reply))
    if verdict is not None and verdict.fault is not None and verdict.faults is not None:
        await make_trouble(verdict.fault, request, request.app[_HOLDER], verdict.faults)
    return response


def _reply(verdict: Verdict) -> Reply:
    headers: Headers = _JSON
    if verdict.allow:
        headers = (*headers, ("Allow", verdict.allow))
    return Reply(status=verdict.status, headers=headers, body=verdict.answer)


async def _recorded(
    context: SinkContext, request: web.Request, reply: Reply, record: Record, wall: datetime | None = None
) -> web.Response:
    """Record the exchange, which began at *wall*, and only then answer."""
    exchange = _exchange(context, _sent(request, record.kind), reply, record)
    try:
        await context.journal.record(exchange if wall is None else exchange._replace(at=wall))
    except JournalError as error:
        return _after_all(request, _failed(error))
    return _after_all(request, _response(reply))


def _sent(request: web.Request, kind: str, body: bytes = b"") -> Request:
    url = without_secrets(url_of(request)) if kind == "redirect" else url_of(request)
    return Request(method=request.method, url=url, headers=headers_of(request), body=body)


def _exchange(context: SinkContext, sent: Request, reply: Reply | None, record: Record) -> Exchange:
    return Exchange(
        id=record.number,
        direction="in",
        kind=record.kind,
        account=record.account,
        at=context.clock.wall(),
        clock=record.at,
        request=sent,
        reply=reply,
        duration_s=context.clock.now() - record.at,
        outcome=record.outcome,
        attempt=record.attempt,
        error=record.error,
    )


def _response(reply: Reply | None) -> web.Response:
    answer = reply or Reply(status=500)
    return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))


def _failed(error: JournalError) -> web.Response:
    return web.Response(status=500, body=problem_answer(error.message), headers=dict(_JSON))


def _after_all(request: web.Request, response: web.Response) -> web.Response:
    if request.content.exception() is not None:
        request.content.feed_eof()  # aiohttp would read on, meet the error again and print it
        response.force_close()  # where the next request begins cannot be known
    return response


async def record_no_http(context: SinkContext, base_url: str, found: NoHttp) -> None:
    """Record what came to the port and was no HTTP request; it was answered 400, if anything."""
    at = context.clock.now()
    message = f"no HTTP request: {found.reason}"

    def make(number: int, effects: Effects) -> Exchange:
        effects.afterwards(context.directory.garbled.append, Garbled(number, at, found.reason, found.mend))
        return Exchange(
            id=number,
            direction="in",
            kind=NO_HTTP,
            account="",
            at=context.clock.wall(),
            clock=at,
            request=Request(method=found.method or "?", url=f"{base_url}{_text(found.target)}", body=found.data),
            reply=Reply(status=400) if found.answered else None,
            error=None if found.answered else "not answered",
            duration_s=0.0,
            outcome={"problem": message, "mend": found.mend},
        )

    with suppress(JournalError):  # nobody waits for an answer that could say so; the next exchange tells of it
        await context.journal.decide(make)


async def _expected(request: web.Request) -> None:
    """Ask for the body of who waits for that (``Expect: 100-continue``), unless it is too large to be read.

    Raises:
        HTTPExpectationFailed: It waits for something else.
    """
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed
    limit = max((each.max_body for each in request.app[_CONTEXTS]), default=0)
    if request.version >= HttpVersion11 and (request.content_length or 0) <= limit:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # no part of the answer


async def _read(request: web.Request, limit: int) -> tuple[bytes, UnreadableBodyError | None]:
    """The body as it was sent, and why it is of no use; of one larger than *limit* only the beginning is kept."""
    body = b""
    too_large = (request.content_length or 0) > limit
    if too_large and "Expect" in request.headers:  # it waits to be asked for its body
        return body, _too_large(limit)
    try:
        if request.content.is_eof() and not too_large:  # as it mostly is: there is nothing to wait for
            body = request.content.read_nowait()
            return (body, None) if len(body) <= limit else (body[:_KEPT_OF_TOO_LARGE], _too_large(limit))
        async with body_time(request):
            while len(body) <= limit:
                chunk = await (request.content.read(_KEPT_OF_TOO_LARGE) if too_large else request.content.readany())
                body += chunk
                if too_large or not chunk:
                    break
    except TimeoutError:
        request.content.set_exception(web.RequestPayloadError("too slow"))
        within = duration_literal(request.app[PATIENCE].body_s)
        return body, TooSlowError(f"the body had not come as a whole after {within}", mend="send all of it at once")
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError):
        return body, UnreadableBodyError("the body broke off before its end", mend="send all of it")
    if too_large or len(body) > limit:
        return body[:_KEPT_OF_TOO_LARGE], _too_large(limit)
    return body, None


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {limit} bytes", mend="send less")


def url_of(request: web.Request) -> str:
    """Where the provider posted; of a Host header that names no host nothing is made but its place in the headers."""
    url = _text(f"{request.scheme}://{request.host}{request.path_qs}")
    try:
        urlsplit(url)
    except ValueError:
        return _text(f"{request.scheme}://host.invalid{request.path_qs}")
    return url


def _is_redirect(context: SinkContext, request: web.Request) -> bool:
    return context.authorizer is not None and context.authorizer.redirect_path == request.path


def _addressed(request: web.Request) -> tuple[str, str]:
    """The service and the account that the path names; both are empty where it is no webhook URL."""
    service, segment = request.match_info.get("service", ""), request.match_info.get("account", "")
    return (service, segment[1:]) if segment.startswith("a") else ("", "")


def _nobody(
    context: SinkContext,
    request: web.Request,
    exchange: int,
    at: float,
    effects: Effects,
    closed: Account | None = None,
    read: Read | None = None,
) -> Verdict:
    """No account has that webhook URL; *closed* is the one that had it."""
    urls = [url for each in request.app[_CONTEXTS] for url in each.directory.webhook_urls()]
    message = f"no account has the webhook URL {request.path}"
    verdict = Verdict(404, b"", _missed(message, urls))
    if closed is not None and closed.closed_at is not None:
        message += f" any longer: it was closed {format_duration(at - closed.closed_at)} before"
        verdict = verdict._replace(outcome=_missed(message, urls))
        if read is not None:
            verdict = context.receiver.receive_late(closed, read, exchange, at, message, effects)
    events = verdict.events if read is not None and read.size <= _LARGEST_STRAY else ()
    stray = Stray(exchange, at, request.path[:_LONGEST_PATH], events, closed is not None)
    effects.afterwards(context.directory.strays.append, stray)
    return verdict._replace(answer=problem_answer(message, **_told(request, urls)))


def _missed(message: str, urls: Sequence[str]) -> dict[str, Any]:
    """What the owner is told of a request that nobody has a URL for."""
    return {"problem": message, "mend": f"post to {' or '.join(urls)}"} if urls else {"problem": message}


def _told(request: web.Request, urls: Sequence[str]) -> dict[str, Any]:
    """What the other end is told of the webhook URLs: all that protects them is that nobody knows them.

    A name that is made to lead to this machine lets a web page read what only this machine should.
    """
    if request.app[_IS_EXPOSED]() or not is_loopback(urlsplit(url_of(request)).hostname or ""):
        return {
            "mend": "post to the webhook URL, letter for letter; ringo-emu itself prints it, here it is told to nobody"
        }
    return {"webhook_urls": urls}


def _webhook(request: web.Request, body: bytes) -> Webhook:
    return Webhook(
        method=request.method,
        query=request.rel_url.raw_query_string,
        content_type=_header(request, "Content-Type"),
        content_encoding=_header(request, "Content-Encoding"),
        body=body,
    )


def _header(request: web.Request, name: str) -> str | None:
    value = request.headers.get(name)
    return None if value is None else _text(value)


def _text(value: str) -> str:
    """A header's value; bytes that are no UTF-8 come as lone surrogates, which the journal's text cannot hold."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def headers_of(request: web.Request) -> Headers:
    """What came with it."""
    return tuple([(name, _text(value)) for name, value in request.headers.items()])
