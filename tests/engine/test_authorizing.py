"""The OAuth 2.0 web server flow against the reference provider's authorization server, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from emulator.core.messages import Request
from emulator.core.profile import Profile
from emulator.core.redaction import Redactor
from emulator.core.secrecy import secrets_of
from emulator.engine.authorizing import Authorizer, Ways
from emulator.engine.clock import SystemClock
from emulator.engine.consenting import Page
from emulator.engine.journal import open_journal
from emulator.engine.platform import PlatformSettings, open_platform
from emulator.engine.token_store import FileStore, StoredTokens
from emulator.errors import RenderingError, UsageError
from emulator.provider.app import make_provider
from emulator.provider.settings import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_aiohttp import AiohttpServer

    from emulator.core.conversations import Organization
    from emulator.core.document import Integration
    from emulator.engine.accounts import Account
    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform, Sending
    from tests.engine.conftest import ManualClock

NUMBER, CONTACT = "+61855555555", "+61123456789"
REFERENCE = Path(__file__).parents[2] / "scenarios" / "reference-oauth2.json"
PROPERTIES = {"Client ID": "demo-client", "Client Secret": "demo-client-secret"}
SETTINGS = ProviderSettings(auth="oauth2", delivered_after_s=0.0)
Handler = Any


@dataclass
class Provider:
    """The reference provider, in front of which a test can put answers of its own."""

    url: str = ""
    instead: dict[str, list[Handler]] = field(default_factory=dict)
    """Handlers by path, each for one request; None: let it through."""
    forms: list[dict[str, str]] = field(default_factory=list)
    """What the token endpoint was asked."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is."""

    def answer(self, path: str, *handlers: Handler) -> None:
        """Answer the next requests of *path*."""
        self.instead.setdefault(path, []).extend(handlers)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer by a test's handler, where there is one."""
        if request.path == "/oauth2/token":
            self.forms.append(dict(parse_qsl((await request.read()).decode(), keep_blank_values=True)))
            self.asked.set()
        waiting = self.instead.get(request.path)
        own = waiting.pop(0) if waiting else None
        response: web.StreamResponse = await (own or handler)(request)
        return response

    async def test(self, path: str) -> Any:
        """Ask the provider's own test routes."""
        async with aiohttp.ClientSession() as session:
            method = session.get if path == "/_test/oauth2" else session.post
            async with method(self.url + path) as answer:
                return await answer.json()


def says(body: object, status: int = 200, **headers: str) -> Handler:
    """Answers with JSON, or with text as it is."""
    text = body if isinstance(body, str) else json.dumps(body)

    async def handler(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers={"Content-Type": "application/json", **named})

    return handler


@pytest.fixture
def start(aiohttp_server: AiohttpServer) -> Callable[..., Any]:
    """Starts a reference provider."""

    async def started(settings: ProviderSettings = SETTINGS) -> Provider:
        provider = Provider()
        app = make_provider(settings)
        app.middlewares.append(provider.middleware)
        provider.url = str((await aiohttp_server(app)).make_url("")).rstrip("/")
        return provider

    return started


@pytest.fixture
async def oauth(start: Callable[..., Any]) -> Provider:
    """A reference provider that agrees at once."""
    provider: Provider = await start()
    return provider


@pytest.fixture
def reference(integrate: Callable[[Mapping[str, Any]], Integration]) -> Integration:
    """The reference document with OAuth2."""
    return integrate(json.loads(REFERENCE.read_text("utf-8")))


@pytest.fixture
def masked_journal(reference: Integration) -> Any:
    """A journal as the commands open it."""
    with open_journal(redactor=Redactor(secrets_of(reference.document, PROPERTIES))) as opened:
        yield opened


@dataclass
class Play:
    """A platform with one account."""

    platform: Platform
    account: Account
    journal: Journal

    @property
    def authorizer(self) -> Authorizer:
        """What connects accounts."""
        return self.platform.authorizer

    async def send(self, content: str = "ping") -> Sending:
        """Send a text."""
        return await self.platform.send_message(
            self.account, number=NUMBER, contact=CONTACT, content=content, extension="101"
        )

    def recorded(self) -> list[Exchange]:
        """All that was recorded."""
        return self.journal.last(1000)

    def kinds(self) -> list[str]:
        """What was recorded, in order, those that repeat once."""
        kinds = [each.kind for each in self.recorded()]
        return [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]


