"""While others reach the listener, no file is fetched from where only this machine or its network reaches.

No packet leaves: the test itself resolves the names, and connects to nothing but loopback.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.addresses import is_loopback
from emulator.engine.clock import SystemClock
from emulator.engine.fetching import MediaFetcher
from emulator.engine.guarding import Place, provider_places
from emulator.engine.platform import PlatformSettings, open_platform
from emulator.engine.public_listener import open_listener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from emulator.core.document import Integration
    from emulator.engine.fetching import Fetched
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform
    from tests.engine.conftest import Answer, RawProvider, Sink

    OpenSink = Callable[..., AbstractAsyncContextManager[Sink]]
    Start = Callable[..., AbstractAsyncContextManager[RawProvider]]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
TUNNEL = "https://acme.tunnel.example"
NAMES = {
    "inside.test": ["192.168.7.7"],
    "here.test": ["127.0.0.1"],
    "both.test": ["192.168.7.7", "127.0.0.1"],
    "outside.test": ["8.8.8.8"],
}


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses beyond loopback that were to be connected to; nobody is."""
    found: list[str] = []
    real_lookup, real_connect = socket.getaddrinfo, asyncio.SelectorEventLoop.sock_connect

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host not in NAMES:
            return real_lookup(host, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in NAMES[host]]

    async def connect(self: Any, made: socket.socket, address: Any) -> None:
        if not is_loopback(str(address[0])):
            found.append(str(address[0]))
            raise ConnectionRefusedError
        await real_connect(self, made, address)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    return found


async def fetch(platform: Platform, url: str) -> Fetched:
    """What comes of the file at *url*."""
    made = MediaFetcher(lambda: platform.settings, platform._listener, platform.journal, platform.clock)
    return await made.fetch(url, "account")


def codes(fetched: Fetched) -> list[str]:
    """What is said of it."""
    return [finding.code for finding in fetched.file.findings]


@pytest.fixture
def png(answer: type[Answer]) -> Answer:
    """A picture."""
    return answer.of(PNG, "Content-Type: image/png")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::ffff:192.168.0.1]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::a9fe:a9fe]/",
        "http://0.0.0.0/",
        "http://0xa9fea9fe/",
        "http://169.254.169.254:1#@example.com/",
        "http://inside.test/cat.png",
    ],
)
async def test_private_addresses_are_refused_while_exposed(open_sink: OpenSink, url: str, tried: list[str]) -> None:
    """Framework 10.10: nobody who can post a webhook makes ringo-emu ask machines that only this network reaches."""
    async with open_sink(public_url=TUNNEL) as sink:
        fetched = await fetch(sink.platform, url)
        assert codes(fetched) == ["MEDIA-110"]
        assert "lies at the private address" in fetched.file.findings[0].message
        assert "(public_url is set)" in fetched.file.findings[0].message
    assert tried == []


async def test_loopback_is_refused_while_exposed(open_sink: OpenSink, start_provider: Start, png: Answer) -> None:
    """Framework 10.10: no service of this machine is asked but the provider, however its address is written."""
    async with start_provider() as other, open_sink(public_url=TUNNEL) as sink:
        port = other.url.rpartition(":")[2]
        for host in ("127.0.0.1", "localhost", "0x7f000001", "[::ffff:127.0.0.1]", "here.test", "0.0.0.0"):  # noqa: S104
            fetched = await fetch(sink.platform, f"http://{host}:{port}/")
            assert codes(fetched) == ["MEDIA-110"], host
        assert other.requests == []


async def test_the_provider_itself_is_asked(
    open_sink: OpenSink, provider: RawProvider, png: Answer, start_provider: Start
) -> None:
    """Framework 10.10: by whatever name; another port of the same address is somebody else's."""
    port = provider.url.rpartition(":")[2]
    provider.answers.extend([png, png])
    async with start_provider() as other, open_sink(public_url=TUNNEL) as sink:
        assert codes(await fetch(sink.platform, f"{provider.url}/cat.png")) == []
        assert codes(await fetch(sink.platform, f"http://both.test:{port}/cat.png")) == []
        assert codes(await fetch(sink.platform, f"{other.url}/cat.png")) == ["MEDIA-110"]
        assert other.requests == []


async def test_each_redirect_is_looked_at_anew(
    open_sink: OpenSink, provider: RawProvider, answer: type[Answer], start_provider: Start
) -> None:
    """Framework 10.10: the first address being good says nothing of the next."""
    async with start_provider() as other, open_sink(public_url=TUNNEL) as sink:
        for target in ("http://169.254.169.254/latest/meta-data/", f"{other.url}/cat.png"):
            provider.answers.append(answer.of(b"", f"Location: {target}", status="302 Found"))
            fetched = await fetch(sink.platform, f"{provider.url}/cat.png")
            assert codes(fetched) == ["MEDIA-110"]
            assert f"cat.png is redirected to {target}, which lies at" in fetched.file.findings[0].message
        assert other.requests == []


