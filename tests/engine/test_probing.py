"""Looking around: names, ports, certificates, clocks, credentials, the way back; over real sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from emulator.engine.client import HttpTransport, tls_context
from emulator.engine.clock import SystemClock
from emulator.engine.probing import (
    Check,
    Prober,
    SystemNetwork,
    Target,
    answering_listener,
    port_free,
    port_taken,
    proxies,
    state_folder,
    target_of,
    webhook_reach,
)
from emulator.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Answer, ManualClock, RawProvider

    Start = Callable[..., AbstractAsyncContextManager[RawProvider]]

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
"""The moment of the manual clock."""


class FakeNetwork(SystemNetwork):
    """The machine's network, but for the names that *addresses* knows and for places that never answer."""

    def __init__(self, addresses: Mapping[str, tuple[str, ...]], silent: tuple[str, ...] = ()) -> None:
        self._addresses = addresses
        self._silent = silent

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """What was given, or nothing."""
        if host not in self._addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._addresses[host]

    async def connect(self, address: str, port: int, tls: ssl.SSLContext | None, name: str) -> datetime | None:
        """As the machine does, but for the silent ones."""
        if address in self._silent:
            raise TimeoutError
        return await super().connect(address, port, tls, name)


@asynccontextmanager
async def probing(
    *, ca_file: Path | None = None, clock: Any = None, network: Any = None, contained: bool = False
) -> AsyncIterator[Prober]:
    """A prober of the real network, unless told otherwise."""
    async with HttpTransport(ca_file=ca_file) as transport:
        yield Prober(
            network=network or SystemNetwork(),
            transport=transport,
            clock=clock or SystemClock(),
            tls=tls_context(ca_file),
            contained=contained,
        )


async def host(url: str, *, may_be_down: bool = False, **settings: Any) -> list[tuple[str, str, str]]:
    """Name, status and message of what is found at *url*."""
    async with probing(**settings) as prober:
        return [told(each) async for each in prober.host(target_of(url), may_be_down=may_be_down)]


async def last(url: str, *, may_be_down: bool = False, **settings: Any) -> Check:
    """The last thing that is found at *url*."""
    async with probing(**settings) as prober:
        return [each async for each in prober.host(target_of(url), may_be_down=may_be_down)][-1]


async def credentials(url: str, *headers: tuple[str, str], may_head: bool = True, clock: Any = None) -> list[Check]:
    """What is found about the credentials and the clock at *url*."""
    async with probing(clock=clock) as prober:
        return [each async for each in prober.credentials(url, headers, may_head=may_head)]


def told(check: Check) -> tuple[str, str, str]:
    """What a person reads first."""
    return check.name, check.status.value, check.message


@contextmanager
def _dead_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A CA that nobody knows."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its PEM file."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def over_tls(authority: trustme.CA, start_provider: Start) -> Callable[..., AbstractAsyncContextManager[RawProvider]]:
    """Starts a provider with a certificate for a name."""

    def started(
        name: str = "127.0.0.1", not_before: datetime | None = None, not_after: datetime | None = None
    ) -> AbstractAsyncContextManager[RawProvider]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name, not_before=not_before, not_after=not_after).configure_cert(context)
        return start_provider(context)

    return started


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://API.example.com/x?y=1", Target("api.example.com", 443, tls=True)),
        ("http://127.0.0.1:8080", Target("127.0.0.1", 8080, tls=False)),
        ("http://[::1]/", Target("::1", 80, tls=False)),
    ],
)
def test_where_requests_go(url: str, expected: Target) -> None:
    """A URL's host and port; the scheme's own port where it has none."""
    assert target_of(url) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("api.localhost", True), ("10.0.0.1", False)],
)
def test_this_machine(name: str, expected: bool) -> None:
    """Loopback, by address or by name."""
    assert Target(name, 80, tls=False).is_local is expected


def test_an_address_of_six_is_written_in_brackets() -> None:
    """Else nobody could tell the port."""
    assert str(Target("::1", 80, tls=False)) == "[::1]:80"


async def test_a_host_that_answers(provider: RawProvider) -> None:
    """Its addresses, and that one of them takes connections; nothing is asked there."""
    found = await host(provider.url)
    assert found == [("dns", "ok", "127.0.0.1"), ("tcp", "ok", "127.0.0.1 accepts connections")]
    assert provider.requests == []


