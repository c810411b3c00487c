"""Sends requests over HTTP: one small seam, so that the rest never sees aiohttp's errors."""

from __future__ import annotations

import errno
import io
import os
import resource
import socket
import ssl
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
from yarl import URL

from emulator import __version__
from emulator.core.bodies import TooLargeError, unpack
from emulator.core.messages import Headers, Reply, Request
from emulator.core.no_answer import HOSTS, MOST_HEARD, no_answer
from emulator.core.writings import basic_pair
from emulator.engine.user_files import read_file
from emulator.errors import TransportError, UnreadableBodyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

MAX_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that are read, as sent and unpacked."""
MAX_CA_FILE = 4 * 1024 * 1024
"""Bytes of a CA file that are read."""
USER_AGENT = f"ringo-emu/{__version__}"
_ACCEPT_ENCODING = "gzip, deflate"  # not all that aiohttp could unpack: we do it
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_KEEP_ALIVE_S = 1.0  # shorter than any server's own, so that a connection it is about to close is not used again


def _most_connections() -> int:
    """Half of the files that the process may open: however many never answer, the webhook listener has room."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if allowed == resource.RLIM_INFINITY else allowed // 2


_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"})
"""What OpenSSL calls it when the other end answers without TLS."""


class Heard:
    """What came of one answer, as far as it is needed to say why it cannot be read."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.more = 0
        """Bytes that came behind those."""

    def take(self, data: bytes) -> None:
        """Keep the beginning."""
        room = MOST_HEARD - len(self.data)
        self.data += data[:room]
        self.more += max(0, len(data) - room)


_HEARD: ContextVar[Heard] = ContextVar("heard")


class HearingConnector(aiohttp.TCPConnector):
    """Connects, and lets the `Heard` of the request in progress hear what comes over the connection."""

    async def connect(self, *arguments: Any, **named: Any) -> aiohttp.connector.Connection:
        """A connection for one request."""
        connection = await super().connect(*arguments, **named)
        heard, protocol = _HEARD.get(None), connection.protocol
        if heard is not None and protocol is not None:
            read = type(protocol).data_received

            def hear(data: bytes) -> None:
                heard.take(data)
                read(protocol, data)

            protocol.data_received = hear  # type: ignore[method-assign]
        return connection


@contextmanager
def hearing() -> Iterator[Heard]:
    """What comes in answer to the request that is made while the block runs."""
    heard = Heard()
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


class Transport(Protocol):
    """What sends a request and brings its answer."""

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        """Send *request*.

        Raises:
            TransportError: No answer came, or one that is not HTTP.
        """
        ...


class HttpTransport:
    """The transport over real sockets; enter it inside the loop that uses it."""

    def __init__(self, *, follow_redirects: bool = False, ca_file: Path | None = None) -> None:
        """With *ca_file*, certificates signed by it are trusted beside the usual ones.

        Raises:
            UsageError: *ca_file* cannot be read.
        """
        self._follow = follow_redirects
        self._tls = tls_context(ca_file) if ca_file else True

    async def __aenter__(self) -> Self:
        connector = HearingConnector(limit=_most_connections(), ssl=self._tls, keepalive_timeout=_KEEP_ALIVE_S)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),  # what one account is told must not reach another's requests
            headers={"Accept-Encoding": _ACCEPT_ENCODING},
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Content-Type"),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        """Send *request*, body and address as they are.

        Raises:
            TransportError: No answer came, or one that is not HTTP.
        """
        url = _address(request)
        where = f"{url.host}:{url.port}"
        try:
            with hearing() as heard:
                return await self._asked(request, url, where, timeout_s)
        except TimeoutError as error:
            raise TransportError(
                "timeout",
                f"no answer from {where} within {timeout_s:g} s",
                mend="see in the provider's log what it does with this request",
            ) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise in_our_words(error, where, heard) from error

    async def _asked(self, request: Request, url: URL, where: str, timeout_s: float) -> Reply:
        async with self._session.request(
            request.method,
            url,
            data=io.BytesIO(request.body) if request.body else None,
            headers=request.headers,
            allow_redirects=self._follow,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as response:
            body = await _read(response.content, where)
            headers = headers_of(response)
            status = response.status
        return Reply(status=status, headers=headers, body=_unpacked(body, headers, where))


def on_the_wire(request: Request) -> Request:
    """*request* with every header that goes out with it, so that it can be recorded before it is sent.

    ``Host`` is that of the address to which it goes.
    """
    url = address_of(request.url)
    if url is None:
        return request
    given = {name.lower() for name, _ in request.headers}
    first: list[tuple[str, str]] = [("Host", url.host_port_subcomponent or "")]
    if url.user is not None or url.password is not None:
        first.append(("Authorization", f"Basic {basic_pair(url.user or '', url.password or '')}"))
    last = [("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", _ACCEPT_ENCODING)]
    if request.body or request.method not in _WITHOUT_BODY:
        last.append(("Content-Length", str(len(request.body))))
    before, behind = ([pair for pair in pairs if pair[0].lower() not in given] for pairs in (first, last))
    return request._replace(headers=(*before, *request.headers, *behind))


def off_the_wire(request: Request, sent_to: str) -> Request:
    """*request*, recorded as it went *sent_to* there, without the headers that fit that address and body alone."""
    url = address_of(sent_to)
    host = url.host_port_subcomponent if url is not None else None
    headers = [
        (name, value)
        for name, value in request.headers
        if name.lower() != "content-length" and not (name.lower() == "host" and value == host)
    ]
    return request._replace(headers=tuple(headers))


def address_of(url: str) -> URL | None:
    """*url*, absolute and http or https; None if it is no such address."""
    with suppress(ValueError):
        address = URL(url, encoded=True)
        if address.scheme in {"http", "https"} and address.host and address.port:
            return address
    return None


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """What is trusted: the usual certificates, and those that *ca_file* has signed.

    Raises:
        UsageError: *ca_file* cannot be read.
    """
    context = ssl.create_default_context()
    if ca_file is None:
        return context
    try:
        data = read_file(ca_file, MAX_CA_FILE, pipes=True)
        context.load_verify_locations(cadata=data.decode("ascii", "ignore"))  # comments may be in any language
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"the CA file {ca_file} cannot be used: {error}", mend="name a PEM file") from error
    return context


def _address(request: Request) -> URL:
    url = address_of(request.url)
    if url is not None:
        # A name and password in the URL would be a second authorization, which aiohttp refuses to send.
        return url.with_user(None) if request.header("Authorization") else url
    shown = request.url.partition("?")[0]
    raise TransportError("unresolved", f"{shown!r} is no absolute http(s) URL", mend="write http://host:port/path")


def headers_of(response: aiohttp.ClientResponse) -> Headers:
    """What came with an answer."""
    return tuple(
        (name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in response.raw_headers
    )


async def _read(stream: aiohttp.StreamReader, where: str) -> bytes:
    body = bytearray()
    async for chunk in stream.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise _too_large(where)
    return bytes(body)


def _too_large(where: str) -> TransportError:
    return TransportError(
        "too_large", f"the answer of {where} is larger than {MAX_ANSWER} bytes", mend="answer with less"
    )


def _unpacked(body: bytes, headers: Headers, where: str) -> bytes:
    encoding = next((value for name, value in headers if name.lower() == "content-encoding"), None)
    try:
        return unpack(body, encoding, MAX_ANSWER) if body else body
    except TooLargeError as error:
        raise _too_large(where) from error
    except UnreadableBodyError as error:
        raise TransportError("garbage", f"the answer of {where} cannot be read: {error}", mend=error.mend) from error


def in_our_words(error: Exception, where: str, heard: Heard | None = None) -> TransportError:
    """Why a request to *where* was not answered; *heard* is what came of an answer."""
    # What aiohttp says may hold the whole URL, secrets and all, and is another in each version: what came says more.
    match error:
        case aiohttp.ClientConnectorDNSError() | socket.gaierror() | UnicodeError():
            mend = "map it to your process by hosts: in ringo-emu.yaml, or check the name"
            return TransportError("unresolved", f"the host of {where} cannot be resolved", mend=mend)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            return _no_tls(error, where)
        case aiohttp.ClientConnectorError():
            reason = os.strerror(error.os_error.errno) if error.os_error.errno else str(error.os_error)
            mend = f"start the provider there, or point {HOSTS} to where it listens"
            return TransportError("refused", f"nothing answers at {where}: {reason}", mend=mend)
        case aiohttp.TooManyRedirects() | aiohttp.RedirectClientError():
            mend = "answer without redirects: nothing public says that Ringotel follows them"
            return TransportError("garbage", f"{where} redirects in a circle, or to where no request can go", mend=mend)
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError() | aiohttp.ClientConnectionError() | OSError():
            found = no_answer(bytes(heard.data), heard.more) if heard else no_answer(b"")
            reason = _reset(found.reason) if getattr(error, "errno", None) == errno.ECONNRESET else found.reason
            return TransportError("reset" if found.closed else "garbage", f"{where} {reason}", mend=found.mend)
        case _:
            mend = "check the method and the headers for line ends and control characters"
            return TransportError("garbage", f"the request to {where} cannot be sent: {error}", mend=mend)


def _reset(reason: str) -> str:
    return reason.replace("closed the connection", "reset the connection")


def _no_tls(error: Exception, where: str) -> TransportError:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorSSLError) else error
    if getattr(cause, "reason", None) in _NOT_TLS:
        mend = f"write http:// in {HOSTS}, or ask the provider's TLS port"
        return TransportError("tls", f"{where} does not speak TLS; it was asked by https://", mend=mend)
    mend = f"name a private CA by ca_file: in ringo-emu.yaml, or use http:// in {HOSTS}"
    return TransportError("tls", f"no trusted TLS connection to {where}: {_tls_reason(error)}", mend=mend)


def _tls_reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as cause):
            return cause.verify_message
        case aiohttp.ClientConnectorSSLError(os_error=ssl.SSLError(reason=str() as reason)):
            return reason.replace("_", " ").lower()
    return str(error)
