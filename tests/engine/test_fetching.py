"""The file of an mms is fetched over real sockets, within limits; what goes wrong is told, and ends in time."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from emulator.core.profile import Profile
from emulator.engine.fetching import MediaFetcher
from emulator.engine.journal import Journal
from emulator.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from emulator.engine.fetching import Fetched
    from tests.engine.conftest import Answer, RawProvider, Sink

    OpenSink = Callable[..., AbstractAsyncContextManager[Sink]]
    Start = Callable[..., AbstractAsyncContextManager[RawProvider]]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


async def fetch(sink: Sink, url: str) -> Fetched:
    """What comes of the file at *url*."""
    platform = sink.platform
    return await MediaFetcher(lambda: platform.settings, platform._listener, platform.journal, platform.clock).fetch(
        url, "account"
    )


def codes(fetched: Fetched) -> list[str]:
    """What is said of it."""
    return [finding.code for finding in fetched.file.findings]


@pytest.fixture
def png(answer: type[Answer]) -> Answer:
    """A picture, declared as one."""
    return answer.of(PNG, "Content-Type: image/png")


def moved(answer: type[Answer], location: str | None, status: str = "302 Found") -> Answer:
    """A redirect."""
    return answer.of(b"", *([f"Location: {location}"] if location is not None else []), status=status)


# -- a file that comes


async def test_a_file_that_comes(sink: Sink, provider: RawProvider, png: Answer) -> None:
    """Framework 10.7: its size, type and digest are known, and its bytes are kept; no cookie and no login is sent."""
    provider.answers.append(png)
    url = f"{provider.url}/cat.png".replace("http://", "http://me:pass@")
    fetched = await fetch(sink, url)
    assert fetched.data == PNG
    assert fetched.file.data() == {
        "type": "image/png",
        "declared": "image/png",
        "size": len(PNG),
        "sha256": sha256(PNG).hexdigest(),
    }
    assert (fetched.file.status, fetched.file.findings) == (200, ())
    assert provider.targets == ["GET /cat.png"]
    assert provider.headers().keys() == {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_a_fetch_is_recorded_without_the_file(sink: Sink, provider: RawProvider, png: Answer) -> None:
    """Framework 10.7: an exchange of its own, out, with what is known of the file."""
    provider.answers.append(png)
    fetched = await fetch(sink, f"{provider.url}/cat.png")
    exchange = sink.recorded()
    assert (exchange.id, exchange.kind, exchange.direction, exchange.account) == (
        fetched.file.exchange,
        "media",
        "out",
        "account",
    )
    assert exchange.reply is not None
    assert (exchange.reply.status, exchange.reply.body) == (200, b"")
    assert exchange.outcome == {"media": fetched.file.data()}
    assert {name.lower(): value for name, value in exchange.request.headers} == provider.headers()


async def test_hosts_apply(sink: Sink, provider: RawProvider, png: Answer) -> None:
    """Framework 10.8: an address of the document's host leads to where that is played, also after a redirect."""
    provider.answers += [moved(type(png), "https://api.example.com/there.png"), png]
    fetched = await fetch(sink, "https://api.example.com/here.png?a=1")
    assert (codes(fetched), fetched.data) == ([], PNG)
    assert provider.targets == ["GET /here.png?a=1", "GET /there.png"]
    here, there = sink.platform.journal.last(2)
    assert (here.request.url, here.sent_to) == (
        "https://api.example.com/here.png?a=1",
        f"{provider.url}/here.png?a=1",
    )
    assert here.reply is not None
    assert (here.reply.status, here.outcome, there.outcome["media"]["size"]) == (302, {}, len(PNG))


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
async def test_three_redirects(
    sink: Sink, provider: RawProvider, png: Answer, answer: type[Answer], status: str
) -> None:
    """Framework 10.8: as many are followed, relative ones too; one more is not."""
    hops = [moved(answer, each, status) for each in ("/b", "c", "?d")]
    provider.answers += [*hops, png]
    assert codes(await fetch(sink, f"{provider.url}/x/a")) == []
    assert provider.targets == ["GET /x/a", "GET /b", "GET /c", "GET /c?d"]
    provider.answers += [*hops, moved(answer, "/e", status)]
    fetched = await fetch(sink, f"{provider.url}/a")
    assert codes(fetched) == ["MEDIA-108"]
    assert "more than 3 times, last to /e" in fetched.file.findings[0].message


