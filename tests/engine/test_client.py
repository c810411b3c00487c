"""Requests over real sockets: what leaves, byte for byte, and what comes of every kind of trouble."""

from __future__ import annotations

import asyncio
import gzip
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from emulator.core.document import ApiMethod, BasicAuth, BearerAuth
from emulator.core.messages import Request
from emulator.core.profile import Profile
from emulator.core.rendering import render
from emulator.engine.client import MAX_ANSWER, HttpTransport, off_the_wire, on_the_wire
from emulator.errors import TransportError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from emulator.core.document import Auth, Verb
    from emulator.core.messages import Reply
    from tests.engine.conftest import Answer, RawProvider

LONG_S = 30.0
TEXT = 'hi "you" & €5 + 6%\n\t👋 שלום \\'
ENCODED = "hi%20%22you%22%20%26%20%E2%82%AC5%20%2B%206%25%0A%09%F0%9F%91%8B%20%D7%A9%D7%9C%D7%95%D7%9D%20%5C"
VALUES = {"from": "+61855555555", "text": TEXT, "user": "acme", "key": "s3cret/k€y"}


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    """A transport as the platform has it."""
    async with HttpTransport() as opened:
        yield opened


async def sent(transport: HttpTransport, url: str, request: Request | None = None, timeout_s: float = LONG_S) -> Reply:
    """The reply to *request*, or to a small POST, at *url*."""
    request = request or Request(method="POST", url="", headers=(("Content-Type", "application/json"),), body=b"{}")
    return await transport.send(request._replace(url=url + request.url), timeout_s=timeout_s)


async def trouble(transport: HttpTransport, url: str, request: Request | None = None, timeout_s: float = LONG_S) -> Any:
    """The error that sending ends with; each must say how to mend it, in one line."""
    with pytest.raises(TransportError) as caught:
        await sent(transport, url, request, timeout_s)
    assert caught.value.mend
    assert "\n" not in caught.value.message
    return caught.value


# -- what leaves


def method(verb: Verb, url: str, content_type: str = "application/json", parameters: Any = None) -> ApiMethod:
    """A request of an integration document."""
    return ApiMethod(verb=verb, url=url, content_type=content_type, parameters=parameters)


FIELDS = {"from": "$from$", "text": "$text$"}


@pytest.mark.parametrize(
    ("template", "target", "content_type", "body"),
    [
        (
            method("POST", "/m", "application/json; charset=utf-8", {**FIELDS, "raw": [True, 5, None]}),
            "POST /m",
            "application/json; charset=utf-8",
            '{"from": "+61855555555", "text": "hi \\"you\\" & €5 + 6%\\n\\t👋 שלום \\\\", "raw": [true, 5, null]}',
        ),
        (
            method("PATCH", "/m", "application/vnd.acme+json", {"from": "$from$"}),
            "PATCH /m",
            "application/vnd.acme+json",
            '{"from": "+61855555555"}',
        ),
        (
            method("PUT", "/m/$user$/$key$", "application/x-www-form-urlencoded", {**FIELDS, "to": ["1", "$user$"]}),
            "PUT /m/acme/s3cret%2Fk%E2%82%ACy",
            "application/x-www-form-urlencoded",
            f"from=%2B61855555555&text={ENCODED.replace('%20', '+')}&to=1&to=acme",
        ),
        (
            method("GET", "/m?v=1&e=a%2Fb", parameters=FIELDS),
            f"GET /m?v=1&e=a%2Fb&from=%2B61855555555&text={ENCODED}",
            None,
            "",
        ),
        (method("DELETE", "/m/1", parameters={"from": "$from$"}), "DELETE /m/1?from=%2B61855555555", None, ""),
        (method("POST", "/m"), "POST /m", None, ""),
    ],
    ids=["json", "vendor-json-patch", "form-put", "get", "delete", "no-parameters"],
)
async def test_requests_arrive_byte_for_byte(
    transport: HttpTransport,
    provider: RawProvider,
    template: ApiMethod,
    target: str,
    content_type: str | None,
    body: str,
) -> None:
    """Framework 4.8: target, content type and body are what the document describes, and nothing is added."""
    made = replace(template, url=f"https://api.example.com{template.url}")
    request = render(made, VALUES, Profile()).request
    await sent(transport, "", request._replace(url=request.url.replace("https://api.example.com", provider.url)))

    assert provider.targets == [target]
    assert provider.bodies == [body.encode()]
    assert provider.headers().get("content-type") == content_type


