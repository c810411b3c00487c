"""The listener serves shared files as HTTP wants it, counts what it really sent, and makes trouble if asked to."""

from __future__ import annotations

import asyncio
import json
import socket
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from emulator.engine import reading_peer
from emulator.engine.journal import Journal
from emulator.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from emulator.engine.faults import Trap
    from emulator.engine.shelf import Fetch
    from tests.engine.conftest import ManualClock, Sink

    OpenSink = Callable[..., AbstractAsyncContextManager[Sink]]

DATA = bytes(range(256)) * 1000


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """A file of 256,000 bytes."""
    path = tmp_path / "cat.jpg"
    path.write_bytes(DATA)
    return path


async def fetch(sink: Sink, url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in small letters and body of an answer."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with sink.session.request(method, url, headers=sent, allow_redirects=False) as answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, await answer.read()


def fetches(sink: Sink) -> tuple[Fetch, ...]:
    """What the shelf knows of."""
    return sink.platform.shelf.since(0.0)


async def settled(sink: Sink, count: int = 1) -> Fetch:
    """The last of so many fetches: each is kept when its last byte has gone, which may be after it came."""
    clock = sink.platform.clock
    taken = [await sink.platform.shelf.wait_for(lambda _: True, clock.now() + 10, clock) for _ in range(count)]
    assert taken[-1] is not None
    return taken[-1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cat.jpg", "image/jpeg"),
        ("voice note é&?.mp3", "audio/mpeg"),
        ("unknown", "application/octet-stream"),
        ("cat\r\nX-Evil: yes.jpg", "image/jpeg"),
        ('"; filename=x.exe', "application/octet-stream"),
    ],
    ids=["picture", "odd-name", "no-suffix", "line-end", "quote"],
)
async def test_a_shared_file_is_served(sink: Sink, tmp_path: Path, name: str, kind: str) -> None:
    """Framework 3.12, 10.2: ``$content$`` of SendFile is its URL; bytes, type, length and name are the file's."""
    (tmp_path / name).write_bytes(DATA)
    status, headers, body = await fetch(sink, sink.platform.share(tmp_path / name))
    assert (status, body) == (200, DATA)
    assert (headers["content-type"], headers["content-length"]) == (kind, str(len(DATA)))
    assert headers["content-disposition"].startswith('inline; filename="')
    assert headers["x-content-type-options"] == "nosniff"
    assert "x-evil" not in headers


async def test_a_type_that_no_name_promises_is_looked_for(sink: Sink, tmp_path: Path) -> None:
    """In the bytes."""
    (tmp_path / "picture").write_bytes(b"\x89PNG\r\n\x1a\n")
    _, headers, _ = await fetch(sink, sink.platform.share(tmp_path / "picture"))
    assert headers["content-type"] == "image/png"


async def test_a_fetch_is_recorded_without_its_body(sink: Sink, cat: Path) -> None:
    """Framework 10.4: with the account whose message names the file, and what was really sent."""
    url = sink.platform.share(cat, sink.account)
    await fetch(sink, url)
    done = await settled(sink)
    exchange = sink.recorded()
    assert (exchange.kind, exchange.direction, exchange.account) == ("media", "in", sink.account.label)
    assert exchange.request.url == url
    assert exchange.reply is not None
    assert (exchange.reply.status, exchange.reply.body) == (200, b"")
    assert exchange.reply.header("Content-Type") == "image/jpeg"
    assert exchange.outcome["media"] == {
        "file": "cat.jpg",
        "size": len(DATA),
        "sent": len(DATA),
        "bytes": "complete",
        "sha256": sha256(DATA).hexdigest(),
    }
    assert (done.exchange, done.bytes, done.sent, done.total, done.attempt) == (
        exchange.id,
        "complete",
        len(DATA),
        len(DATA),
        1,
    )


async def test_a_head_sends_nothing(sink: Sink, cat: Path) -> None:
    """Framework 10.2: the headers are those of GET."""
    url = sink.platform.share(cat)
    status, head, body = await fetch(sink, url, "HEAD")
    assert (status, body) == (200, b"")
    assert (await settled(sink)).bytes == "none"
    _, headers, _ = await fetch(sink, url)
    assert {name: value for name, value in head.items() if name != "date"} == {
        name: value for name, value in headers.items() if name != "date"
    }


