"""Looks at what stands around a project before it is played: names, ports, certificates, clocks, credentials.

Nothing here sends a message: the only requests are GET of what the project names for that, and OPTIONS or HEAD.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from emulator import __version__
from emulator.core.addresses import is_loopback
from emulator.core.messages import Headers, Reply, Request
from emulator.engine.listening import listening
from emulator.errors import TransportError, UnreachableError

if TYPE_CHECKING:
    from emulator.engine.client import Transport
    from emulator.engine.clock import Clock

_WITHIN_S = 5.0
_SKEW_S = 5.0  # a Date header has whole seconds, and was written before its answer came here
_ENDS_SOON = timedelta(days=14)
_HOST_OF_CONTAINER = "host.docker.internal"
_TOKENS = "tokens.json"
_NOT_PROVEN = "whether the provider's own network lets it through cannot be seen from here"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class Status(StrEnum):
    """What a check found."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, and how to mend it where it is wrong."""

    name: str
    """What kind of thing: ``dns``, ``tls``, ``port``."""
    subject: str
    """Which one: a host with its port, a file."""
    status: Status
    message: str
    mend: str | None = None
    exit_code: Literal[2, 3] = 3
    """What a failure means: 2 a file is wrong, 3 something is not to be had."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place that requests go to."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, or this container."""
        return is_loopback(self.host) or self.host.endswith(".localhost")


def target_of(url: str) -> Target:
    """Where requests to *url*, an absolute one, go."""
    parts = urlsplit(url)
    tls = parts.scheme.lower() == "https"
    return Target((parts.hostname or "").lower(), parts.port or (443 if tls else 80), tls)