async def test_a_host_without_an_address() -> None:
    """A name that nobody knows: hosts: in the project file is the usual remedy."""
    found = await last("https://api.example.com", network=FakeNetwork({}))
    assert told(found) == ("dns", "fail", "api.example.com cannot be resolved")
    assert "hosts:" in str(found.mend)


async def test_the_host_of_a_container() -> None:
    """The name that Docker on Linux does not have by itself."""
    found = await last("http://host.docker.internal:8080", network=FakeNetwork({}))
    assert "--add-host=host.docker.internal:host-gateway" in str(found.mend)


async def test_nobody_listens() -> None:
    """The port is closed: told with the reason."""
    with _dead_port() as port:
        found = await last(f"http://127.0.0.1:{port}")
    assert told(found) == ("tcp", "fail", "nothing answers: Connection refused")
    assert found.exit_code == 3
    assert "start the provider there" in str(found.mend)


async def test_the_process_is_started_later() -> None:
    """What the project file starts need not be there yet."""
    with _dead_port() as port:
        found = await last(f"http://127.0.0.1:{port}", may_be_down=True)
    assert told(found)[:2] == ("tcp", "warn")
    assert "--start" in str(found.mend)


async def test_inside_a_container_this_machine_is_the_container() -> None:
    """The usual reason there for a closed port."""
    with _dead_port() as port:
        found = await last(f"http://127.0.0.1:{port}", contained=True)
    assert "is the container itself" in str(found.mend)
    assert "host.docker.internal" in str(found.mend)


async def test_a_dead_host() -> None:
    """Nobody refuses and nobody answers."""
    network = FakeNetwork({"api.example.com": ("192.0.2.1",)}, silent=("192.0.2.1",))
    found = await last("https://api.example.com", network=network)
    assert told(found) == ("tcp", "fail", "nothing answers: no answer from 192.0.2.1 within 5 s")


async def test_the_second_address_will_do(provider: RawProvider) -> None:
    """As clients do, each address is tried."""
    port = target_of(provider.url).port
    network = FakeNetwork({"api.example.com": ("192.0.2.1", "127.0.0.1")}, silent=("192.0.2.1",))
    found = await host(f"http://api.example.com:{port}", network=network)
    assert found[-1] == ("tcp", "ok", "127.0.0.1 accepts connections")


async def test_a_certificate_of_the_own_ca(over_tls: Any, ca_file: Path) -> None:
    """Trusted by ca_file; told with the day of its end."""
    ends = datetime.now(UTC) + timedelta(days=90)
    async with over_tls(not_after=ends) as provider:
        found = await host(provider.url, ca_file=ca_file)
    assert found[-1] == ("tls", "ok", f"the certificate is trusted, until {ends:%Y-%m-%d}")


async def test_a_wrong_ca(over_tls: Any, tmp_path: Path) -> None:
    """Signed by somebody else than ca_file says."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    async with over_tls() as provider:
        found = await last(provider.url, ca_file=other)
    assert told(found)[:2] == ("tls", "fail")
    assert found.message.startswith("nobody trusted has signed the certificate: ")
    assert "ca_file:" in str(found.mend)


async def test_an_expired_certificate(over_tls: Any, ca_file: Path) -> None:
    """Told as expired, not as untrusted."""
    now = datetime.now(UTC)
    async with over_tls(not_before=now - timedelta(days=9), not_after=now - timedelta(days=1)) as provider:
        found = await last(provider.url, ca_file=ca_file)
    assert told(found) == ("tls", "fail", "the certificate has expired: certificate has expired")
    assert found.mend == "renew the certificate of 127.0.0.1, or set the clock of this machine"


async def test_a_certificate_that_is_not_valid_yet(over_tls: Any, ca_file: Path) -> None:
    """Usually it is our own clock."""
    now = datetime.now(UTC)
    async with over_tls(not_before=now + timedelta(days=1), not_after=now + timedelta(days=9)) as provider:
        found = await last(provider.url, ca_file=ca_file)
    assert found.message.startswith("the certificate is not valid yet: ")
    assert found.mend == "is the clock of this machine right?"


async def test_a_certificate_that_ends_soon(over_tls: Any, ca_file: Path) -> None:
    """Trusted, and warned of: tomorrow nobody would know why nothing works."""
    ends = datetime.now(UTC) + timedelta(days=3, hours=12)
    async with over_tls(not_after=ends) as provider:
        found = await last(provider.url, ca_file=ca_file)
    assert told(found) == ("tls", "warn", f"the certificate is trusted, until {ends:%Y-%m-%d}: 3 days more")


@pytest.mark.parametrize(
    ("certified", "message"),
    [
        ("api.example.com", "the certificate is for another address: IP address mismatch"),
        ("10.1.2.3", "the certificate is for another address: IP address mismatch"),
    ],
)
async def test_a_certificate_for_another(over_tls: Any, ca_file: Path, certified: str, message: str) -> None:
    """Told as another name's, with the name that was wanted."""
    async with over_tls(certified) as provider:
        found = await last(provider.url, ca_file=ca_file)
    assert found.message.startswith(message)
    assert "127.0.0.1" in str(found.mend)