async def test_multipart_arrives_byte_for_byte(transport: HttpTransport, provider: RawProvider) -> None:
    """Framework 4.3: a flat form in parts, in order; its boundary is the header's."""
    made = render(method("POST", f"{provider.url}/m", "multipart/form-data", FIELDS), VALUES, Profile()).request
    await sent(transport, "", made)

    kind, _, boundary = provider.headers()["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("from", "+61855555555"), ("text", TEXT))
    ]
    assert provider.bodies == ["".join([*parts, f"--{boundary}--\r\n"]).encode()]


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (BearerAuth(type="Bearer", token="$user$.x"), "Bearer acme.x"),
        (BasicAuth(type="Basic", username="$user$", password="$key$"), "Basic YWNtZTpzM2NyZXQva+KCrHk="),
        (None, None),
    ],
    ids=["bearer", "basic-utf-8", "none"],
)
async def test_authorization(
    transport: HttpTransport, provider: RawProvider, auth: Auth | None, expected: str | None
) -> None:
    """Framework 4.7: Basic in UTF-8, Bearer, or no header at all."""
    await sent(transport, "", render(method("POST", provider.url), VALUES, Profile(), auth=auth).request)

    assert provider.headers().get("authorization") == expected


async def test_headers_are_those_of_the_request(transport: HttpTransport, provider: RawProvider) -> None:
    """Framework 4.8: besides what HTTP asks for, nothing of ours; only packings are accepted that can be unpacked."""
    headers = (("User-Agent", "ringo-emu/1"), ("X-Note", "naïve"), ("Content-Type", "text/plain"))
    await sent(transport, provider.url, Request(method="POST", url="/", headers=headers, body=b"abc"))

    assert provider.headers() == {
        "host": provider.url.removeprefix("http://"),
        "user-agent": "ringo-emu/1",
        "x-note": "naïve",
        "content-type": "text/plain",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "content-length": "3",
    }


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="GET", url="/a?b=c"),
        Request(method="DELETE", url="/"),
        Request(method="POST", url="/"),
        Request(method="POST", url="/", headers=(("X-A", "1"), ("Content-Type", "text/plain")), body=b"abc"),
        Request(method="PUT", url="/", headers=(("accept", "text/html"), ("USER-AGENT", "mine")), body=b"{}"),
        Request(method="GET", url="/", headers=(("host", "other.example"), ("Authorization", "Bearer x"))),
    ],
    ids=["get", "delete", "empty-post", "post", "own-headers", "own-host"],
)
@pytest.mark.parametrize("login", ["", "us:p%40ss@"])
async def test_what_is_recorded_is_what_leaves(
    transport: HttpTransport, provider: RawProvider, request_: Request, login: str
) -> None:
    """Header for header: none is recorded that was not sent, and none is sent that is not recorded."""
    address = provider.url.replace("http://", f"http://{login}")
    recorded = on_the_wire(request_._replace(url=address + request_.url))
    await transport.send(recorded, timeout_s=LONG_S)

    assert provider.headers() == {name.lower(): value for name, value in recorded.headers}
    again = on_the_wire(off_the_wire(recorded, recorded.url))
    assert sorted(again.headers) == sorted(recorded.headers)


def test_of_what_is_no_address_nothing_is_recorded() -> None:
    """What cannot be sent has no headers of the wire; another address and body get headers of their own."""
    assert on_the_wire(Request(method="GET", url="nowhere")).headers == ()
    recorded = on_the_wire(Request(method="POST", url="http://127.0.0.1:8080/", body=b"abc"))
    moved = on_the_wire(off_the_wire(recorded, recorded.url)._replace(url="https://api.example:443/", body=b"abcd"))
    assert ("api.example", "4") == (moved.header("Host"), moved.header("Content-Length"))


async def test_a_large_body_arrives(transport: HttpTransport, provider: RawProvider) -> None:
    """Some megabytes go out without a complaint, and without blocking the rest."""
    body = b"0123456789abcdef" * 200_000
    await sent(transport, provider.url, Request(method="POST", url="/", body=body))

    assert provider.bodies == [body]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [((), "Basic dXM6cEBzcw=="), ((("Authorization", "Bearer x"),), "Bearer x")],
    ids=["from-the-url", "from-the-document"],
)
async def test_a_name_and_password_in_the_url(
    transport: HttpTransport, provider: RawProvider, headers: Any, expected: str
) -> None:
    """As every client does; where the document authorizes, that counts."""
    url = provider.url.replace("http://", "http://us:p%40ss@")
    await sent(transport, url, Request(method="GET", url="/", headers=headers))

    assert provider.headers()["authorization"] == expected