class Network(Protocol):
    """What resolves names and opens connections."""

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of *host*.

        Raises:
            OSError: It has none.
        """
        ...

    async def connect(self, address: str, port: int, tls: ssl.SSLContext | None, name: str) -> datetime | None:
        """Connect, and close again; over TLS it tells when the certificate, which must be for *name*, ends.

        Raises:
            OSError: It cannot be; TimeoutError and ssl.SSLError are some of these.
        """
        ...


class SystemNetwork:
    """The machine's network."""

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of *host*, each once, in the order in which they are tried."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)  # a stream
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))

    async def connect(self, address: str, port: int, tls: ssl.SSLContext | None, name: str) -> datetime | None:
        """Connect, and close again."""
        async with asyncio.timeout(_WITHIN_S):
            _, writer = await asyncio.open_connection(
                address, port, ssl=tls, server_hostname=name if tls is not None else None
            )
        certificate = writer.get_extra_info("peercert") or {}
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_WITHIN_S):
                await writer.wait_closed()
        ends = certificate.get("notAfter")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """Looks at places in the network."""

    network: Network
    transport: Transport
    clock: Clock
    tls: ssl.SSLContext
    """What is trusted."""
    contained: bool = False
    """Whether we run in a container, where 127.0.0.1 is the container's own."""

    async def host(self, target: Target, *, may_be_down: bool = False) -> AsyncIterator[Check]:
        """Its name, its port and, over TLS, its certificate; the first that fails ends it.

        Where it *may_be_down*, as a provider that is started later, that nothing answers is no failure.
        """
        try:
            addresses = await self.network.resolve(target.host, target.port)
        except (OSError, UnicodeError):
            yield _failed("dns", target, f"{target.host} cannot be resolved", self._mend_name(target))
            return
        yield _fine("dns", target, ", ".join(addresses))
        address, trouble = await self._reached(target, addresses)
        if address is None:
            down = _failed("tcp", target, f"nothing answers: {trouble}", self._mend_port(target))
            mend = "nothing to do if ringo-emu run starts it; to see it running: ringo-emu doctor --start"
            yield replace(down, status=Status.WARN, mend=mend) if may_be_down else down
            return
        yield _fine("tcp", target, f"{address} accepts connections")
        if target.tls:
            yield await self._certificate(target, address)

    async def _reached(self, target: Target, addresses: Sequence[str]) -> tuple[str | None, str]:
        trouble = "it has no address"
        for address in addresses:
            try:
                await self.network.connect(address, target.port, None, target.host)
            except TimeoutError:
                trouble = f"no answer from {address} within {_WITHIN_S:g} s"
            except OSError as error:
                trouble = _reason(error)
            else:
                return address, ""
        return None, trouble

    async def _certificate(self, target: Target, address: str) -> Check:
        try:
            ends = await self.network.connect(address, target.port, self.tls, target.host)
        except ssl.SSLCertVerificationError as error:
            message, mend = _untrusted(target, error)
            return _failed("tls", target, message, mend)
        except TimeoutError:
            mend = "does a TLS server listen there? If not, write http:// in hosts: in ringo-emu.yaml"
            return _failed("tls", target, f"no TLS handshake within {_WITHIN_S:g} s", mend)
        except OSError as error:
            mend = "it seems to speak no TLS: write http:// in hosts: in ringo-emu.yaml, or name its TLS port"
            return _failed("tls", target, f"no TLS connection: {_reason(error)}", mend)
        if ends is None:
            return _fine("tls", target, "the certificate is trusted")
        left = ends - self.clock.wall()
        until = f"the certificate is trusted, until {ends:%Y-%m-%d}"
        if left < _ENDS_SOON:
            return _warned("tls", target, f"{until}: {left.days} days more", "renew it")
        return _fine("tls", target, until)

    def _mend_name(self, target: Target) -> str:
        if target.host == _HOST_OF_CONTAINER:
            return (
                "it exists in containers alone; with Docker on Linux start yours with "
                f"--add-host={_HOST_OF_CONTAINER}:host-gateway"
            )
        return "map it to your process by hosts: in ringo-emu.yaml, or check the name and the network"

    def _mend_port(self, target: Target) -> str:
        if self.contained and target.is_local:
            return (
                f"this is a container, and {target.host} is the container itself: write the other container's name, "
                f"or {_HOST_OF_CONTAINER} for what runs on the machine"
            )
        return "start the provider there, or point hosts: in ringo-emu.yaml to where it listens"

    async def ready(self, url: str, *, may_be_down: bool) -> Check:
        """Whether *url* answers with anything but a server error."""
        reply = await self._asked(Request(method="GET", url=url))
        if isinstance(reply, Reply) and reply.status < 500:
            return _fine("ready", url, f"it answers {reply.status}")
        trouble = f"it answers {reply.status}" if isinstance(reply, Reply) else reply.message
        if may_be_down:
            mend = "nothing to do: ringo-emu run starts it; to see it running: ringo-emu doctor --start"
            return _warned("ready", url, f"not started: {trouble}", mend)
        return _failed("ready", url, trouble, "start the provider; does provider: ready: name the right URL?")

    async def _asked(self, request: Request) -> Reply | TransportError:
        named = request._replace(headers=(*request.headers, ("User-Agent", f"ringo-emu/{__version__}")))
        try:
            return await self.transport.send(named, timeout_s=_WITHIN_S)
        except TransportError as error:
            return error

    async def credentials(self, url: str, headers: Headers, *, may_head: bool) -> AsyncIterator[Check]:
        """Whether *url* refuses the credentials in *headers*, and whether the clock there agrees with ours.

        OPTIONS does nothing; HEAD is asked where OPTIONS is not known and *may_head*.
        """
        place = url.partition("?")[0]
        asked = self.clock.wall()
        method, reply = await self._harmless(url, headers, may_head=may_head)
        if isinstance(reply, TransportError):
            yield _warned("auth", place, f"not asked: {reply.message}", reply.mend or "see above")
            return
        clock = self._skew(str(target_of(url)), _time_in(reply.headers), asked)
        yield await self._judged(method, url, headers, reply.status)
        yield clock

    async def _judged(self, method: str, url: str, headers: Headers, status: int) -> Check:
        """What *status* says of the credentials; the same without them tells whether it has to do with them."""
        place = url.partition("?")[0]
        if not headers:
            return _fine("auth", place, "no credentials are sent there without a token; nothing to check")
        answer = f"{method} with the project's credentials is answered {status}"
        if status == 401:
            mend = "correct properties: in ringo-emu.yaml, or auth in the document; see both by: ringo-emu explain"
            return replace(_failed("auth", place, answer, mend), exit_code=2)
        if status == 403:
            mend = f"may these credentials send? A provider that forbids {method} to all is no trouble"
            return _warned("auth", place, answer, mend)
        bare = await self._asked(Request(method=method, url=url))
        if isinstance(bare, Reply) and bare.status in {401, 403}:
            return _fine("auth", place, f"{answer}, without them {bare.status}")
        return _fine("auth", place, f"not proven: {answer}, and not refused without them either")

    async def _harmless(self, url: str, headers: Headers, *, may_head: bool) -> tuple[str, Reply | TransportError]:
        reply = await self._asked(Request(method="OPTIONS", url=url, headers=headers))
        if may_head and isinstance(reply, Reply) and reply.status in {404, 405, 501}:
            return "HEAD", await self._asked(Request(method="HEAD", url=url, headers=headers))
        return "OPTIONS", reply

    def _skew(self, place: str, told: datetime | None, asked: datetime) -> Check:
        """How far the clock there is from ours; *asked* is when it was asked for the time that it *told*."""
        if told is None:
            return _fine("clock", place, "not compared: its answer has no Date")
        # The answer was made between the two moments: only what lies outside them is skew.
        answered = self.clock.wall()
        off = max(0.0, (told - answered).total_seconds()) or min(0.0, (told - asked).total_seconds())
        if abs(off) <= _SKEW_S:
            return _fine("clock", place, "its clock and ours agree")
        message = f"its clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} ours"
        mend = "set both by NTP: tokens and certificates are judged by the clock, and logs are hard to compare"
        return _warned("clock", place, message, mend)

    async def public_url(self, url: str, nonce: str) -> Check:
        """Whether *url* leads to the listener of ours that serves *nonce*."""
        reply = await self._asked(Request(method="GET", url=f"{url.rstrip('/')}{_path_of(nonce)}"))
        if isinstance(reply, TransportError):
            mend = f"start the tunnel, or correct public_url: in ringo-emu.yaml; {_NOT_PROVEN}"
            return _failed("public", url, f"not reached from here: {reply.message}", mend)
        if reply.status == 200 and reply.body == nonce.encode():
            return _fine("public", url, f"it leads to our listener; {_NOT_PROVEN}")
        mend = "point the tunnel to the port of the listener (--port), or correct public_url: in ringo-emu.yaml"
        return _failed("public", url, f"something else answers there, with {reply.status}", mend)


