"""Fetches the file of an incoming mms: over http(s) alone, within limits, from nowhere that only this machine sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from emulator.core import received
from emulator.core.bodies import TooLargeError, unpack
from emulator.core.hosts import rewrite
from emulator.core.media import ReceivedFile
from emulator.core.messages import Reply, Request
from emulator.core.presenting import finding_data
from emulator.engine.client import USER_AGENT, HearingConnector, headers_of, hearing, in_our_words, tls_context
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.guarding import Guard, Place, guard_for, places, provider_places
from emulator.errors import JournalError, UnreadableBodyError

if TYPE_CHECKING:
    from emulator.core.messages import Headers
    from emulator.engine.clock import Clock
    from emulator.engine.journal import Journal
    from emulator.engine.platform import PlatformSettings
    from emulator.engine.public_listener import PublicListener
    from emulator.errors import Finding

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = (
    ("User-Agent", USER_AGENT),
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),  # media are packed already
)
_CLOSED = ("Connection", "close")  # one file for each connection
_NO_HOST = "http://host.invalid/"


class Fetched(NamedTuple):
    """What came of a file, and its bytes, if they all came."""

    file: ReceivedFile
    data: bytes | None = None


class _FailedError(Exception):
    """It will not come; *finding* says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class _Progress:
    """How far it has come."""

    url: str
    exchange: Exchange | None = None
    """The latest request, until it is recorded with its end."""
    last: int | None = None
    status: int | None = None
    hops: int = 0
    via: str | None = None
    """What redirected here."""
    reply_headers: Headers = field(default=())


