"""Who may ask: the Host and Origin of a request, its token, and the headers that keep the page to itself.

A page of any site can make a browser send requests here. That it names this machine by a name of its own (DNS
rebinding) shows in ``Host``; that it is another page shows in ``Origin`` and ``Sec-Fetch-Site``, which no script can
forge. Programs that are no browsers send neither, and need none of this.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from aiohttp import web

from emulator.faces.console.problems import ApiError, Handler

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?\Z")
_OWN_SITES = frozenset({"same-origin", "none"})
_OPEN = frozenset({"/api/v1/health"})
_API = "/api/"
COOKIE = "ringo_console"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(script_hashes: Iterable[str] = ()) -> str:
    """The content security policy: nothing inline but what has one of the hashes, nothing from elsewhere, no frames."""
    scripts = " ".join(["'self'", *(f"'sha256-{each}'" for each in script_hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """Decides by a request's headers whether it is answered."""

    def __init__(self, *, loopback: bool, names: Iterable[str] = (), token: str | None = None) -> None:
        self._loopback = loopback
        self._names = frozenset({"localhost", *(name.lower() for name in names)})
        self._token = token
        self._session = secrets.token_urlsafe(32)

    def check(self, request: web.Request) -> None:
        """Refuse what must not be answered.

        Raises:
            ApiError: Why it is refused.
        """
        host = request.headers.get("Host", "")
        if not self._is_ours(host):
            raise ApiError(403, "the Host header names no host of the console", "use localhost, or --console-name NAME")
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in {f"http://{host.lower()}", f"https://{host.lower()}"}:
            raise ApiError(403, "the Origin header names another page", "open the console itself")
        if not request.path.startswith(_API):
            return
        if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
            raise ApiError(403, "another site asks (Sec-Fetch-Site)", "open the console itself")
        if self._token is not None and request.path not in _OPEN and not self._has_token(request):
            error = ApiError(401, "a token is needed", "it stands behind #token= in console_url, which serve printed")
            error.headers["WWW-Authenticate"] = "Bearer"
            raise error

    def _is_ours(self, host: str) -> bool:
        match = _HOST.match(host)
        if match is None:
            return False
        name = match["name"].lower()
        if name in self._names:
            return True
        try:
            address = ip_address(name.strip("[]"))
        except ValueError:
            return False
        # A name can be made to lead here; an address cannot. Yet who is on this machine alone needs no other.
        return address.is_loopback or not self._loopback

    def _has_token(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._token is not None and _same(given.strip(), self._token):
            return True
        return _same(request.cookies.get(COOKIE, ""), self._session)

    def begin_session(self, response: web.StreamResponse) -> None:
        """Give who has the token a cookie in place of it."""
        if self._token is not None:
            response.set_cookie(COOKIE, self._session, path=_API, httponly=True, samesite="Strict")

    def middleware(self) -> Middleware:
        """Checks every request before it is looked at."""

        @web.middleware
        async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.check(request)
            return await handler(request)

        return checked


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Give every answer the headers that keep it to the console's own page."""
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Content-Security-Policy", policy())
    if request.path.startswith(_API):
        response.headers["Cache-Control"] = "no-store"