async def test_cookies_are_not_kept(transport: HttpTransport, provider: RawProvider, answer: type[Answer]) -> None:
    """Each request stands alone: what one account is told must not reach another's requests."""
    provider.answers.append(answer.of(b"{}", "Set-Cookie: session=1; Path=/"))
    local = provider.url.replace("127.0.0.1", "localhost")  # of addresses no cookie would be kept anyway
    await sent(transport, local)
    await sent(transport, local)

    assert ["cookie" in provider.headers(index) for index in range(2)] == [False, False]


# -- what comes back


async def test_an_answer_as_it_came(transport: HttpTransport, provider: RawProvider, answer: type[Answer]) -> None:
    """Status, headers in order, repeated ones too, and the body's bytes; an error page is an answer like any other."""
    provider.answers.append(answer.of(b"<html>\xff</html>", "X-A: 1", "x-a: \xe9", status="503 Busy"))
    reply = await sent(transport, provider.url)

    assert (reply.status, reply.body) == (503, b"<html>\xff</html>")
    assert reply.headers[:2] == (("X-A", "1"), ("x-a", "é"))


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress(b'{"id": 1}')), ("deflate", zlib.compress(b'{"id": 1}')), ("gzip", b"")],
    ids=["gzip", "deflate", "empty"],
)
async def test_a_packed_answer_is_unpacked(
    transport: HttpTransport, provider: RawProvider, answer: type[Answer], encoding: str, packed: bytes
) -> None:
    """Its headers stay as they were."""
    provider.answers.append(answer.of(packed, f"Content-Encoding: {encoding}"))
    reply = await sent(transport, provider.url)

    assert reply.body == (b'{"id": 1}' if packed else b"")
    assert reply.header("content-encoding") == encoding


async def test_redirects_are_not_followed(
    transport: HttpTransport, provider: RawProvider, answer: type[Answer]
) -> None:
    """Framework 4.9: the redirect is the answer."""
    provider.answers.append(answer.of(b"", "Location: /other", status="307 Temporary Redirect"))
    reply = await sent(transport, provider.url)

    assert (reply.status, reply.header("Location")) == (307, "/other")
    assert len(provider.requests) == 1


async def test_redirects_are_followed_where_the_profile_says_so(provider: RawProvider, answer: type[Answer]) -> None:
    """Profile: a 307 repeats the request, body and all."""
    provider.answers.append(answer.of(b"", "Location: /other", status="307 Temporary Redirect"))
    async with HttpTransport(follow_redirects=True) as transport:
        reply = await sent(transport, provider.url)

    assert reply.status == 200
    assert provider.targets == ["POST /", "POST /other"]
    assert provider.bodies == [b"{}", b"{}"]


@pytest.mark.parametrize("location", ["/again", "ftp://x/", "http://[::1/"], ids=["circle", "ftp", "nonsense"])
async def test_redirects_that_lead_nowhere(provider: RawProvider, answer: type[Answer], location: str) -> None:
    """Profile: the error says that it was a redirect."""
    provider.answers += [answer.of(b"", f"Location: {location}", status="302 Found")] * 20
    async with HttpTransport(follow_redirects=True) as transport:
        error = await trouble(transport, provider.url)

    assert (error.kind, "redirects in a circle, or to where no request can go" in error.message) == ("garbage", True)


# -- trouble