async def test_a_certificate_for_another_name(over_tls: Any, ca_file: Path) -> None:
    """The same by name."""
    async with over_tls("api.example.com") as provider:
        port = target_of(provider.url).port
        network = FakeNetwork({"sms.example.com": ("127.0.0.1",)})
        found = await last(f"https://sms.example.com:{port}", ca_file=ca_file, network=network)
    assert found.message.startswith("the certificate is for another name: Hostname mismatch")


async def test_no_tls_at_a_tls_port() -> None:
    """A plain server that is addressed by https."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        found = await last(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert told(found)[:2] == ("tls", "fail")
    assert found.message.startswith("no TLS connection: ")
    assert "http://" in str(found.mend)


async def test_a_handshake_that_never_ends() -> None:
    """Something takes the connection and says nothing."""

    class Mute(FakeNetwork):
        async def connect(self, address: str, port: int, tls: ssl.SSLContext | None, name: str) -> datetime | None:
            if tls is not None:
                raise TimeoutError
            return None

    found = await last("https://api.example.com", network=Mute({"api.example.com": ("192.0.2.1",)}))
    assert told(found) == ("tls", "fail", "no TLS handshake within 5 s")


async def test_a_certificate_without_an_end() -> None:
    """Nothing more is told than that it is trusted."""

    class Endless(FakeNetwork):
        async def connect(self, address: str, port: int, tls: ssl.SSLContext | None, name: str) -> datetime | None:
            return None

    found = await last("https://api.example.com", network=Endless({"api.example.com": ("192.0.2.1",)}))
    assert told(found) == ("tls", "ok", "the certificate is trusted")


@pytest.mark.parametrize(
    ("status", "may_be_down", "expected"),
    [
        ("200 OK", False, ("ready", "ok", "it answers 200")),
        ("404 Not Found", False, ("ready", "ok", "it answers 404")),
        ("503 Busy", False, ("ready", "fail", "it answers 503")),
        ("503 Busy", True, ("ready", "warn", "not started: it answers 503")),
    ],
)
async def test_ready(
    provider: RawProvider, answer: type[Answer], status: str, may_be_down: bool, expected: tuple[str, str, str]
) -> None:
    """Anything but a server error will do, as for run."""
    provider.answers.append(answer.of(b"", status=status))
    async with probing() as prober:
        assert told(await prober.ready(provider.url, may_be_down=may_be_down)) == expected


async def test_not_ready() -> None:
    """Nothing answers there."""
    async with probing() as prober:
        with _dead_port() as port:
            found = await prober.ready(f"http://127.0.0.1:{port}/health", may_be_down=False)
    assert told(found)[:2] == ("ready", "fail")
    assert "ready:" in str(found.mend)


BEARER = ("Authorization", "Bearer s3cret")


async def test_credentials_are_refused(provider: RawProvider, answer: type[Answer]) -> None:
    """401 is a finding; one harmless request was made, and no message was sent."""
    provider.answers.append(answer.of(b"", status="401 Unauthorized"))
    auth, _ = await credentials(f"{provider.url}/messages?key=s3cret", BEARER)
    assert told(auth) == ("auth", "fail", "OPTIONS with the project's credentials is answered 401")
    assert (auth.exit_code, auth.subject) == (2, f"{provider.url}/messages")
    assert "properties:" in str(auth.mend)
    assert provider.targets == ["OPTIONS /messages?key=s3cret"]
    assert provider.headers()["authorization"] == "Bearer s3cret"
    assert provider.headers()["user-agent"].startswith("ringo-emu/")


async def test_credentials_are_forbidden(provider: RawProvider, answer: type[Answer]) -> None:
    """403 may mean the method as well, so it is no failure."""
    provider.answers.append(answer.of(b"", status="403 Forbidden"))
    auth, _ = await credentials(provider.url, BEARER)
    assert told(auth) == ("auth", "warn", "OPTIONS with the project's credentials is answered 403")


async def test_credentials_are_good(provider: RawProvider, answer: type[Answer]) -> None:
    """They are proven where the same request without them is refused."""
    provider.answers += [answer.of(b"", status="204 No Content"), answer.of(b"", status="401 Unauthorized")]
    auth, _ = await credentials(provider.url, BEARER)
    assert told(auth) == ("auth", "ok", "OPTIONS with the project's credentials is answered 204, without them 401")
    assert "authorization" not in provider.headers()


async def test_credentials_are_not_proven(provider: RawProvider, answer: type[Answer]) -> None:
    """Where OPTIONS is unknown HEAD is asked; who answers both ways alike has said nothing."""
    provider.answers += [answer.of(b"", status="405 No") for _ in range(3)]
    auth, _ = await credentials(provider.url, BEARER)
    assert auth.status.value == "ok"
    assert auth.message.startswith("not proven: HEAD with the project's credentials is answered 405")
    assert [each.split()[0] for each in provider.targets] == ["OPTIONS", "HEAD", "HEAD"]


async def test_head_may_not_be_harmless(provider: RawProvider, answer: type[Answer]) -> None:
    """Where the message goes out by GET, only OPTIONS is asked."""
    provider.answers += [answer.of(b"", status="405 No") for _ in range(2)]
    await credentials(provider.url, BEARER, may_head=False)
    assert [each.split()[0] for each in provider.targets] == ["OPTIONS", "OPTIONS"]


async def test_no_credentials(provider: RawProvider) -> None:
    """A document without auth has none to refuse."""
    auth, _ = await credentials(provider.url)
    assert told(auth)[:2] == ("auth", "ok")
    assert len(provider.requests) == 1


async def test_credentials_that_nobody_answers(provider: RawProvider, answer: type[Answer]) -> None:
    """Nothing is said of credentials or clock."""
    provider.answers += [answer(b"", "abort") for _ in range(2)]  # aiohttp itself asks once more
    (auth,) = await credentials(provider.url, BEARER)
    assert told(auth)[:2] == ("auth", "warn")
    assert auth.message.startswith("not asked: ")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 23 Nov 2026 08:30:04 GMT", ("ok", "its clock and ours agree")),
        ("Mon, 23 Nov 2026 08:29:56 GMT", ("ok", "its clock and ours agree")),
        ("Mon, 23 Nov 2026 08:32:00 GMT", ("warn", "its clock is 120 s ahead of ours")),
        ("Mon, 23 Nov 2026 07:30:00 -0000", ("warn", "its clock is 3600 s behind ours")),
        ("Mon, 23 Nov 2026 10:30:00 +0200", ("ok", "its clock and ours agree")),
        ("tomorrow", ("ok", "not compared: its answer has no Date")),
        (None, ("ok", "not compared: its answer has no Date")),
    ],
)
async def test_clock_skew(
    provider: RawProvider, answer: type[Answer], clock: ManualClock, date: str | None, expected: tuple[str, str]
) -> None:
    """The Date of an answer beside our own time."""
    provider.answers.append(answer.of(b"", *([f"Date: {date}"] if date else [])))
    _, found = await credentials(provider.url, clock=clock)
    assert (found.name, *told(found)[1:]) == ("clock", *expected)


async def test_the_way_an_answer_takes_is_no_skew(provider: RawProvider, answer: type[Answer]) -> None:
    """A slow answer was made at some moment between question and arrival: that is no difference of clocks."""

    class Slow(SystemClock):
        times = iter((NOW, NOW + timedelta(seconds=60)))

        def wall(self) -> datetime:
            return next(self.times)

    provider.answers.append(answer.of(b"", "Date: Mon, 23 Nov 2026 08:30:30 GMT"))
    _, found = await credentials(provider.url, clock=Slow())
    assert found.message == "its clock and ours agree"


async def test_public_url_leads_here() -> None:
    """Our own listener answers through it; what the provider's network does cannot be seen."""
    async with answering_listener("127.0.0.1", 0) as (base_url, nonce), probing() as prober:
        found = await prober.public_url(f"{base_url}/", nonce)
        free = port_free(base_url)
    assert told(found)[:2] == ("public", "ok")
    assert "cannot be seen from here" in found.message
    assert told(free) == ("port", "ok", "free for webhooks")


