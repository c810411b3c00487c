"""Making requests of templates: one pass, unset variables, encoding by place."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.document import ApiMethod, BasicAuth, BearerAuth
from emulator.core.profile import Profile
from emulator.core.rendering import RenderedRequest, absolute_url, render, render_url
from emulator.errors import RenderingError

PROFILE = Profile()
TEXTS = st.text() | st.sampled_from(
    ["costs $5 and $6", "$to$", '"quoted"', "a\nb", "👩‍👩‍👧 ok", "a&b=c", "#%+?", "مرحبا\u202e", "", "\\", "ünï"]
)


def method(
    parameters: Any, *, verb: Any = "POST", kind: str = "application/json", url: str = "https://a.example/x"
) -> ApiMethod:
    """A request with these parameters."""
    return ApiMethod(verb=verb, url=url, content_type=kind, parameters=parameters)


def rendered(parameters: Any, variables: dict[str, Any] | None = None, **more: Any) -> RenderedRequest:
    """What comes of these parameters."""
    return render(method(parameters, **more), variables or {}, PROFILE)


@given(TEXTS)
def test_json_brings_the_very_text(text: str) -> None:
    """framework 3: whatever a text holds, a JSON body brings it unchanged, alone and inside another text."""
    body = rendered({"c": "$content$", "d": "<$content$>"}, {"content": text, "to": "x"}).request.body
    assert {"c": text, "d": f"<{text}>"} == json.loads(body)


@given(TEXTS.filter(lambda text: text.isprintable() or "\n" in text))
def test_forms_and_queries_bring_the_very_text(text: str) -> None:
    """framework 3: percent-encoding brings a text unchanged through a form, a query and a URL's path."""
    text = text.encode("utf-8", "ignore").decode()
    form = rendered({"c": "$content$"}, {"content": text}, kind="application/x-www-form-urlencoded").request
    assert [("c", text)] == parse_qsl(form.body.decode(), keep_blank_values=True)
    query = rendered({"c": "$content$"}, {"content": text}, verb="GET").request
    assert [("c", text)] == parse_qsl(urlsplit(query.url).query, keep_blank_values=True)


@given(TEXTS)
def test_multipart_brings_the_very_text(text: str) -> None:
    """framework 4: a multipart form brings a text unchanged."""
    text = text.encode("utf-8", "ignore").decode()
    request = rendered({"c": "$content$"}, {"content": text}, kind="multipart/form-data").request
    head = f"Content-Type: {request.header('Content-Type')}\r\n\r\n".encode()
    (part,) = BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts()
    assert part.get_param("name", header="content-disposition") == "c"
    begin = request.body.index(b"\r\n\r\n") + 4
    assert text.encode() == request.body[begin : request.body.rindex(b"\r\n--")]


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_value_is_never_expanded(name: str, value: str) -> None:
    """framework 3: rendering is one pass, so a value that looks like a variable stays as it is."""
    found = rendered({"c": "$content$"}, {"content": f"${name}$", name: value, "content ": "no"}).json
    assert {"c": f"${name}$" if name != "content" else value} == found or name == "content"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"a": "$from$", "b": 1}, {"b": 1}),
        ({"a": ["$from$"]}, {"a": []}),
        ({"a": {"b": "$from$"}}, {"a": {}}),
        ({"a": "tel:$from$"}, {"a": "tel:"}),
        ({"$from$": "x"}, {"$from$": "x"}),
        ({"a": True, "b": 5, "c": None, "d": 1.5}, {"a": True, "b": 5, "c": None, "d": 1.5}),
        ({"post-url": "x", "a b": ["$to$"]}, {"post-url": "x", "a b": ["+61"]}),
        ({"a": "$5"}, {"a": "$5"}),
    ],
    ids=["key", "element", "nested", "inside-text", "key-is-no-template", "literals", "odd-keys", "lone-dollar"],
)
def test_leaves(parameters: Any, expected: Any) -> None:
    """framework 3: what becomes of each kind of leaf."""
    assert expected == rendered(parameters, {"from": None, "to": "+61"}).json


@pytest.mark.parametrize(
    ("unset", "expected"),
    [("drop", {"b": "x"}), ("empty", {"a": "", "b": "x"}), ("literal", {"a": "$from$", "b": "x$from$"})],
)
def test_unset_by_profile(unset: Any, expected: Any) -> None:
    """framework 3: the profile says what becomes of an unset variable."""
    found = render(method({"a": "$from$", "b": "x$from$"}), {}, Profile(unset=unset)).json
    assert expected == found


def test_unset_whole_body() -> None:
    """framework 3: parameters that are one unset variable make no body."""
    assert rendered("$content$").request.body == b""


