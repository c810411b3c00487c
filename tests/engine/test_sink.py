"""The public listener over real HTTP: whatever is posted is answered, recorded, and never a traceback."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from emulator.engine.journal import open_journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal
    from tests.engine.conftest import Sink, StartSinkProcess

    OpenSink = Callable[..., AbstractAsyncContextManager[Sink]]

NUMBER, CONTACT = "+61855555555", "+61123456789"
CONTENT = "naïve 👋 & 50%"
TEXT = {"method": "sms", "params": {"from": CONTACT, "to": NUMBER, "content": CONTENT}}
DELIVERED = {"method": "delivered", "params": {"id": "m-1"}}
JSON_TYPE = {"Content_Type": "application/json"}
BODY = json.dumps(TEXT, ensure_ascii=False).encode()
FLAT = {"method": "$event_key$", "from": "$from$", "to": "$to$", "content": "$content$"}
FORM = b"method=sms&from=%2B61123456789&to=%2B61855555555&content=na%C3%AFve+%F0%9F%91%8B+%26+50%25"
PARTS = "".join(
    f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    for name, value in (("method", "sms"), ("from", CONTACT), ("to", NUMBER), ("content", CONTENT))
).encode() + b"--b--\r\n"  # fmt: skip


def as_request(path: str, body: bytes = BODY, *headers: str, method: str = "POST", host: str = "x") -> bytes:
    """A request as bytes."""
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode("utf-8", "surrogateescape") + body


def path_of(sink: Sink) -> str:
    """The path of the webhook URL."""
    return "/" + sink.account.webhook_url.split("/", 3)[3]


def status_of(answer: bytes) -> int:
    """The status code of an answer in bytes."""
    return int(answer.split(b" ", 2)[1])


# -- readable


@pytest.mark.parametrize(
    ("body", "headers", "warned"),
    [
        (BODY, JSON_TYPE, []),
        (BODY, {"Content_Type": "application/vnd.acme+json; charset=utf-8"}, []),
        (b"\xef\xbb\xbf" + BODY, JSON_TYPE, []),
        (BODY.decode().encode("utf-16"), JSON_TYPE, []),
        (BODY.decode().encode("utf-16-le"), JSON_TYPE, []),
        (json.dumps(TEXT).encode("ascii"), {"Content_Type": "application/json; charset=iso-8859-1"}, []),
        (gzip.compress(BODY), {**JSON_TYPE, "Content_Encoding": "gzip"}, []),
        (zlib.compress(BODY), {**JSON_TYPE, "Content_Encoding": "deflate"}, []),
        (BODY, {"Content_Type": "text/plain"}, ["WH-101"]),
        (BODY, {"Content_Type": "application/x-www-form-urlencoded"}, ["WH-101"]),
    ],
    ids=[
        "json", "vendor-json", "bom", "utf-16-bom", "utf-16", "charset", "gzip", "deflate", "wrong-type", "form-type",
    ],
)  # fmt: skip
async def test_json_is_read(sink: Sink, body: bytes, headers: dict[str, str], warned: list[str]) -> None:
    """Framework 6.6, 6.30: by content type or by trial; the record has the bytes and headers as they were sent."""
    assert await sink.request(body, **headers) == (200, {"result": {}})

    recorded = sink.recorded()
    assert recorded.request.body == body
    assert recorded.request.header("content-type") == headers["Content_Type"]
    assert recorded.outcome["events"][0]["variables"]["content"] == CONTENT
    assert [finding["code"] for finding in recorded.outcome.get("findings", [])] == warned


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (FORM, {"Content_Type": "application/x-www-form-urlencoded"}),
        (gzip.compress(FORM), {"Content_Type": "application/x-www-form-urlencoded", "Content_Encoding": "gzip"}),
        (PARTS, {"Content_Type": "multipart/form-data; boundary=b"}),
    ],
    ids=["form", "gzip-form", "multipart"],
)
async def test_forms_are_read(
    open_sink: OpenSink, document: dict[str, Any], body: bytes, headers: dict[str, str]
) -> None:
    """Framework 6.6: as a flat object."""
    document["Webhook"][0]["request_parameters"] = FLAT
    async with open_sink() as sink:
        assert (await sink.request(body, **headers))[0] == 200
        assert sink.recorded().outcome["events"][0]["variables"]["content"] == CONTENT


async def test_a_get_model_reads_the_query(open_sink: OpenSink, document: dict[str, Any]) -> None:
    """Framework 6.7: and the record has the URL as it was asked for."""
    document["Webhook"][0] |= {"request_method": "GET", "request_parameters": FLAT}
    async with open_sink() as sink:
        url = f"{sink.account.webhook_url}?{FORM.decode()}"
        assert (await sink.request(method="GET", url=url))[0] == 200

        recorded = sink.recorded()
        assert (recorded.request.method, recorded.request.url) == ("GET", url)
        assert recorded.outcome["events"][0]["variables"]["content"] == CONTENT


async def test_arrays_and_batches_yield_an_event_for_each(open_sink: OpenSink, document: dict[str, Any]) -> None:
    """Framework 6.9, 6.15: a top-level array element by element, and the array that holds all variables of a model."""
    batch = {"request_parameters": {"type": "batch", "results": [{"id": "$messageid$"}]}}
    document["Webhook"].append({"event_key": "batch", "event_type": "messageDelivered", **batch})
    async with open_sink() as sink:
        assert (await sink.post([TEXT, DELIVERED, {"odd": 1}]))[0] == 200
        assert [event["path"] for event in sink.recorded().outcome["events"]] == ["$[0]", "$[1]"]
        assert [miss["path"] for miss in sink.recorded().outcome["unmatched"]] == ["$[2]"]

        assert (await sink.post({"type": "batch", "results": [{"id": "m-1"}, {"id": "m-2"}]}))[0] == 200
        assert [event["path"] for event in sink.recorded().outcome["events"]] == ["$.results[0]", "$.results[1]"]


async def test_chunks_without_a_length_are_read(sink: Sink) -> None:
    """A body that is streamed is a body."""

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(BODY), 7):
            yield BODY[at : at + 7]

    async with sink.session.post(sink.account.webhook_url, data=chunks(), headers={"X-A": "1"}) as answer:
        assert answer.status == 200
    assert sink.recorded().request.body == BODY
    assert sink.recorded().request.header("Transfer-Encoding") == "chunked"


async def test_a_query_string_is_allowed(sink: Sink) -> None:
    """Framework 6.4: the provider may keep something of its own there."""
    url = sink.account.webhook_url + "?tenant=%C3%A9&x=a%2Fb+c"
    assert (await sink.post(TEXT, url=url))[0] == 200
    assert sink.recorded().request.url == url


async def test_one_url_takes_every_event(sink: Sink) -> None:
    """Framework 6.3: a text, a file and a delivery report, each known by what it is."""
    file = {"method": "file", "params": {"from": CONTACT, "to": NUMBER, "text": "", "url": "https://a.example/x.jpg"}}
    for payload in (TEXT, file, DELIVERED):
        assert (await sink.post(payload))[0] == 200
    events = [each.event for each in sink.account.inbox.since(0) if each.event is not None]
    assert [each.event_type for each in events] == ["message", "mms", "messageDelivered"]


async def test_nothing_authenticates_a_webhook(sink: Sink) -> None:
    """Framework 6.5: credentials and signatures, right or wrong, change nothing; the record has them."""
    signed = {"Authorization": "Basic bm9ib2R5", "X_Signature": "sha256=0"}
    for headers in ({}, signed):
        assert (await sink.request(BODY, **JSON_TYPE, **headers))[0] == 200
    request = sink.recorded().request
    assert (request.header("X-Signature"), request.header("Authorization")) == ("sha256=0", "Basic bm9ib2R5")


async def test_the_record_says_who_when_and_how_long(sink: Sink) -> None:
    """Design 7: direction, account, attempt, times, answer; what was answered is what is recorded."""
    before = sink.platform.clock.now()
    _, answer = await sink.post(TEXT)

    recorded = sink.recorded()
    assert (recorded.direction, recorded.kind, recorded.account) == ("in", "webhook", sink.account.id)
    assert before <= recorded.clock <= sink.platform.clock.now()
    assert recorded.duration_s is not None
    assert recorded.reply is not None
    assert (recorded.reply.status, json.loads(recorded.reply.body)) == (200, answer)


async def test_many_at_once(sink: Sink) -> None:
    """Each is taken once, under a number of its own."""
    reports = [{"method": "delivered", "params": {"id": f"m-{number}"}} for number in range(100)]
    answers = await asyncio.gather(*(sink.post(report) for report in reports))

    assert answers == [(200, {"result": {}})] * 100
    recorded = sink.platform.journal.last(200)
    assert [each.id for each in recorded] == list(range(1, 101))
    ids = {each.outcome["events"][0]["variables"]["messageid"] for each in recorded}
    assert ids == {f"m-{number}" for number in range(100)}


# -- not readable

NESTED = b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' * 5000
DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (BODY[:-2], JSON_TYPE, "not JSON: "),
        (b"", JSON_TYPE, "the body is empty"),
        (b'{"a": "\xe9"}', JSON_TYPE, "the body is not UTF-8: byte 0xe9 at line 1, column 8"),
        (DEEP, JSON_TYPE, "nested 10000 levels deep"),
        (BODY, {"Content_Type": "application/json; charset=klingon"}, "unknown charset 'klingon'"),
        (BODY, {"Content_Type": "application/json; charset=undefined"}, "undefined"),
        (BODY, {**JSON_TYPE, "Content_Encoding": "gzip"}, "the body is not gzip"),
        (gzip.compress(BODY)[:-9], {**JSON_TYPE, "Content_Encoding": "gzip"}, "cut off"),
        (BODY, {**JSON_TYPE, "Content_Encoding": "br"}, "unknown content encoding 'br'"),
        (BODY, {"Content_Type": "multipart/form-data; boundary=b"}, "multipart"),
        (NESTED, {"Content_Type": "multipart/form-data; boundary=b"}, "multipart body inside a multipart body"),
        (b"\x89PNG\r\n", {"Content_Type": "image/png"}, "the body is not UTF-8: byte 0x89 at line 1, column 1"),
        (b"[1]" * 2000, JSON_TYPE, "not JSON: more behind the end of the JSON at line 1, column 4"),
    ],
    ids=[
        "truncated", "empty", "not-utf-8", "deep", "charset", "no-charset", "not-gzip", "half-gzip", "brotli",
        "no-parts", "nested-parts", "picture", "extra",
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_400(sink: Sink, body: bytes, headers: dict[str, str], said: str) -> None:
    """Framework 6.8, 6.27: with the reason; recorded as it came, and remembered by the inbox."""
    status, answer = await sink.request(body, **headers)

    assert status == 400
    assert said in answer["error"]["message"]
    recorded = sink.recorded()
    told = {"problem" if key == "message" else key: value for key, value in answer["error"].items()}
    assert (recorded.request.body, recorded.outcome) == (body, told)
    assert recorded.reply is not None
    assert (recorded.reply.status, json.loads(recorded.reply.body)) == (400, answer)
    assert [arrival.problem for arrival in sink.account.inbox.since(0)] == [answer["error"]["message"]]


async def test_a_body_that_is_too_large_is_413_before_it_was_sent(sink: Sink) -> None:
    """Framework 6.27: nobody waits for 50 MB of which nothing will be read; the beginning is kept."""
    begun = as_request(path_of(sink), b"x" * 100_000).replace(b"Content-Length: 100000", b"Content-Length: 50000000")
    reader, writer = await sink.connected()
    writer.write(begun)
    answer = await reader.readuntil(b"}}")
    writer.close()
    await writer.wait_closed()

    assert status_of(answer) == 413
    assert b"the body is larger than 1048576 bytes" in answer
    recorded = sink.recorded()
    assert recorded.reply is not None
    assert recorded.reply.status == 413
    assert 0 < len(recorded.request.body) <= 64 * 1024
    assert recorded.request.header("Content-Length") == "50000000"
    assert [arrival.problem for arrival in sink.account.inbox.since(0)] == ["the body is larger than 1048576 bytes"]


async def test_who_sends_50_mb_first_and_then_reads_is_answered_too(sink: Sink) -> None:
    """Framework 6.27: the connection is not broken off under a client that is still writing."""
    assert status_of(await sink.raw(as_request(path_of(sink), b"x" * 50_000_000))) == 413


async def test_a_streamed_body_that_is_too_large_is_413(open_sink: OpenSink) -> None:
    """Framework 6.27: where no length was told it shows while reading; the limit is the profile's."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    async with open_sink(profile=_profile(max_webhook_body="100KiB")) as sink:
        async with sink.session.post(sink.account.webhook_url, data=chunks()) as answer:
            assert answer.status == 413
        assert sink.recorded().request.body == b"x" * 64 * 1024


