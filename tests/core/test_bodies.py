"""Reading the bodies of webhooks and answers."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.bodies import MAX_DEPTH, MAX_MEMBERS, TooLargeError, first_bytes, parse_json, read_webhook, unpack
from emulator.core.multipart import MAX_PARAMETERS, MAX_PARTS
from emulator.errors import UnreadableBodyError

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SAID = {"a": "ünï 👩", "b": 1}
TEXT = json.dumps(SAID, ensure_ascii=False)
_PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n%d\r\n'
MULTIPART = _PART % 1 + _PART % 2 + b"--x--\r\n"
_DISPOSITION = "--x\r\nContent-Disposition: form-data"
NAMES = f'{_DISPOSITION}\r\n\r\n1\r\n{_DISPOSITION}; name="ключ"\r\n\r\nü\r\n--x--\r\n'.encode()
PART_IN = (
    b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=%b\r\n\r\n\xff\r\n--x--'
)


@pytest.mark.parametrize(
    ("content_type", "body", "expected", "codes"),
    [
        (JSON, TEXT.encode(), SAID, []),
        ("application/vnd.acme+json; charset=utf-8", TEXT.encode(), SAID, []),
        (JSON, b"\xef\xbb\xbf" + TEXT.encode(), SAID, []),
        (JSON, TEXT.encode("utf-16"), SAID, []),
        ("application/json; charset=iso-8859-1", '{"a": "ü"}'.encode("latin-1"), {"a": "ü"}, []),
        (None, TEXT.encode(), SAID, ["WH-101"]),
        ("text/plain", TEXT.encode(), SAID, ["WH-101"]),
        (FORM, TEXT.encode(), SAID, ["WH-101"]),
        (FORM, b"a=1&b=%C3%BC+x&c=", {"a": "1", "b": "ü x", "c": ""}, []),
        (FORM, b"a=1&a=2", {"a": ["1", "2"]}, []),
        (FORM, b"f=+15550100002&t=1+1%3D2", {"f": " 15550100002", "t": "1 1=2"}, ["WH-106"]),
        (FORM, b"t=Tom&Jerry&u=1", {"t": "Tom", "Jerry": "", "u": "1"}, ["WH-107"]),
        (FORM, b"f=%2B15550100002&flag=", {"f": "+15550100002", "flag": ""}, []),
        (FORM, b"a=1&a=2&a=3", {"a": ["1", "2", "3"]}, []),
        (JSON, b"a=1&b=2", {"a": "1", "b": "2"}, ["WH-101"]),
        ("text/plain", b"a=1&b=2", {"a": "1", "b": "2"}, ["WH-101"]),
        ("multipart/form-data; boundary=x", MULTIPART, {"a": ["1", "2"]}, []),
        ("multipart/form-data; boundary=x", NAMES, {"ключ": "ü"}, []),
        ('application/json; charset="UTF-8"', TEXT.encode(), SAID, []),
        (JSON, b" \r\n" + TEXT.encode("utf-8") + b"\n", SAID, []),
        (FORM + "; charset=iso-8859-1", b"a=%FC", {"a": "ü"}, []),
        (None, b'"text"', "text", ["WH-101"]),
    ],
    ids=["json", "+json", "bom", "utf-16", "charset", "no-type", "text", "json-as-form", "form", "repeated", "plus",
         "ampersand", "encoded", "thrice",
         "form-as-json", "form-as-text", "multipart", "multipart-names", "quoted-charset", "space-around",
         "form-charset", "bare-text"],
)  # fmt: skip
def test_bodies_are_read(content_type: str | None, body: bytes, expected: Any, codes: list[str]) -> None:
    """Framework 6.6: a body is read by its content type or, failing that, by trial with a warning."""
    found, findings = read_webhook("POST", "", content_type, body)
    assert (expected, codes) == (found, [finding.code for finding in findings])


@pytest.mark.parametrize("content_type", [None, JSON, FORM], ids=["none", "json", "form"])
def test_broken_json_is_told_by_its_cause(content_type: str | None) -> None:
    """Framework 6.6: the place and the cause, and never the advice to send what was sent."""
    with pytest.raises(UnreadableBodyError) as caught:
        read_webhook("POST", "", content_type, b'{"to": "1",\n "text": "say "hi""}')
    assert caught.value.message == (
        "the body is not JSON: a quote inside a text that is not escaped at line 2, column 15; "
        r"""it begins with {"to": "1",\n "text": "say "hi""}"""
    )
    assert "Content-Type" not in (caught.value.mend or "")


def test_a_get_reads_the_query() -> None:
    """Framework 6.7: a GET's query is a flat object, whatever its body."""
    assert read_webhook("GET", "a=1&b=x%20y&c=", JSON, b"{}") == ({"a": "1", "b": "x y", "c": ""}, ())


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        (JSON, b"", "empty"),
        (JSON, b"{", "line 1, column 2"),
        (JSON, b'{"a": NaN}', "not JSON: the value NaN, which JSON does not have at line 1, column 7"),
        (JSON, b'{"a": "\xff"}', "not UTF-8: byte 0xff at line 1, column 8; it begins with"),
        ("application/json; charset=klingon", b"{}", "unknown charset 'klingon'"),
        (FORM, b"\xff=1", "the form is not UTF-8: byte 0xff at line 1, column 1"),
        (FORM, b"b=caf%E9+au", r"\$.b is not UTF-8: %E9 behind 'caf'"),
        (FORM, b"%FFa=1", "a key of the form is not UTF-8: %FF at its beginning"),
        (FORM + "; charset=utf-16", b"a=%FF", "is not utf-16"),
        (FORM, b"nothing", "not a form"),
        ("application/xml", b"<a/>", "begins with <a/>"),
        ("multipart/form-data; boundary=y", MULTIPART, "boundary"),
        (JSON, b"[" * 10_000, "10000 levels"),
        (JSON, b"[" + b"{}," * 20_000 + b"{}]", "the body holds more than 20000 objects and lists"),
        (FORM, b"", "it is empty"),
        (FORM, b"&a=1" * 10_000, "a form of 10001 fields"),
        (None, b" \n", "the body is empty"),
        ("application/json; charset=idna", b"{}", "unknown charset 'idna'"),
        (FORM + "; charset=punycode", b"a=%FF", "unknown charset 'punycode'"),
        (FORM + "; charset=hex", b"a=1", "unknown charset 'hex'"),
        ("multipart/form-data; boundary=x", PART_IN % b"klingon", "unknown charset 'klingon'"),
        ("multipart/form-data; boundary=x", PART_IN % b"idna", "unknown charset 'idna'"),
        ("multipart/form-data; boundary=x", PART_IN % b"utf-8", r"\$.a is not UTF-8: byte 0xff at line 1, column 1"),
        ("multipart/form-data; boundary=\udcff", MULTIPART, "boundary"),
    ],
    ids=[
        "empty",
        "cut",
        "nan",
        "bytes",
        "charset",
        "form-bytes",
        "form-percent",
        "form-key",
        "form-utf-16",
        "no-form",
        "xml",
        "boundary",
        "deep",
        "objects",
        "empty-form",
        "many-fields",
        "blank",
        "idna",
        "form-punycode",
        "no-charset",
        "charset-of-a-part",
        "encoding-of-a-part",
        "bytes-of-a-part",
        "undecodable-header",
    ],
)
def test_what_cannot_be_read(content_type: str, body: bytes, message: str) -> None:
    """What is neither JSON nor a form is refused, and where it stops being so is told."""
    with pytest.raises(UnreadableBodyError, match=message):
        read_webhook("POST", "", content_type, body)


