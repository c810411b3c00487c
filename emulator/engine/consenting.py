"""Agrees in the admin's place: follows the provider's authorization page to the redirect URI without a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp
from yarl import URL

from emulator.core import rules
from emulator.core.bodies import first_bytes
from emulator.core.hosts import rewrite
from emulator.core.mapping import Mapped
from emulator.core.messages import Reply, Request
from emulator.core.oauth import redirect_secrets
from emulator.core.rendering import absolute_url
from emulator.errors import RenderingError

if TYPE_CHECKING:
    from emulator.engine.calling import Caller, CallResult
    from emulator.engine.journal import Journal

_MOST_HOPS = 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPS_METHOD = frozenset({307, 308})


class Page(NamedTuple):
    """A page of the provider's that waits for an answer: its address, and the hidden fields of its forms."""

    url: str
    hidden: Mapping[str, str]


Script = Sequence[Callable[[Page], Request]]
"""What the admin does, page by page."""


class Arrived(NamedTuple):
    """The redirect URI was reached: *query* is what it was called with, *result* the exchange that led there."""

    query: str
    result: CallResult


class Follower:
    """Follows one authorization request; what the provider's pages set as cookies is kept for as long."""

    def __init__(
        self,
        caller: Caller,
        journal: Journal,
        hosts: Mapping[str, str],
        redirect_uri: str,
        script: Script,
        account: str,
    ) -> None:
        self._caller = caller
        self._journal = journal
        self._hosts = hosts
        self._redirect_uri = redirect_uri
        self._script = list(script)
        self._account = account
        self._cookies = aiohttp.CookieJar(unsafe=True)  # a provider on a laptop is an IP address

    async def follow(self, url: str, state: str) -> Arrived | CallResult:
        """Go from the authorization *url* to the redirect URI; else a result with a failure says why."""
        request = Request(method="GET", url=url)
        for _ in range(_MOST_HOPS):
            result = await self._send(request)
            if result.failure is not None or result.reply is None:
                return result
            following = self._next(request, result, result.reply, state)
            if not isinstance(following, Request):
                return following
            request = following
        return _lost(result, f"the authorization did not come back after {_MOST_HOPS} requests", "is it a circle?")

    async def _send(self, request: Request) -> CallResult:
        url = URL(request.url, encoded=True)
        cookies = "; ".join(f"{each.key}={each.value}" for each in self._cookies.filter_cookies(url).values())
        if cookies:
            request = Request(
                method=request.method,
                url=request.url,
                headers=(*request.headers, ("Cookie", cookies)),
                body=request.body,
            )

        def read(reply: Reply) -> Mapped:
            # Whoever has these is the admin, or can be connected in the admin's name.
            self._journal.learn(redirect_secrets(reply.header("Location") or ""))
            set_cookies = [value for name, value in reply.headers if name.lower() == "set-cookie"]
            self._cookies.update_cookies_from_headers(set_cookies, url)
            self._journal.learn(each.value for each in self._cookies)
            return Mapped({})

        return await self._caller.request("authorize", request, self._account, read)

    def _next(self, request: Request, result: CallResult, reply: Reply, state: str) -> Request | Arrived | CallResult:
        location = reply.header("Location")
        if reply.status in _REDIRECTS and location:
            return self._redirected(request, result, urljoin(request.url, location), state)
        if not 200 <= reply.status < 300:
            said = f": {first_bytes(reply.body)}" if reply.body else ""
            message = f"the authorization page answered {reply.status}{said}"
            return _lost(result, message, "are the client id and the redirect URI those that the provider knows?")
        if not self._script:
            message = f"the authorization page answered {reply.status} with a page that wants an admin"
            mend = "say by oauth.consent in ringo-emu.yaml how to agree, or connect with a browser: ringo-emu serve"
            return _lost(result, message, mend)
        try:
            answer = self._script.pop(0)(Page(request.url, _hidden_fields(reply.body)))
            return Request(
                method=answer.method,
                url=absolute_url(urljoin(request.url, answer.url)),
                headers=answer.headers,
                body=answer.body,
            )
        except RenderingError as error:
            return _lost(result, f"oauth.consent: {error.message}", error.mend or "")

    def _redirected(
        self, request: Request, result: CallResult, target: str, state: str
    ) -> Request | Arrived | CallResult:
        address, _, query = target.partition("#")[0].partition("?")
        if address == self._redirect_uri:
            return Arrived(query, result)
        if state in parse_qs(query).get("state", ()) and {"code", "error"} & parse_qs(query).keys():
            message = f"the provider redirects to {address}; the redirect URI is {self._redirect_uri}"
            mend = "redirect to the redirect_uri of the authorization request, letter for letter"
            return _lost(result, message, mend)
        try:
            # Before the request, not in it: a browser keeps cookies by the address that it was really at.
            absolute = absolute_url(rewrite(target, self._hosts))
        except RenderingError as error:
            return _lost(result, f"the provider redirects to nowhere: {error.message}", error.mend or "")
        if result.status in _KEEPS_METHOD and urlsplit(target).netloc == urlsplit(request.url).netloc:
            return Request(method=request.method, url=absolute, headers=request.headers, body=request.body)
        return Request(method="GET", url=absolute)


def _lost(result: CallResult, message: str, mend: str) -> CallResult:
    finding = rules.NO_REDIRECT.on("$", message, mend)
    return result.failed(finding)


class _HiddenFields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name = values.get("name")
        if tag == "input" and name and (values.get("type") or "").lower() == "hidden":
            self.found.setdefault(name, values.get("value") or "")


def _hidden_fields(body: bytes) -> Mapping[str, str]:
    """The hidden fields of a page's forms: a provider's guard against forged requests wants them back."""
    parser = _HiddenFields()
    parser.feed(body.decode("utf-8", "replace"))
    return parser.found
