"""The web server flow as requests and answers: what is asked, and what each answer means."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.document import OAuth2
from emulator.core.messages import Reply
from emulator.core.oauth import (
    OAuthClient,
    TokenReading,
    authorization_url,
    client_of,
    client_secrets,
    code_request,
    read_redirect,
    read_token_answer,
    redirect_secrets,
    refresh_request,
    token_secrets,
)
from emulator.core.profile import Profile
from emulator.errors import RenderingError

if TYPE_CHECKING:
    from collections.abc import Mapping

REDIRECT = "http://127.0.0.1:8085/oauth2/redirect"
CLIENT = OAuthClient(
    client_id="my id",
    client_secret="s3cret:&%",
    authorization_endpoint="https://login.example.com/authorize",
    token_endpoint="https://login.example.com/token",
    authorization_parameters="scope=api%20refresh_token",
)
DOCUMENT = OAuth2(
    client_id="$Client ID$",
    client_secret="$Client Secret$",
    authorization_endpoint="https://$Server$/authorize?tenant=a",
    token_endpoint="https://$Server$/token",
)
PROPERTIES = {"Client ID": "my id", "Client Secret": "s3cret", "Server": "login.example.com"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def answer(body: object, status: int = 200, content_type: str = "application/json") -> Reply:
    """An answer of the token endpoint: JSON, or bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=status, headers=(("Content-Type", content_type),), body=data)


def tokens(**fields: object) -> dict[str, object]:
    """A whole answer with *fields* in place of its own; those that are ``...`` are left out."""
    whole = {"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "rt-1", **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def codes(reading: TokenReading) -> list[str]:
    """The codes of what was found."""
    return [finding.code for finding in reading.findings]


# -- what is asked


def test_the_authorization_url() -> None:
    """Framework 5.1: response_type, client_id, redirect_uri, state, then the parameters as they are."""
    assert (
        "https://login.example.com/authorize?response_type=code&client_id=my+id"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8085%2Foauth2%2Fredirect&state=st%26te&scope=api%20refresh_token"
    ) == authorization_url(CLIENT, REDIRECT, "st&te")


def test_the_authorization_url_keeps_a_query_and_shows_a_challenge() -> None:
    """Framework 5.11: A query of the endpoint stays; PKCE shows the hash of the verifier, never the verifier."""
    client = client_of(DOCUMENT, PROPERTIES, Profile())
    url = authorization_url(client, REDIRECT, "state", verifier="v" * 43)
    query = parse_qs(urlsplit(url).query)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).decode().rstrip("=")
    assert (query["tenant"], query["code_challenge"], query["code_challenge_method"]) == (["a"], [challenge], ["S256"])
    assert "v" * 43 not in url


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_asked_is_read_alike(client_id: str, secret: str, value: str) -> None:
    """Any text arrives as it is in the query and in both forms."""
    client = client_of(
        OAuth2(
            client_id="$i$",
            client_secret="$s$",
            authorization_endpoint="https://x.example/a",
            authorization_parameters={"default": "more=$v$"},
            token_endpoint="https://x.example/t",
        ),
        {"i": client_id, "s": secret, "v": value},
        Profile(),
    )
    query = dict(parse_qsl(urlsplit(authorization_url(client, REDIRECT, value)).query, keep_blank_values=True))
    assert (client_id, REDIRECT, value, value) == (
        query["client_id"],
        query["redirect_uri"],
        query["state"],
        query["more"],
    )
    form = dict(parse_qsl(code_request(client, value, REDIRECT, Profile()).body.decode(), keep_blank_values=True))
    assert form == {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "client_secret": secret,
        "code": value,
        "redirect_uri": REDIRECT,
    }
    form = dict(parse_qsl(refresh_request(client, value, Profile()).body.decode(), keep_blank_values=True))
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", value)


def test_credentials_by_http_basic() -> None:
    """Framework 5.4: RFC 6749, section 2.3.1: each part form-encoded first; then the body has neither."""
    profile = Profile(oauth_client_auth="basic")
    request = code_request(CLIENT, "c0de", REDIRECT, profile, verifier="v" * 43)
    pair = base64.b64encode(b"my+id:s3cret%3A%26%25").decode()
    assert request.header("Authorization") == f"Basic {pair}"
    assert dict(parse_qsl(request.body.decode())) == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": REDIRECT,
        "code_verifier": "v" * 43,
    }
    assert client_secrets(CLIENT) == {"s3cret:&%", pair}


def test_the_content_type_is_the_documents() -> None:
    """token_parameters.content_type goes out as it is; JSON is the one other kind that can be told from it."""
    form = client_of(
        OAuth2(
            client_id="a",
            client_secret="b",
            authorization_endpoint="https://x.example/a",
            token_endpoint="https://x.example/t",
            token_parameters={"content_type": "application/x-www-form-urlencoded;charset=utf-8"},
        ),
        {},
        Profile(),
    )
    request = refresh_request(form, "rt", Profile())
    assert request.header("Content-Type") == "application/x-www-form-urlencoded;charset=utf-8"
    json_client = OAuthClient(
        client_id="a",
        client_secret="b",
        authorization_endpoint="",
        token_endpoint="https://x.example/t",
        content_type="application/json",
    )
    assert json.loads(refresh_request(json_client, "rt", Profile()).body)["refresh_token"] == "rt"


