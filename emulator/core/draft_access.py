"""Where a drafted document's requests go, and how they are authorized: servers and security schemes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from emulator.core.draft_fields import property_name
from emulator.core.findings import printable
from emulator.core.messages import text_of
from emulator.core.openapi import Description, Operation
from emulator.core.openapi_schema import literal, object_of, text_in
from emulator.core.source import NOTHING

_EXAMPLE_HOST = "https://api.example.com"
_ABSOLUTE = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


@dataclass(slots=True)
class Notes:
    """What to tell of a draft, each sentence once."""

    guessed: dict[str, None] = field(default_factory=dict)
    left: dict[str, None] = field(default_factory=dict)

    def guess(self, sentence: str) -> None:
        """Tell what was chosen, and why."""
        self.guessed[printable(sentence)] = None

    def leave(self, sentence: str) -> None:
        """Tell what must be filled in, and where."""
        self.left[printable(sentence)] = None


@dataclass(frozen=True, slots=True)
class Security:
    """How the provider's requests are authorized, as the document says it; *query* goes into each address."""

    auth: Mapping[str, Any] | None = None
    oauth2: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_said(self) -> bool:
        """Whether requests are authorized at all."""
        return bool(self.auth or self.oauth2 or self.query)


# -- addresses


def templated(text: str, value_of: Callable[[str], str]) -> str:
    """*text* with each ``{name}`` replaced, and nothing in the rest that would be a template."""
    parts = re.split(r"\{([^{}]*)\}", text)
    return "".join(value_of(part) if index % 2 else _address_text(part) for index, part in enumerate(parts))


def _address_text(text: str) -> str:
    return re.sub(r"\s", "%20", text.replace("$", "%24"))


def base_url(description: Description, operation: Operation, place: str, notes: Notes) -> str:
    """The server's URL without a slash at its end; variables without a default become properties."""
    server = description.server(operation)
    variables = object_of(server.get("variables"))

    def value_of(name: str) -> str:
        default = literal(object_of(variables.get(name)).get("default"))
        is_text = default is not NOTHING and not isinstance(default, list)
        return _address_text(text_of(default)) if is_text else f"${property_name(name)}$"

    url = templated(text_in(server, "url"), value_of)
    return _absolute(url, place, notes).rstrip("/")


def _absolute(url: str, place: str, notes: Notes) -> str:
    """*url*, at an example's host where it names none."""
    if _ABSOLUTE.match(url):
        return url
    if re.match(r"//[^/?#\s]", url):
        return f"https:{url}"
    notes.leave(f"{place}: the description names no host; write the provider's for {_EXAMPLE_HOST}")
    return f"{_EXAMPLE_HOST}/{url.lstrip('/')}" if not re.match(r"[A-Za-z+.-]*:|\$", url) else _EXAMPLE_HOST


# -- authorization


def write_security(description: Description, operation: Operation, notes: Notes) -> Security:
    """How *operation* is authorized, in the way that the format can say best; other ways are told."""
    ways, is_optional = description.security(operation)
    if not ways:
        known = description.schemes()
        though = f", though it describes {', '.join(dict.fromkeys(map(_name_of, known)))}" if known else ""
        notes.leave(f"auth: the description asks for no authorization{though}; write auth if the provider wants it")
        return Security()
    way = min(ways, key=lambda each: sum(_COSTS[_sort_of(scheme)] for scheme, _ in each))
    auth, oauth2 = None, None
    query: dict[str, str] = {}
    optional = ", which it makes optional" if is_optional else ""
    for scheme, scopes in way:
        sort = _sort_of(scheme)
        if sort == "query":
            name = text_in(scheme, "name")
            query[name] = f"${property_name(name) if query else 'API key'}$"
            notes.guess(f'the property "{query[name].strip("$")}" goes into each request_url as {name}{optional}')
        elif sort in _AUTHS and auth is None:
            auth = _basic(operation, notes) if sort == "Basic" else _AUTHS[sort]
            notes.guess(f"auth is {sort}: the description's security scheme{optional}")
        elif sort == "OAuth2" and oauth2 is None:
            oauth2 = _oauth2(scheme, scopes, notes)
        else:
            notes.leave(_cannot_be_said(scheme))
    security = Security(auth, None if auth else oauth2, query)
    others = dict.fromkeys(_name_of(scheme) for each in ways if each is not way for scheme, _ in each)
    if others and security.is_said:
        notes.guess(f"authorization: the description has other ways too, which are left out: {', '.join(others)}")
    return security


_AUTHS: Mapping[str, Mapping[str, Any]] = {
    "Bearer": {"type": "Bearer", "token": "$API token$"},
    "Basic": {"type": "Basic", "username": "$Username$", "password": "$Password$"},
}
_COSTS = {"Bearer": 0, "Basic": 0, "query": 1, "OAuth2": 2, "": 10}
_USER_IN_PATH = re.compile(r"\{(account_?sid|auth_?id)\}", re.IGNORECASE)
"""Parts of a path that are known as the user name of Basic too."""
_ACCOUNT_IN_PATH = re.compile(r"\{((account|project|user|customer)_?(id|name)?)\}", re.IGNORECASE)