@pytest.fixture
def play(
    reference: Integration, oauth: Provider, masked_journal: Journal, organization: Organization
) -> Callable[..., Any]:
    """Opens a platform that plays the reference document."""

    @asynccontextmanager
    async def opened(
        provider: Provider = oauth, clock: ManualClock | None = None, **settings: Any
    ) -> AsyncIterator[Play]:
        usual = {"properties": PROPERTIES, "hosts": {"https://api.example.com": provider.url}, "integration": reference}
        made = PlatformSettings(**{**usual, **settings})
        async with open_platform(made, masked_journal, clock=clock) as platform:
            yield Play(platform, platform.open_account(organization), masked_journal)

    return opened


def codes(sending: Sending) -> list[str]:
    """The codes of what was found."""
    return [finding.code for finding in sending.findings]


def leaks(play: Play, *secrets: str) -> list[str]:
    """Secrets that the journal holds in any writing; what it holds is all that anybody prints."""
    text = repr(play.recorded())
    return [secret for secret in secrets if secret in text]


# -- connecting


async def test_an_account_is_connected_before_its_first_message(play: Any, oauth: Provider) -> None:
    """Framework 5.2, 5.5: authorization, redirect, code, token, message; nothing of it is secret in the journal."""
    async with play() as playing:
        sending = await playing.send()
        assert (sending.call.failure, sending.findings, sending.call.refreshed) == (None, (), False)
        assert playing.kinds() == ["authorize", "redirect", "token", "SendMessage"]
        form = oauth.forms[0]
        assert form["redirect_uri"] == playing.authorizer.redirect_uri
        access = playing.authorizer._connections[playing.account.id].access
        refresh = playing.authorizer._connections[playing.account.id].refresh
        assert leaks(playing, form["code"], form["client_secret"], access, refresh) == []
        assert "Bearer ***" in repr(playing.recorded())

        again = await playing.send()
        assert (again.call.failure, len(oauth.forms)) == (None, 1)


async def test_ten_first_messages_connect_once(play: Any, oauth: Provider) -> None:
    """Framework 5.8: whoever comes while the account is being connected waits for that."""
    async with play() as playing:
        sendings = await asyncio.gather(*(playing.send() for _ in range(10)))
        assert [each.call.failure for each in sendings] == [None] * 10
        assert len(oauth.forms) == 1


async def test_connecting_again_gets_other_tokens(play: Any, oauth: Provider) -> None:
    """An explicit connect is a whole flow, and its tokens are used from then on."""
    async with play() as playing:
        await playing.send()
        before = playing.authorizer._connections[playing.account.id].access
        result = await playing.authorizer.connect(playing.account)
        assert (result.name, result.failure) == ("token", None)
        assert playing.authorizer._connections[playing.account.id].access != before
        assert playing.authorizer.is_connected(playing.account)
        assert (await playing.send()).call.failure is None


async def test_with_pkce_and_http_basic(play: Any, oauth: Provider) -> None:
    """Framework 5.11: profile: the strict server takes both."""
    async with play(profile=Profile(oauth_pkce="S256", oauth_client_auth="basic")) as playing:
        assert (await playing.send()).call.failure is None
        assert {"code_verifier", "code"} <= oauth.forms[0].keys()
        assert "client_secret" not in oauth.forms[0]
        assert leaks(playing, oauth.forms[0]["code_verifier"]) == []


