"""Making requests of templates: one pass, unset variables, encoding by place."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.bodies import parse_json
from emulator.core.document import ApiMethod, BasicAuth, BearerAuth
from emulator.core.profile import Profile
from emulator.core.rendering import RenderedRequest, absolute_url, json_bytes, render, render_url
from emulator.errors import RenderingError

PROFILE = Profile()
TEXTS = (
    st.text()
    | st.text(alphabet="$\"'\\\r\n\t &#%+=?/:;,<>{}[]\0aé👩\u200d\u202eم")
    | st.sampled_from(["costs $5 and $6", "$to$", "👩‍👩‍👧 ok", "a&b=c", "مرحبا\u202e", "", "%41", "a+b c"])
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
    """Framework 3.4: whatever a text holds, a JSON body brings it unchanged, alone and inside another text."""
    body = rendered({"c": "$content$", "d": "<$content$>"}, {"content": text, "to": "x"}).request.body
    assert {"c": text, "d": f"<{text}>"} == json.loads(body)


@given(TEXTS, st.text(max_size=5))
def test_forms_and_queries_bring_the_very_text(text: str, key: str) -> None:
    """Framework 3.4: percent-encoding brings a text unchanged through a form and a query."""
    form = rendered({key: "$content$"}, {"content": text}, kind="application/x-www-form-urlencoded").request
    assert [(key, text)] == parse_qsl(form.body.decode(), keep_blank_values=True)
    query = rendered({key: ["$content$"]}, {"content": text}, verb="GET").request
    assert [(key, text)] == parse_qsl(urlsplit(query.url).query, keep_blank_values=True)


@given(TEXTS)
def test_urls_bring_the_very_text(text: str) -> None:
    """Framework 3.4: a variable in a URL's path segment or query value brings its text unchanged."""
    url = render_url("https://a.example/x/$content$/y?q=$content$&z=1", {"content": text}, PROFILE)
    parts = urlsplit(url)
    assert ["", "x", text, "y"] == [unquote(segment) for segment in parts.path.split("/")]
    assert [("q", text), ("z", "1")] == parse_qsl(parts.query, keep_blank_values=True)


@given(TEXTS)
def test_multipart_brings_the_very_text(text: str) -> None:
    """Framework 3.4, 4.3: a multipart form brings a text unchanged."""
    request = rendered({"c": "$content$"}, {"content": text}, kind="multipart/form-data").request
    head = f"Content-Type: {request.header('Content-Type')}\r\n\r\n".encode()
    (part,) = BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts()
    assert part.get_param("name", header="content-disposition") == "c"
    begin = request.body.index(b"\r\n\r\n") + 4
    assert text.encode() == request.body[begin : request.body.rindex(b"\r\n--")]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
@given(name=st.text(min_size=1, max_size=9).filter(lambda name: name not in {"content", "to"}))
def test_a_value_is_never_expanded(kind: str, name: str) -> None:
    """Framework 3.1: rendering is one pass, so a value that looks like a variable stays as it is."""
    variables = {"content": f"$to$ ${name}$", "to": "$content$", name: "expanded"}
    found = rendered({"alone": "$content$", "beside": "$to$$content$."}, variables, kind=kind)
    values = dict(found.form or found.multipart or ()) or found.json
    assert {"alone": f"$to$ ${name}$", "beside": f"$content$$to$ ${name}$."} == values


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
    """Framework 3.2, 3.3, 3.7: what becomes of each kind of leaf."""
    assert expected == rendered(parameters, {"from": None, "to": "+61"}).json


@pytest.mark.parametrize(
    ("unset", "expected"),
    [("drop", {"b": "x"}), ("empty", {"a": "", "b": "x"}), ("literal", {"a": "$from$", "b": "x$from$"})],
)
def test_unset_by_profile(unset: Any, expected: Any) -> None:
    """Framework 3.3, 3.7: the profile says what becomes of an unset variable."""
    found = render(method({"a": "$from$", "b": "x$from$"}), {}, Profile(unset=unset)).json
    assert expected == found


def test_unset_whole_body() -> None:
    """Framework 3.3: parameters that are one unset variable make no body."""
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
        ("https://ä.example:8080?x", {}, "https://xn--4ca.example:8080?x"),
        ("https://ü:p@ä.example/", {}, "https://%C3%BC:p@xn--4ca.example/"),
        ("https://a.example/%41?x=%20", {}, "https://a.example/%41?x=%20"),
        ("HTTPS://a.example/$n$", {"n": 5}, "https://a.example/5"),
        ("https://[::1]:8080/x", {}, "https://[::1]:8080/x"),
    ],
    ids=[
        "host",
        "base",
        "path",
        "query",
        "space",
        "idna",
        "idna-and-port",
        "idna-and-user",
        "encoded",
        "number",
        "ipv6",
    ],
)
def test_urls(template: str, variables: dict[str, str], expected: str) -> None:
    """Framework 3.9: a variable goes raw into host and port, and encoded into path and query."""
    assert expected == render_url(template, variables, PROFILE)


def test_raw_urls_by_profile() -> None:
    """Framework 3.9: the profile can leave a URL's variables unencoded."""
    assert render_url("https://a.example/$id$", {"id": "a/b"}, Profile(url_variables="raw")) == "https://a.example/a/b"


