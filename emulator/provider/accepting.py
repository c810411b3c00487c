"""Reads what the provider is asked; every mistake of a body is named at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from emulator.provider.state import Order, Subscription

MAX_BODY_BYTES = 1024 * 1024

JsonObject = Mapping[str, Any]
_Check = Callable[[object], str | None]  # None: nothing to complain of

_NUMBER = re.compile(r"\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not done."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message from outside that the provider is told to make up."""

    sender: str
    """The external party; "from" in JSON."""
    to: str
    """The SMS number."""
    text: str
    """The text, or a file's caption; kept as it is."""
    url: str | None
    """The file; None: a text."""
    domain: str | None
    """Whose webhook gets it; None: found by ``to``."""


def is_json(content_type: str) -> bool:
    """Whether *content_type*, without its parameters, is JSON."""
    return content_type == "application/json" or content_type.endswith("+json")


def object_from(body: bytes) -> JsonObject | Refusal:
    """*body* as a JSON object."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return Refusal(400, f"the body is not JSON: {error}")
    if not isinstance(value, dict):
        return Refusal(400, "the body is not a JSON object")
    return value


def order_from(payload: JsonObject) -> Order | Refusal:
    """The body of SendMessage or SendFile: ``{from, to, extension?, domain?, content? | media_url?}``."""
    problems = [*_problems(payload, _ORDER)]
    if all(payload.get(key) in (None, "") for key in ("content", "media_url")):
        problems.append('neither "content" nor "media_url" holds anything')
    if problems:
        return _bad(problems)
    return Order(
        sender=payload["from"],
        to=payload["to"],
        extension=payload.get("extension"),
        domain=payload.get("domain") or None,
        content=payload.get("content"),
        media_url=payload.get("media_url"),
    )


def subscription_from(payload: JsonObject) -> Subscription | Refusal:
    """The body of Subscribe: ``{domain?, user?, model?, "post-url"}``; user and model change nothing."""
    problems = [*_problems(payload, _SUBSCRIPTION)]
    if problems:
        return _bad(problems)
    return Subscription(domain=payload.get("domain") or None, url=payload["post-url"])


def inbound_from(payload: JsonObject) -> Inbound | Refusal:
    """The body of ``/_test/inbound``: ``{from, to, text? | url?, domain?}``; numbers in any format."""
    problems = [*_problems(payload, _INBOUND)]
    if payload.get("text") is None and payload.get("url") is None:
        problems.append('neither "text" nor "url" is there')
    if problems:
        return _bad(problems)
    return Inbound(
        sender=payload["from"],
        to=payload["to"],
        text=payload.get("text") or "",
        url=payload.get("url"),
        domain=payload.get("domain") or None,
    )


def _bad(problems: list[str]) -> Refusal:
    return Refusal(400, "; ".join(problems))


def _problems(payload: JsonObject, checks: Mapping[str, _Check]) -> list[str]:
    found = {key: check(payload.get(key)) for key, check in checks.items()}
    return [f'"{key}" {problem}' for key, problem in found.items() if problem]


def _optional_text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        return "is not text"
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can spell it, but no answer or webhook could repeat it
        return "holds half of a surrogate pair"
    return None


def _text(value: object) -> str | None:
    if value is None:
        return "is missing"
    return "is empty" if value == "" else _optional_text(value)


def _number(value: object) -> str | None:
    fits = isinstance(value, str) and _NUMBER.fullmatch(value)
    return None if fits else _text(value) or "is not digits with an optional plus before them"


def _http_url(value: object) -> str | None:
    fits = isinstance(value, str) and is_http_url(value)
    return None if fits else _text(value) or "is not an absolute http or https URL"


def _optional_url(value: object) -> str | None:
    return None if value is None else _text(value)


def is_http_url(text: str) -> bool:
    """Whether *text* is an absolute http or https URL that can be asked for."""
    try:
        parts = urlsplit(text)
        # A label that is empty or too long would only fail in the resolver, and not as a network error.
        host = (parts.hostname or "").encode("idna")
        spelt_well = text.isprintable() and " " not in text
        return parts.scheme in ("http", "https") and bool(host) and parts.port != 0 and spelt_well
    except ValueError:
        return False


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


_ORDER: Mapping[str, _Check] = {
    "from": _number,
    "to": _number,
    "extension": _optional_text,
    "domain": _optional_text,
    "content": _optional_text,
    "media_url": _optional_text,
}
_SUBSCRIPTION: Mapping[str, _Check] = {"domain": _optional_text, "post-url": _http_url}
_INBOUND: Mapping[str, _Check] = {
    "from": _text,
    "to": _text,
    "text": _optional_text,
    "url": _optional_url,
    "domain": _optional_text,
}
