"""An address is told for what it is, however it is written."""

from __future__ import annotations

import pytest

from emulator.core.addresses import is_loopback, is_private, is_wildcard


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost", "LOCALHOST.", "64:ff9b::7f00:1"]
)
def test_this_machine(host: str) -> None:
    """By every name that means only itself."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("0.0.0.0", "::", "0:0::0", "::ffff:0.0.0.0", "")),  # noqa: S104
        *((host, False) for host in ("127.0.0.1", "::1", "192.168.0.1", "localhost", "example.com", "0.0.0.1")),
    ],
)
def test_every_address(host: str, expected: bool) -> None:
    """However all addresses at once are written: nobody can be told such an address."""
    assert expected is is_wildcard(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com", "localhost.example.com", ""])  # noqa: S104
def test_not_only_this_machine(host: str) -> None:
    """Listening at all addresses is not listening at loopback."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.5.5",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - it leads to this machine
        "255.255.255.255",
        "224.0.0.1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::a9fe:a9fe",
        "2001:0:53aa:64c:0:0:5601:5601",
    ],
)
def test_private_addresses(address: str) -> None:
    """Framework 10.10: also inside an IPv6 address that stands for it."""
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "127.0.0.1", "::1"])
def test_others(address: str) -> None:
    """What everybody reaches, and loopback, which is judged by itself."""
    assert not is_private(address)
