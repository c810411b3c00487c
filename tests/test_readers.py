"""Every function that takes bytes is found, and each that reads what strangers sent is fed its worst at two sizes."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from emulator.core import (
    bodies,
    charsets,
    fixing,
    media,
    multipart,
    no_answer,
    no_http,
    packed,
    reading,
    received,
    source,
)
from emulator.core.forms import read_form
from emulator.core.messages import Reply, Request
from emulator.core.needles import Needles
from emulator.core.redaction import Redactor
from emulator.core.template import parse_template
from emulator.core.words import value_spans
from emulator.errors import RingoError
from emulator.faces.console import records
from emulator.provider import accepting
from tests.kit.patterns import trees

_IN_PARTS = "multipart/form-data; boundary=x"
_REDACTOR = Redactor(["k3y+/=", "a long secret value"], ["1234"])
_NEEDLES = Needles(f"{each:x<{size}}" for each in range(100) for size in (4, 8, 20))
READERS: dict[str, Callable[[bytes], object]] = {
    "core.bodies:first_bytes": bodies.first_bytes,
    "core.bodies:parse_json": bodies.parse_json,
    "core.bodies:unpack": lambda data: bodies.unpack(data, "gzip", 1024 * 1024),
    "core.bodies:read_webhook": lambda data: bodies.read_webhook("POST", "", "text/plain", data),
    "core.charsets:decoded": lambda data: charsets.decoded(data, "iso2022-jp"),
    "core.fixing:fix_document": lambda data: fixing.fix_document("a.json", data),
    "core.media:sniff": media.sniff,
    "core.multipart:read_multipart": lambda data: multipart.read_multipart(_IN_PARTS, data),
    "core.needles:found_in": lambda data: list(_NEEDLES.found_in(data.decode("latin-1"))),
    "core.no_answer:no_answer": no_answer.no_answer,
    "core.no_http:no_http": no_http.no_http,
    "core.no_http:wrong_header": lambda data: no_http.wrong_header(data.split(b"\r\n")),
    "core.packed:may_be_packed": lambda data: packed.mask_request(
        Request(method="POST", url="http://a/", headers=(("Content-Encoding", "gzip"),), body=data), _REDACTOR
    ),
    "core.reading:read_document": lambda data: reading.read_document("a.json", data),
    "core.received:judged": lambda data: received.judged("http://a/b.jpg", data, "image/jpeg", exchange=1, status=200),
    "core.redaction:data": _REDACTOR.data,
    "core.source:decode_source": lambda data: source.decode_source("a.json", data),
    "faces.console.records:body_record": lambda data: records.body_record(data, None),
    "provider.accepting:object_from": accepting.object_from,
    # Of texts, which are found by nobody but who reads this:
    "read_webhook as a form": lambda data: bodies.read_webhook("POST", "", "application/x-www-form-urlencoded", data),
    "read_webhook as JSON": lambda data: bodies.read_webhook("POST", "", "application/json", data),
    "read_webhook with parts": lambda data: bodies.read_webhook("POST", "", _IN_PARTS, data),
    "read_form": lambda data: read_form(data.decode("latin-1")),
    "parameters of a header": lambda data: multipart.parameters(data.decode("latin-1")),
    "parse_template": lambda data: parse_template(data.decode("latin-1")),
    "value_spans": lambda data: list(value_spans(data.decode("latin-1"))),
    "Redactor.sentence": lambda data: _REDACTOR.sentence(data.decode("utf-8", "replace")),
    "Redactor.reply": lambda data: _REDACTOR.reply(Reply(status=200, body=data)),
}
"""What reads bytes that strangers sent, by where it is."""
KEPT = {
    "core.multipart:add": "adds to what the parser found",
    "core.needles:add": "a secret of the user's or a token, cut into its blocks",
    "core.needles:discard": "a secret of the user's or a token, cut into its blocks",
    "engine.client:take": "keeps what came, up to a bound",
    "engine.client:hear": "keeps what came, up to a bound",
    "engine.faults:fingerprint": "a digest",
    "engine.faults:taken": "compares",
    "engine.listening:data_received": "aiohttp's parser reads it",
    "engine.platform:replay": "sends it",
    "engine.processes:data_received": "keeps lines of what a command of the user's own prints",
    "engine.replaying:recorded_webhook": "the user's own edit",
    "engine.replaying:edited": "the user's own edit",
    "faces.console.feed:written": "tells that it was written",
    "faces.console.uploads:add": "writes it to a file",
    "provider.samples:segment": "makes a sample",
    "provider.samples:box": "makes a sample",
}
"""What takes bytes and only hands them on, with why it needs no attack."""
LEADS = (
    b"",
    b'{"a": "',
    b"[",
    b"<!-- ",
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
    b"HTTP/1.1 200 OK\r\n",
)
PUMPS = (
    *(bytes([each]) for each in b"[{\"'\\ \n\t\r=&%<>/#a0-.,:;$\x00\xff\xc3\x1b*"),
    *(b"\r\n", b'\\"', b'","', b'"a":1,', b"{}", b"[1],", b"{},{", b"a=b&", b"%41", b"%FF&", b"\\u0041", b"<!---->"),
    *(
        b"//",
        b"/*",
        b"*/",
        b"://",
        b"http://a.jpg?",
        b"expected ",
        b"found ",
        b"\xe2\x80\xa6",
        b"$a$",
        b"$a",
        b"A: b\r\n",
    ),
    *(
        b"0\r\n\r\n",
        b"\r\n--x",
        b"--x\r\n\r\n\r\n",
        b"; a=b",
        b';a="',
        b"1e",
        b"1,",
        b"nul",
        b"k3y",
        b"a long ",
        b"'s ",
    ),
)
_SMALL, _FACTOR = 16 * 1024, 4
_SLOW_S = 0.05
_TIMES = 10.0
"""Four times the size may cost ten times the time: what grows with the square costs sixteen times as much."""


def _taking_bytes() -> Iterator[str]:
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                written = [
                    each.annotation
                    for each in [*node.args.args, *node.args.kwonlyargs, node.args.vararg]
                    if each and each.annotation
                ]
                if any("bytes" in ast.unparse(each) for each in written):
                    yield f"{module.removeprefix('emulator.')}:{node.name}"


def test_no_reader_is_forgotten() -> None:
    """What takes bytes is attacked, or named with the reason why it need not be."""
    assert {each for each in READERS if ":" in each} | set(KEPT) == set(_taking_bytes())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("reader", READERS)
def test_no_reader_grows_faster_than_what_it_reads(reader: str) -> None:
    """Each attack is read or refused, and at four times its size takes less than ten times the processor's time."""
    read = READERS[reader]
    for lead in LEADS:
        for pump in PUMPS:
            assert _growth(read, lead, pump) < _TIMES, (lead, pump)


def _growth(read: Callable[[bytes], object], lead: bytes, pump: bytes) -> float:
    small = lead + pump * (_SMALL // len(pump))
    large = lead + pump * (_SMALL * _FACTOR // len(pump))
    after = _cost(read, large, 1)
    if after < _SLOW_S:
        return 1.0
    return _cost(read, large, 3) / max(_cost(read, small, 3), _SLOW_S / 100)


def _cost(read: Callable[[bytes], object], data: bytes, times: int) -> float:
    """The least of several times: what else the machine does only adds."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        with suppress(RingoError, source.UndecodableError):
            read(data)
        taken.append(time.process_time() - began)
    return min(taken)


def test_what_grows_is_seen() -> None:
    """The proof can fail: what looks at all that came again and again is seen, with room for a busy machine."""

    def slow(data: bytes) -> int:
        rounds = range(len(data) // 4096)
        return sum(data.count(b"b", at) for _ in rounds for at in range(0, len(data), 64))

    assert _growth(slow, b"", b"a") > _TIMES