def head(*headers: str, status: str = "200 OK") -> bytes:
    """The head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


BOMB = gzip.compress(b"\0" * (MAX_ANSWER + 1))
LARGE = f"is larger than {MAX_ANSWER} bytes"


@pytest.mark.parametrize(
    ("data", "then", "kind", "said"),
    [
        (b"", "close", "reset", "closed the connection without an answer"),
        (b"", "abort", "reset", "closed the connection without an answer"),
        (head("Content-Length: 20") + b"half", "close", "reset", "closed the connection after 4 of 20 bytes"),
        (head("Content-Length: 20") + b"half", "abort", "reset", "closed the connection after 4 of 20 bytes"),
        (head("Transfer-Encoding: chunked") + b"5\r\nhalf", "close", "reset", "before the last chunk of its answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "close", "reset", "closed the connection inside the head of its answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "close", "garbage", "does not answer as HTTP does: 'SSH-2.0-OpenSSH_9.6'"),
        (b"<html>hello</html>\r\n\r\n", "close", "garbage", "does not answer as HTTP does: '<html>hello</html>'"),
        (head(status="99 Odd"), "close", "garbage", "does not answer as HTTP does: 'HTTP/1.1 99 Odd'"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "close", "garbage", "speaks TLS, but was asked in plain HTTP"),
        (b"\x00\x00\x12\x04" + bytes(23), "close", "garbage", "speaks HTTP/2 only"),
        (head("Transfer-Encoding: chunked") + b"zz\r\n", "close", "garbage", "sent 'zz' in place of a chunk's length"),
        (head("X-A: " + "x" * 20_000), "close", "garbage", "answered a header of more than 8190 bytes"),
        (head("no header"), "close", "garbage", "answered a header that is none: 'no header'"),
        (head("Content-Length: ten"), "close", "garbage", "answered a Content-Length that is none: 'ten'"),
        (head("Content-Length: 2", "Transfer-Encoding: chunked"), "close", "garbage",
         "answered Content-Length and Transfer-Encoding together"),
        (head("Content-Length: 2") + b"more than that", "close", "garbage",
         "announced a Content-Length of 2 and sent 14 bytes or more"),
        (head("Content-Encoding: gzip", "Content-Length: 4") + b"half", "close", "garbage", "is not gzip"),
        (head("Content-Encoding: br", "Content-Length: 4") + b"half", "close", "garbage", "unknown content encoding"),
        (head(f"Content-Length: {MAX_ANSWER + 1}") + b"x" * (MAX_ANSWER + 1), "close", "too_large", LARGE),
        (head("Content-Encoding: gzip", f"Content-Length: {len(BOMB)}") + BOMB, "close", "too_large", LARGE),
    ],
    ids=[
        "nothing", "reset", "half-a-body", "reset-in-a-body", "half-a-chunk", "half-a-head", "ssh", "no-head",
        "no-status", "tls", "http-2", "broken-chunk", "large-header", "no-header", "no-length", "two-lengths",
        "short-length", "not-gzip", "brotli", "large", "gzip-bomb",
    ],
)  # fmt: skip
async def test_a_broken_answer(
    transport: HttpTransport,
    provider: RawProvider,
    answer: type[Answer],
    data: bytes,
    then: Literal["close", "abort"],
    kind: str,
    said: str,
) -> None:
    """Framework 4.14: the reason is kept, in one line that names host and port, and holds nothing of the URL."""
    provider.answers.append(answer(data, then))
    error = await trouble(transport, provider.url, Request(method="POST", url="/?key=s3cret", body=b"{}"))

    assert error.kind == kind
    assert said in error.message
    assert provider.url.removeprefix("http://") in error.message
    assert "s3cret" not in error.message


@pytest.mark.parametrize("data", [b"", head("Content-Length: 20") + b"half"], ids=["silent", "half-a-body"])
async def test_no_answer_in_time(
    transport: HttpTransport, provider: RawProvider, answer: type[Answer], data: bytes
) -> None:
    """Framework 4.10: the timeout covers the whole answer."""
    provider.answers.append(answer(data, "hang"))
    error = await trouble(transport, provider.url, timeout_s=0.1)

    where = provider.url.removeprefix("http://")
    assert (error.kind, error.message) == ("timeout", f"no answer from {where} within 0.1 s")


async def test_connections_leave_files_for_the_listener(
    provider: RawProvider, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of those that may be open are used at the same time; the other requests wait for their turn."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (8, 8))
    four, now, most = asyncio.Barrier(4), 0, 0

    async def answered() -> Answer:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await four.wait()
        now -= 1
        return answer(head("Content-Length: 2") + b"{}")

    provider.answers.extend([answered] * 12)
    async with HttpTransport() as transport:
        replies = await asyncio.gather(*(sent(transport, provider.url) for _ in range(12)))

    assert [reply.status for reply in replies] == [200] * 12
    assert most == 4


async def test_nobody_listens(transport: HttpTransport, unused_tcp_port: int) -> None:
    """The mend tells of hosts: the usual cause is a document that names the live service."""
    error = await trouble(transport, f"http://127.0.0.1:{unused_tcp_port}")

    said = f"nothing answers at 127.0.0.1:{unused_tcp_port}: Connection refused"
    assert (error.kind, error.message) == ("refused", said)
    assert "hosts:" in error.mend


@pytest.mark.parametrize(
    "host", ["nohost.invalid", "a..b", "x" * 70 + ".example"], ids=["unknown", "empty-label", "long-label"]
)
async def test_a_host_that_cannot_be_resolved(transport: HttpTransport, host: str) -> None:
    """By its name, with hosts: as the way out."""
    error = await trouble(transport, f"http://{host}/x")

    assert (error.kind, error.message) == ("unresolved", f"the host of {host}:80 cannot be resolved")
    assert "hosts:" in error.mend


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8080/x",
        "ftp://127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1/",
    ],
    ids=["no-scheme", "ftp", "no-host", "large-port", "no-port", "brackets"],
)
async def test_an_address_that_is_none(transport: HttpTransport, url: str) -> None:
    """Such as a ready: or hosts: without http://; what stands in the query is not repeated."""
    error = await trouble(transport, f"{url}?key=s3cret")

    assert (error.kind, error.message) == ("unresolved", f"{url!r} is no absolute http(s) URL")


