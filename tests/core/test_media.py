"""Bytes are told for what they are, declared types are held against that, and a file's name stays in its header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.media import KNOWN, ReceivedFile, canonical, content_disposition, is_true, sniff, type_of_name


def _iso(brand: bytes) -> bytes:
    return (24).to_bytes(4) + b"ftyp" + brand + bytes(8) + b"isom"


SAMPLES = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/gif": b"GIF89a\x01\x00\x01\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "image/bmp": b"BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00",
    "image/heic": _iso(b"heic"),
    "image/avif": _iso(b"avif"),
    "video/mp4": _iso(b"isom"),
    "video/3gpp": _iso(b"3gp4"),
    "video/3gpp2": _iso(b"3g2a"),
    "video/quicktime": _iso(b"qt  "),
    "audio/mp4": _iso(b"M4A "),
    "audio/amr": b"#!AMR\n\x3c\x91",
    "audio/amr-wb": b"#!AMR-WB\n\x04\x10",
    "audio/mpeg": b"ID3\x03\x00\x00\x00\x00\x00\x0a",
    "audio/ogg": b"OggS\x00\x02",
    "audio/wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "application/pdf": b"%PDF-1.7\n",
    "text/vcard": b"BEGIN:VCARD\r\nVERSION:3.0\r\n",
    "text/html": b"\xef\xbb\xbf \n<!-- x --><!DOCTYPE html><html>",
    "text/plain": "naïve café\n".encode(),
}


@pytest.mark.parametrize(("kind", "head"), SAMPLES.items(), ids=SAMPLES)
def test_what_bytes_are(kind: str, head: bytes) -> None:
    """Framework 10.11: each kind that a phone sends is known by its beginning."""
    assert kind == sniff(head)
    assert is_true(kind, sniff(head))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", None),
        (b"<?xml version='1.0'?>\n<!-- a --> <!-- b --><html>", "text/html"),
        (b"<!---->" * 500 + b"<p>", "text/plain"),
        (b"<!---->" * 500 + b" <body>", "text/html"),
        (b"<!-- a <html>", "text/plain"),
        (b"   \n", None),
        (b"\x00\x01\x02\x03", None),
        (b"\xff\xfe\x00\x00", None),
        (b"\xff\xfb\x90\x44", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", None),
        (b"\xff\xfb", None),
        (b"BM and then words", "text/plain"),
        (b"\x00\x00\x00\x08wide\x00\x00", "video/quicktime"),
        (b"\xe9t\xe9 in Latin-1, which is no UTF-8", None),
        (b"a" * 4095 + "é".encode(), "text/plain"),
        (b'{"error": "not found"}', "text/plain"),
        (b"<svg xmlns='x'/>", "text/plain"),
        (b"<?xml version='1.0'?><html>", "text/html"),
    ],
)
def test_what_odd_bytes_are(head: bytes, kind: str | None) -> None:
    """What has no signature is text where it can be text, else nothing is said of it."""
    assert kind == sniff(head)


@given(st.binary(max_size=64))
def test_any_bytes_are_something_or_nothing(head: bytes) -> None:
    """No bytes raise."""
    assert sniff(head) in {*SAMPLES, None}


@pytest.mark.parametrize(
    ("declared", "found", "holds"),
    [
        ("image/jpg", "image/jpeg", True),
        ("IMAGE/JPEG; charset=binary", "image/jpeg", True),
        ("audio/mp4", "video/mp4", True),
        ("audio/aac", "audio/mp4", True),
        ("image/png", "image/jpeg", False),
        ("image/png", None, False),
        ("image/png", "text/plain", False),
        ("image/png", "text/html", False),
        ("image/tiff", None, True),
        ("image/tiff", "image/png", False),
        ("text/csv", "text/plain", True),
        ("application/json", "text/plain", True),
        ("text/plain", None, False),
        ("text/plain", "text/html", False),
        ("application/zip", None, True),
    ],
)
def test_whether_a_declared_type_is_true(declared: str, found: str | None, *, holds: bool) -> None:
    """Framework 10.11: by another name is the same; what has a signature must show it."""
    assert holds is is_true(declared, found)


def test_names_of_types() -> None:
    """Every alias leads to a name that the bytes give, and no signature's own name is an alias."""
    assert all(canonical(each) == each for each in KNOWN)
    assert canonical("Audio/X-WAV; x=y") == "audio/wav"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("cat.JPG", "image/jpeg"), ("a.b.vcf", "text/vcard"), ("cat", None), ("jpg", None), ("a.xyz", None)],
)
def test_what_a_name_promises(name: str, kind: str | None) -> None:
    """By its end, in any case."""
    assert kind == type_of_name(name)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("cat.jpg", 'inline; filename="cat.jpg"'),
        ('a"b\\c.jpg', "inline; filename=\"a_b_c.jpg\"; filename*=UTF-8''a%22b%5Cc.jpg"),
        ("ä b.jpg", "inline; filename=\"_ b.jpg\"; filename*=UTF-8''%C3%A4%20b.jpg"),
        (
            "x\r\nSet-Cookie: a=b",
            "inline; filename=\"x__Set-Cookie: a=b\"; filename*=UTF-8''x%0D%0ASet-Cookie%3A%20a%3Db",
        ),
        ("\udcff.jpg", "inline; filename=\"_.jpg\"; filename*=UTF-8''%3F.jpg"),
        ("", "inline; filename=\"file\"; filename*=UTF-8''"),
    ],
)
def test_a_name_in_a_header(name: str, header: str) -> None:
    """Framework 10.2: no name of a file adds a header or ends its own."""
    assert header == content_disposition(name)


@given(st.text())
def test_any_name_stays_in_its_header(name: str) -> None:
    """One line of printable ASCII, whatever the name."""
    header = content_disposition(name)
    assert all(" " <= each <= "~" for each in header)
    assert header.count('"') == 2


def test_what_is_kept_of_a_file() -> None:
    """What is not known is not there to be matched."""
    gone = ReceivedFile(url="http://x.test/a", status=404)
    came = ReceivedFile(url="http://x.test/a", type="image/png", size=3, sha256="00")
    assert (gone.came, gone.data()) == (False, {})
    assert (came.came, came.data()) == (True, {"type": "image/png", "size": 3, "sha256": "00"})