@pytest.mark.parametrize(
    ("asked", "told", "body"),
    [
        ("bytes=0-9", "bytes 0-9/256000", DATA[:10]),
        ("bytes=255990-", "bytes 255990-255999/256000", DATA[-10:]),
        ("bytes=-10", "bytes 255990-255999/256000", DATA[-10:]),
        ("bytes=100000-299999", "bytes 100000-255999/256000", DATA[100000:]),
    ],
)
async def test_a_range(sink: Sink, cat: Path, asked: str, told: str, body: bytes) -> None:
    """Framework 10.2: 206 with the part that was asked for."""
    status, headers, found = await fetch(sink, sink.platform.share(cat), Range=asked)
    assert (status, headers["content-range"], found) == (206, told, body)
    assert headers["content-length"] == str(len(body))
    done = await settled(sink)
    assert (done.bytes, done.sent) == ("partial", len(body))
    assert sink.recorded().outcome["media"]["sha256"] == sha256(body).hexdigest()


async def test_ranges_that_cover_the_file(sink: Sink, cat: Path) -> None:
    """Framework 10.4: the one that completes it is complete."""
    url = sink.platform.share(cat)
    await fetch(sink, url, Range="bytes=0-127999")
    await fetch(sink, url, Range="bytes=128000-")
    await settled(sink, 2)
    assert [each.bytes for each in fetches(sink)] == ["partial", "complete"]


async def test_a_range_behind_the_end(sink: Sink, cat: Path) -> None:
    """Framework 10.2: 416 with the size."""
    status, headers, body = await fetch(sink, sink.platform.share(cat), Range="bytes=256000-")
    assert (status, headers["content-range"]) == (416, "bytes */256000")
    assert json.loads(body)["error"]["message"].startswith("the file has 256000 bytes, none of them")


async def test_an_entity_tag(sink: Sink, cat: Path) -> None:
    """Framework 10.2: who has the file already is told so; a range of another state of it is the whole file."""
    url = sink.platform.share(cat)
    _, headers, _ = await fetch(sink, url)
    tag = headers["etag"]
    status, _, body = await fetch(sink, url, If_None_Match=f'"x", W/{tag}')
    assert (status, body) == (304, b"")
    assert (await fetch(sink, url, If_Range=tag, Range="bytes=0-0"))[0] == 206
    status, _, body = await fetch(sink, url, If_Range='"other"', Range="bytes=0-0")
    assert (status, body) == (200, DATA)


async def test_only_the_token_opens_a_file(sink: Sink, tmp_path: Path) -> None:
    """Framework 10.1: the name in the URL is for people: whatever stands there, it is no path."""
    (tmp_path / "cat.jpg").write_bytes(b"cat")
    (tmp_path / "secret").write_bytes(b"secret")
    stem = sink.platform.share(tmp_path / "cat.jpg").rpartition("/")[0]
    assert (await fetch(sink, f"{stem}/other.jpg"))[2] == b"cat"
    for wrong in (f"{stem}/../secret", f"{stem}x/cat.jpg", f"{stem}/a/b"):
        assert (await fetch(sink, wrong))[0] == 404


async def test_a_link_that_nobody_has(sink: Sink) -> None:
    """Framework 10.4: recorded too, under no account: the provider may have changed the address."""
    base = sink.platform.webhook_urls()[0].partition("/services")[0]
    status, _, body = await fetch(sink, f"{base}/media/guess/cat.jpg")
    assert (status, json.loads(body)["error"]["message"]) == (404, "no file is shared under this link")
    assert (sink.recorded().kind, sink.recorded().account) == ("media", "")
    assert fetches(sink)[0].path == "/media/guess/cat.jpg"


async def test_a_shared_file_that_is_gone_is_404(sink: Sink, cat: Path) -> None:
    """Framework 3.12: gone when fetched; and one that is shared no longer."""
    url = sink.platform.share(cat)
    sink.platform.unshare(cat)
    assert (await fetch(sink, url))[0] == 404
    url = sink.platform.share(cat)
    await asyncio.to_thread(cat.unlink)
    status, _, body = await fetch(sink, url)
    assert (status, json.loads(body)["error"]["message"]) == (404, "the file cat.jpg is gone")