async def test_a_gzip_bomb_is_413(sink: Sink) -> None:
    """Framework 6.27: some kilobytes that would become megabytes is not unpacked; it is kept as it came."""
    bomb = gzip.compress(b" " * 5_000_000)
    status, answer = await sink.request(bomb, Content_Encoding="gzip", **JSON_TYPE)

    assert (status, answer["error"]["message"]) == (413, "unpacked it is larger than 1048576 bytes")
    assert sink.recorded().request.body == bomb


def _profile(**settings: object) -> object:
    from emulator.core.profile import Profile

    return Profile.model_validate(settings)


# -- not usable


@pytest.mark.parametrize(
    "path",
    [
        "/services/other-sms/a12345678901234567890",
        "/services/acme-sms/a1",
        "/services/acme-sms/12345678901234567890",
        "/services/acme-sms/a12345678901234567890/",
        "//services/acme-sms/a12345678901234567890",
        "/",
        "/media/guess/cat.jpg",
        "/services/acme-sms/a%ff%00",
    ],
    ids=["service", "account", "no-a", "slash", "two-slashes", "root", "media", "bytes"],
)
async def test_a_url_that_nobody_has_is_404_with_the_right_ones(sink: Sink, path: str) -> None:
    """Framework 6.27, 8.1: and recorded, for it is how providers most often fail."""
    answer = await sink.raw(as_request(path, host=urlsplit(sink.account.webhook_url).netloc))

    assert status_of(answer) == 404
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert error["webhook_urls"] == [sink.account.webhook_url]
    assert error["message"].startswith("no account has the webhook URL /")
    recorded = sink.recorded()
    assert (recorded.account, recorded.request.body) == ("", BODY)
    assert recorded.outcome == {"problem": error["message"], "mend": f"post to {sink.account.webhook_url}"}
    assert [stray.exchange for stray in sink.platform.strays()] == [recorded.id]
    assert sink.account.inbox.since(0) == ()