def _basic(operation: Operation, notes: Notes) -> Mapping[str, Any]:
    """Basic; where the path holds what is its user name as well, one property serves for both."""
    basic = _AUTHS["Basic"]
    same, account = _USER_IN_PATH.search(operation.path), _ACCOUNT_IN_PATH.search(operation.path)
    if same:
        name = property_name(same.group(1))
        notes.guess(f'auth.username is the property "{name}", which stands in the path as {same.group(1)} too')
        return {**basic, "username": f"${name}$"}
    if account:
        name = property_name(account.group(1))
        notes.guess(
            f'auth.username is "Username" and {account.group(1)} in the path "{name}": they need not be the same'
        )
    return basic


def _sort_of(scheme: Mapping[str, Any]) -> str:
    """``Bearer``, ``Basic``, ``query`` or ``OAuth2``; empty text for what the format cannot say."""
    kind, name = text_in(scheme, "type"), text_in(scheme, "name")
    word = _word_of(scheme)
    if kind == "http":
        sort = text_in(scheme, "scheme").capitalize()
        return sort if sort in _AUTHS and word in {"", sort} else ""
    if kind == "apiKey" and text_in(scheme, "in") == "query":
        return "query" if name else ""
    if kind == "apiKey" and name.lower() == "authorization":
        return word if word == "Bearer" else ""
    flows = object_of(scheme.get("flows"))
    return "OAuth2" if kind == "oauth2" and object_of(flows.get("authorizationCode")) else ""


_WORD = re.compile(
    r"\bAuthorization[`'\"]?\s*+(?:header\s*+)?[:=]\s*+[`'\"]?([A-Za-z][\w-]*+)\s++[`'\"<{\[$\w]", re.IGNORECASE
)
_NO = re.compile(r"\b(?:no|not|without|instead of)\b", re.IGNORECASE)
_BEARER = re.compile(r"\bbearer\b", re.IGNORECASE)
_WORD_BEFORE_KEY = re.compile(
    r"[`'\"]([A-Za-z][\w-]*) [<{\[$]?[\w. -]*(?:key|token|secret)\b|[`'\"]([A-Za-z][\w-]*) [0-9a-f]{8}", re.IGNORECASE
)


def _word_of(scheme: Mapping[str, Any]) -> str:
    """The word that the header Authorization begins with, as the description of a scheme says it; or empty text."""
    text = text_in(scheme, "description")
    found = _WORD.search(text) or _WORD_BEFORE_KEY.search(text)
    if found:
        return str(next(filter(None, found.groups()))).capitalize()
    return "Bearer" if _BEARER.search(text) and not any(map(_is_without_bearer, text.split("."))) else ""


def _is_without_bearer(sentence: str) -> bool:
    no = _NO.search(sentence)
    return no is not None and _BEARER.search(sentence, no.end()) is not None


def _name_of(scheme: Mapping[str, Any]) -> str:
    kind, name = text_in(scheme, "type"), text_in(scheme, "name")
    word = _word_of(scheme)
    if word and (kind == "http" or name.lower() == "authorization"):
        return f'the header "Authorization: {word} …"'
    if kind == "apiKey":
        return f"a key in the {text_in(scheme, 'in') or 'header'}" + (f' "{name}"' if name else "")
    if kind == "oauth2":
        grants = ", ".join(str(each) for each in object_of(scheme.get("flows")))
        return f"OAuth 2.0 ({grants})" if grants else "OAuth 2.0"
    return f"the security scheme {text_in(scheme, 'scheme') or kind or 'of the description'}"


def _cannot_be_said(scheme: Mapping[str, Any]) -> str:
    is_oauth = text_in(scheme, "type") == "oauth2"
    what = "OAuth 2.0 without the flow authorizationCode" if is_oauth else _name_of(scheme)
    return f"auth: {what} cannot be said in the format; ask the provider for Bearer, Basic or a key in the query"


def _oauth2(scheme: Mapping[str, Any], scopes: list[Any], notes: Notes) -> dict[str, Any]:
    flow = object_of(object_of(scheme.get("flows")).get("authorizationCode"))
    asked = " ".join(each for each in scopes if isinstance(each, str))
    notes.guess("OAuth2 is the flow authorizationCode of the description")

    def endpoint(key: str, name: str) -> str:
        return _absolute(_address_text(text_in(flow, key)), f"OAuth2.{name}", notes)

    return {
        "client_id": "$Client id$",
        "client_secret": "$Client secret$",
        "flow_type": {"default": "0"},
        "authorization_endpoint": endpoint("authorizationUrl", "authorization_endpoint"),
        **({"authorization_parameters": {"default": f"scope={quote(asked, errors='replace')}"}} if asked else {}),
        "token_endpoint": endpoint("tokenUrl", "token_endpoint"),
        "token_parameters": {"content_type": "application/x-www-form-urlencoded;charset=utf-8"},
        "request_auth": "Bearer",
    }