@pytest.mark.parametrize(
    "url",
    [
        "", "a.example/x", "ftp://a.example", "https://", "https:///x", "https://a b/", "https://a:99999999/",
        "https://a:b/", "https://[", "https://ä..b/", "https://" + "ä" * 70, "https://a\0b/", "https://\ud800/",
    ],
)  # fmt: skip
def test_no_absolute_url(url: str) -> None:
    """Framework 2.13: an address must be absolute, with a scheme, a host and a possible port."""
    with pytest.raises(RenderingError, match="absolute"):
        absolute_url(url)


def test_an_unset_variable_in_a_url_is_an_error() -> None:
    """Framework 3.8: an address cannot lack a value; the error names the variable."""
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
    """Framework 4.5: GET puts parameters into the query, lists repeat, a query that is there is kept."""
    get = method({"to": ["+61", 2]}, verb="GET", url="https://a.example/x?k=1")
    assert expected == render(get, {}, profile).request.url


def test_content_types() -> None:
    """Framework 4.1, 4.6: +json and unknown types carry JSON under their own name."""
    for kind in ("application/vnd.acme+json; charset=utf-8", "text/weird"):
        request = rendered({"a": 1}, kind=kind).request
        assert (kind, b'{"a": 1}') == (request.header("content-type"), request.body)


def test_a_form_must_be_an_object() -> None:
    """Framework 4.4: a list cannot be a form."""
    with pytest.raises(RenderingError, match="object"):
        rendered(["x"], kind="application/x-www-form-urlencoded")


def test_nested_forms_become_json_text() -> None:
    """Framework 4.4: with the profile's json, an object inside a form is sent as JSON text."""
    found = rendered({"a": {"b": "$to$"}, "c": True}, {"to": "x"}, kind="application/x-www-form-urlencoded").form
    assert found == (("a", '{"b": "x"}'), ("c", "true"))


def test_authorization() -> None:
    """Framework 4.7: Bearer with the token; Basic with the pair in UTF-8."""
    bearer = BearerAuth(type="Bearer", token="$API key$")
    basic = BasicAuth(type="Basic", username="$User$", password="pä$API key$")
    values = {"API key": "k", "User": "u"}
    assert render(method({}), values, PROFILE, auth=bearer).request.header("authorization") == "Bearer k"
    pair = base64.b64encode("u:päk".encode()).decode()
    assert f"Basic {pair}" == render(method({}), values, PROFILE, auth=basic).request.header("authorization")


@pytest.mark.parametrize("key", ["a\nX-Evil: 1", "a\r", "\0", "\ud800"], ids=["line", "return", "nul", "surrogate"])
def test_no_header_injection(key: str) -> None:
    """Framework 4.7: A property with a line break cannot become a header of its own."""
    with pytest.raises(RenderingError, match="control character"):
        render(method({}), {"API key": key}, PROFILE, auth=BearerAuth(type="Bearer", token="$API key$"))


@pytest.mark.parametrize("key", ["", " "], ids=["empty", "blank"])
def test_an_empty_token(key: str) -> None:
    """A token that is empty once it is filled is told, with the property that should fill it."""
    with pytest.raises(RenderingError, match="empty token") as caught:
        render(method({}), {"API key": key}, PROFILE, auth=BearerAuth(type="Bearer", token="$API key$"))
    assert caught.value.mend == "give $API key$ a value"


def test_authorization_without_value() -> None:
    """A token whose property has no value is an error that names it."""
    with pytest.raises(RenderingError, match=r"auth needs \$API key\$"):
        render(method({}), {}, PROFILE, auth=BearerAuth(type="Bearer", token="$API key$"))


def test_numbers_go_out_as_they_are_written() -> None:
    """Framework 3.2: literals that are not strings are sent as they are, to the last digit."""
    written = '{"a": 1.10, "b": 1e400, "c": -0, "d": ' + "9" * 5000 + ', "e": [true, null, 5]}'
    assert written.encode() == json_bytes(parse_json(written.encode()))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    )
)
def test_bodies_are_json(value: Any) -> None:
    """Framework 4.1: a body is the JSON of its parameters in UTF-8, non-ASCII as itself."""
    body = json_bytes(value)
    assert value == json.loads(body)
    assert json.dumps(value, ensure_ascii=False).encode() == body


def test_lone_surrogates_are_escaped() -> None:
    """A half of a surrogate pair, which UTF-8 cannot hold, goes out as the escape that JSON has for it."""
    assert rendered({"c": "$content$"}, {"content": "\ud800"}).request.body == b'{"c": "\\ud800"}'


def test_multipart_names_are_escaped() -> None:
    """Framework 4.3: a key with a quote or a line break cannot end the header of its part (RFC 7578)."""
    body = rendered({'a"\r\nb': "x"}, kind="multipart/form-data").request.body
    assert b'name="a%22%0D%0Ab"\r\n' in body


def test_methods_without_body() -> None:
    """Framework 4.5: DELETE has no body; a POST without parameters neither."""
    assert rendered({"a": 1}, verb="DELETE").request.body == b""
    assert render(replace(method(None), verb="PATCH"), {}, PROFILE).request.body == b""
