"""An address is told for what it is, however it is written."""

from __future__ import annotations

import pytest

from emulator.core.addresses import exposure, is_loopback, is_public, is_wildcard


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
        "127.0.0.1",
        "127.8.8.8",
        "255.255.255.255",
        "224.0.0.1",
        "::",
        "::1",
        "fe80::1%eth0",
        "fec0::1",
        "fd00::1",
        "ff02::1",
        "100::1",
        "::ffff:169.254.169.254",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:ffff::808:808",
        "2002:a9fe:a9fe::1",
        "::a9fe:a9fe",
        "2001:db8::1",
        "2001:0:53aa:64c:0:0:5601:5601",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    """Framework 10.10: also inside an IPv6 address that stands for it, and what no registry has given out."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    """What everybody reaches."""
    assert is_public(address)


@pytest.mark.parametrize(
    ("addresses", "public_url", "contained", "expected"),
    [
        (("127.0.0.1",), None, False, None),
        (("127.0.0.1", "::1"), None, False, None),
        (("127.0.0.1", "192.168.0.7"), None, False, "it listens at 192.168.0.7"),
        (("0.0.0.0",), None, False, "it listens at 0.0.0.0"),  # noqa: S104
        (("::",), None, True, "it listens at ::"),
        (("127.0.0.1",), "https://a.tunnel.example", False, "public_url is set"),
        (("127.0.0.1",), None, True, "it runs in a container"),
    ],
)
def test_exposure(addresses: tuple[str, ...], public_url: str | None, contained: bool, expected: str | None) -> None:
    """Framework 10.10: a public URL, any address beyond loopback, and a container let others in."""
    assert exposure(addresses, public_url, contained=contained) == expected