def _part(disposition: str, text: bytes = b"1", **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"--x\r\nContent-Disposition: form-data{disposition}\r\n{more}\r\n".encode() + text + b"\r\n"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (_part("; name=a"), {"a": "1"}),
        (_part('; name="a;b\\"c"'), {'a;b"c': "1"}),
        (_part("; name=\"?\"; name*=UTF-8''%C3%A4"), {"ä": "1"}),
        (_part("; name*=iso-8859-1'de'%E4"), {"ä": "1"}),
        (_part('; name="a"; filename="a b.txt"', b"text"), {"a": "text"}),
        (_part('; NAME="a"', "ü".encode("latin-1"), Content_Type="text/plain; charset=ISO-8859-1"), {"a": "ü"}),
        (_part('; name="a"', b"dGV4\r\ndA==", Content_Transfer_Encoding="base64"), {"a": "text"}),
        (_part('; name="a"', b"=C3=BC=\r\n=3D", Content_Transfer_Encoding="quoted-printable"), {"a": "ü="}),
        (_part('; name="a"', b"\r\n--xy\r\n", Content_Transfer_Encoding="8bit"), {"a": "\r\n--xy\r\n"}),
        (_part(""), {}),
    ],
    ids=["token", "escaped", "both", "extended", "file", "charset", "base64", "quoted", "like-a-boundary", "nameless"],
)
def test_a_part_is_read(part: bytes, expected: dict[str, str]) -> None:
    """Framework 6.6: names and values of multipart bodies, in each writing that clients use."""
    assert read_webhook("POST", "", "multipart/form-data; boundary=x", part + b"--x--\r\n") == (expected, ())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_part('; name="a"') * (MAX_PARTS + 1), f"more than {MAX_PARTS} parts"),
        (_part('; name="a"' + "; a=b" * 50), f"more than {MAX_PARAMETERS} parameters"),
        (
            _part('; name="a"', b"1", **{f"a{number}": "b" for number in range(20)}),
            "a part .* cannot be read: .*header count",
        ),
        (_part('; name="a"' + "; a=b" * 5000), "a part .* cannot be read: .*header size"),
        (_part('; name="a"', Content_Type="multipart/mixed; boundary=y"), r"\$\.a is a multipart body inside"),
        (_part('; name="a"'), "cut off: the line that ends it is missing"),
        (b"--x--\r\n", "has no parts"),
        (b"--x\r\nno header\r\n\r\n1\r\n--x--", "a part .* cannot be read"),
        (_part('; name="a"', b"dGV4d", Content_Transfer_Encoding="base64"), r"\$\.a is not base64"),
    ],
    ids=["parts", "parameters", "headers", "header", "nested", "cut", "none", "no-header", "base64"],
)
def test_a_multipart_body_has_limits(body: bytes, message: str) -> None:
    """Framework 6.6: beyond its limits a multipart body is refused with what is wrong, never half read."""
    with pytest.raises(UnreadableBodyError, match=message) as caught:
        read_webhook(
            "POST", "", "multipart/form-data; boundary=x", body if message.startswith("cut") else body + b"--x--"
        )
    assert caught.value.mend