async def test_consent_is_given_by_script(start: Any, play: Any) -> None:
    """Framework 5.1, 5.2: A page with a question is answered as the project says; hidden fields are at hand."""
    asking = await start(replace(SETTINGS, ask_consent=True))

    def agree(page: Page) -> Request:
        body = urlencode({"request": page.hidden["request"], "decision": "allow"}).encode()
        headers = (("Content-Type", "application/x-www-form-urlencoded"),)
        return Request(method="POST", url="/oauth2/consent", headers=headers, body=body)

    async with play(asking, ways=Ways(consent=(agree,))) as playing:
        assert (await playing.send()).call.failure is None

    async with play(asking, ways=Ways()) as playing:
        sending = await playing.send()
        assert codes(sending) == ["AUTH-105"]
        assert "wants an admin" in (sending.call.failure or "")
        assert "oauth.consent" in (sending.call.mend or "")


async def test_the_admin_says_no(start: Any, play: Any) -> None:
    """RFC 6749, section 4.1.2.1: the error of the redirect is told, and nothing is sent."""
    asking = await start(replace(SETTINGS, ask_consent=True))

    def deny(page: Page) -> Request:
        body = urlencode({"request": page.hidden["request"], "decision": "deny"}).encode()
        headers = (("Content-Type", "application/x-www-form-urlencoded"),)
        return Request(
            method="POST", url=page.url.partition("?")[0].replace("authorize", "consent"), headers=headers, body=body
        )

    async with play(asking, ways=Ways(consent=(deny,))) as playing:
        sending = await playing.send()
        assert codes(sending) == ["AUTH-103"]
        assert sending.call.failure == "access was not given: access_denied (the admin said no)"
        assert [each.error for each in playing.recorded()][-1] == f"not sent: {sending.call.failure}"
        assert playing.kinds()[-1] == "SendMessage"


async def test_a_browser_connects_by_a_link(play: Any) -> None:
    """Framework 5.2, 5.13: the link redirects to the provider; the page that follows says so,
    without script or style."""
    async with play() as playing, aiohttp.ClientSession() as browser:
        link = playing.authorizer.link(playing.account)
        waiting = asyncio.ensure_future(playing.authorizer.until_connected(playing.account))
        async with browser.get(link) as page:
            assert (page.status, page.url.path) == (200, "/oauth2/redirect")
            assert "<h1>Connected</h1>" in await page.text()
            assert page.headers["Content-Security-Policy"].startswith("default-src 'none';")
            assert page.headers["Referrer-Policy"] == "no-referrer"
        await waiting
        assert (await playing.send()).call.failure is None
        async with browser.get(link + "x") as page:
            assert page.status == 404
        async with browser.post(link) as page:
            assert page.status == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("code=abcdefgh", "AUTH-101"),
        ("code=abcdefgh&state=guessed", "AUTH-102"),
        ("error=%3Cscript%3E&error_description=%3Cb%3E&state={state}", "AUTH-103"),
        ("state={state}", "AUTH-104"),
        ("code=abcdefgh&state={state}", "AUTH-201"),
    ],
)
async def test_a_redirect_that_does_not_connect(play: Any, query: str, code: str) -> None:
    """Framework 5.3, 8.10: the page names what is wrong; what the provider wrote is text on it, and state and code
    stay secret."""
    async with play() as playing, aiohttp.ClientSession() as browser:
        state = dict(parse_qsl(urlsplit(playing.authorizer.begin(playing.account)).query))["state"]
        url = URL(f"{playing.authorizer.redirect_uri}?{query.replace('{state}', state)}", encoded=True)
        async with browser.get(url) as page:
            text = await page.text()
            assert (page.status, code in text, "<script" in text, "<b>" in text) == (400, True, False, False)
        assert playing.recorded()[-1].outcome.get("findings", [{}])[0].get("code") == code or code == "AUTH-201"
        assert leaks(playing, state, "abcdefgh") == []
        assert not playing.authorizer.is_connected(playing.account)


async def test_a_redirect_that_nobody_awaits_teaches_nothing(play: Any) -> None:
    """Anybody can make one: its words stay what they are everywhere else, and push no token out of what is masked."""
    async with play() as playing, aiohttp.ClientSession() as browser:
        url = URL(f"{playing.authorizer.redirect_uri}?state=guessed&code=account&code=refused", encoded=True)
        async with browser.get(url) as page:
            assert page.status == 400
        assert playing.recorded()[-1].request.url.endswith("?state=***&code=***&code=***")
        assert playing.authorizer._journal.redactor.text("no account was refused") == "no account was refused"