def webhook_reach(base_url: str, targets: Sequence[Target], *, contained: bool) -> Check:
    """Whether a provider can post to *base_url*, the listener's own address, as far as addresses tell."""
    away = [str(target) for target in targets if not target.is_local]
    if not away or not is_loopback(urlsplit(base_url).hostname or ""):
        return _fine("public", base_url, f"the provider can post there from this machine; {_NOT_PROVEN}")
    if contained:
        mend = (
            "listen with --host 0.0.0.0, and write the name by which the provider knows this container as public_url: "
            "in ringo-emu.yaml"
        )
        return _warned("public", base_url, "only what runs in this very container can post there", mend)
    mend = (
        "start a tunnel to the listener and write its address as public_url: in ringo-emu.yaml; from a container on "
        f"this machine it is http://{_HOST_OF_CONTAINER}:PORT, with --host 0.0.0.0"
    )
    return _warned("public", base_url, f"{', '.join(away)} cannot post to an address of this machine alone", mend)


@asynccontextmanager
async def answering_listener(host: str, port: int) -> AsyncIterator[tuple[str, str]]:
    """Listen where webhooks will come in; yields the base URL, and the nonce that is served below it.

    Raises:
        UnreachableError: The port cannot be had.
    """
    nonce = secrets.token_hex(16)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=nonce)

    app = web.Application()
    app.router.add_get(_path_of(nonce), answer)
    async with listening(app, host, port) as (base_url, _):
        yield base_url, nonce


