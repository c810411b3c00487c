"""The authorization server over HTTP: pages for the admin's browser, forms and JSON for the client."""

from __future__ import annotations

import binascii
import html
import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web

from emulator.provider.authorization_server import Asked, AuthorizationServer, BadRequest, OAuthError

SERVER = web.AppKey("server", AuthorizationServer)
ASKED: web.AppKey[dict[str, Asked]] = web.AppKey("asked")
_MAX_ASKED = 1_000
_NO_STORE = {"Cache-Control": "no-store"}
_PAGE_HEADERS = {
    **_NO_STORE,
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CONSENT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Reference SMS</title>
<h1>May {client} send messages in your name?</h1>
<form method="post" action="/oauth2/consent">
<input type="hidden" name="request" value="{request}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>
</html>
"""


def add_authorization_server(app: web.Application, server: AuthorizationServer) -> None:
    """Serve *server* beside the API."""
    app[SERVER] = server
    app[ASKED] = {}
    app.router.add_get("/oauth2/authorize", _authorize)
    app.router.add_post("/oauth2/consent", _consent)
    app.router.add_post("/oauth2/token", _token)
    app.router.add_post("/oauth2/revoke", _revoke)
    app.router.add_post("/_test/oauth2/expire", _expire)
    app.router.add_post("/_test/oauth2/revoke", _revoke_all)
    app.router.add_get("/_test/oauth2", _counts)


def is_live(app: web.Application) -> Callable[[str], bool]:
    """What knows the access tokens that open the API now."""
    server = app.get(SERVER)
    return server.is_live if server is not None else lambda _: False


async def _authorize(request: web.Request) -> web.Response:
    asked = request.app[SERVER].asked(request.query)
    if isinstance(asked, BadRequest):
        return _page(f"<!doctype html>\n<p>{html.escape(asked.message)}</p>\n", status=400)
    if isinstance(asked, str):
        return _redirect(asked)
    if not request.app[SERVER].settings.ask_consent:
        return _redirect(request.app[SERVER].allow(asked))
    waiting = request.app[ASKED]
    ticket = secrets.token_urlsafe(16)
    waiting[ticket] = asked
    if len(waiting) > _MAX_ASKED:
        del waiting[next(iter(waiting))]
    client = html.escape(request.app[SERVER].settings.client_id)
    return _page(_CONSENT.format(client=client, request=ticket))


async def _consent(request: web.Request) -> web.Response:
    form = await _form(request)
    asked = request.app[ASKED].pop(form.get("request", ""), None)
    if asked is None:
        return _page("<!doctype html>\n<p>This question was answered before, or never asked.</p>\n", status=400)
    server = request.app[SERVER]
    return _redirect(server.allow(asked) if form.get("decision") == "allow" else server.deny(asked))


async def _token(request: web.Request) -> web.Response:
    return await _answered(request, request.app[SERVER].token)


async def _revoke(request: web.Request) -> web.Response:
    return await _answered(request, lambda form, basic: request.app[SERVER].revoke(form, basic) or {})


async def _answered(
    request: web.Request,
    answer: Callable[[Mapping[str, str], tuple[str, str] | None], Mapping[str, object] | OAuthError],
) -> web.Response:
    """The answer to a client's form."""
    if request.content_type != "application/x-www-form-urlencoded":
        return _failed(OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded"))
    header = request.headers.get("Authorization")
    basic = _basic(header)
    if header is not None and basic is None:
        return _failed(OAuthError("invalid_client", "the Authorization header is not HTTP Basic", 401))
    result = answer(await _form(request), basic)
    return _failed(result) if isinstance(result, OAuthError) else _json(result)


async def _expire(request: web.Request) -> web.Response:
    request.app[SERVER].expire()
    return _json({"status": "ok"})


async def _revoke_all(request: web.Request) -> web.Response:
    request.app[SERVER].revoke_all()
    return _json({"status": "ok"})


async def _counts(request: web.Request) -> web.Response:
    counts = request.app[SERVER].counts
    return _json({"codes": counts.codes, "refreshes": counts.refreshes, "refused": counts.refused})


async def _form(request: web.Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _basic(header: str | None) -> tuple[str, str] | None:
    """The client's id and secret, each form-encoded before they were joined (RFC 6749, section 2.3.1)."""
    scheme, _, pair = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = b64decode(pair.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None


def _failed(error: OAuthError) -> web.Response:
    headers = {"WWW-Authenticate": 'Basic realm="reference-sms"'} if error.status == 401 else {}
    return _json({"error": error.error, "error_description": error.description}, error.status, headers)


def _json(data: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(data, status=status, headers={**_NO_STORE, **(headers or {})}, dumps=json.dumps)


def _page(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status, headers=_PAGE_HEADERS)


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location, **_PAGE_HEADERS})