@pytest.mark.parametrize("name", ["Client ID", "Client Secret", "Server"])
def test_a_property_without_value_is_named(name: str) -> None:
    """Nothing is asked with a hole in it."""
    with pytest.raises(RenderingError, match=name.replace(" ", ".")):
        client_of(DOCUMENT, {key: value for key, value in PROPERTIES.items() if key != name}, Profile())


def test_secrets_stay_out_of_reprs() -> None:
    """A traceback shows no secret."""
    reading = read_token_answer(answer(tokens(access_token="at-s3cret", refresh_token="rt-s3cret")), "code")
    assert "s3cret" not in repr(CLIENT) + repr(reading)


# -- what comes back by the browser


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("code=c1&state=good", ("c1", None)),
        ("state=good&code=c1&iss=https%3A%2F%2Fx&session_state=1", ("c1", None)),
        ("code=c1", (None, "AUTH-101")),
        ("", (None, "AUTH-101")),
        ("code=c1&state=", (None, "AUTH-101")),
        ("code=c1&state=bad", (None, "AUTH-102")),
        ("code=c1&state=bad&state=good", (None, "AUTH-102")),
        ("error=access_denied&error_description=no&state=good", (None, "AUTH-103")),
        ("error=access_denied&code=c1&state=good", (None, "AUTH-103")),
        ("error=access_denied", (None, "AUTH-101")),
        ("state=good", (None, "AUTH-104")),
        ("state=good&code=", (None, "AUTH-104")),
    ],
)
def test_the_redirect_is_read(query: str, expected: tuple[str | None, str | None]) -> None:
    """Framework 5.3: A code counts with our state alone; everything else is named."""
    redirect = read_redirect(query, lambda state: state if state == "good" else None)
    assert expected == (redirect.code, redirect.finding and redirect.finding.code)


def test_a_redirect_with_an_error_says_what_the_provider_says() -> None:
    """RFC 6749, section 4.1.2.1: error and error_description are shown."""
    query = "error=access_denied&error_description=the+admin+said+no&state=good"
    finding = read_redirect(query, lambda state: state).finding
    assert finding is not None
    assert finding.message == "access was not given: access_denied (the admin said no)"


@given(st.text(max_size=60))
def test_any_redirect_can_be_read(query: str) -> None:
    """No query makes the reader raise; without our state there is no code."""
    assert read_redirect(query, lambda _: None).code is None
    read_redirect(query, lambda state: state)


def test_what_a_redirect_hides() -> None:
    """Code and state of an address are secrets, nothing else of it is."""
    assert redirect_secrets("https://x.example/cb?code=c%2F1&state=st&scope=a#code=no") == {"c/1", "st"}


# -- what the token endpoint answers


def test_a_whole_answer() -> None:
    """RFC 6749, section 5.1."""
    reading = read_token_answer(answer(tokens(scope="api", token_type="bEaReR")), "code")
    assert reading.tokens is not None
    assert (reading.tokens.access, reading.tokens.refresh, reading.tokens.lifetime_s) == ("at-1", "rt-1", 3600.0)
    assert (reading.findings, reading.failure) == ((), None)


@pytest.mark.parametrize(
    ("fields", "lifetime", "expected"),
    [
        ({"expires_in": ...}, None, []),
        ({"expires_in": None}, None, []),
        ({"expires_in": "3600"}, 3600.0, ["AUTH-207"]),
        ({"expires_in": 0}, None, ["AUTH-207"]),
        ({"expires_in": -1}, None, ["AUTH-207"]),
        ({"expires_in": "soon"}, None, ["AUTH-207"]),
        ({"expires_in": True}, None, ["AUTH-207"]),
        ({"expires_in": [1]}, None, ["AUTH-207"]),
        ({"expires_in": 1e308 * 10}, None, ["AUTH-202"]),
        ({"token_type": ...}, 3600.0, ["AUTH-205"]),
        ({"refresh_token": ...}, 3600.0, ["AUTH-208"]),
        ({"refresh_token": ""}, 3600.0, ["AUTH-208"]),
        ({"refresh_token": 7}, 3600.0, ["AUTH-208"]),
    ],
)
def test_what_is_odd_in_an_answer(fields: Mapping[str, object], lifetime: float | None, expected: list[str]) -> None:
    """What can be used is used, and named."""
    reading = read_token_answer(answer(tokens(**fields)), "code")
    assert expected == codes(reading)
    if "AUTH-202" not in expected:
        assert reading.tokens is not None
        assert lifetime == reading.tokens.lifetime_s


def test_a_refresh_may_keep_the_refresh_token() -> None:
    """Framework 5.10: RFC 6749, section 6: an answer without a new one is no oddity there."""
    reading = read_token_answer(answer(tokens(refresh_token=...)), "refresh")
    assert reading.tokens is not None
    assert (reading.tokens.refresh, codes(reading)) == (None, [])


