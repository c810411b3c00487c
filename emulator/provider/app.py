"""The reference provider as an aiohttp application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import aiohttp
from aiohttp import web
from aiohttp.http import HttpProcessingError

from emulator.provider import payloads
from emulator.provider.accepting import (
    MAX_BODY_BYTES,
    Inbound,
    JsonObject,
    Refusal,
    inbound_from,
    is_http_url,
    is_json,
    object_from,
    order_from,
    subscription_from,
)
from emulator.provider.authorization_server import AuthorizationServer
from emulator.provider.authorizing import unauthorized
from emulator.provider.fetching import fetch
from emulator.provider.oauth_routes import add_authorization_server, is_live
from emulator.provider.posting import Background, Poster
from emulator.provider.samples import sample
from emulator.provider.settings import ProviderSettings
from emulator.provider.state import Answered, Message, Outcome, ProviderState, Unreachable

Log = Callable[[str, Mapping[str, object]], None]
"""Told an event's fixed name and its data."""
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Read = TypeVar("_Read")

SETTINGS = web.AppKey("settings", ProviderSettings)
STATE = web.AppKey("state", ProviderState)
SESSION = web.AppKey("session", aiohttp.ClientSession)
POSTER = web.AppKey("poster", Poster)
BACKGROUND = web.AppKey("background", Background)
NOW: web.AppKey[Callable[[], datetime]] = web.AppKey("now")
NEW_ID: web.AppKey[Callable[[], str]] = web.AppKey("new_id")
PAUSE: web.AppKey[Callable[[float], Awaitable[None]]] = web.AppKey("pause")
LOG: web.AppKey[Log] = web.AppKey("log")
_SAMPLES = "/_test/media/"
_LONGEST_REASON = 200
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def random_id() -> str:
    """A version 4 UUID."""
    return str(uuid4())


def no_log(event: str, data: Mapping[str, object]) -> None:
    """Tell nobody."""


