"""A secret that is packed is none that anybody may read who unpacks it."""

from __future__ import annotations

import gzip
import zlib

import pytest

from emulator.core.messages import Reply, Request
from emulator.core.packed import MOST_OF_A_REQUEST, MOST_UNPACKED, UNPACKED, mask_reply, mask_request, may_be_packed
from emulator.core.redaction import Redactor

SECRET = "s3cret-key-4711-abcd"
REDACTOR = Redactor([SECRET])
TEXT = b'{"key": "s3cret-key-4711-abcd", "text": "hi"}'
MASKED = b'{"key": "***", "text": "hi"}'


def raw_deflate(data: bytes) -> bytes:
    """Without zlib's head."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def request(body: bytes, *encodings: str) -> Request:
    """One whose body is so encoded."""
    headers = [("Content-Type", "application/json"), *(("Content-Encoding", each) for each in encodings)]
    return Request(method="POST", url="http://x.test/", headers=tuple(headers), body=body)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "X-GZip"),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (gzip.compress(gzip.compress(TEXT)), "gzip, gzip"),
        (gzip.compress(zlib.compress(TEXT)), "deflate,gzip"),
        (gzip.compress(TEXT), "identity, gzip"),
    ],
    ids=["gzip", "x-gzip", "deflate", "raw-deflate", "twice", "both", "identity"],
)
def test_a_packed_secret_is_masked(body: bytes, encoding: str) -> None:
    """It is kept unpacked, and a header says so; all else stays."""
    masked = mask_request(request(body, encoding), REDACTOR)
    assert masked.body == MASKED
    assert masked.header("Content-Encoding") is None
    told = masked.header(UNPACKED)
    assert told is not None
    assert told == ", ".join(each.strip().lower() for each in encoding.split(",") if "identity" not in each)
    assert masked.header("Content-Type") == "application/json"


def test_a_packed_body_without_a_secret_stays_as_it_is() -> None:
    """Byte for byte; so does all where there are no secrets."""
    clean = request(gzip.compress(b'{"text": "hi"}'), "gzip")
    assert mask_request(clean, REDACTOR) == clean
    secret = request(gzip.compress(TEXT), "gzip")
    assert mask_request(secret, Redactor()) == secret
    plain = request(b"not packed at all", "gzip")
    assert mask_request(plain, REDACTOR) == plain


def test_a_packed_file_is_looked_into() -> None:
    """It has no Content-Encoding, as an answer that is a file, or a webhook whose header is missing."""
    packed = gzip.compress(TEXT)
    reply = mask_reply(Reply(status=200, headers=(("Content-Type", "application/gzip"),), body=packed), REDACTOR)
    assert (reply.body, reply.headers[-1]) == (MASKED, (UNPACKED, "gzip"))
    assert mask_request(request(packed), REDACTOR).body == MASKED


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b'{"text": "hi"}') + gzip.compress(TEXT),
        gzip.compress(TEXT + b"x" * 100_000)[:-8],
        gzip.compress(TEXT) + b"rubbish",
        gzip.compress(TEXT + bytes(range(256)) * 1000, 0)[:150_000] + b"\xff" * 100_000,
    ],
    ids=["two-members", "cut-off", "rubbish-behind", "broken"],
)
def test_what_is_not_whole_is_looked_into_as_far_as_it_goes(body: bytes) -> None:
    """A body that is refused is kept, too."""
    masked = mask_request(request(body, "gzip"), REDACTOR)
    assert SECRET.encode() not in masked.body
    assert b"***" in masked.body


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"\x0b\x16\x80 brotli", "br"), (gzip.compress(bytes(MOST_UNPACKED + 1)), "gzip")],
    ids=["unknown", "too-large"],
)
def test_what_cannot_be_looked_into_is_not_kept(body: bytes, encoding: str) -> None:
    """A note stands in its place."""
    masked = mask_request(request(body, encoding), REDACTOR)
    note = f"({len(body)} bytes in {encoding}: not kept, as ringo-emu cannot look for secrets in them)"
    assert (masked.body.decode(), masked.header("Content-Encoding")) == (note, None)


def test_of_a_request_less_is_unpacked_than_of_an_answer() -> None:
    """A file may be large; what a stranger packs into a few kilobytes does not fill the journal."""
    packed = gzip.compress(TEXT + bytes(MOST_OF_A_REQUEST))
    assert b"not kept" in mask_request(request(packed, "gzip"), REDACTOR).body
    assert mask_reply(Reply(status=200, body=packed), REDACTOR).body == MASKED + bytes(MOST_OF_A_REQUEST)


def test_what_was_learnt_is_looked_for_too() -> None:
    """Such as a token."""
    redactor = Redactor()
    redactor.learn([SECRET])
    assert mask_request(request(gzip.compress(TEXT), "gzip"), redactor).body == MASKED


def test_most_records_are_not_looked_into() -> None:
    """It is asked of every record: a header that says what is accepted says nothing of the body."""
    assert not may_be_packed("Accept-Encoding: gzip\nContent-Type: application/json", b"{}", None)
    assert may_be_packed("content-Encoding: br", b"{}")
    assert may_be_packed("", b"{}", gzip.compress(b"{}"))


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"\x03\x00" * 100_000, "deflate"),
        (gzip.compress(b"") * 10_000, "gzip"),
        (gzip.compress(b"a"), ", ".join(["gzip"] * 201)),
    ],
    ids=["empty streams", "empty members", "encodings"],
)
def test_what_nobody_packs_is_not_looked_into(body: bytes, encoding: str) -> None:
    """Beyond the limits of a webhook's body it is not kept: there is no end to what could be looked through."""
    request = Request(method="POST", url="http://a/", headers=(("Content-Encoding", encoding),), body=body)
    assert b"not kept" in mask_request(request, Redactor(["sec-ret-1"])).body