async def test_a_state_is_good_once(play: Any, clock: ManualClock) -> None:
    """Framework 5.3: A second redirect with it, or a late one, connects nobody."""
    async with play(clock=clock) as playing:
        query = {"code": "wrong-code", "state": ""}

        def begun() -> str:
            url: str = playing.authorizer.begin(playing.account)
            return dict(parse_qsl(urlsplit(url).query))["state"]

        query["state"] = begun()
        assert (await playing.authorizer.finish(urlencode(query))).finding.code == "AUTH-201"
        assert (await playing.authorizer.finish(urlencode(query))).finding.code == "AUTH-102"
        query["state"] = begun()
        clock.turn(600)
        assert (await playing.authorizer.finish(urlencode(query))).finding.code == "AUTH-102"


async def test_states_that_never_come_back_are_bounded(play: Any) -> None:
    """The oldest go."""
    async with play() as playing:
        for _ in range(1010):
            playing.authorizer.begin(playing.account)
        assert len(playing.authorizer._pending) == 1000


@pytest.mark.parametrize(
    ("location", "code", "text"),
    [
        ("{redirect}?code=c0de-c0de", "AUTH-101", "the redirect has no state; it has code"),
        ("{redirect}?code=c0de-c0de&state=another", "AUTH-102", "none that is waited for"),
        ("{redirect}?error=server_error&state={state}", "AUTH-103", "server_error"),
        ("{redirect}?state={state}", "AUTH-104", "has no code"),
        (
            "http://localhost:1/x?code=c0de-c0de&state={state}",
            "AUTH-105",
            "redirects to http://localhost:1/x; the redirect",
        ),
        ("ftp://127.0.0.1/", "AUTH-105", "nowhere"),
        ("/oauth2/authorize?again", "AUTH-105", "after 20 requests"),
    ],
)
async def test_a_redirect_that_goes_wrong(play: Any, oauth: Provider, location: str, code: str, text: str) -> None:
    """Each way in which a provider's redirect can be wrong is named, and nothing is sent."""
    async with play() as playing:

        async def wrong(request: web.Request) -> web.Response:
            filled = location.replace("{redirect}", playing.authorizer.redirect_uri)
            state = request.query.get("state", "")
            return web.Response(status=302, headers={"Location": filled.replace("{state}", state)})

        oauth.answer("/oauth2/authorize", *[wrong] * 25)
        sending = await playing.send()
        assert codes(sending) == [code]
        assert text in (sending.call.failure or "")
        assert sending.message.state.value == "failed"
        assert playing.authorizer._pending == {}
        assert leaks(playing, "c0de-c0de") == []


@pytest.mark.parametrize(
    ("handler", "code", "text"),
    [
        (
            says("<html>sign in</html>", 500, Content_Type="text/html"),
            "AUTH-105",
            "answered 500: <html>sign in</html>",
        ),
        (says("", 403), "AUTH-105", "the authorization page answered 403"),
    ],
)
async def test_an_authorization_page_that_fails(play: Any, oauth: Provider, handler: Any, code: str, text: str) -> None:
    """The page's status and first bytes are told."""
    oauth.answer("/oauth2/authorize", handler)
    async with play() as playing:
        sending = await playing.send()
        assert (codes(sending), text in (sending.call.failure or "")) == ([code], True)


async def test_cookies_of_the_consent_are_kept_for_it_and_masked(play: Any, oauth: Provider) -> None:
    """A provider that knows its visitor by a cookie gets it back, and only while it asks."""
    seen = []

    async def first(request: web.Request) -> web.Response:
        response = web.Response(status=303, headers={"Location": str(request.rel_url)})
        response.set_cookie("sid", "cookie-s3cret", httponly=True)
        return response

    async def second(request: web.Request) -> web.Response:
        seen.append(request.cookies.get("sid"))
        return web.Response(status=307, headers={"Location": str(request.rel_url)})

    oauth.answer("/oauth2/authorize", first, second)
    async with play() as playing:
        assert (await playing.send()).call.failure is None
        assert seen == ["cookie-s3cret"]
        assert leaks(playing, "cookie-s3cret") == []


