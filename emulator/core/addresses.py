"""Network addresses: which of them only this machine, or its network, can reach."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ip_network("2000::/3")
_V4_COMPATIBLE = ip_network("::/96")
_LAST_32 = 0xFFFFFFFF


def is_loopback(host: str) -> bool:
    """Whether *host*, a name or an address, is this machine and nobody else's."""
    try:
        return _plain(ip_address(host)).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def is_wildcard(host: str) -> bool:
    """Whether *host* means every address of this machine, and so is none that anybody could be told."""
    try:
        return _plain(ip_address(host)).is_unspecified
    except ValueError:
        return not host


def is_public(address: str) -> bool:
    """Whether *address* is one that everybody reaches, however it is wrapped.

    Of IPv6 that is what is given out as global unicast, and nothing that is not known: site-local addresses, NAT64 of
    this network's own and what is yet to be invented are none.
    """
    found = _plain(ip_address(address))
    if isinstance(found, IPv6Address) and found not in _GLOBAL_UNICAST:
        return False
    return found.is_global and not found.is_multicast


def exposure(addresses: Iterable[str], public_url: str | None, *, contained: bool) -> str | None:
    """How others than this machine reach what listens at *addresses*, in words; None where nobody does.

    *contained*: inside a container, other containers and a forwarded port can lead to its loopback.
    """
    if public_url is not None:
        return "public_url is set"
    beyond = next((each for each in addresses if not is_loopback(each)), None)
    if beyond is not None:
        return f"it listens at {beyond}"
    return "it runs in a container" if contained else None


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & _LAST_32)
    return address