async def test_public_url_leads_elsewhere(provider: RawProvider) -> None:
    """Somebody else answers there."""
    async with answering_listener("127.0.0.1", 0) as (_, nonce), probing() as prober:
        found = await prober.public_url(provider.url, nonce)
    assert told(found) == ("public", "fail", "something else answers there, with 200")
    assert "--port" in str(found.mend)


async def test_public_url_leads_nowhere() -> None:
    """The tunnel is down."""
    async with probing() as prober:
        with _dead_port() as port:
            found = await prober.public_url(f"http://127.0.0.1:{port}", "x")
    assert told(found)[:2] == ("public", "fail")
    assert found.message.startswith("not reached from here: ")
    assert "start the tunnel" in str(found.mend)


async def test_the_port_is_in_use() -> None:
    """As serve would find it."""
    async with answering_listener("127.0.0.1", 0) as (base_url, _):
        port = target_of(base_url).port
        with pytest.raises(UnreachableError) as caught:
            async with answering_listener("127.0.0.1", port):
                pass
    found = port_taken("127.0.0.1", port, caught.value)
    assert told(found) == ("port", "fail", f"port {port} of 127.0.0.1 is in use")
    assert "--port" in str(found.mend)


LOCAL, AWAY = Target("127.0.0.1", 80, tls=False), Target("api.example.com", 443, tls=True)