# -- the token endpoint


@pytest.mark.parametrize(
    ("handler", "code", "text"),
    [
        (says({"error": "invalid_client", "error_description": "no"}, 401), "AUTH-201", "401: invalid_client (no)"),
        (says("<!doctype html><p>oops", 502, Content_Type="text/html"), "AUTH-201", "502"),
        (says("<!doctype html><p>oops", Content_Type="text/html"), "AUTH-202", "HTML page"),
        (says({"token_type": "Bearer", "accessToken": "secret-secret-secret"}), "AUTH-203", "access_token is missing"),
        (says({"access_token": "abcdefgh", "token_type": "mac"}), "AUTH-204", "token_type is 'mac'"),
    ],
)
async def test_a_token_endpoint_that_gives_none(play: Any, oauth: Provider, handler: Any, code: str, text: str) -> None:
    """Framework 5.9, 5.12: what is wrong is told with the message that could not be sent; no token is in the
    journal."""
    oauth.answer("/oauth2/token", handler)
    async with play() as playing:
        sending = await playing.send()
        assert (codes(sending), text in (sending.call.failure or "")) == ([code], True)
        assert leaks(playing, "secret-secret-secret", "abcdefgh") == []
        assert (await playing.send()).call.failure is None  # nothing is lost: the next message connects


async def test_a_slow_token_endpoint(play: Any, oauth: Provider) -> None:
    """Profile timeout: the message is failed, and says for what it waited."""
    hang = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await hang.wait()
        return web.Response()

    oauth.answer("/oauth2/token", slow)
    async with play(profile=Profile.model_validate({"timeout": "100ms"})) as playing:
        sending = await playing.send()
        assert "within 0.1 s" in (sending.call.failure or "")
        assert (codes(sending), sending.call.unreachable) == (["API-105"], False)
        hang.set()


async def test_a_dead_token_endpoint(play: Any, oauth: Provider, reference: Integration) -> None:
    """Framework 5.12: nobody listens there: that is said, and is no reason to forget the refresh token."""
    async with play() as playing:
        await playing.send()
        playing.authorizer.expire(playing.account)
        alive = playing.authorizer._client
        playing.authorizer._client = replace(alive, token_endpoint="http://127.0.0.1:1/token")
        sending = await playing.send()
        assert (codes(sending), sending.call.unreachable) == (["API-105"], True)
        playing.authorizer._client = alive
        assert (await playing.send()).call.refreshed


async def test_odd_answers_are_told_with_the_message(play: Any, oauth: Provider) -> None:
    """A warning of the token endpoint comes with the message that needed the token."""
    token = {"access_token": "opaque-token", "expires_in": "60"}
    oauth.answer("/oauth2/token", says(token))
    oauth.answer("/webhook", says({"data": {"id": "m-1"}}))
    async with play() as playing:
        assert codes(await playing.send()) == ["AUTH-205", "AUTH-207", "AUTH-208"]


# -- renewing


async def test_an_expired_token_is_renewed_first(play: Any, oauth: Provider, clock: ManualClock) -> None:
    """Framework 5.6: by the clock, some time before it expires; the new refresh token is the one that counts."""
    async with play(clock=clock) as playing:
        await playing.send()
        clock.turn(3600 - 31)
        assert not (await playing.send()).call.refreshed
        clock.turn(1)
        for _ in range(3):
            sending = await playing.send()
            assert (sending.call.refreshed, sending.call.failure) == (True, None)
            clock.turn(3600)
        assert [form["grant_type"] for form in oauth.forms] == ["authorization_code", *["refresh_token"] * 3]
        used = [form["refresh_token"] for form in oauth.forms[1:]]
        assert len(set(used)) == 3
        assert leaks(playing, *used) == []


async def test_of_a_short_life_the_first_half_is_used(start: Any, play: Any, clock: ManualClock) -> None:
    """Framework 5.6: A token of ten seconds is not renewed for each message."""
    brief = await start(replace(SETTINGS, token_lifetime_s=10))
    async with play(brief, clock=clock) as playing:
        refreshed = []
        for _ in range(4):
            refreshed.append((await playing.send()).call.refreshed)
            clock.turn(2)
        assert refreshed == [False, False, False, True]