@pytest.mark.parametrize(
    ("template", "variables", "expected"),
    [
        ("https://$Server$/v2", {"Server": "a.example:8443"}, "https://a.example:8443/v2"),
        ("$Base URL$/v2", {"Base URL": "http://a.example/api"}, "http://a.example/api/v2"),
        ("https://a.example/$id$/x", {"id": "a/b c"}, "https://a.example/a%2Fb%20c/x"),
        ("https://a.example/?q=$id$#frag", {"id": "1&2#3"}, "https://a.example/?q=1%262%233"),
        ("https://a.example/a b", {}, "https://a.example/a%20b"),
        ("https://ä.example/", {}, "https://xn--4ca.example/"),
    ],
    ids=["host", "base", "path", "query", "space", "idna"],
)
def test_urls(template: str, variables: dict[str, str], expected: str) -> None:
    """framework 3: a variable goes raw into host and port, and encoded into path and query."""
    assert expected == render_url(template, variables, PROFILE)


def test_raw_urls_by_profile() -> None:
    """framework 3: the profile can leave a URL's variables unencoded."""
    assert render_url("https://a.example/$id$", {"id": "a/b"}, Profile(url_variables="raw")) == "https://a.example/a/b"


@pytest.mark.parametrize(
    "url", ["", "a.example/x", "ftp://a.example", "https://", "https:///x", "https://a b/", "https://a:99999999/"]
)
def test_no_absolute_url(url: str) -> None:
    """framework 2: an address must be absolute, with a scheme, a host and a possible port."""
    with pytest.raises(RenderingError, match="absolute"):
        absolute_url(url)


def test_an_unset_variable_in_a_url_is_an_error() -> None:
    """framework 3: an address cannot lack a value; the error names the variable."""
    with pytest.raises(RenderingError, match=r"\$Server\$"):
        render_url("https://$Server$/", {"Serve": "x"}, PROFILE)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (PROFILE, "https://a.example/x?k=1&to=%2B61&to=2"),
        (Profile(query="replace"), "https://a.example/x?to=%2B61&to=2"),
    ],
    ids=["keep", "replace"],
)
def test_a_query_in_the_url(profile: Profile, expected: str) -> None:
    """framework 4: GET puts parameters into the query, lists repeat, a query that is there is kept."""
    get = method({"to": ["+61", 2]}, verb="GET", url="https://a.example/x?k=1")
    assert expected == render(get, {}, profile).request.url


def test_content_types() -> None:
    """framework 4: +json and unknown types carry JSON under their own name."""
    for kind in ("application/vnd.acme+json; charset=utf-8", "text/weird"):
        request = rendered({"a": 1}, kind=kind).request
        assert (kind, b'{"a": 1}') == (request.header("content-type"), request.body)


def test_a_form_must_be_an_object() -> None:
    """framework 4: a list cannot be a form."""
    with pytest.raises(RenderingError, match="object"):
        rendered(["x"], kind="application/x-www-form-urlencoded")


def test_nested_forms_become_json_text() -> None:
    """framework 4: with the profile's json, an object inside a form is sent as JSON text."""
    found = rendered({"a": {"b": "$to$"}, "c": True}, {"to": "x"}, kind="application/x-www-form-urlencoded").form
    assert found == (("a", '{"b": "x"}'), ("c", "true"))


def test_authorization() -> None:
    """framework 2: Bearer with the token; Basic with the pair in UTF-8."""
    bearer = BearerAuth(type="Bearer", token="$API key$")
    basic = BasicAuth(type="Basic", username="$User$", password="pä$API key$")
    values = {"API key": "k", "User": "u"}
    assert render(method({}), values, PROFILE, auth=bearer).request.header("authorization") == "Bearer k"
    pair = base64.b64encode("u:päk".encode()).decode()
    assert f"Basic {pair}" == render(method({}), values, PROFILE, auth=basic).request.header("authorization")


@pytest.mark.parametrize("key", ["a\nX-Evil: 1", "a\r", "\0"])
def test_no_header_injection(key: str) -> None:
    """A property with a line break cannot become a header of its own."""
    with pytest.raises(RenderingError, match="control character"):
        render(method({}), {"API key": key}, PROFILE, auth=BearerAuth(type="Bearer", token="$API key$"))


def test_authorization_without_value() -> None:
    """A token whose property has no value is an error that names it."""
    with pytest.raises(RenderingError, match=r"auth needs \$API key\$"):
        render(method({}), {}, PROFILE, auth=BearerAuth(type="Bearer", token="$API key$"))


def test_lone_surrogates_are_escaped() -> None:
    """A half of a surrogate pair, which UTF-8 cannot hold, goes out as the escape that JSON has for it."""
    assert rendered({"c": "$content$"}, {"content": "\ud800"}).request.body == b'{"c": "\\ud800"}'


def test_methods_without_body() -> None:
    """framework 4: DELETE has no body; a POST without parameters neither."""
    assert rendered({"a": 1}, verb="DELETE").request.body == b""
    assert render(replace(method(None), verb="PATCH"), {}, PROFILE).request.body == b""