@pytest.mark.parametrize(
    ("base_url", "target", "contained", "status", "words"),
    [
        ("http://127.0.0.1:8085", LOCAL, False, "ok", "from this machine"),
        ("http://127.0.0.1:8085", LOCAL, True, "ok", "from this machine"),
        ("http://192.0.2.1:8085", AWAY, False, "ok", "cannot be seen from here"),
        ("http://127.0.0.1:8085", AWAY, False, "warn", "api.example.com:443 cannot post"),
        ("http://127.0.0.1:8085", AWAY, True, "warn", "this very container"),
    ],
    ids=["here", "in-one-container", "address", "away", "another-container"],
)
def test_without_a_public_url(base_url: str, target: Target, contained: bool, status: str, words: str) -> None:
    """Addresses tell whether a provider could post here."""
    found = webhook_reach(base_url, [target], contained=contained)
    assert (found.name, found.status.value) == ("public", status)
    assert words in found.message
    assert (found.mend is None) == (status == "ok")


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({}, "ok"),
        ({"HTTP_PROXY": ""}, "ok"),
        ({"https_proxy": "http://me:s3cret@proxy"}, "warn"),
        ({"HTTP_PROXY": "http://proxy", "no_proxy": "example.com, localhost"}, "ok"),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "*"}, "ok"),
        ({"ALL_PROXY": "socks5://proxy", "NO_PROXY": "example.com"}, "warn"),
    ],
)
def test_proxies(environment: dict[str, str], status: str) -> None:
    """Set for this machine too, they would swallow webhooks; their addresses, which may hold passwords, stay untold."""
    found = proxies(environment)
    assert found.status.value == status
    assert "s3cret" not in found.message


def test_state_folder(tmp_path: Path) -> None:
    """It, or the folder that it will be made in, can be written; nothing is left there."""
    state = tmp_path / ".ringo-emu"
    assert told(state_folder(state)) == ("state", "ok", "can be written")
    assert list(tmp_path.iterdir()) == []
    state.mkdir()
    (state / "tokens.json").touch(0o600)
    assert told(state_folder(state)) == ("state", "ok", "can be written")


def test_tokens_that_others_can_read(tmp_path: Path) -> None:
    """They are secrets."""
    (tmp_path / "tokens.json").touch(0o644)
    (tmp_path / "tokens.json").chmod(0o644)
    found = state_folder(tmp_path)
    assert found.status.value == "warn"
    assert found.mend == f"chmod 600 {tmp_path / 'tokens.json'}"


def test_state_folder_that_is_a_file(tmp_path: Path) -> None:
    """A file of that name is in the way."""
    (tmp_path / ".ringo-emu").touch()
    found = state_folder(tmp_path / ".ringo-emu")
    assert (found.status.value, found.exit_code) == ("fail", 2)
    assert found.message.endswith("is no folder")


def test_state_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told with the reason; root may write everywhere, so the refusal is played."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "touch", refused)
    found = state_folder(tmp_path)
    assert (found.status.value, found.exit_code) == ("fail", 2)
    assert found.message == f"{tmp_path} cannot be written: Permission denied"
