"""Each thing that can be wrong with the file of an mms has a finding of its own, with the way to mend it."""

from __future__ import annotations

import pytest

from emulator.core import received
from emulator.errors import Finding

URL = "https://files.test/cat.png?token=s3cret"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SMIL = b"<smil><head><layout/></head><body/></smil>"
PAGE = b"<!DOCTYPE html><html><title>Log in</title></html>"


@pytest.mark.parametrize(
    ("data", "declared", "kind", "told"),
    [
        (PNG, "image/png", "image/png", []),
        (PNG, "IMAGE/PNG; x=y", "image/png", []),
        (PNG, "image/jpeg", "image/png", ["MEDIA-107"]),
        (PNG, "application/octet-stream", "image/png", ["MEDIA-112"]),
        (PNG, None, "image/png", ["MEDIA-112"]),
        (b"\x00\x01", None, None, ["MEDIA-112"]),
        (b"\x00\x01", "image/png", "image/png", ["MEDIA-107"]),
        (b"\x00\x01", "image/tiff", "image/tiff", []),
        (PAGE, "text/html", "text/html", ["MEDIA-106"]),
        (PAGE, "image/png", "text/html", ["MEDIA-106"]),
        (b"", "image/png", "image/png", ["MEDIA-105"]),
        (SMIL, "application/smil", "text/plain", ["MEDIA-113"]),
        (SMIL, "text/xml", "text/plain", ["MEDIA-113"]),
        (SMIL, None, "text/plain", ["MEDIA-113"]),
        (b"<?xml version='1.0'?><a/>", "application/xml", "text/plain", ["MEDIA-113"]),
        (b"Look at this!", "text/plain; charset=utf-8", "text/plain", ["MEDIA-113"]),
        (b"Look at this!", None, "text/plain", ["MEDIA-113"]),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "text/plain", []),
        (b"Look at this!", "image/png", "text/plain", ["MEDIA-107"]),
        (b"BEGIN:VCARD\r\nEND:VCARD", "text/vcard", "text/vcard", []),
    ],
)
def test_what_is_said_of_a_file(data: bytes, declared: str | None, kind: str | None, told: list[str]) -> None:
    """Framework 10.11, 10.12: its bytes say what it is; a type that is not true, a page and nothing at all are told."""
    found = received.judged(URL, data, declared, exchange=7, status=200)
    assert ([each.code for each in found.findings], found.type) == (told, kind)
    assert (found.size, found.exchange, found.came) == (len(data), 7, True)


@pytest.mark.parametrize(
    ("finding", "code", "message", "remedy"),
    [
        (received.unreachable(URL, "nothing answers"), "MEDIA-101", "cannot be reached: nothing answers", "hosts:"),
        (received.refused(URL, 401), "MEDIA-102", "was answered 401", "without a login"),
        (received.refused(URL, 403), "MEDIA-102", "was answered 403", "without a login"),
        (received.refused(URL, 404), "MEDIA-102", "was answered 404", "keep the file"),
        (received.refused(URL, 410), "MEDIA-102", "was answered 410", "keep the file"),
        (received.refused(URL, 503), "MEDIA-102", "was answered 503", "see the log"),
        (received.refused(URL, 402), "MEDIA-102", "was answered 402", "with 200"),
        (received.too_large(URL, 9), "MEDIA-103", "it is more than 9 bytes", "max_media"),
        (received.too_large(URL, 9, packed=True), "MEDIA-103", "unpacked it is more than 9 bytes", "max_media"),
        (received.too_slow(URL, 10.0), "MEDIA-104", "was not there within 10s", "media_timeout"),
        (received.redirected(URL, "is redirected in a circle"), "MEDIA-108", "in a circle", "where the file is"),
        (received.scheme("file:///x", None), "MEDIA-109", "the address file:///x, which is no", "http(s)"),
        (received.scheme("file:///x", URL), "MEDIA-109", "cat.png is redirected to file:///x, which", "http(s)"),
        (
            received.address(URL, "10.0.0.1", "http://in.test:9", "public_url is set", None),
            "MEDIA-110",
            "lies at the private address 10.0.0.1: not fetched while others reach the listener (public_url is set)",
            "if http://in.test:9 is your provider's, write hosts: {http://in.test:9: http://in.test:9}",
        ),
        (
            received.address(URL, "127.0.0.1", "http://x.test", "it listens at 0.0.0.0", URL),
            "MEDIA-110",
            "cat.png, which lies at the loopback address 127.0.0.1: not",
            "hosts:",
        ),
        (received.broken(URL, "it was cut off"), "MEDIA-111", "as a whole: it was cut off", "all of the file"),
    ],
)
def test_what_is_said_of_a_file_that_does_not_come(finding: Finding, code: str, message: str, remedy: str) -> None:
    """Framework 10.12: what, where and how to mend it; the query of an address, which may be a key, is not repeated."""
    assert finding.code == code
    assert message in finding.message
    assert remedy in finding.remedy
    assert "s3cret" not in f"{finding.message}{finding.remedy}"


def test_a_long_address_is_cut() -> None:
    """A sentence stays one."""
    assert len(received.shown("http://x.test/" + "a" * 5000)) == 101


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:s3cret@x.test/a@b?c", "https://x.test/a@b"),
        ("https://me:s3@cret@x.test/", "https://x.test/"),
        ("http://169.254.169.254:1#@x.test/", "http://169.254.169.254:1#@x.test/"),
        ("http://10.0.0.1/a//b@x.test", "http://10.0.0.1/a//b@x.test"),
        ("//x.test/@y.test", "//x.test/@y.test"),
    ],
)
def test_a_login_is_not_told(url: str, expected: str) -> None:
    """It stands in the address, where nobody looks for a secret; the host that is told is the one that is asked."""
    assert received.shown(url) == expected