BODIES = st.binary(max_size=80) | st.lists(
    st.sampled_from(
        [b"a", b"=", b"&", b"%", b"%FF", b"\xff", b"{", b'"', b"\\u12", b"[1]", b"\0", b"+", b"\xef\xbb\xbf"]
    )
).map(b"".join)
TYPES = st.sampled_from([JSON, FORM, "text/plain", "multipart/form-data; boundary=x", "", ";", "application/+json"])
CHARSETS = st.sampled_from(["utf-8", "utf-16", "latin-1", "idna", "punycode", "undefined", "hex", "utf-7", "big5", "x"])
_MIME = (
    "\r\n|--x|: |Content-Disposition|form-data|; name=|\"|a|*|*0*=|utf-8''%f|Content-Type|Content-Transfer-Encoding"
    "|base64|multipart/mixed|; boundary=y|--y"
)
MIME = st.lists(st.sampled_from(_MIME.split("|"))).map("".join)


@given(BODIES, st.none() | st.builds("{}; charset={}".format, TYPES, CHARSETS))
def test_never_anything_else(body: bytes, content_type: str | None) -> None:
    """Framework 6.6: whatever is posted is read as JSON, or refused as unreadable."""
    with suppress(UnreadableBodyError):
        payload, _ = read_webhook("POST", "", content_type, body)
        assert isinstance(payload, str | int | float | list | dict | None)


@given(MIME)
def test_multipart_never_anything_else(mime: str) -> None:
    """Framework 6.6: whatever the parts of a multipart body are, they are read or refused as unreadable."""
    body = f'--x\r\nContent-Disposition: form-data; name="a"{mime}\r\n\r\n1\r\n--x--\r\n'.encode()
    with suppress(UnreadableBodyError):
        payload, _ = read_webhook("POST", "", "multipart/form-data; boundary=x", body)
        assert isinstance(payload, dict)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b"[" * 201 + b'"' + rb"\"" * 300_000),
        (JSON, b"[" * 201 + b'"' * 500_000),
        (FORM, b"a=1&" * 200_000),
        ("text/plain", b"a=" * 300_000),
        (None, b"=" + b" " * 500_000 + b"x"),
    ],
    ids=["escaped-quotes", "quotes", "one-key", "equal-signs", "spaces"],
)
def test_no_body_makes_it_slow(content_type: str | None, body: bytes) -> None:
    """Framework 6.6: a body of 500 kB is read or refused in a moment: nothing grows with the square of its length."""
    with suppress(UnreadableBodyError):
        assert read_webhook("POST", "", content_type, body)[0]