class MediaFetcher:
    """Gets files for one platform; every request for one is an exchange of the journal, without the file's bytes."""

    def __init__(
        self,
        settings: Callable[[], PlatformSettings],
        listener: PublicListener,
        journal: Journal,
        clock: Clock,
    ) -> None:
        """*listener* is where the webhooks come in that name files."""
        self._settings = settings
        self._listener = listener
        self._journal = journal
        self._clock = clock

    async def fetch(self, url: str, account: str) -> Fetched:
        """Get the file at *url*; whatever goes wrong is a finding, never an exception."""
        profile = self._settings().profile
        progress = _Progress(url)
        try:
            async with asyncio.timeout(profile.media_timeout):
                return await self._follow(progress, account)
        except TimeoutError:
            finding = received.too_slow(url, profile.media_timeout)
        except _FailedError as error:
            finding = error.finding
        file = ReceivedFile(url=url, status=progress.status, findings=(finding,))
        number = await self._end(progress, file, account)
        return Fetched(replace(file, exchange=number))

    async def _follow(self, progress: _Progress, account: str) -> Fetched:
        """Ask at one address after the other, until one has the file."""
        here = progress.url
        while True:
            answer = await self._ask(progress, here, account)
            if answer is not None:
                data, declared = answer
                number = progress.exchange.id if progress.exchange else 0
                file = received.judged(progress.url, data, declared, exchange=number, status=progress.status or 0)
                await self._end(progress, file, account)
                return Fetched(file, data)
            location = next((value for name, value in progress.reply_headers if name.lower() == "location"), "")
            if not location:
                why = f"was answered {progress.status} without a Location"
                raise _FailedError(received.redirected(progress.url, why))
            if progress.hops == received.MOST_REDIRECTS:
                why = f"is redirected more than {received.MOST_REDIRECTS} times, last to {received.shown(location)}"
                raise _FailedError(received.redirected(progress.url, why))
            await self._end(progress, None, account)
            progress.hops += 1
            progress.via = here
            try:
                here = urljoin(here, location)
            except ValueError:
                here = location  # no address at all: the next look at it says so

    async def _ask(self, progress: _Progress, url: str, account: str) -> tuple[bytes, str | None] | None:
        """The file and its declared type, or None where the answer is a redirect."""
        settings = self._settings()
        target = rewrite(url, settings.hosts)
        progress.exchange = await self._begin(url, target, account)
        address = _address(target)
        if address is None:
            raise _FailedError(received.scheme(url, progress.via))
        where = f"{address.host}:{address.port}"
        guard = await self._guard(settings, address)
        try:
            with hearing() as heard:
                return await self._answered(progress, address, settings, guard)
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as error:
            raise _FailedError(received.broken(progress.url, in_our_words(error, where, heard).message)) from error
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if guard is not None and guard.refused is not None:
                exposed = self._listener.exposed or "no longer"
                why = received.address(url, guard.refused, str(address.origin()), exposed, progress.via)
                raise _FailedError(why) from error
            reason = in_our_words(error, where, heard).message
            raise _FailedError(received.unreachable(progress.url, reason)) from error

    async def _answered(
        self, progress: _Progress, address: URL, settings: PlatformSettings, guard: Guard | None
    ) -> tuple[bytes, str | None] | None:
        async with (
            _session(settings, guard) as session,
            session.get(address, headers=_HEADERS, allow_redirects=False) as response,
        ):
            progress.status = response.status
            progress.reply_headers = headers_of(response)
            if response.status in _REDIRECTS:
                return None
            if not 200 <= response.status < 300:
                raise _FailedError(received.refused(progress.url, response.status))
            return await self._read(progress, response, settings.profile.max_media)

    @staticmethod
    async def _read(progress: _Progress, response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, str | None]:
        declared = response.headers.get("Content-Type")
        body = bytearray()
        if (response.content_length or 0) > limit:
            raise _FailedError(received.too_large(progress.url, limit))
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise _FailedError(received.too_large(progress.url, limit))
        packing = response.headers.get("Content-Encoding")
        try:
            data = unpack(bytes(body), packing, limit) if body else b""
        except TooLargeError as error:
            raise _FailedError(received.too_large(progress.url, limit, packed=True)) from error
        except UnreadableBodyError as error:
            raise _FailedError(received.broken(progress.url, error.message)) from error
        return data, declared

    async def _guard(self, settings: PlatformSettings, address: URL) -> Guard | None:
        """What lets only public addresses and the provider's be asked, while anybody can post a webhook."""
        if self._listener.exposed is None:
            return None
        own = provider_places(settings.integration.document, settings.properties, settings.hosts)
        # Our own links may come back; whoever can post a webhook reaches them anyway.
        own |= places([self._listener.base_url])
        return await guard_for(Place(str(address.host), address.port or 0), own)

    # -- recording

    async def _begin(self, url: str, target: str, account: str) -> Exchange:
        address = _address(target)
        host: Headers = (("Host", address.host_port_subcomponent or ""),) if address is not None else ()
        exchange = Exchange(
            id=UNNUMBERED,
            direction="out",
            kind="media",
            account=account,
            at=self._clock.wall(),
            clock=self._clock.now(),
            request=Request(method="GET", url=_recordable(url), headers=(*host, *_HEADERS, _CLOSED)),
            sent_to=_recordable(target) if target != url else None,
            outcome={},
        )
        try:
            return await self._journal.begin(exchange)
        except JournalError as error:
            raise _FailedError(received.unreachable(url, error.message)) from error

    async def _end(self, progress: _Progress, file: ReceivedFile | None, account: str) -> int | None:
        """Record how the latest request ended; returns its number."""
        exchange, progress.exchange = progress.exchange, None
        if exchange is None:
            return progress.last
        progress.last = exchange.id
        status, headers = progress.status, progress.reply_headers
        progress.status, progress.reply_headers = (status if file else None), ()
        findings = file.findings if file else ()
        outcome: dict[str, object] = {}
        if file is not None and file.data():
            outcome["media"] = file.data()
        if findings:
            outcome["findings"] = [finding_data(finding) for finding in findings]
        ended = exchange._replace(
            reply=Reply(status=status, headers=headers) if status is not None else None,
            error=None if status is not None or not findings else findings[0].message,
            duration_s=self._clock.now() - exchange.clock,
            outcome=outcome,
        )
        try:
            await self._journal.record(ended)
        except JournalError:
            return exchange.id  # the next record tells of it
        return exchange.id


def _session(settings: PlatformSettings, guard: Guard | None) -> aiohttp.ClientSession:
    tls = tls_context(settings.ca_file) if settings.ca_file else True
    connector = HearingConnector(ssl=tls, socket_factory=guard, force_close=True, use_dns_cache=False)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # a bomb is unpacked by us, up to a limit
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
    )


def _address(url: str) -> URL | None:
    try:
        parsed = URL(url, encoded=not any(each.isspace() or ord(each) > 126 for each in url))
        good = parsed.scheme in {"http", "https"} and bool(parsed.host) and bool(parsed.port)
        return parsed.with_user(None) if good else None  # nobody has a login; one in the address is not used
    except ValueError:
        return None


def _recordable(url: str) -> str:
    """*url* as the journal's readers can take it."""
    plain = url.encode("utf-8", "replace").decode("utf-8")
    try:
        urlsplit(plain)
    except ValueError:
        return _NO_HOST
    return plain
