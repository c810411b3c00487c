"""Keeps strangers from making ringo-emu ask what only this machine, or its network, reaches: where a socket connects.

Whoever can post a webhook names the address of a file. While others than this machine reach the listener, no socket is
made to an address that is not public, whatever a name resolves to, unless the provider itself listens there.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from emulator.core.addresses import is_public
from emulator.core.hosts import rewrite
from emulator.core.template import parse_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.core.document import IntegrationDocument


class Place(NamedTuple):
    """Where somebody listens: a name or an address, and a port."""

    host: str
    port: int


@dataclass(slots=True)
class Guard:
    """Makes the sockets of a request, but none to an address that is not public, unless it is one of *own*."""

    own: frozenset[Place] = frozenset()
    refused: str | None = None
    """The address that it refused last."""

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (address, port, *_) = info
        if not is_public(str(address)) and Place(str(address), port) not in self.own:
            self.refused = str(address)
            raise OSError(errno.EACCES, "an address that is not public")
        return socket.socket(family, kind, protocol)


async def guard_for(place: Place, own: Iterable[Place]) -> Guard:
    """What makes the sockets to *place*; where its address is not public, it may be that of one of *own*, port and all.

    Whatever *place* resolves to here, the guard looks at what is connected to.
    """
    if all(is_public(each.host) for each in await _resolved(place)):
        return Guard()
    found = await asyncio.gather(*map(_resolved, own))
    return Guard(frozenset().union(*found))


async def _resolved(place: Place) -> frozenset[Place]:
    """Its addresses; none where nobody knows it: whoever connects is told that."""
    with suppress(OSError, UnicodeError):  # a name may be one that cannot be written for DNS
        found = await asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        return frozenset(Place(str(address[0]), int(address[1])) for *_, address in found)
    return frozenset()


def provider_places(
    document: IntegrationDocument, properties: Mapping[str, str], hosts: Mapping[str, str]
) -> frozenset[Place]:
    """Where the project itself says that the provider listens: as the document's requests are written, and go out."""
    methods = (document.api.method(name) for name in ("SendMessage", "SendFile", "Subscribe"))
    urls = [method.url for method in methods if method is not None]
    if document.oauth2 is not None:
        urls += [document.oauth2.authorization_endpoint, document.oauth2.token_endpoint]
    filled = [parse_template(url).fill(lambda variable: properties.get(variable.name, "")) for url in urls]
    return places([*filled, *(rewrite(url, hosts) for url in filled), *hosts.values()])


def places(urls: Iterable[str]) -> frozenset[Place]:
    """Where *urls* lead; those that are none lead nowhere."""
    return frozenset(place for place in map(_place, urls) if place is not None)


def _place(url: str) -> Place | None:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
        return Place(parts.hostname, port) if parts.hostname else None
    except ValueError:
        return None
