"""Requests that are spoilt on purpose, to see whether the provider refuses what it should."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from emulator.core.messages import media_type
from emulator.core.template import parse_template
from emulator.core.writings import basic_pair

if TYPE_CHECKING:
    from emulator.core.document import ApiMethod, IntegrationDocument
    from emulator.core.messages import Json, Request
    from emulator.core.rendering import Variables

OVERSIZE = 4 * 1024 * 1024
"""Characters of the text of a request that is too large: more than any provider has a use for."""
UNKNOWN = "ringo_emu_unknown"
"""The key that no provider knows."""
_WRONG = "ringo-emu-wrong-credential"
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


Tamper = Literal["wrong_auth", "no_auth", "expired_auth", "broken_json", "wrong_type", "oversize", "unknown_keys"]
"""A way to spoil a request."""

AUTH: frozenset[Tamper] = frozenset({"wrong_auth", "no_auth", "expired_auth"})
REFUSED: frozenset[Tamper] = AUTH | {"broken_json", "wrong_type", "oversize"}
"""The ways that a provider should refuse."""


class Spoilt(NamedTuple):
    """What is wrong on purpose with a request: how it is spoilt, and whether it is one of several copies."""

    tampers: tuple[Tamper, ...] = ()
    is_copy: bool = False


AS_IT_IS = Spoilt()


def credentials(method: ApiMethod, document: IntegrationDocument) -> frozenset[str]:
    """The properties that authorize *method*: without auth, those of its parameters or else of its address's query."""
    if document.auth is not None or document.oauth2 is not None:
        return frozenset()
    known = frozenset(document.properties)
    return known.intersection(_variables(method.parameters)) or known.intersection(_variables(_query(method)))


def _query(method: ApiMethod) -> str:
    return method.url.partition("?")[2]


def _variables(template: Json) -> Iterator[str]:
    """The names of the variables anywhere in *template*."""
    match template:
        case str():
            yield from (variable.name for variable in parse_template(template).variables)
        case Mapping():
            for below in template.values():
                yield from _variables(below)
        case Sequence():
            for below in template:
                yield from _variables(below)


def _without(template: Json, names: frozenset[str]) -> Json:
    """*template* without the leaves that hold one of the variables *names*."""
    match template:
        case Mapping():
            return {key: _without(below, names) for key, below in template.items() if not _is_leaf_of(below, names)}
        case Sequence() if not isinstance(template, str):
            return [_without(below, names) for below in template if not _is_leaf_of(below, names)]
        case _:
            return template


def _is_leaf_of(template: Json, names: frozenset[str]) -> bool:
    return isinstance(template, str) and not names.isdisjoint(_variables(template))


def why_not(tamper: Tamper, method: ApiMethod, document: IntegrationDocument) -> tuple[str, str] | None:
    """Why *method* cannot be spoilt in that way, and what to do; None where it can."""
    has_body = method.verb not in {"GET", "DELETE"} and method.parameters is not None
    kind = media_type(method.content_type)
    is_authorized = document.auth is not None or document.oauth2 is not None
    keys = credentials(method, document)
    match tamper:
        case "expired_auth" if document.oauth2 is None:
            return "only tokens of OAuth2 expire", "write wrong_auth"
        case "wrong_auth" | "no_auth" if not is_authorized and not keys:
            return "the integration document has no auth, and the request holds no property", "take it out"
        case "no_auth" if keys.intersection(_variables(_query(method))):
            return "the credentials are a part of the request_url", "write wrong_auth"
        case "broken_json" if not has_body or kind in _FORMS:
            return "the request has no JSON body", "write unknown_keys, or take it out"
        case "wrong_type" | "oversize" if not has_body:
            return "the request has no body", "take it out"
        case "oversize" if "content" not in _variables(method.parameters):
            return "the request has no $content$ that could be too long", "take it out"
        case "unknown_keys" if not isinstance(method.parameters, Mapping):
            return "the request has no keys", "take it out"
        case _:
            return None


def reasons_against(
    tampers: Collection[Tamper], method: ApiMethod, document: IntegrationDocument
) -> Iterator[tuple[str, str]]:
    """Why *method* cannot be spoilt in those ways together, each with what to do."""
    if len(AUTH & set(tampers)) > 1:
        yield "authorization is spoilt in one way at a time", "write a step for each"
    for each in tampers:
        reason = why_not(each, method, document)
        if reason is not None:
            yield f"{each} cannot be: {reason[0]}", reason[1]


def spoil_values(
    method: ApiMethod, values: Variables, tampers: Collection[Tamper], keys: frozenset[str] = frozenset()
) -> tuple[ApiMethod, Variables]:
    """What the request is made of: keys that nobody knows, a text that is too long, *keys* that are wrong or absent."""
    if "wrong_auth" in tampers:
        values = {**values, **dict.fromkeys(keys, _WRONG)}
    if "no_auth" in tampers and keys:
        method = replace(method, parameters=_without(method.parameters, keys))
    if "unknown_keys" in tampers and isinstance(method.parameters, Mapping):
        method = replace(method, parameters={**method.parameters, UNKNOWN: "ignore me"})
    if "oversize" in tampers:
        text = str(values.get("content") or "x")
        values = {**values, "content": text * (OVERSIZE // len(text) + 1)}
    return method, values


def spoil(request: Request, tampers: Collection[Tamper]) -> Request:
    """*request*, once it is made and authorized, spoilt."""
    headers = [(name, _spoilt(name, value, tampers)) for name, value in request.headers]
    body = request.body[: len(request.body) * 2 // 3] if "broken_json" in tampers else request.body
    return request._replace(headers=tuple((name, value) for name, value in headers if value is not None), body=body)


def _spoilt(name: str, value: str, tampers: Collection[Tamper]) -> str | None:
    """What the header becomes; None where it is left out."""
    match name:
        case "Authorization" if "no_auth" in tampers:
            return None
        case "Authorization" if "wrong_auth" in tampers:
            scheme = value.partition(" ")[0]
            return f"{scheme} {basic_pair(_WRONG, _WRONG) if scheme == 'Basic' else _WRONG}"
        case "Content-Type" if "wrong_type" in tampers:
            return "text/plain; charset=utf-8"
        case _:
            return value


def expectation(tampers: Collection[Tamper]) -> tuple[str, range | frozenset[int]]:
    """What the provider should answer, in words, and the statuses that are."""
    if AUTH & set(tampers):
        return "401 or 403", frozenset({401, 403})
    if REFUSED & set(tampers):
        return "4xx", range(400, 500)
    return "2xx: unknown keys are no reason to refuse", range(200, 300)
