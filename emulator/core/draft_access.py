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
from emulator.core.openapi import Description, Operation, literal, object_of, text_in
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
    """How *operation* is authorized, in the way that the format can say best."""
    ways = description.security(operation)
    if not ways:
        notes.leave("auth: the description asks for no authorization; write auth if the provider wants it")
        return Security()
    way = min(ways, key=lambda each: sum(_COSTS[_sort_of(scheme)] for scheme, _ in each))
    auth, oauth2 = None, None
    query: dict[str, str] = {}
    for scheme, scopes in way:
        sort = _sort_of(scheme)
        if sort == "query":
            name = text_in(scheme, "name")
            query[name] = f"${property_name(name) if query else 'API key'}$"
            notes.guess(f'the property "{query[name].strip("$")}" goes into each request_url as {name}')
        elif sort in _AUTHS and auth is None:
            auth = _AUTHS[sort]
            notes.guess(f"auth is {sort}: the description's security scheme")
        elif sort == "OAuth2" and oauth2 is None:
            oauth2 = _oauth2(scheme, scopes, notes)
        else:
            notes.leave(_cannot_be_said(scheme))
    return Security(auth, None if auth else oauth2, query)


_AUTHS: Mapping[str, Mapping[str, Any]] = {
    "Bearer": {"type": "Bearer", "token": "$API token$"},
    "Basic": {"type": "Basic", "username": "$Account id$", "password": "$Password$"},
}
_COSTS = {"Bearer": 0, "Basic": 0, "query": 1, "OAuth2": 2, "": 10}


def _sort_of(scheme: Mapping[str, Any]) -> str:
    """``Bearer``, ``Basic``, ``query`` or ``OAuth2``; empty text for what the format cannot say."""
    kind, name = text_in(scheme, "type"), text_in(scheme, "name")
    if kind == "http":
        sort = text_in(scheme, "scheme").capitalize()
        return sort if sort in _AUTHS else ""
    if kind == "apiKey" and text_in(scheme, "in") == "query":
        return "query" if name else ""
    if kind == "apiKey" and name.lower() == "authorization":
        return "Bearer" if "bearer" in text_in(scheme, "description").lower() else ""
    flows = object_of(scheme.get("flows"))
    return "OAuth2" if kind == "oauth2" and object_of(flows.get("authorizationCode")) else ""


def _cannot_be_said(scheme: Mapping[str, Any]) -> str:
    kind, name = text_in(scheme, "type"), text_in(scheme, "name")
    what = f"the security scheme {text_in(scheme, 'scheme') or kind or 'of the description'}"
    if kind == "apiKey":
        what = f"a key in the {text_in(scheme, 'in') or 'header'}" + (f' "{name}"' if name else "")
    elif kind == "oauth2":
        what = "OAuth 2.0 without the flow authorizationCode"
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