async def test_public_addresses_are_asked(open_sink: OpenSink, tried: list[str]) -> None:
    """Framework 10.10: wherever everybody reaches."""
    async with open_sink(public_url=TUNNEL) as sink:
        assert codes(await fetch(sink.platform, "http://outside.test/cat.png")) == ["MEDIA-101"]
    assert tried == ["8.8.8.8"]


async def test_a_remedy_that_helps(
    open_sink: OpenSink, provider: RawProvider, start_provider: Start, png: Answer
) -> None:
    """What the finding says to write makes the file come."""
    async with start_provider() as files:
        hosts = {"https://api.example.com": provider.url}
        async with open_sink(public_url=TUNNEL, hosts=hosts) as sink:
            (finding,) = (await fetch(sink.platform, f"{files.url}/cat.png")).file.findings
        assert finding.remedy.endswith(f"write hosts: {{{files.url}: {files.url}}}")
        files.answers.append(png)
        async with open_sink(public_url=TUNNEL, hosts={**hosts, files.url: files.url}) as sink:
            assert codes(await fetch(sink.platform, f"{files.url}/cat.png")) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "it listens at 0.0.0.0"),  # noqa: S104 - that is what is meant
        ({"contained": True}, "it runs in a container"),
        ({"public_url": TUNNEL}, "public_url is set"),
    ],
)
async def test_ways_of_being_exposed(open_sink: OpenSink, settings: dict[str, Any], said: str) -> None:
    """Framework 10.10: each is told as the reason."""
    async with open_sink(**settings) as sink:
        (finding,) = (await fetch(sink.platform, "http://192.168.0.1/")).file.findings
        assert (finding.code, said in finding.message) == ("MEDIA-110", True)


async def test_any_address_is_asked_while_nobody_else_reaches_the_listener(
    open_sink: OpenSink, start_provider: Start, png: Answer, tried: list[str]
) -> None:
    """Framework 10.10: a provider on a laptop serves its files wherever it likes."""
    async with start_provider() as files, open_sink() as sink:
        files.answers.append(png)
        assert codes(await fetch(sink.platform, f"{files.url}/cat.png")) == []
        assert codes(await fetch(sink.platform, "http://192.168.0.1/")) == ["MEDIA-101"]
    assert tried == ["192.168.0.1"]


async def test_a_shared_listener_exposes_all(
    document: dict[str, Any], integrate: Callable[[Mapping[str, Any]], Integration], journal: Journal
) -> None:
    """Framework 10.10: where it listens decides, not what a platform was told; one public URL leads to all of them."""
    settings = PlatformSettings(integration=integrate(document), properties={"API key": "k"})
    tunnelled = PlatformSettings(integration=settings.integration, properties={"API key": "k"}, public_url=TUNNEL)
    async with (
        open_listener("0.0.0.0", 0, SystemClock()) as everywhere,  # noqa: S104
        open_platform(settings, journal, listener=everywhere) as platform,
    ):
        assert codes(await fetch(platform, "http://192.168.0.1/")) == ["MEDIA-110"]
    async with (
        open_listener("127.0.0.1", 0, SystemClock()) as here,
        open_platform(settings, journal, listener=here) as platform,
    ):
        assert here.exposed is None
        async with open_platform(tunnelled, journal, listener=here):
            assert codes(await fetch(platform, "http://192.168.0.1/")) == ["MEDIA-110"]


def test_which_places_are_the_providers(
    document: dict[str, Any], integrate: Callable[[Mapping[str, Any]], Integration]
) -> None:
    """Those of its requests, as written, filled and mapped."""
    document["properties"].append("Server")
    document["API"]["Subscribe"]["request_url"] = "https://$Server$/hooks"
    document["OAuth2"] = {
        "client_id": "a",
        "client_secret": "b",
        "flow_type": {"default": "0"},
        "authorization_endpoint": "https://login.example.com/authorize",
        "authorization_parameters": {"default": ""},
        "token_endpoint": "https://[bad/token",
        "token_parameters": {"content_type": "application/x-www-form-urlencoded"},
        "request_auth": "Bearer",
    }
    found = provider_places(
        integrate(document).document,
        {"Server": "PBX.example.com:8443"},
        {"https://api.example.com": "http://127.0.0.1:8080"},
    )
    assert found == {
        Place("api.example.com", 443),
        Place("127.0.0.1", 8080),
        Place("pbx.example.com", 8443),
        Place("login.example.com", 443),
    }