@pytest.mark.parametrize("answers", ["strict", "lenient"])
@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
async def test_a_web_page_posts_no_webhook(open_sink: Any, answers: str, header: dict[str, str]) -> None:
    """Framework 6.37: any page open in a browser can reach this machine; it is told, recorded, and has no effect."""
    async with open_sink(profile=_profile(webhook_answer=answers)) as sink:
        status, told = await sink.request(json.dumps(TEXT).encode(), Content_Type="text/plain", **header)

        assert status == 403
        assert told["error"]["message"].startswith("a web page sent it")
        assert "webhooks_from_pages: take" in told["error"]["mend"]
        assert sink.recorded().outcome == {"problem": told["error"]["message"], "mend": told["error"]["mend"]}
        assert [each.event for each in sink.account.inbox.since(0)] == [None]


async def test_a_web_page_that_may_post(open_sink: Any) -> None:
    """Framework 6.37: where the profile says so."""
    async with open_sink(profile=_profile(webhooks_from_pages="take")) as sink:
        status, _ = await sink.request(
            json.dumps(TEXT).encode(), Content_Type="text/plain", Origin="https://me.example"
        )
        assert (status, [each.event is None for each in sink.account.inbox.since(0)]) == (200, [False])


@pytest.mark.parametrize(
    ("host", "settings"),
    [
        ("127.0.0.1", {"public_url": "https://acme.tunnel.example"}),
        ("127.0.0.1", {"host": "0.0.0.0"}),  # noqa: S104
        ("127.0.0.1", {"contained": True}),
        ("rebound.example:8085", {}),
    ],
    ids=["public-url", "everywhere", "container", "name-of-another-page"],
)
async def test_a_stranger_is_told_no_webhook_url(open_sink: Any, host: str, settings: dict[str, Any]) -> None:
    """Framework 6.36: it is all that keeps strangers from posting webhooks; the owner's record names it."""
    async with open_sink(**settings) as sink:
        address = urlsplit(sink.platform._listener.base_url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(as_request("/", host=host))
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

        assert status_of(answer) == 404
        assert path_of(sink).encode() not in answer
        assert sink.account.organization.id.encode() not in answer
        assert sink.recorded().outcome["mend"] == f"post to {sink.account.webhook_url}"


async def test_a_subscription_that_still_posts_is_told_why(sink: Sink) -> None:
    """Framework 8.18: the account was disabled, and its webhook URL leads nowhere any longer."""
    sink.platform.close_account(sink.account)

    answer = await sink.raw(as_request(urlsplit(sink.account.webhook_url).path))

    assert status_of(answer) == 404
    message = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]
    assert re.search(r" any longer: it was closed \d+ ms before$", message)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