def test_depth_is_bounded_and_texts_are_not_counted() -> None:
    """Nesting is bounded; brackets inside a text are none."""
    many = "[{" * MAX_DEPTH
    assert {"a": many} == parse_json(json.dumps({"a": many}).encode())
    deep: Any = json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert [many, deep[0]] == parse_json(json.dumps([many, deep[0]]).encode())


def test_huge_integers_keep_their_digits() -> None:
    """Framework 4.17: a number of 10,000 digits is read, digit for digit."""
    assert str(parse_json(b'{"a": ' + b"7" * 10_000 + b"}")["a"]) == "7" * 10_000  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        (None, b"body"),
        ("identity", b"body"),
        ("gzip", gzip.compress(b"body")),
        ("x-gzip", gzip.compress(b"body")),
        ("deflate", zlib.compress(b"body")),
        ("deflate", zlib.compress(b"body")[2:-4]),
        ("deflate, gzip", gzip.compress(zlib.compress(b"body"))),
        ("gzip", gzip.compress(b"bo") + gzip.compress(b"") + gzip.compress(b"dy")),
        ("gzip", gzip.compress(b"body") + bytes(100)),
        ("deflate", gzip.compress(b"body")),
    ],
    ids=["none", "identity", "gzip", "x-gzip", "zlib", "raw-deflate", "both", "members", "padded", "called-deflate"],
)
def test_unpack(encoding: str | None, packed: bytes) -> None:
    """Framework 6.8: packed bodies are unpacked."""
    assert unpack(packed, encoding, 1000) == b"body"


@pytest.mark.parametrize(
    ("encoding", "packed", "message"),
    [
        ("gzip", b"body", "not gzip"),
        ("gzip", gzip.compress(b"body" * 100)[:-12], "cut off"),
        ("br", b"body", "unknown content encoding 'br'"),
        ("gzip", b"", "cut off"),
        ("deflate", b"\x78", "not deflate|cut off"),
        ("gzip", gzip.compress(b"body") + b"rubbish", "not gzip: something else behind its end"),
        ("gzip", gzip.compress(b"body") + gzip.compress(b"body")[:9], "cut off"),
        ("deflate", zlib.compress(b"body") + b"rubbish", "the deflate body has 7 bytes behind its end"),
        ("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1), f"more than {MAX_MEMBERS} members"),
        (", ".join(["gzip"] * 3000), b"body", "3000 content encodings"),
        ("x" * 5000, b"body", "unknown content encoding 'x{40}'"),
    ],
    ids=[
        "plain",
        "cut",
        "unknown",
        "empty",
        "one-byte",
        "rubbish",
        "half-a-member",
        "behind-deflate",
        "many-members",
        "many-times",
        "long-name",
    ],
)
def test_what_cannot_be_unpacked(encoding: str, packed: bytes, message: str) -> None:
    """A body that is not what its encoding says is refused."""
    with pytest.raises(UnreadableBodyError, match=message):
        unpack(packed, encoding, 1000)


@given(st.binary(max_size=40), st.sampled_from(["gzip", "deflate", "gzip, deflate", "identity,", "", ","]))
def test_unpacking_never_anything_else(packed: bytes, encoding: str) -> None:
    """Framework 6.8: whatever a packed body holds, it is unpacked or refused as unreadable."""
    with suppress(UnreadableBodyError):
        assert len(unpack(packed, encoding, 1000)) <= 1000


def test_a_bomb_is_not_unpacked() -> None:
    """A small body that unpacks to a huge one is refused at the limit."""
    with pytest.raises(TooLargeError, match="larger than 1000 bytes"):
        unpack(gzip.compress(b"0" * 10_000_000), "gzip", 1000)
    with pytest.raises(TooLargeError, match="larger than 1000 bytes"):
        unpack(gzip.compress(b"0" * 600) * 2, "gzip", 1000)
    assert len(unpack(gzip.compress(b"0" * 500) * 2, "gzip", 1000)) == 1000


def test_first_bytes_are_short_and_printable() -> None:
    """What is shown of a body is short, and no byte of it can harm a terminal."""
    assert first_bytes(b"\x1b[2J") == "\\x1b[2J"
    assert first_bytes(b"x" * 1000).endswith("…")
