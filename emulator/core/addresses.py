"""Network addresses: which of them only this machine, or its network, can reach."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = ip_network("64:ff9b::/96")
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


def is_private(address: str) -> bool:
    """Whether *address* is not one that everybody reaches: private, link-local, reserved, however it is wrapped.

    Loopback is none of these: see `is_loopback`.
    """
    found = _plain(ip_address(address))
    return not found.is_loopback and (not found.is_global or found.is_multicast)


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