async def test_a_wrong_method_is_405_with_the_right_one(sink: Sink, method: str) -> None:
    """Framework 6.27, 8.1: Allow, the methods in words, and the URL."""
    async with sink.session.request(method, sink.account.webhook_url, json=TEXT) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert (await answer.json())["error"]["webhook_url"] == sink.account.webhook_url
    assert (sink.recorded().request.method, sink.recorded().request.body) == (method, json.dumps(TEXT).encode())


async def test_head_is_405_without_a_body(sink: Sink) -> None:
    """Some providers probe a webhook so before they save it."""
    async with sink.session.head(sink.account.webhook_url) as answer:
        assert (answer.status, await answer.read()) == (405, b"")


async def test_an_unknown_number_is_422_with_the_known_ones(sink: Sink) -> None:
    """Framework 6.21: an error that lists them."""
    status, answer = await sink.post({"method": "sms", "params": {"from": NUMBER, "to": CONTACT, "content": "hi"}})

    assert (status, answer["error"]["known_numbers"]) == (422, [NUMBER])


async def test_no_model_is_422_with_the_nearest(sink: Sink) -> None:
    """Framework 6.19: each difference by JSONPath, in the answer as in the record."""
    status, answer = await sink.post({"method": "delivered", "params": {"messageId": "m-1"}})

    (miss,) = answer["error"]["unmatched"]
    assert status == 422
    (mismatch,) = miss["nearest"]["mismatches"]
    assert (mismatch["path"], mismatch["expected"]) == ("$.params.id", "$messageid$")
    assert sink.recorded().outcome["unmatched"] == [miss]