async def test_a_packed_file(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """It is what it is unpacked."""
    provider.answers.append(answer.of(gzip.compress(PNG), "Content-Type: image/png", "Content-Encoding: gzip"))
    assert (await fetch(sink, provider.url)).data == PNG


async def test_an_address_with_other_characters(sink: Sink, provider: RawProvider, png: Answer) -> None:
    """They are escaped as a browser would."""
    provider.answers.append(png)
    assert codes(await fetch(sink, f"{provider.url}/ä b.png")) == []
    assert provider.targets == ["GET /%C3%A4%20b.png"]


async def test_over_tls(open_sink: OpenSink, start_provider: Start, png: Answer, tmp_path: Path) -> None:
    """Framework 4.12: the private CA is trusted here too, and no other is."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with start_provider(context) as files, open_sink(ca_file=tmp_path / "ca.pem") as sink:
        files.answers.append(png)
        assert codes(await fetch(sink, files.url)) == []


# -- a file that does not


@pytest.mark.parametrize(
    ("made", "code", "said"),
    [
        (lambda of: of(b"no", status="401 Unauthorized"), "MEDIA-102", "was answered 401"),
        (lambda of: of(b"no", status="403 Forbidden"), "MEDIA-102", "was answered 403"),
        (lambda of: of(b"no", status="404 Not Found"), "MEDIA-102", "was answered 404"),
        (lambda of: of(b"no", status="410 Gone"), "MEDIA-102", "was answered 410"),
        (lambda of: of(b"no", status="500 Oops"), "MEDIA-102", "was answered 500"),
        (lambda of: of(b"", status="304 Not Modified"), "MEDIA-102", "was answered 304"),
        (lambda of: of(b"", "Content-Type: image/png"), "MEDIA-105", "is empty"),
        (lambda of: of(b"<html><form>", "Content-Type: text/html"), "MEDIA-106", "is a web page"),
        (lambda of: of(PNG, "Content-Type: image/jpeg"), "MEDIA-107", "declared as image/jpeg, but"),
        (lambda of: of(PNG), "MEDIA-112", "declared as nothing"),
        (lambda of: moved_of(of, "file:///etc/passwd"), "MEDIA-109", "redirected to file:///etc/passwd"),
        (lambda of: moved_of(of, "http://[bad"), "MEDIA-109", "redirected to http://[bad"),
        (lambda of: moved_of(of, ""), "MEDIA-108", "answered 302 without a Location"),
        (lambda of: of(b"x", "Content-Encoding: gzip"), "MEDIA-111", "the gzip body is cut off"),
        (lambda of: of(b"x", "Content-Encoding: br"), "MEDIA-111", "unknown content encoding"),
        (lambda of: of(bytes(5000), "Content-Type: image/png"), "MEDIA-103", "it is more than 4096 bytes"),
        (
            lambda of: of(gzip.compress(bytes(5000)), "Content-Encoding: gzip"),
            "MEDIA-103",
            "unpacked it is more than 4096 bytes",
        ),
    ],
)
async def test_a_file_that_is_none(
    made: Any, code: str, said: str, open_sink: OpenSink, provider: RawProvider, answer: type[Answer], profile: Any
) -> None:
    """Framework 10.12: each way has a finding of its own, which the journal keeps."""
    provider.answers.append(made(answer.of))
    async with open_sink(profile=profile(max_media="4096")) as sink:
        fetched = await fetch(sink, f"{provider.url}/cat.png")
        assert codes(fetched) == [code]
        assert said in fetched.file.findings[0].message
        (kept,) = sink.recorded().outcome["findings"]
        assert kept["code"] == code


def moved_of(of: Any, location: str) -> Any:
    """A redirect."""
    return of(b"", *([f"Location: {location}"] if location else []), status="302 Found")


@pytest.fixture
def profile() -> Any:
    """Makes a profile of settings as a file writes them."""
    return lambda **settings: Profile.model_validate(settings)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x.test/a",
        "data:image/png,x",
        "cat.png",
        "//x.test/a",
        "http://",
        "http://[bad",
        "\ud800",
    ],
)
async def test_an_address_that_is_no_http_url(sink: Sink, url: str) -> None:
    """Framework 10.8: refused before anything is asked, and recorded so."""
    assert codes(await fetch(sink, url)) == ["MEDIA-109"]
    exchange = sink.recorded()
    assert (exchange.reply, exchange.outcome["findings"][0]["code"]) == (None, "MEDIA-109")
    assert "which is no http(s) URL" in str(exchange.error)


async def test_nobody_there(sink: Sink, unused_tcp_port: int) -> None:
    """Framework 10.12: why, and where it was looked for."""
    fetched = await fetch(sink, f"http://127.0.0.1:{unused_tcp_port}/cat.png")
    assert codes(fetched) == ["MEDIA-101"]
    assert f"nothing answers at 127.0.0.1:{unused_tcp_port}" in fetched.file.findings[0].message


async def test_what_breaks_off(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """Framework 10.12: fewer bytes than were promised, and none at all."""
    provider.answers += [
        answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
        answer(b""),
        answer(b""),  # aiohttp asks once more where it is safe
        answer(b"SSH-2.0-OpenSSH\r\n"),
    ]
    found = [await fetch(sink, provider.url) for _ in range(3)]
    assert [codes(each) for each in found] == [["MEDIA-111"], ["MEDIA-111"], ["MEDIA-101"]]
    assert [each.data for each in found] == [None] * 3


# -- what never ends


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nabc"],
    ids=["says-nothing", "half-a-head", "half-a-body"],
)
async def test_an_answer_that_never_ends(
    head: bytes, open_sink: OpenSink, provider: RawProvider, answer: type[Answer], profile: Any
) -> None:
    """Framework 10.9: given up when the time is over, with what is known."""
    provider.answers.append(answer(head, then="hang"))
    async with open_sink(profile=profile(media_timeout="100ms")) as sink:
        fetched = await fetch(sink, f"{provider.url}/cat.png")
        assert codes(fetched) == ["MEDIA-104"]
        assert "was not there within 100ms" in fetched.file.findings[0].message
        assert sink.recorded().duration_s is not None


async def test_redirects_share_the_time(
    open_sink: OpenSink, provider: RawProvider, answer: type[Answer], profile: Any
) -> None:
    """Framework 10.9: the limit is for all of them together."""
    provider.answers += [moved(answer, "/b"), answer(b"", then="hang")]
    async with open_sink(profile=profile(media_timeout="100ms")) as sink:
        assert codes(await fetch(sink, f"{provider.url}/a")) == ["MEDIA-104"]


class Endless:
    """Serves bytes for as long as somebody reads."""

    def __init__(self, head: bytes, chunk: bytes) -> None:
        self.head = head
        self.chunk = chunk
        self.written = 0

    async def serve(self, reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.head)
        try:
            while True:
                writer.write(self.chunk)
                await writer.drain()
                self.written += len(self.chunk)
        except ConnectionError:
            writer.close()


async def _served(endless: Endless, sink: Sink) -> Fetched:
    server = await asyncio.start_server(endless.serve, "127.0.0.1", 0)
    async with server:
        return await fetch(sink, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x")


async def test_an_endless_body(open_sink: OpenSink, profile: Any) -> None:
    """Framework 10.9: no more of it is read than may be taken, whatever length is promised or none."""
    async with open_sink(profile=profile(max_media="1 MiB")) as sink:
        endless = Endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(65536))
        assert codes(await _served(endless, sink)) == ["MEDIA-103"]
        long = Endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", bytes(65536))
        assert codes(await _served(long, sink)) == ["MEDIA-103"]
        assert long.written < 8 * 1024 * 1024


async def test_a_bomb(open_sink: OpenSink, provider: RawProvider, answer: type[Answer], profile: Any) -> None:
    """Framework 10.9: little that unpacks to 64 MiB is unpacked up to the limit and no further."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(64)) + packer.flush()
    assert len(bomb) < 128 * 1024
    provider.answers.append(answer.of(bomb, "Content-Type: image/png", "Content-Encoding: gzip"))
    async with open_sink(profile=profile(max_media="4 MiB")) as sink:
        fetched = await fetch(sink, provider.url)
        assert codes(fetched) == ["MEDIA-103"]
        assert fetched.data is None


async def test_an_endless_head(sink: Sink) -> None:
    """Headers without an end are no answer."""
    endless = Endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"y" * 1000 + b"\r\n")
    assert codes(await _served(endless, sink)) == ["MEDIA-101"]


# -- the journal


async def test_a_journal_that_is_full(
    sink: Sink, provider: RawProvider, png: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be recorded is not asked for; what has come has come."""

    async def full(*_: object) -> None:
        raise JournalError("the journal cannot be written: disk full")

    monkeypatch.setattr(Journal, "begin", full)
    assert codes(await fetch(sink, provider.url)) == ["MEDIA-101"]
    assert provider.requests == []
    monkeypatch.undo()
    monkeypatch.setattr(Journal, "record", full)
    provider.answers.append(png)
    assert codes(await fetch(sink, provider.url)) == []
