"""The reference provider's authorization server: what it grants, over real HTTP, and how strict it is."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web

from emulator.provider.app import make_provider
from emulator.provider.authorization_server import CODE_LIFETIME, MAX_KEPT, Asked, AuthorizationServer
from emulator.provider.settings import ProviderSettings

if TYPE_CHECKING:
    from aiohttp.test_utils import TestClient
    from pytest_aiohttp import AiohttpClient

    Client = TestClient[web.Request, web.Application]

BACK = "http://127.0.0.1:9999/oauth2/redirect"
SETTINGS = ProviderSettings(auth="oauth2", client_id="me", client_secret="hush-hush", token_lifetime_s=60)
SECRET = {"client_id": "me", "client_secret": "hush-hush"}
TEXT = {"from": "+61855555555", "to": "+61123456789", "content": "hi"}


@dataclass
class Desk:
    """A client's view of the provider, and the provider's clock."""

    client: Client
    at: list[datetime] = field(default_factory=lambda: [datetime(2026, 11, 23, tzinfo=UTC)])

    def turn(self, time: timedelta) -> None:
        """Let *time* pass."""
        self.at[0] += time

    async def authorize(self, **changes: str | None) -> tuple[int, str]:
        """Status, and where it redirects or what it says."""
        asked = {"response_type": "code", "client_id": "me", "redirect_uri": BACK, "state": "st", **changes}
        query = {name: value for name, value in asked.items() if value is not None}
        async with self.client.get("/oauth2/authorize", params=query, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def code(self, **changes: str | None) -> str:
        """A code that was just given."""
        status, location = await self.authorize(**changes)
        assert (status, location.partition("?")[0]) == (302, BACK)
        return dict(parse_qsl(urlsplit(location).query))["code"]

    async def post(self, path: str, form: dict[str, str], **headers: str) -> tuple[int, Any]:
        """Post a form."""
        async with self.client.post(path, data=form, headers=headers) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, await answer.json()

    async def exchange(self, given: str, /, **changes: str) -> tuple[int, Any]:
        """Exchange the code *given* for tokens."""
        form = {"grant_type": "authorization_code", "code": given, "redirect_uri": BACK, **SECRET, **changes}
        return await self.post("/oauth2/token", form)

    async def refresh(self, token: str, **changes: str) -> tuple[int, Any]:
        """Exchange a refresh token for tokens."""
        return await self.post(
            "/oauth2/token", {"grant_type": "refresh_token", "refresh_token": token, **SECRET, **changes}
        )

    async def send(self, token: str) -> tuple[int, str]:
        """Send a message; status and challenge."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post("/webhook", json=TEXT, headers=headers) as answer:
            return answer.status, answer.headers.get("WWW-Authenticate", "")


@pytest.fixture
async def desk(aiohttp_client: AiohttpClient) -> Desk:
    """A provider with the usual settings."""
    at = [datetime(2026, 11, 23, tzinfo=UTC)]
    return Desk(await aiohttp_client(make_provider(SETTINGS, now=lambda: at[0])), at)


async def test_the_whole_flow(desk: Desk) -> None:
    """A code, tokens, a message, new tokens, a message."""
    code = await desk.code(scope="messages")
    status, tokens = await desk.exchange(code)
    assert (status, tokens["token_type"], tokens["expires_in"], tokens["scope"]) == (200, "Bearer", 60, "messages")
    assert (await desk.send(tokens["access_token"]))[0] == 200

    desk.turn(timedelta(seconds=60))
    status, challenge = await desk.send(tokens["access_token"])
    assert (status, challenge) == (401, 'Bearer realm="reference-sms", error="invalid_token"')
    status, renewed = await desk.refresh(tokens["refresh_token"])
    assert status == 200
    assert len({*tokens.values()} & {*renewed.values()} - {"Bearer", 60, "messages"}) == 0
    assert (await desk.send(renewed["access_token"]))[0] == 200
    async with desk.client.get("/_test/oauth2") as answer:
        assert await answer.json() == {"codes": 1, "refreshes": 1, "refused": 0}


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"client_id": "you"}, 400, "client_id is unknown"),
        ({"redirect_uri": "https://evil.example/<b>"}, 400, "&lt;b&gt;"),
        ({"redirect_uri": None}, 400, "not registered"),
        ({"redirect_uri": "http://evil.example/"}, 400, "not registered"),
        ({"response_type": "token"}, 302, "error=unsupported_response_type"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, 302, "error=invalid_request"),
    ],
)
async def test_what_is_not_asked_rightly(desk: Desk, changes: dict[str, Any], status: int, said: str) -> None:
    """RFC 6749, section 4.1.2.1: to a wrong client or address nobody is redirected; other errors go there."""
    found, text = await desk.authorize(**changes)
    assert (found, said in text) == (status, True)
    assert status == 400 or "state=st" in text