async def test_lenient_answers_200_and_keeps_the_same_record(open_sink: OpenSink) -> None:
    """Framework 6.28: profile ``lenient``: for all but 404 and 413."""
    async with open_sink(profile=_profile(webhook_answer="lenient", max_webhook_body="1KiB")) as sink:
        answers = [
            await sink.request(b"{", **JSON_TYPE),
            await sink.post({"odd": 1}),
            await sink.request(b"", method="PUT"),
        ]
        assert answers == [(200, {"result": {}})] * 3
        assert ["problem" in each.outcome or "unmatched" in each.outcome for each in sink.platform.journal.last()] == [
            True
        ] * 3
        assert (await sink.post(TEXT, url=sink.account.webhook_url + "0"))[0] == 404
        assert (await sink.request(b"x" * 2000))[0] == 413


# -- not even HTTP


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("a:b:c", ""),
        ("foo bar", ""),
        ("", ""),
        ("[::1", ""),
        ("x" * 5000, ""),
        ("x", "?a=%ff%ed%a0%80"),
        ("\udcff", ""),
    ],
    ids=["colons", "space", "empty", "bracket", "long", "percent-bytes", "byte"],
)
async def test_an_odd_host_is_no_reason_to_fail(sink: Sink, host: str, path: str) -> None:
    """Tunnels and proxies write what they like; nothing depends on it."""
    answer = await sink.raw(as_request(path_of(sink) + path, host=host))

    assert status_of(answer) in {200, 400}
    if status_of(answer) == 200:
        assert sink.recorded().request.url.endswith(path_of(sink) + path)


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nX-A: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST /" + b"y" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(200)) + b"\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
    ],
    ids=["header", "line", "headers", "no-host", "two-lengths", "chunk", "bytes", "no-http", "tls"],
)
async def test_what_is_not_http_is_400(sink: Sink, data: bytes) -> None:
    """Nothing crashes, nothing is printed, and the next webhook is taken."""
    assert status_of(await sink.raw(data)) == 400
    assert (await sink.post(TEXT))[0] == 200


async def test_content_types_and_encodings_may_hold_anything(sink: Sink) -> None:
    """Header bytes that are no text are no crash."""
    for header in ("Content-Type: multipart/form-data; boundary=\udcff\udcfe", "Content-Encoding: \udcff"):
        assert status_of(await sink.raw(as_request(path_of(sink), BODY, header))) == 400
    assert "\ufffd" in str(sink.recorded().request.headers)


async def test_a_client_that_goes_away_in_the_middle_is_recorded(sink: Sink) -> None:
    """Whoever looks for the webhook finds what came of it."""
    recorded: asyncio.Queue[Exchange] = asyncio.Queue()
    sink.platform.journal.subscribe(recorded.put_nowait)
    _, writer = await sink.connected()
    writer.write(as_request(path_of(sink), BODY).replace(b"Content-Length: ", b"Content-Length: 1"))
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    exchange = await recorded.get()
    assert exchange.outcome == {"problem": "the body broke off before its end", "mend": "send all of it"}
    assert exchange.request.body in {BODY, b""}
    assert [arrival.problem for arrival in sink.account.inbox.since(0)] == ["the body broke off before its end"]


