"""What is secret: what an admin types into the form and the document makes of it, but for what says where to go."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from emulator.core.document import PLACEHOLDER, Auth, BasicAuth, BearerAuth, IntegrationDocument
from emulator.core.secrecy import mild_secrets, secrets_of
from emulator.core.writings import basic_pair


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (None, set()),
        (BearerAuth(type="Bearer", token="Key $API key$$none$"), {"Key tok-1"}),
        (BearerAuth(type="Bearer", token="written"), {"written"}),
        (
            BasicAuth(type="Basic", username="$user$", password="$API key$!"),
            {"tok-1!", base64.b64encode(b"\xc3\xa9va:tok-1!").decode()},
        ),
        (
            BasicAuth(type="Basic", username="me", password="written"),
            {"written", base64.b64encode(b"me:written").decode()},
        ),
    ],
    ids=["none", "bearer", "bearer-literal", "basic", "basic-literal"],
)
def test_secrets_of(document: IntegrationDocument, auth: Auth | None, expected: set[str]) -> None:
    """Framework 8.11: every property is a secret, and so is what the authorization makes of them; names are none."""
    properties = {"API key": "tok-1", "user": "éva"}
    assert {"tok-1", "éva", *expected} == secrets_of(replace(document, auth=auth), properties)


def _with_url(document: IntegrationDocument, url: str) -> IntegrationDocument:
    send = replace(document.api.SendMessage, url=url)
    return replace(document, api=replace(document.api, SendMessage=send))


@pytest.mark.parametrize(
    ("url", "public", "secret"),
    [
        ("https://$host$/v1", {"host"}, {"path", "user"}),
        ("https://$host$:$path$/v1", {"host", "path"}, {"user"}),
        ("https://api.$host$.example/$path$", {"host"}, {"path", "user"}),
        ("$host$/v1", {"host"}, {"path", "user"}),
        ("https://$user$:$path$@$host$/v1?x=$path$", {"host"}, {"path", "user"}),
        ("https://api.example/$path$/$host$", set(), {"path", "host", "user"}),
        ("https://$API key$.example/", set(), {"path", "host", "user"}),
    ],
)
def test_what_stands_in_a_host_is_no_secret(
    document: IntegrationDocument, url: str, public: set[str], secret: set[str]
) -> None:
    """Where the provider is found is no secret, unless it authorizes somebody; a path and a user may be one."""
    auth = BearerAuth(type="Bearer", token="$API key$")
    values = {name: f"{name}-value" for name in ("host", "path", "user", "API key")}
    found = secrets_of(replace(_with_url(document, url), auth=auth), values)
    login = {basic_pair("user-value", "path-value")} if "@" in url else set()
    assert {"API key-value", *(f"{name}-value" for name in secret), *login} == found
    assert not {f"{name}-value" for name in public} & found


def test_what_is_called_public_is_no_secret(document: IntegrationDocument) -> None:
    """Nor is what is made of it alone, nor what a new project holds in place of a value."""
    auth = BasicAuth(type="Basic", username="$user$", password="$region$")
    values = {"user": "demo-user", "region": "acme", "API key": PLACEHOLDER}
    assert {"demo-user"} == secrets_of(replace(document, auth=auth), values, {"region"})
    assert {"demo-user", "acme", basic_pair("demo-user", "acme")} == secrets_of(replace(document, auth=auth), values)


def test_what_the_document_makes_of_a_property(document: IntegrationDocument) -> None:
    """A parameter of which a secret is only a part is a secret as a whole; one with a text of ours in it is not."""
    parameters = {"auth": "v1$API key$", "text": "$content$ $API key$", "region": "r$region$"}
    send = replace(document.api.SendMessage, parameters=parameters)
    used = replace(document, auth=None, api=replace(document.api, SendMessage=send))
    assert {"wrong", "v1wrong"} == secrets_of(used, {"API key": "wrong", "region": "acme"}, {"region"})


def test_what_authorizes_nobody(document: IntegrationDocument) -> None:
    """A property is mild if no key is made of it and its name does not say that it is secret."""
    auth = BasicAuth(type="Basic", username="$user$", password="$pw$")
    values = {"user": "u", "pw": "p", "Region": "r", "API key": "k", "Auth token": "t", "same": "p"}
    assert {"u", "r"} == mild_secrets(replace(document, auth=auth), values)