@pytest.mark.parametrize(
    ("reply", "code", "text"),
    [
        (answer(tokens(access_token=...)), "AUTH-203", "access_token is missing; the answer has expires_in, refresh"),
        (answer(tokens(access_token="")), "AUTH-203", "access_token is empty"),
        (answer(tokens(access_token=5)), "AUTH-203", "access_token is a number"),
        (answer(tokens(access_token="a\nb")), "AUTH-203", "no header can hold"),
        (answer(tokens(token_type="mac")), "AUTH-204", "token_type is 'mac'"),
        (answer(tokens(token_type=["Bearer"])), "AUTH-204", "token_type is a list"),
        (answer(b"<html>sign in</html>", content_type="text/html"), "AUTH-202", "200 with an HTML page"),
        (answer(b"  <!doctype html>", content_type="application/json"), "AUTH-202", "200 with an HTML page"),
        (answer(b""), "AUTH-202", "it is empty"),
        (answer(b"{"), "AUTH-202", "no JSON"),
        (answer([]), "AUTH-202", "answered a list, not an object"),
        (answer({"error": "invalid_grant", "error_description": "used"}, 400), "AUTH-201", "invalid_grant (used)"),
        (answer({"error": "invalid_client"}, 401), "AUTH-201", "401: invalid_client"),
        (answer({"error": "invalid_grant"}), "AUTH-201", "with 200: invalid_grant; an error is answered 400"),
        (answer({"error": {"message": "no"}}, 400), "AUTH-201", "error is an object, not one of the texts"),
        (answer(tokens(), 500), "AUTH-201", "500"),
        (answer(b"<h1>Bad gateway</h1>", 502, "text/html"), "AUTH-201", "502: <h1>Bad gateway</h1>"),
        (answer(b"", 503), "AUTH-201", "503: nothing"),
        (answer(b"error=bad_verification_code", 200, "text/plain"), "AUTH-201", "bad_verification_code"),
    ],
)
def test_what_is_no_token(reply: Reply, code: str, text: str) -> None:
    """Framework 5.9, 8.10: each way to get none has a code, and says what came."""
    reading = read_token_answer(reply, "code")
    assert reading.tokens is None
    assert code == codes(reading)[-1]
    assert reading.failure is not None
    assert text in reading.failure


@pytest.mark.parametrize(
    ("error", "kind", "remedy"),
    [
        ("invalid_client", "code", "oauth_client_auth: basic"),
        ("invalid_grant", "code", "for the redirect URI"),
        ("invalid_grant", "refresh", "must name the new one"),
        ("never_heard_of", "code", "answer and log"),
    ],
)
def test_a_refusal_has_a_remedy(error: str, kind: Any, remedy: str) -> None:
    """RFC 6749, section 5.2: what each error means for the one who reads it."""
    reading = read_token_answer(answer({"error": error}, 400), kind)
    assert (error, "AUTH-201" if kind == "code" else "AUTH-209") == (reading.error, reading.findings[0].code)
    assert remedy in reading.findings[0].remedy


def test_a_form_is_read_with_a_warning() -> None:
    """Some providers answer as the drafts of the RFC did."""
    body = urlencode({"access_token": "at-1", "token_type": "bearer", "expires_in": 60, "refresh_token": "r"}).encode()
    reading = read_token_answer(answer(body, content_type="application/x-www-form-urlencoded"), "code")
    assert reading.tokens is not None
    assert (reading.tokens.access, reading.tokens.lifetime_s) == ("at-1", 60.0)
    assert codes(reading) == ["AUTH-206", "AUTH-207"]


FIELDS = st.sampled_from(["access_token", "token_type", "expires_in", "refresh_token", "error", "error_description"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=6,
)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()), st.integers(200, 599))
def test_any_answer_can_be_read(body: bytes, status: int) -> None:
    """No answer makes the reader raise: there is a token, or a failure that a finding tells."""
    for kind in ("code", "refresh"):
        reply = answer(body, status)
        reading = read_token_answer(reply, kind)
        assert (reading.tokens is None) == (reading.failure is not None)
        assert reading.tokens is not None or reading.findings
        if reading.tokens is not None:
            assert reading.tokens.access in token_secrets(reply)
            assert reading.tokens.refresh is None or reading.tokens.refresh in token_secrets(reply)


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        (json.dumps(tokens(scope="a-scope-of-many-letters")).encode(), {"at-1", "rt-1"}),
        (b'{"data": {"token": "abcdefghijklmnop"}, "list": ["qrstuvwxyz0123456789"]}', None),
        (b"<token>abcdefghijklmnop</token> qrstuvwxyz0123456789", None),
        (b'{"accesstoken": "abcdefghijklmnop", "x": "qrstuvwxyz0123456789"', None),
        (b'{"error": "a_very_long_error_word", "error_description": "a_description_in_one_word"}', set()),
    ],
)
def test_what_an_answer_hides(body: bytes, hidden: set[str] | None) -> None:
    """Tokens are hidden wherever they stand, also where nobody would find them to use them."""
    assert (hidden if hidden is not None else {"abcdefghijklmnop", "qrstuvwxyz0123456789"}) == token_secrets(
        answer(body)
    )