async def test_ten_messages_with_an_expired_token_renew_once(play: Any, oauth: Provider) -> None:
    """Framework 5.8: one refresh for all of them: a second one with the same refresh token would end the connection."""
    async with play() as playing:
        await playing.send()
        playing.authorizer.expire(playing.account)
        sendings = await asyncio.gather(*(playing.send() for _ in range(10)))
        assert [(each.call.refreshed, each.call.failure) for each in sendings] == [(True, None)] * 10
        assert await oauth.test("/_test/oauth2") == {"codes": 1, "refreshes": 1, "refused": 0}


async def test_ten_messages_that_are_answered_401_renew_once(play: Any, oauth: Provider) -> None:
    """The provider forgot the token early: each message is repeated, the token is renewed once."""
    async with play() as playing:
        await playing.send()
        await oauth.test("/_test/oauth2/expire")
        sendings = await asyncio.gather(*(playing.send() for _ in range(10)))
        assert [(each.call.refreshed, each.call.failure) for each in sendings] == [(True, None)] * 10
        assert (await oauth.test("/_test/oauth2"))["refreshes"] == 1


async def test_one_who_stops_waiting_does_not_stop_the_renewal(play: Any, oauth: Provider) -> None:
    """The others get their token."""
    async with play() as playing:
        await playing.send()
        playing.authorizer.expire(playing.account)
        asked = oauth.asked = asyncio.Event()
        first, second = (asyncio.ensure_future(playing.send()) for _ in range(2))
        await asked.wait()
        first.cancel()
        assert (await second).call.failure is None
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await oauth.test("/_test/oauth2"))["refreshes"] == 1


async def test_a_401_is_repeated_once(play: Any, oauth: Provider) -> None:
    """Framework 5.7: refresh once on a 401, repeat the request once; a note says so."""
    async with play() as playing:
        await playing.send()
        await oauth.test("/_test/oauth2/expire")
        sending = await playing.send()
        assert (sending.call.refreshed, codes(sending), sending.message.state.value) == (True, ["AUTH-303"], "sent")
        assert playing.kinds()[-3:] == ["SendMessage", "refresh", "SendMessage"]


async def test_a_401_twice_is_a_failure(play: Any, oauth: Provider) -> None:
    """Framework 5.7: not again and again: the second 401 is the end of it, retries or not."""
    async with play(profile=Profile.model_validate({"retries": 3, "retry_delay": "1ms"})) as playing:
        await playing.send()
        oauth.answer("/webhook", *[says({"error": "no"}, 401)] * 9)
        sending = await playing.send()
        assert "AUTH-302" in codes(sending)
        assert sending.call.failure == "SendMessage was answered 401 again, with a token just renewed"
        assert len(oauth.instead["/webhook"]) == 7
        assert sending.message.state.value == "failed"


async def test_a_401_can_be_the_end(play: Any, oauth: Provider) -> None:
    """Profile oauth_on_401: fail."""
    async with play(profile=Profile(oauth_on_401="fail")) as playing:
        await playing.send()
        await oauth.test("/_test/oauth2/expire")
        sending = await playing.send()
        assert (sending.call.status, sending.call.refreshed, len(oauth.forms)) == (401, False, 1)


async def test_a_refused_refresh_ends_the_connection(play: Any, oauth: Provider) -> None:
    """Framework 5.10, 8.10: invalid_grant: this message and those that follow fail, until the admin connects again."""
    async with play() as playing:
        await playing.send()
        await oauth.test("/_test/oauth2/revoke")
        sending = await playing.send()
        assert "AUTH-209" in codes(sending)
        assert "answered 401" in (sending.call.failure or "")
        assert "invalid_grant" in (sending.call.failure or "")
        later = await playing.send()
        assert codes(later) == ["AUTH-301"]
        assert "not connected any more" in (later.call.failure or "")
        assert (await oauth.test("/_test/oauth2"))["refused"] == 1
        assert (await playing.authorizer.connect(playing.account)).failure is None
        assert (await playing.send()).call.failure is None


