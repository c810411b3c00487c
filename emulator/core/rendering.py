"""Fills an API method's templates and makes the request of it (framework 3 and 4)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode, urlsplit

from emulator.core.document import BasicAuth, BearerAuth
from emulator.core.findings import suggestion
from emulator.core.messages import ExactNumber, Headers, Json, Pairs, Request, Scalar, media_type, text_of
from emulator.core.template import Template, Variable, parse_template
from emulator.core.writings import basic_pair
from emulator.errors import RenderingError

if TYPE_CHECKING:
    from emulator.core.document import ApiMethod, Auth
    from emulator.core.profile import Profile

Variables = Mapping[str, Scalar]
"""Values by variable name; a name that is absent, or whose value is None, is unset."""

_BODY_VERBS = frozenset({"POST", "PUT", "PATCH"})
_BEFORE_PATH = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?\Z")
_NOT_IN_HOST = re.compile(r"[\s\\\x00-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which UTF-8 cannot hold."""
_URL_SAFE = "%/:?#[]@!$&'()*+,;=~-._"


class _Unset:
    """The value of a leaf that is dropped."""


_UNSET: Final = _Unset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedRequest:
    """A request with its parts still apart, for those who show it.

    One of *json*, *form* and *multipart* is set where there is a body; *query* holds what the parameters of a
    GET or DELETE added to the address.
    """

    request: Request
    query: Pairs = ()
    json: Json | None = None
    form: Pairs | None = None
    multipart: Pairs | None = None


def render(method: ApiMethod, variables: Variables, profile: Profile, *, auth: Auth | None = None) -> RenderedRequest:
    """Make the request that *method* describes.

    Raises:
        RenderingError: The address or the authorization lacks a value, or is none once it is filled.
    """
    url = render_url(method.url, variables, profile)
    parameters = fill(method.parameters, variables, profile)
    headers: Headers = ()
    if auth is not None:
        headers = (("Authorization", authorization(auth, variables)),)
    if method.verb not in _BODY_VERBS:
        return _with_query(method.verb, url, parameters, headers, profile)
    return _with_body(method, url, parameters, headers)


def fill(template: Json, variables: Variables, profile: Profile) -> Json | _Unset:
    """*template* with each variable's value in place; unset leaves go as the profile says."""
    if isinstance(template, Mapping):
        filled = {key: fill(value, variables, profile) for key, value in template.items()}
        return {key: value for key, value in filled.items() if not isinstance(value, _Unset)}
    if isinstance(template, str):
        return _fill_text(parse_template(template), variables, profile)
    if isinstance(template, Sequence):
        elements = [fill(value, variables, profile) for value in template]
        return [value for value in elements if not isinstance(value, _Unset)]
    return template


def _fill_text(template: Template, variables: Variables, profile: Profile) -> Scalar | _Unset:
    single = template.single
    if single is not None:
        value = variables.get(single.name)
        if value is not None:
            return value
        if profile.unset == "drop":
            return _UNSET
        return "" if profile.unset == "empty" else str(single)

    def value_of(variable: Variable) -> Scalar:
        value = variables.get(variable.name)
        if value is not None:
            return value
        return str(variable) if profile.unset == "literal" else ""

    return template.fill(value_of)


def render_url(template: str, variables: Variables, profile: Profile) -> str:
    """Fill *template* as a URL: raw in scheme, host and port, percent-encoded behind them.

    Raises:
        RenderingError: A variable is unset, or the result is not an absolute http(s) URL.
    """
    url = ""
    parsed = parse_template(template)
    for part in parsed.parts:
        if isinstance(part, str):
            url += part
            continue
        value = text_of(_required(part, variables, "request_url"))
        raw = profile.url_variables == "raw" or _BEFORE_PATH.match(url)
        url += value if raw else quote(value, safe="", errors="replace")
    try:
        return absolute_url(url)
    except RenderingError as error:
        names = " and ".join(dict.fromkeys(str(each) for each in parsed.variables))
        if not names:
            raise
        message = f"{template!r}, filled, is {url!r}, which is no absolute http(s) URL"
        raise RenderingError(message, mend=f"correct the value of {names}: {error.mend}") from error


def absolute_url(url: str) -> str:
    """*url* fit to be sent: absolute, http or https, without fragment, everything encoded that must be.

    Raises:
        RenderingError: It is no such URL.
    """
    url = _HALF.sub("\ufffd", url)
    match = re.match(r"(https?)://([^/?#]*)(.*)", url, re.IGNORECASE | re.DOTALL)
    try:
        usable = match is not None and bool(urlsplit(url).hostname) and not _NOT_IN_HOST.search(match.group(2))
        urlsplit(url).port  # noqa: B018 - reading it is what checks it
        authority = _in_ascii(match.group(2)) if match else ""
    except ValueError:
        usable = False
    if match is None or not usable:
        raise RenderingError(f"{url!r} is no absolute http(s) URL", mend="write https://host/path")
    rest = quote(match.group(3).partition("#")[0], safe=_URL_SAFE, errors="replace")
    return f"{match.group(1).lower()}://{authority}{rest}"