@pytest.mark.parametrize(
    "request_",
    [Request(method="GET", url="/", headers=(("X-A", "1\r\nX-B: 2"),)), Request(method="G T", url="/")],
    ids=["line-end-in-a-header", "method"],
)
async def test_a_request_that_cannot_be_sent(
    transport: HttpTransport, provider: RawProvider, request_: Request
) -> None:
    """It is not the provider's fault, and is not said to be; nothing was sent."""
    error = await trouble(transport, provider.url, request_)

    assert "cannot be sent" in error.message
    assert provider.requests == []


async def test_a_name_that_is_looked_up_in_vain(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the system says: every address of it was tried."""

    def no_address(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    error = await trouble(transport, "http://api.example.com/x")

    assert (error.kind, error.message) == ("unresolved", "the host of api.example.com:80 cannot be resolved")


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1"
    subprocess.run(
        [*words.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
async def tls_provider(
    certificate: Path, start_provider: Callable[..., AbstractAsyncContextManager[RawProvider]]
) -> AsyncIterator[RawProvider]:
    """A provider over TLS with that certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with start_provider(context) as started:
        yield started


async def test_tls_is_verified(transport: HttpTransport, tls_provider: RawProvider) -> None:
    """Framework 4.12: a certificate that nobody trusts is refused; the mend tells of ca_file."""
    error = await trouble(transport, tls_provider.url)

    where = tls_provider.url.removeprefix("https://")
    assert (error.kind, error.message) == ("tls", f"no trusted TLS connection to {where}: self-signed certificate")
    assert "ca_file:" in error.mend
    assert tls_provider.requests == []


async def test_a_private_ca_is_trusted(tls_provider: RawProvider, certificate: Path) -> None:
    """Framework 4.12: beside the usual ones."""
    async with HttpTransport(ca_file=certificate) as transport:
        reply = await sent(transport, tls_provider.url)

    assert reply.status == 200


async def test_another_host_than_the_certificate_names(tls_provider: RawProvider, certificate: Path) -> None:
    """Framework 4.12: trust is for a name, not for a key."""
    async with HttpTransport(ca_file=certificate) as transport:
        error = await trouble(transport, tls_provider.url.replace("127.0.0.1", "localhost"))

    assert error.kind == "tls"
    assert "Hostname mismatch" in error.message


async def test_a_connection_that_is_reset(transport: HttpTransport) -> None:
    """Framework 4.14: a reset is another thing than a close, and told as one."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        opened = writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a close is then a reset
        writer.transport.abort()

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        error = await trouble(transport, f"http://{where}")
    assert (error.kind, error.message) == ("reset", f"{where} reset the connection without an answer")


async def test_https_to_a_provider_without_tls(
    transport: HttpTransport, start_provider: Callable[..., AbstractAsyncContextManager[RawProvider]]
) -> None:
    """The usual slip in hosts:; it is told as what it is."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        error = await trouble(transport, f"https://{where}")

    mend = "write http:// in hosts: in ringo-emu.yaml, or ask the provider's TLS port"
    assert (error.kind, error.mend) == ("tls", mend)
    assert error.message == f"{where} does not speak TLS; it was asked by https://"


@pytest.mark.parametrize("text", [None, "no certificate"], ids=["missing", "not-pem"])
def test_a_ca_file_that_cannot_be_used(tmp_path: Path, text: str | None) -> None:
    """Told by its name before anything is sent."""
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=f"the CA file {path} cannot be used") as caught:
        HttpTransport(ca_file=path)

    assert caught.value.mend == "name a PEM file"