async def test_a_refresh_that_fails_otherwise_is_tried_again(play: Any, oauth: Provider) -> None:
    """A 503 says nothing about the refresh token."""
    async with play() as playing:
        await playing.send()
        playing.authorizer.expire(playing.account)
        oauth.answer("/oauth2/token", says({"error": "temporarily_unavailable"}, 503))
        assert codes(await playing.send()) == ["AUTH-209"]
        assert (await playing.send()).call.refreshed


async def test_without_refresh_token_an_expired_token_is_the_end(
    play: Any, oauth: Provider, clock: ManualClock
) -> None:
    """Nobody can renew it; the admin has to connect again."""
    oauth.answer("/oauth2/token", says({"access_token": "opaque-token", "token_type": "bearer", "expires_in": 60}))
    oauth.answer("/webhook", says({"data": {"id": "m-1"}}))
    async with play(clock=clock) as playing:
        assert codes(await playing.send()) == ["AUTH-208"]
        clock.turn(31)
        sending = await playing.send()
        assert (codes(sending), "gave no refresh token" in (sending.call.failure or "")) == (["AUTH-301"], True)


async def test_a_refresh_token_that_does_not_rotate_is_kept(play: Any, oauth: Provider) -> None:
    """Framework 5.10: RFC 6749, section 6: without a new one the old one stays good."""

    def given(access: str, **more: str) -> Handler:
        return says({"access_token": access, "token_type": "Bearer", "expires_in": 60, **more})

    oauth.answer("/oauth2/token", given("token-one", refresh_token="rt-kept"), given("token-two"), given("token-three"))
    oauth.answer("/webhook", *[says({"data": {"id": "m-1"}})] * 3)
    async with play() as playing:
        await playing.send()
        for _ in range(2):
            playing.authorizer.expire(playing.account)
            await playing.send()
        assert [form.get("refresh_token") for form in oauth.forms] == [None, "rt-kept", "rt-kept"]


async def test_a_refresh_token_got_elsewhere(play: Any, oauth: Provider) -> None:
    """Framework 5.2: given as a secret, it connects without any page."""
    async with play() as playing:
        await playing.send()
        given = playing.authorizer._connections[playing.account.id].refresh
    async with play(ways=Ways(refresh_token=given)) as playing:
        seen = len(playing.recorded())
        sending = await playing.send()
        assert (sending.call.failure, sending.call.refreshed) == (None, True)
        assert [each.kind for each in playing.recorded()][seen:] == ["refresh", "SendMessage"]
        assert leaks(playing, given) == []


# -- expire, revoke


async def test_expire_and_revoke_want_a_connection(play: Any) -> None:
    """And revoke wants to know how."""
    async with play(ways=Ways(revocation=lambda _: Request(method="POST", url="http://127.0.0.1:1/"))) as playing:
        for act in (playing.authorizer.expire, playing.authorizer.revoke):
            with pytest.raises(UsageError, match="not connected"):
                await (act(playing.account) or asyncio.sleep(0))
    async with play() as playing:
        with pytest.raises(UsageError, match="nothing says how to revoke"):
            await playing.authorizer.revoke(playing.account)


async def test_what_is_revoked_is_refused(play: Any, oauth: Provider) -> None:
    """The tokens are taken back at the provider and used all the same: so it shows what they are worth there."""

    def revoke(names: Mapping[str, str]) -> Request:
        form = {
            "token": names["refresh_token"],
            "client_id": names["client_id"],
            "client_secret": names["client_secret"],
        }
        headers = (("Content-Type", "application/x-www-form-urlencoded"),)
        return Request(method="POST", url=f"{oauth.url}/oauth2/revoke", headers=headers, body=urlencode(form).encode())

    async with play(ways=Ways(revocation=revoke)) as playing:
        await playing.send()
        assert (await playing.authorizer.revoke(playing.account)).failure is None
        assert "AUTH-209" in codes(await playing.send())


# -- keeping