def _path_of(nonce: str) -> str:
    return f"/ringo-emu-doctor/{nonce}"


def port_taken(host: str, port: int, error: UnreachableError) -> Check:
    """The port of webhooks is not to be had."""
    return _failed("port", f"{host}:{port}", error.message, error.mend or "pick another by --port")


def port_free(base_url: str) -> Check:
    """The port of webhooks was had."""
    target = target_of(base_url)
    return _fine("port", target, "free for webhooks")


def proxies(environment: Mapping[str, str]) -> Check:
    """Whether proxies of the environment come between a provider and us; ours are never used by ringo-emu itself."""
    values = {name.upper(): value for name, value in environment.items() if value}
    found = [name for name in _PROXIES if name in values]
    if not found:
        return _fine("proxy", "environment", "no proxy is set")
    spared = [each.strip().lower() for each in values.get("NO_PROXY", "").split(",")]
    names = ", ".join(found)
    if "*" in spared or {"127.0.0.1", "localhost"} & set(spared):
        return _fine("proxy", "environment", f"{names} set, but not for this machine; ringo-emu uses none")
    mend = "set NO_PROXY=127.0.0.1,localhost: a provider that heeds proxies would post its webhooks to them"
    return _warned("proxy", "environment", f"{names} set, also for 127.0.0.1; ringo-emu itself uses none", mend)


def state_folder(folder: Path) -> Check:
    """Whether journals can be kept in *folder*, and nobody else reads the tokens there."""
    place = folder if folder.exists() else folder.parent
    if not place.is_dir():
        mend = f"remove or rename {place}"
        return replace(_failed("state", str(folder), f"{place} is no folder", mend), exit_code=2)
    probe = place / f".ringo-emu-doctor-{secrets.token_hex(4)}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        message = f"{place} cannot be written: {error.strerror}"
        return replace(_failed("state", str(folder), message, f"chmod u+rwx {place}"), exit_code=2)
    tokens = folder / _TOKENS
    if tokens.exists() and tokens.stat().st_mode & 0o077:
        return _warned("state", str(folder), f"others can read {_TOKENS}, which holds secrets", f"chmod 600 {tokens}")
    return _fine("state", str(folder), "can be written")


def _time_in(headers: Headers) -> datetime | None:
    date = next((value for name, value in headers if name.lower() == "date"), "")
    with suppress(ValueError):
        told = parsedate_to_datetime(date)
        return told if told.tzinfo else told.replace(tzinfo=UTC)
    return None


_CERTIFICATE = {
    9: ("the certificate is not valid yet", "is the clock of this machine right?"),
    10: ("the certificate has expired", "renew the certificate of {host}, or set the clock of this machine"),
    62: ("the certificate is for another name", "use the name that the certificate has, or have one made for {host}"),
    64: ("the certificate is for another address", "use the name that the certificate has, or one made for {host}"),
}
"""What OpenSSL's numbers for a refused certificate mean; all others are about who signed it."""


def _untrusted(target: Target, error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    unsigned = (
        "nobody trusted has signed the certificate",
        "name the CA's PEM file by ca_file: in ringo-emu.yaml; if there is one, it is another CA",
    )
    message, mend = _CERTIFICATE.get(error.verify_code, unsigned)
    return f"{message}: {error.verify_message}", mend.format(host=target.host)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__


def _fine(name: str, subject: object, message: str) -> Check:
    return Check(name=name, subject=str(subject), status=Status.OK, message=message)


def _warned(name: str, subject: object, message: str, mend: str) -> Check:
    return Check(name=name, subject=str(subject), status=Status.WARN, message=message, mend=mend)


def _failed(name: str, subject: object, message: str, mend: str) -> Check:
    return Check(name=name, subject=str(subject), status=Status.FAIL, message=message, mend=mend)
