"""A request is spoilt in one way and no other, and only where there is something to spoil."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest

from emulator.core.document import ApiMethod
from emulator.core.profile import Profile
from emulator.core.reading import read_document
from emulator.core.rendering import render
from emulator.core.tampering import (
    AUTH,
    OVERSIZE,
    UNKNOWN,
    Tamper,
    credentials,
    expectation,
    spoil,
    spoil_values,
    why_not,
)

if TYPE_CHECKING:
    from emulator.core.document import Auth
    from emulator.core.messages import Request

VALUES = {"content": "hi", "token": "right", "user": "me"}
FIELDS = {"text": "$content$"}
JSON = ApiMethod(verb="POST", url="https://x.test/m", parameters=FIELDS)
FORM = replace(JSON, content_type="application/x-www-form-urlencoded")
QUERY = replace(JSON, verb="GET")
BEARER = {"type": "Bearer", "token": "$token$"}
BASIC = {"type": "Basic", "username": "$user$", "password": "$token$"}


def document(**more: Any) -> Any:
    """An integration document with these keys."""
    api = {"SendMessage": {"request_method": "POST", "request_url": "https://x.test/m", "request_parameters": FIELDS}}
    text = {"id": "x", "name": "X", "class": "sms", "properties": ["token", "user"], "API": api, "Webhook": [], **more}
    return read_document("x.json", json.dumps(text).encode()).playable().document


def spoilt(method: ApiMethod, *tampers: Tamper, auth: Any = BEARER) -> tuple[Request, Request]:
    """The request as it should be, and as it is."""
    read: Auth = document(auth=auth).auth
    right = render(method, VALUES, Profile(), auth=read).request
    changed, values = spoil_values(method, VALUES, tampers)
    return right, spoil(render(changed, values, Profile(), auth=read).request, tampers)


@pytest.mark.parametrize(
    ("tamper", "auth", "expected"),
    [
        ("wrong_auth", BEARER, "Bearer ringo-emu-wrong-credential"),
        (
            "wrong_auth",
            BASIC,
            "Basic cmluZ28tZW11LXdyb25nLWNyZWRlbnRpYWw6cmluZ28tZW11LXdyb25nLWNyZWRlbnRpYWw=",
        ),
        ("no_auth", BEARER, None),
        ("unknown_keys", BEARER, "Bearer right"),
    ],
)
def test_authorization(tamper: Tamper, auth: Any, expected: str | None) -> None:
    """Framework 8.13: of the scheme that the document has, wrong or left out; nothing else changes it."""
    right, wrong = spoilt(JSON, tamper, auth=auth)

    assert wrong.header("Authorization") == expected
    assert wrong.header("Content-Type") == right.header("Content-Type")


KEYED = replace(JSON, parameters={"text": "$content$", "login": {"key": "Key $token$"}, "list": ["$user$", 1]})
KEYED_QUERY = replace(JSON, url="https://x.test/$user$?key=$token$")


@pytest.mark.parametrize(
    ("method", "auth", "names"),
    [
        (JSON, {}, set()),
        (KEYED, {}, {"token", "user"}),
        (KEYED, {"auth": BEARER}, set()),
        (KEYED_QUERY, {}, {"token"}),
        (replace(KEYED, url=KEYED_QUERY.url, parameters={"key": "$user$"}), {}, {"user"}),
    ],
    ids=["none", "parameters", "header", "query", "both"],
)
def test_properties_that_authorize(method: ApiMethod, auth: Any, names: set[str]) -> None:
    """Framework 8.13: without auth, those of the parameters, or else of the query; the path is an address."""
    assert credentials(method, document(**auth)) == names


@pytest.mark.parametrize(
    ("method", "tamper", "url", "body"),
    [
        (
            KEYED,
            "wrong_auth",
            "https://x.test/m",
            {
                "text": "hi",
                "login": {"key": "Key ringo-emu-wrong-credential"},
                "list": ["ringo-emu-wrong-credential", 1],
            },
        ),
        (KEYED, "no_auth", "https://x.test/m", {"text": "hi", "login": {}, "list": [1]}),
        (KEYED_QUERY, "wrong_auth", "https://x.test/me?key=ringo-emu-wrong-credential", {"text": "hi"}),
    ],
    ids=["wrong", "none", "query"],
)
def test_credentials_outside_the_header(method: ApiMethod, tamper: Tamper, url: str, body: Any) -> None:
    """Framework 8.13: a key in the parameters or the query is spoilt like one in the header; nothing else changes."""
    changed, values = spoil_values(method, VALUES, (tamper,), credentials(method, document()))
    wrong = spoil(render(changed, values, Profile()).request, (tamper,))

    assert (wrong.url, json.loads(wrong.body)) == (url, body)


def test_json_breaks_off() -> None:
    right, wrong = spoilt(JSON, "broken_json")

    assert right.body.startswith(wrong.body)
    assert 0 < len(wrong.body) < len(right.body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(wrong.body)


def test_another_type() -> None:
    right, wrong = spoilt(JSON, "wrong_type")

    assert wrong.header("Content-Type") == "text/plain; charset=utf-8"
    assert wrong.body == right.body


@pytest.mark.parametrize("method", [JSON, FORM], ids=["json", "form"])
def test_a_body_that_is_too_large(method: ApiMethod) -> None:
    """It is what it should be in every other way."""
    _, wrong = spoilt(method, "oversize")

    assert len(wrong.body) > OVERSIZE
    if method is JSON:
        assert set(json.loads(wrong.body)["text"]) == set("hi")


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (JSON, b'{"text": "hi", "ringo_emu_unknown": "ignore me"}'),
        (FORM, b"text=hi&ringo_emu_unknown=ignore+me"),
        (QUERY, b""),
    ],
    ids=["json", "form", "query"],
)
def test_keys_that_nobody_knows(method: ApiMethod, expected: bytes) -> None:
    _, wrong = spoilt(method, "unknown_keys")

    assert wrong.body == expected
    assert (UNKNOWN in wrong.url) == (method is QUERY)


def test_several_at_once() -> None:
    _, wrong = spoilt(JSON, "no_auth", "wrong_type", "broken_json")

    assert (wrong.header("Authorization"), wrong.header("Content-Type")) == (None, "text/plain; charset=utf-8")
    assert wrong.body == b'{"text": '


OAUTH2 = {
    "authorization_url": "https://x.test/a",
    "access_token_url": "https://x.test/t",
    "refresh_token_url": "https://x.test/t",
    "client_id": "$user$",
    "client_secret": "$token$",
}


@pytest.mark.parametrize(
    ("method", "auth", "can_be"),
    [
        (JSON, True, set(get_args(Tamper)) - {"expired_auth"}),
        (JSON, False, {"broken_json", "wrong_type", "oversize", "unknown_keys"}),
        (FORM, True, {"wrong_auth", "no_auth", "wrong_type", "oversize", "unknown_keys"}),
        (QUERY, True, {"wrong_auth", "no_auth", "unknown_keys"}),
        (replace(JSON, parameters=None), True, {"wrong_auth", "no_auth"}),
        (
            replace(JSON, parameters=["$content$"]),
            True,
            {"wrong_auth", "no_auth", "broken_json", "wrong_type", "oversize"},
        ),
        (
            replace(JSON, parameters={"url": "$webhook_url$"}),
            True,
            {"wrong_auth", "no_auth", "broken_json", "wrong_type", "unknown_keys"},
        ),
        (KEYED, False, set(get_args(Tamper)) - {"expired_auth"}),
        (KEYED_QUERY, False, set(get_args(Tamper)) - {"expired_auth", "no_auth"}),
    ],
    ids=["json", "no-auth", "form", "query", "empty", "list", "no-text", "key", "key-in-address"],
)
def test_what_can_be_spoilt(method: ApiMethod, auth: bool, can_be: set[str]) -> None:
    """What is not there cannot be spoilt, and why is told with what to do."""
    read = document(auth=BEARER) if auth else document()
    answers = {each: why_not(each, method, read) for each in get_args(Tamper)}

    assert {each for each, why in answers.items() if why is None} == can_be
    assert all(why[0] and why[1] for why in answers.values() if why is not None)


@pytest.mark.parametrize(
    ("tampers", "words"),
    [
        (("wrong_auth",), "401 or 403"),
        (("oversize", "no_auth"), "401 or 403"),
        (("oversize", "unknown_keys"), "4xx"),
        (("unknown_keys",), "2xx: unknown keys are no reason to refuse"),
    ],
)
def test_what_should_be_answered(tampers: tuple[Tamper, ...], words: str) -> None:
    said, statuses = expectation(tampers)

    assert said == words
    assert (401 in statuses, 200 in statuses, 500 in statuses) == ("4" in words, "2xx" in words, False)
    assert AUTH < set(get_args(Tamper))