async def test_a_chunk_that_is_none_is_recorded(sink: Sink) -> None:
    """aiohttp's parser leaves such a client without an answer; once it gives up, its webhook is recorded."""
    recorded: asyncio.Queue[Exchange] = asyncio.Queue()
    sink.platform.journal.subscribe(recorded.put_nowait)
    _, writer = await sink.connected()
    writer.write(
        f"POST {path_of(sink)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".encode()
    )
    await sink.post(TEXT)  # by then the first chunk was taken in
    await recorded.get()
    writer.write(b"zz\r\n")
    writer.close()
    await writer.wait_closed()

    exchange = await recorded.get()
    assert (exchange.request.body, exchange.outcome) == (
        b"hello",
        {"problem": "the body broke off before its end", "mend": "send all of it"},
    )


async def test_a_chunk_that_is_none_is_400_to_the_other_parser(
    document: dict[str, Any], tmp_path: Path, start_sink_process: StartSinkProcess
) -> None:
    """aiohttp has a second parser, in Python, for where its compiled one is not to be had: it answers."""
    async with start_sink_process(document, tmp_path / "journal.db", AIOHTTP_NO_EXTENSIONS="1") as (url, process):
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = f"POST {address.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        writer.write(head.encode())
        assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"5\r\nhello\r\nzz\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        process.terminate()
        _, said = await process.communicate()

    assert status_of(answer) == 400
    assert b"the body broke off before its end" in answer
    assert said == b""
    with open_journal(tmp_path / "journal.db") as journal:
        (exchange,) = journal.last()
    assert exchange.outcome == {"problem": "the body broke off before its end", "mend": "send all of it"}


async def test_a_client_that_goes_away_before_its_answer_is_no_complaint(sink: Sink) -> None:
    """The webhook was taken; that nobody reads the answer is the client's affair."""
    recorded: asyncio.Queue[Exchange] = asyncio.Queue()
    sink.platform.journal.subscribe(recorded.put_nowait)
    _, writer = await sink.connected()
    writer.write(as_request(path_of(sink)))
    writer.transport.abort()
    _, writer = await sink.connected()
    writer.write(as_request(path_of(sink)))
    writer.close()
    await writer.wait_closed()

    assert (await recorded.get()).outcome["events"]
    assert (await sink.post(TEXT))[0] == 200


# -- durable


async def test_who_is_woken_finds_the_exchange_in_the_journal(sink: Sink) -> None:
    """Framework 6.30: A step that expected the webhook can look at what came."""
    waiting = asyncio.create_task(
        sink.account.inbox.wait_for("message", lambda _: True, sink.platform.clock.now() + 30)
    )
    posting = asyncio.create_task(sink.post(TEXT))
    arrival = await waiting

    assert arrival is not None
    exchange = sink.platform.journal.get(arrival.exchange)
    assert exchange is not None
    assert json.loads(exchange.request.body) == TEXT
    await posting


async def test_a_journal_that_fails_is_500_until_it_recovers(sink: Sink, journal: Journal) -> None:
    """Design 7: nothing is acknowledged that is not kept; a provider that tries again is served."""
    journal._database.execute("PRAGMA query_only = on")
    for url in (sink.account.webhook_url, sink.account.webhook_url + "0"):
        status, answer = await sink.post(TEXT, url=url)
        assert status == 500
        assert answer["error"]["message"].startswith("the journal cannot be written: ")

    journal._database.execute("PRAGMA query_only = off")
    assert await sink.post(TEXT) == (200, {"result": {}})
    assert len(journal.last()) == 1


async def test_a_host_that_is_none(sink: Sink) -> None:
    """What a header makes up is no part of a URL that anybody has to read later; the header itself is kept."""
    path = urlsplit(sink.account.webhook_url).path.encode()
    answer = await sink.raw(
        b"POST " + path + b" HTTP/1.1\r\nHost: [bad\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    assert answer.startswith(b"HTTP/1.1 4")
    exchange = sink.recorded()
    assert ("host.invalid", "[bad") == (urlsplit(exchange.request.url).hostname, exchange.request.header("Host"))