def make_provider(
    settings: ProviderSettings,
    *,
    now: Callable[[], datetime] = utc_now,
    new_id: Callable[[], str] = random_id,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    log: Log = no_log,
) -> web.Application:
    """A provider that remembers nothing yet; no module state, so ten can live in one test.

    Args:
        settings: How it behaves.
        now: The time that messages are stamped with.
        new_id: Makes the ids of messages and subscriptions.
        pause: Waits so many seconds, before a report.
        log: Told ``report.failed`` with messageid, url, and status or error; ``media.failed`` with messageid, url
            and what came of the file.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_errors_as_json])
    app[SETTINGS] = settings
    app[STATE] = ProviderState()
    app[BACKGROUND] = Background()
    app[NOW], app[NEW_ID], app[PAUSE], app[LOG] = now, new_id, pause, log
    app.cleanup_ctx.append(_posting)
    if settings.auth == "oauth2":
        add_authorization_server(app, AuthorizationServer(settings, now=now))
    app.router.add_post("/webhook", _authorized(_send))
    app.router.add_get("/webhook", _authorized(_send), allow_head=False)
    app.router.add_post("/ns-api/v2/subscriptions", _authorized(_subscribe))
    app.router.add_post("/_test/inbound", _emit_inbound)
    app.router.add_post("/_test/reset", _reset)
    app.router.add_get("/_test/messages", _list_messages)
    app.router.add_get("/_test/messages/{id}", _show_message)
    app.router.add_get(f"{_SAMPLES}{{name}}", _serve_sample)
    app.router.add_get("/health", _health)
    return app


async def _posting(app: web.Application) -> AsyncIterator[None]:
    # No cookies: what one account's webhook sets must not reach another's.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        app[SESSION] = session
        app[POSTER] = Poster(session, timeout_s=app[SETTINGS].webhook_timeout_s)
        yield
        await app[BACKGROUND].cancel()


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPError as error:
        kept = {key: value for key, value in error.headers.items() if key == "Allow"}
        return _refused(Refusal(error.status, f"{request.method} {request.path}: {error.reason}", kept))
    except web.RequestPayloadError:
        request.content.feed_eof()  # aiohttp would read on to the end, meet the error again and print it
        response = _refused(Refusal(400, "the body cannot be decoded as its headers say"))
        response.force_close()  # where the next request begins cannot be known
        return response


def _authorized(handler: _Handler) -> _Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        refusal = unauthorized(request.app[SETTINGS], request.headers.get("Authorization"), is_live(request.app))
        return _refused(refusal) if refusal else await handler(request)

    return guarded


async def _send(request: web.Request) -> web.Response:
    app = request.app
    order = await _read(request, order_from, fields=True)
    if isinstance(order, Refusal):
        return _refused(order)
    message = app[STATE].accept(order, message_id=app[NEW_ID](), accepted_at=app[NOW]().isoformat())
    if order.media_url is not None and is_http_url(order.media_url):
        app[BACKGROUND].start(_fetch(app, message.id, order.media_url))
    if message.webhook_url is not None:
        await _begin_report(app, message, message.webhook_url)
    return _json(payloads.created(message.id))


async def _fetch(app: web.Application, messageid: str, url: str) -> None:
    timeout_s = app[SETTINGS].media_timeout_s
    fetched = await fetch(app[SESSION], url, timeout_s=timeout_s, pause=app[PAUSE])
    app[STATE].record_media(messageid, fetched)
    if fetched.error is not None:
        app[LOG]("media.failed", {"messageid": messageid, "url": url, **payloads.media(fetched)})


async def _begin_report(app: web.Application, message: Message, url: str) -> None:
    if app[SETTINGS].report_before_answer:
        await _report(app, message, url)
    else:
        app[BACKGROUND].start(_report_later(app, message, url))


async def _report_later(app: web.Application, message: Message, url: str) -> None:
    await app[PAUSE](app[SETTINGS].delivered_after_s)
    await _report(app, message, url)


async def _report(app: web.Application, message: Message, url: str) -> None:
    outcome = await app[POSTER].post(url, payloads.delivered(message.id))
    app[STATE].record_report(message.id, outcome)
    if isinstance(outcome, Unreachable) or not 200 <= outcome.status < 300:
        app[LOG]("report.failed", {"messageid": message.id, "url": url, **payloads.report(outcome)})


async def _subscribe(request: web.Request) -> web.Response:
    subscription = await _read(request, subscription_from)
    if isinstance(subscription, Refusal):
        return _refused(subscription)
    request.app[STATE].subscribe(subscription)
    return _json(payloads.created(request.app[NEW_ID]()), status=201)


async def _emit_inbound(request: web.Request) -> web.Response:
    inbound = await _read(request, inbound_from)
    if isinstance(inbound, Refusal):
        return _refused(inbound)
    url = _webhook(request.app[STATE], inbound)
    if isinstance(url, Refusal):
        return _refused(url)
    if inbound.url is not None and inbound.url.startswith(_SAMPLES):  # a file of our own
        inbound = replace(inbound, url=f"{request.scheme}://{request.host}{inbound.url}")
    return _told(url, await request.app[POSTER].post(url, payloads.arrived(inbound)))


def _told(url: str, outcome: Outcome) -> web.Response:
    if isinstance(outcome, Answered):
        return _json(payloads.webhook_answer(url, outcome))
    return _refused(Refusal(502, f"the webhook {url} could not be reached: {outcome.reason}"))


def _webhook(state: ProviderState, inbound: Inbound) -> str | Refusal:
    if inbound.domain is None:
        url = state.webhook_for_number(inbound.to)
        whose = f"for {inbound.to}, nor any other"
    else:  # Asked for by name: another domain's webhook would be a surprise.
        url = state.webhook_of(inbound.domain)
        whose = f'for the domain "{inbound.domain}"'
    return url or Refusal(409, f"no webhook is known {whose}: subscribe one first")


async def _serve_sample(request: web.Request) -> web.Response:
    found = sample(request.match_info["name"])
    if found is None:
        return _refused(Refusal(404, f"no sample is called {request.match_info['name']}"))
    return web.Response(body=found.data, headers={"Content-Type": found.content_type})


async def _list_messages(request: web.Request) -> web.Response:
    return _json({"messages": [payloads.listed(message) for message in request.app[STATE].messages]})


async def _show_message(request: web.Request) -> web.Response:
    wanted = request.match_info["id"]
    message = request.app[STATE].message(wanted)
    return (
        _refused(Refusal(404, f"no message has the id {wanted}"))
        if message is None
        else _json(payloads.listed(message))
    )


async def _reset(request: web.Request) -> web.Response:
    request.app[STATE].clear()
    await request.app[BACKGROUND].cancel()  # a report still due would reach the next test
    return _json({"status": "ok"})


async def _health(_request: web.Request) -> web.Response:
    return _json({"status": "ok"})


async def _read(
    request: web.Request, reader: Callable[[JsonObject], _Read | Refusal], *, fields: bool = False
) -> _Read | Refusal:
    """What is asked: JSON, or with *fields* a form or a query too."""
    if fields and request.method == "GET":
        return reader(dict(request.query))
    takes_form = fields and request.content_type in _FORMS
    if not takes_form and not is_json(request.content_type):
        return Refusal(415, "the body must be JSON, with Content-Type: application/json")
    try:
        payload = await _form(request) if takes_form else object_from(await request.read())
    except web.HTTPRequestEntityTooLarge:
        return Refusal(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    return payload if isinstance(payload, Refusal) else reader(payload)


async def _form(request: web.Request) -> JsonObject | Refusal:
    try:
        form = await request.post()
    # Over what it cannot read aiohttp stumbles in many ways.
    except (ValueError, LookupError, RuntimeError, HttpProcessingError, web.RequestPayloadError) as error:
        return Refusal(400, f"the body is no form: {_reason(error)}")
    return {key: value for key, value in form.items() if isinstance(value, str)}


def _reason(error: Exception) -> str:
    """What is wrong, in few words: aiohttp quotes the line that it could not read."""
    text = error.message if isinstance(error, HttpProcessingError) else str(error)
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "…"


def _refused(refusal: Refusal) -> web.Response:
    return _json(payloads.failure(refusal.message), status=refusal.status, headers=refusal.headers)


def _json(data: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(data, status=status, headers=headers, dumps=partial(json.dumps, ensure_ascii=False))