async def test_tokens_outlive_the_platform(play: Any, oauth: Provider, tmp_path: Path) -> None:
    """A restart keeps the connection; the file is its owner's alone, and holds the latest refresh token."""
    file = tmp_path / "state" / "tokens.json"
    async with play(tokens_file=file) as playing:
        await playing.send()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with play(tokens_file=file) as playing:
        assert playing.authorizer.is_connected(playing.account)
        assert (await playing.send()).call.failure is None
        playing.authorizer.expire(playing.account)
        assert (await playing.send()).call.refreshed
    async with play(tokens_file=file) as playing:
        playing.authorizer.expire(playing.account)
        sending = await playing.send()
        assert (sending.call.failure, sending.call.refreshed) == (None, True)
        latest = playing.authorizer._connections[playing.account.id].refresh
        assert latest in file.read_text("utf-8")
        assert leaks(playing, latest) == []
    assert (await oauth.test("/_test/oauth2")) == {"codes": 1, "refreshes": 2, "refused": 0}
    assert sorted(each.name for each in file.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


async def test_two_processes_renew_once(play: Any, oauth: Provider, tmp_path: Path) -> None:
    """What the one has renewed the other takes from the file, in place of using a dead refresh token."""
    file = tmp_path / "tokens.json"
    async with play(tokens_file=file) as one, play(tokens_file=file) as other:
        await one.send()
        await other.send()
        one.authorizer.expire(one.account)
        other.authorizer.expire(other.account)
        sendings = await asyncio.gather(one.send(), other.send())
        assert [(each.call.refreshed, each.call.failure) for each in sendings] == [(True, None)] * 2
        assert await oauth.test("/_test/oauth2") == {"codes": 1, "refreshes": 1, "refused": 0}


async def test_a_lost_connection_is_not_kept(play: Any, oauth: Provider, tmp_path: Path) -> None:
    """The next command connects anew."""
    file = tmp_path / "tokens.json"
    async with play(tokens_file=file) as playing:
        await playing.send()
        await oauth.test("/_test/oauth2/revoke")
        await playing.send()
    assert json.loads(file.read_bytes())["accounts"] == {}


async def test_another_clients_tokens_are_not_used(play: Any, tmp_path: Path, organization: Organization) -> None:
    """Tokens go to the provider that gave them and to nobody else."""
    file = tmp_path / "tokens.json"
    store = FileStore(file, SystemClock())
    store.save(organization.id, StoredTokens("somebody else", "foreign-token", "foreign-refresh", None))
    assert "foreign" not in repr(store.load(organization.id))
    async with play(tokens_file=file) as playing:
        assert not playing.authorizer.is_connected(playing.account)
        assert (await playing.send()).call.failure is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON"),
        ('{"version": 9}', "another version"),
        ('{"version": 1, "accounts": {"12345678901234567890": {"client": "x"}}}', "does not hold what it should"),
    ],
)
async def test_a_broken_file_of_tokens(play: Any, tmp_path: Path, text: str, why: str) -> None:
    """It is named, with what to do; it is not overwritten silently."""
    file = tmp_path / "tokens.json"
    file.write_text(text)
    async with play(tokens_file=file) as playing:
        with pytest.raises(UsageError, match=why):
            await playing.send()
    assert file.read_text() == text


async def test_a_folder_that_cannot_be_written(play: Any, tmp_path: Path) -> None:
    """It is named."""
    (tmp_path / "state").write_text("a file")
    async with play(tokens_file=tmp_path / "state" / "tokens.json") as playing:
        with pytest.raises(UsageError, match="cannot be used"):
            await playing.send()


async def test_a_property_without_value_is_told_at_once(play: Any) -> None:
    """Before anything listens."""
    with pytest.raises(RenderingError, match="Client Secret"):
        async with play(properties={"Client ID": "me"}):
            pass


async def test_a_document_without_oauth2_has_no_authorizer(open_emulator: Any) -> None:
    """The step that needs it says so."""
    async with open_emulator() as platform:
        with pytest.raises(UsageError, match="no OAuth2"):
            _ = platform.authorizer