def _in_ascii(authority: str) -> str:
    if authority.isascii():
        return authority
    user, at, place = authority.rpartition("@")
    host, colon, port = place.partition(":")
    return quote(user, safe="%:!$&'()*+,;=~-._") + at + host.encode("idna").decode() + colon + port


def _required(variable: Variable, variables: Variables, place: str) -> Scalar:
    value = variables.get(variable.name)
    if value is None:
        known = [name for name, each in variables.items() if each is not None]
        mend = f"give it a value, or {suggestion(variable.name, known, quote='${}$')}"
        raise RenderingError(f"{place} needs {variable}, which has no value", mend=mend)
    return value


def fill_required(template: str, variables: Variables, place: str) -> str:
    """*template* filled; *place* is what an error calls it.

    Raises:
        RenderingError: A variable has no value.
    """
    return parse_template(template).fill(lambda variable: _required(variable, variables, place))


def authorization(auth: Auth, variables: Variables) -> str:
    """The value of the Authorization header (framework 2).

    Raises:
        RenderingError: A property it needs has no value, or one that no header can hold.
    """

    match auth:
        case BearerAuth():
            token = fill_required(auth.token, variables, "auth")
            if not token.strip():
                raise RenderingError("auth has an empty token", mend=f"give {auth.token} a value")
            value = f"Bearer {token}"
        case BasicAuth():
            username, password = (fill_required(each, variables, "auth") for each in (auth.username, auth.password))
            value = f"Basic {basic_pair(username, password)}"
    if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value):
        raise RenderingError(
            "auth holds a line break or another control character",
            mend="check the property's value for a stray line end",
        )
    return value


# -- bodies and queries


def json_bytes(value: Json) -> bytes:
    """*value* as JSON in UTF-8, non-ASCII as itself.

    Lone halves of surrogate pairs, which UTF-8 cannot hold, are written as the escapes that JSON has for them.
    """
    return _json_text(value).encode("utf-8", "backslashreplace")


def _json_text(value: Json) -> str:
    # Not json.dumps for the whole: it would write 1.10 as 1.1, and 1e400 as a word that is no JSON.
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_as_json(key)}: {_json_text(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_json_text, value)) + "]"
    return value.text if isinstance(value, ExactNumber) else _as_json(value)


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def flat_pairs(parameters: Json | _Unset) -> Pairs:
    """*parameters* as the fields of a form: a list repeats its key, an object becomes JSON text."""
    if isinstance(parameters, _Unset) or parameters is None:
        return ()
    if not isinstance(parameters, Mapping):
        raise RenderingError("the parameters of a form or query must be an object", mend='write {"key": "$name$"}')
    pairs: list[tuple[str, str]] = []
    for key, value in parameters.items():
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        pairs.extend((key, _field(each)) for each in values)
    return tuple(pairs)


def _field(value: Json) -> str:
    if isinstance(value, Mapping | list):
        return json_bytes(value).decode("utf-8")
    return text_of(value)  # type: ignore[arg-type]


def _with_query(verb: str, url: str, parameters: Json | _Unset, headers: Headers, profile: Profile) -> RenderedRequest:
    pairs = flat_pairs(parameters)
    path, mark, kept = url.partition("?")
    if profile.query == "replace" and pairs:
        kept = ""
    added = urlencode(pairs, quote_via=quote, safe="", errors="replace")
    query = "&".join(each for each in (kept, added) if each)
    address = path + ("?" + query if query or mark else "")
    return RenderedRequest(request=Request(method=verb, url=address, headers=headers), query=pairs)


def _with_body(method: ApiMethod, url: str, parameters: Json | _Unset, headers: Headers) -> RenderedRequest:
    request = Request(method=method.verb, url=url, headers=headers)
    if isinstance(parameters, _Unset) or method.parameters is None:
        return RenderedRequest(request=request)
    match media_type(method.content_type):
        case "application/x-www-form-urlencoded":
            pairs = flat_pairs(parameters)
            body = urlencode(pairs, errors="replace").encode("ascii")
            return RenderedRequest(request=_carrying(request, method.content_type, body), form=pairs)
        case "multipart/form-data":
            pairs = flat_pairs(parameters)
            body, boundary = _multipart(pairs)
            content_type = f"multipart/form-data; boundary={boundary}"
            return RenderedRequest(request=_carrying(request, content_type, body), multipart=pairs)
        case _:
            return RenderedRequest(
                request=_carrying(request, method.content_type, json_bytes(parameters)), json=parameters
            )


def _carrying(request: Request, content_type: str, body: bytes) -> Request:
    return request._replace(headers=(*request.headers, ("Content-Type", content_type)), body=body)


def _multipart(pairs: Pairs) -> tuple[bytes, str]:
    """The fields as multipart/form-data (RFC 7578), and the boundary: the same fields give the same bytes."""
    fields = [(_multipart_name(key), value.encode("utf-8", "replace")) for key, value in pairs]
    boundary = "ringo-" + hashlib.sha256(repr(fields).encode()).hexdigest()[:32]
    body = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary.encode(), name, value)
        for name, value in fields
    )
    return body + b"--%b--\r\n" % boundary.encode(), boundary


def _multipart_name(name: str) -> bytes:
    escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.encode("utf-8", "replace")