async def test_a_link_expires(open_sink: OpenSink, clock: ManualClock, cat: Path) -> None:
    """Framework 10.3: after ``media_lifetime`` it is gone, and the answer says why."""
    async with open_sink(clock=clock) as sink:
        url = sink.platform.share(cat)
        clock.turn(86399)
        assert (await fetch(sink, url))[0] == 200
        clock.turn(1)
        status, _, body = await fetch(sink, url)
        assert status == 410
        assert json.loads(body)["error"]["message"].startswith("this link expired after 86400 s; a file is")


# -- what is sent in truth


async def test_who_goes_away_has_not_all_of_it(sink: Sink, tmp_path: Path) -> None:
    """Framework 10.4: what the provider's end never took is not counted as sent."""
    path = tmp_path / "long.bin"
    size = 64 * 1024 * 1024
    with path.open("wb") as file:
        file.truncate(size)
    url = sink.platform.share(path)
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
    writer.write(f"GET {address.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readexactly(1000)
    writer.transport.abort()
    done = await settled(sink)
    assert (done.status, done.bytes) == (200, "partial")
    assert 0 < done.sent < size


async def raw_fetch(url: str, read: int, *, more: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the file was asked for, and so many bytes of the answer read."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
    writer.write(f"GET {address.path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode())
    await reader.readexactly(read)
    return reader, writer


@pytest.mark.parametrize("size", [20_000, 270_448, 2_000_000])
async def test_what_a_kernel_has_taken_is_not_read(sink: Sink, tmp_path: Path, size: int) -> None:
    """Framework 10.4: who closes the connection after the first bytes has not all of the file, though all was sent."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x" * size)
    address = urlsplit(sink.platform.share(path))
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(connection, f"GET {address.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await loop.sock_recv(connection, 500)
    done = await settled(sink)
    assert (done.status, done.bytes, done.is_broken) == (200, "partial", True)
    assert done.sent < size
    assert "sha256" not in sink.recorded().outcome["media"]


@pytest.mark.parametrize("more", ["", "Connection: keep-alive\r\n"])
async def test_who_reads_all_has_all(sink: Sink, cat: Path, more: str) -> None:
    """Framework 10.4: it is known by how the connection ends."""
    reader, writer = await raw_fetch(sink.platform.share(cat), 1, more=more)
    await reader.read(-1) if not more else None
    while more and len(await reader.read(65536)):
        pass
    writer.close()
    done = await settled(sink)
    assert (done.bytes, done.sent, done.is_broken) == ("complete", len(DATA), False)


async def test_who_reads_all_and_stays(sink: Sink, cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Framework 10.4: a client that never closes is believed, after a while, what its end has taken."""
    monkeypatch.setattr(reading_peer, "WITHIN_S", 0.05)
    small = cat.with_name("small.jpg")
    small.write_bytes(DATA[:100])
    _, writer = await raw_fetch(sink.platform.share(small), 100)
    done = await settled(sink)
    assert (done.bytes, done.sent) == ("complete", 100)
    writer.close()


async def test_who_stops_reading_and_stays(sink: Sink, cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Framework 10.4: what its end has not taken is not read, though the socket here has taken all."""
    monkeypatch.setattr(reading_peer, "WITHIN_S", 0.05)
    address = urlsplit(sink.platform.share(cat))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, (address.hostname, address.port))
        await loop.sock_sendall(connection, f"GET {address.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        done = await settled(sink)
    assert (done.bytes, done.is_broken) == ("partial", True)
    assert done.sent < len(DATA) // 2


async def test_http_1_0(sink: Sink, cat: Path) -> None:
    """A client that knows no chunks gets a body that ends with the connection."""
    traps: tuple[Trap | None, ...] = (None, "no_length")
    for trap in traps:
        path = urlsplit(sink.platform.share(cat, trap=trap)).path
        answer = await sink.raw(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        assert answer.partition(b"\r\n\r\n")[2] == DATA


# -- trouble on purpose


async def test_a_redirect(sink: Sink, cat: Path) -> None:
    """Framework 10.5: the file is where the Location says."""
    url = sink.platform.share(cat, trap="redirect")
    status, headers, _ = await fetch(sink, url)
    assert (status, headers["location"]) == (302, f"{url}?redirected")
    assert (await fetch(sink, headers["location"]))[::2] == (200, DATA)
    await settled(sink, 2)
    assert [each.trap for each in fetches(sink)] == ["redirect", None]


async def test_not_found_first(sink: Sink, cat: Path) -> None:
    """Framework 10.5: who tries again has it."""
    url = sink.platform.share(cat, trap="not_found_first")
    assert [(await fetch(sink, url))[0] for _ in range(3)] == [404, 200, 200]
    await settled(sink, 3)
    assert [each.attempt for each in fetches(sink)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("trap", "status", "kind", "length"),
    [
        ("wrong_type", 200, "text/plain", str(len(DATA))),
        ("no_length", 200, "image/jpeg", None),
        ("expired", 410, "application/json; charset=utf-8", None),
    ],
)
async def test_other_traps(sink: Sink, cat: Path, trap: Any, status: int, kind: str, length: str | None) -> None:
    """Framework 10.5: another type, no length, too late from the beginning."""
    found, headers, body = await fetch(sink, sink.platform.share(cat, trap=trap), Range="bytes=0-1")
    if trap == "wrong_type":
        found, headers, body = await fetch(sink, sink.platform.share(cat, trap=trap))
    assert (found, headers["content-type"]) == (status, kind)
    if status == 200:
        assert (headers.get("content-length"), body) == (length, DATA)
    else:
        assert "on purpose" in json.loads(body)["error"]["message"]


async def test_truncated(sink: Sink, cat: Path) -> None:
    """Framework 10.5: the connection is closed in the middle; the length promised more."""
    with pytest.raises(aiohttp.ClientPayloadError):
        await fetch(sink, sink.platform.share(cat, trap="truncated"))
    done = await settled(sink)
    assert (done.bytes, done.sent) == ("partial", len(DATA) // 2)


async def test_slow(open_sink: OpenSink, clock: ManualClock, cat: Path) -> None:
    """Framework 10.5: the second half comes after the pause, not before."""
    async with open_sink(clock=clock) as sink:
        url = sink.platform.share(cat, trap="slow", pause_s=30.0)
        async with sink.session.get(url) as answer:
            assert await answer.content.readexactly(len(DATA) // 2) == DATA[: len(DATA) // 2]
            assert fetches(sink) == ()
            clock.turn(29)
            rest = asyncio.ensure_future(answer.content.read())
            await asyncio.sleep(0.01)
            assert not rest.done()
            clock.turn(1)
            assert len(await rest) > 0
            await answer.content.read()
        assert (await settled(sink)).ended == 1030.0


async def test_who_gives_up_a_slow_file(open_sink: OpenSink, clock: ManualClock, cat: Path) -> None:
    """It is not held any longer, and has half of it."""
    async with open_sink(clock=clock) as sink:
        url = sink.platform.share(cat, trap="slow", pause_s=30.0)
        async with sink.session.get(url) as answer:
            await answer.content.readexactly(len(DATA) // 2)
            answer.close()
        done = await settled(sink)
        assert (done.bytes, done.sent) == ("partial", len(DATA) // 2)


async def test_a_file_asked_for_again_and_again(sink: Sink, cat: Path) -> None:
    """Framework 8.23: a link that is refused and asked for again without a pause is told, once."""
    url = sink.platform.share(cat, trap="expired")
    found = []
    for _ in range(4):
        await fetch(sink, url)
        found += [each["code"] for each in sink.recorded().outcome.get("findings", ())]
    assert found == ["MEDIA-120"]


# -- the journal


async def test_a_journal_that_is_full(sink: Sink, cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be recorded is not done; the reason is told. What has been sent is sent."""

    async def full(*_: object) -> None:
        raise JournalError("the journal cannot be written: disk full")

    url = sink.platform.share(cat)
    monkeypatch.setattr(Journal, "begin", full)
    status, _, body = await fetch(sink, url)
    assert (status, json.loads(body)["error"]["message"]) == (500, "the journal cannot be written: disk full")
    monkeypatch.undo()
    monkeypatch.setattr(Journal, "record", full)
    assert (await fetch(sink, url))[2] == DATA