async def test_without_state_none_comes_back(desk: Desk) -> None:
    """The state is an echo."""
    _, location = await desk.authorize(state=None)
    assert "state" not in location


async def test_a_registered_redirect_uri_is_the_only_one(aiohttp_client: AiohttpClient) -> None:
    """Letter for letter."""
    desk = Desk(await aiohttp_client(make_provider(replace(SETTINGS, redirect_uri=BACK))))
    assert (await desk.authorize())[0] == 302
    for other in (BACK + "/", BACK.replace("127.0.0.1", "localhost"), BACK.upper()):
        assert (await desk.authorize(redirect_uri=other))[0] == 400


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "you"}, 401, "invalid_client"),
        ({"code": "no"}, 400, "invalid_grant"),
        ({"redirect_uri": BACK + "/"}, 400, "invalid_grant"),
        ({"code_verifier": "v" * 43}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_what_the_token_endpoint_refuses(desk: Desk, changes: dict[str, str], status: int, error: str) -> None:
    """RFC 6749, section 5.2."""
    found, answer = await desk.exchange(await desk.code(), **changes)
    assert (status, error) == (found, answer["error"])
    assert answer["error_description"]


async def test_forms_that_are_none(desk: Desk) -> None:
    """A form without grant type, JSON, and credentials that come twice or in another scheme."""
    assert (await desk.post("/oauth2/token", SECRET))[1]["error"] == "invalid_request"
    async with desk.client.post("/oauth2/token", json=SECRET) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")
    pair = base64.b64encode(b"me:hush-hush").decode()
    twice = await desk.post("/oauth2/token", SECRET, Authorization=f"Basic {pair}")
    assert twice[1]["error"] == "invalid_request"
    for header in ("Bearer x", "Basic !", "Basic " + base64.b64encode(b"me").decode()):
        assert (await desk.post("/oauth2/token", {}, Authorization=header))[0] == 401


async def test_credentials_by_http_basic(desk: Desk) -> None:
    """The other place where a client may show its secret."""
    form = {"grant_type": "authorization_code", "code": await desk.code(), "redirect_uri": BACK}
    pair = base64.b64encode(b"me:hush%2Dhush").decode()
    assert (await desk.post("/oauth2/token", form, Authorization=f"Basic {pair}"))[0] == 200


async def test_a_code_is_good_once(desk: Desk) -> None:
    """A second use is refused, and takes back what the first gave."""
    code = await desk.code()
    _, tokens = await desk.exchange(code)
    status, answer = await desk.exchange(code)
    assert (status, answer["error_description"]) == (400, "the code was used before")
    assert (await desk.send(tokens["access_token"]))[0] == 401
    assert (await desk.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"


async def test_a_code_grows_old(desk: Desk) -> None:
    """After a minute it is refused."""
    code = await desk.code()
    desk.turn(CODE_LIFETIME)
    assert (await desk.exchange(code))[1]["error_description"] == "the code is unknown or too old"


async def test_a_refresh_token_is_good_once(desk: Desk) -> None:
    """It rotates; a second use revokes all that was granted with it."""
    _, tokens = await desk.exchange(await desk.code())
    _, renewed = await desk.refresh(tokens["refresh_token"])
    assert (await desk.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"
    assert (await desk.refresh(renewed["refresh_token"]))[1]["error"] == "invalid_grant"
    assert (await desk.send(renewed["access_token"]))[0] == 401


async def test_pkce(desk: Desk) -> None:
    """RFC 7636: the verifier must fit, and must be there."""
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    assert (await desk.exchange(await desk.code(**asked)))[1]["error"] == "invalid_grant"
    assert (await desk.exchange(await desk.code(**asked), code_verifier="w" * 43))[1]["error"] == "invalid_grant"
    assert (await desk.exchange(await desk.code(**asked), code_verifier=verifier))[0] == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_revocation(desk: Desk, kind: str) -> None:
    """RFC 7009: either token ends both; an unknown one is no error; the client must show who it is."""
    _, tokens = await desk.exchange(await desk.code())
    assert (await desk.post("/oauth2/revoke", {"token": tokens[kind]}))[0] == 401
    assert (await desk.post("/oauth2/revoke", SECRET))[1]["error"] == "invalid_request"
    assert await desk.post("/oauth2/revoke", {"token": "unknown", **SECRET}) == (200, {})
    assert (await desk.send(tokens["access_token"]))[0] == 200
    assert await desk.post("/oauth2/revoke", {"token": tokens[kind], **SECRET}) == (200, {})
    assert (await desk.send(tokens["access_token"]))[0] == 401
    assert (await desk.refresh(tokens["refresh_token"]))[0] == 400


async def test_what_tests_may_do(desk: Desk) -> None:
    """Expire leaves the refresh token good; revoke does not."""
    _, tokens = await desk.exchange(await desk.code())
    await desk.post("/_test/oauth2/expire", {})
    assert (await desk.send(tokens["access_token"]))[0] == 401
    status, renewed = await desk.refresh(tokens["refresh_token"])
    assert status == 200
    await desk.post("/_test/oauth2/revoke", {})
    assert (await desk.send(renewed["access_token"]))[0] == 401
    assert (await desk.refresh(renewed["refresh_token"]))[0] == 400


@pytest.mark.parametrize(("decision", "field"), [("allow", "code="), ("deny", "error=access_denied")])
async def test_a_page_asks_for_consent(aiohttp_client: AiohttpClient, decision: str, field: str) -> None:
    """The question has no script and no style, can be answered once, and nobody else can answer it."""
    desk = Desk(await aiohttp_client(make_provider(replace(SETTINGS, ask_consent=True))))
    status, text = await desk.authorize()
    assert (status, "May me send" in text) == (200, True)
    ticket = text.partition('name="request" value="')[2].partition('"')[0]
    form = {"request": ticket, "decision": decision}
    async with desk.client.post("/oauth2/consent", data=form, allow_redirects=False) as answer:
        assert (answer.status, field in answer.headers["Location"]) == (302, True)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    async with desk.client.post("/oauth2/consent", data=form) as again:
        assert again.status == 400


async def test_the_api_wants_a_bearer(desk: Desk) -> None:
    """RFC 6750, section 3: without a token the challenge names no error."""
    async with desk.client.post("/webhook", json=TEXT) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="reference-sms"')


def test_what_is_remembered_is_bounded() -> None:
    """The oldest codes go."""
    server = AuthorizationServer(SETTINGS, now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    asked = server.asked({"response_type": "code", "client_id": "me", "redirect_uri": BACK})
    assert isinstance(asked, Asked)
    locations = [server.allow(asked) for _ in range(MAX_KEPT + 1)]
    first, last = (dict(parse_qsl(urlsplit(each).query))["code"] for each in (locations[0], locations[-1]))
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, **SECRET}
    assert isinstance(server.token({**form, "code": first}, None), tuple)
    assert isinstance(server.token({**form, "code": last}, None), dict)
