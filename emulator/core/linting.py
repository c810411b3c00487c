"""What a well-formed document means, and where that is not what its author wanted (framework 2, 3, 4 and 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.document import API_NAMES, OPTIONAL, REQUIRED, ApiName, Integration
from emulator.core.findings import nearest_name, suggestion
from emulator.core.messages import is_json_type, media_type
from emulator.core.patterns import MESSAGE_ID, compile_pattern, covers, has_literal, variables_of
from emulator.core.template import Template, Variable, leaves, parse_template

if TYPE_CHECKING:
    from emulator.core.document import ApiMethod, WebhookModel
    from emulator.core.patterns import Pattern
    from emulator.core.source import Path
    from emulator.errors import Finding, Location

SENDING_VARIABLES = frozenset({"from", "to", "extension", "domain", "content"})
"""What the platform supplies to SendMessage and SendFile beside the properties."""
SUBSCRIBE_VARIABLES = frozenset({"webhook_url", "domain"})
INCOMING_VARIABLES = frozenset({"from", "to", "content", "text", "url", "messageid", "event_key"})
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_SIGNATURE = "${}$"
_MOST_UNUSED = 50
_MOST_SHADOWING = 100


def supplied(name: ApiName) -> frozenset[str]:
    """The variables that the platform itself supplies to a request."""
    return SUBSCRIBE_VARIABLES if name == "Subscribe" else SENDING_VARIABLES


def lint(integration: Integration, *, nested_forms: str) -> Iterator[Finding]:
    """Everything that the rules find in a document whose shape is right."""
    yield from _whole(integration)
    yield from _properties(integration)
    yield from _auth(integration)
    for name in API_NAMES:
        method = integration.document.api.method(name)
        if method is not None:
            yield from _request(integration, name, method, nested_forms)
    yield from _models(integration)


def _whole(integration: Integration) -> Iterator[Finding]:
    document = integration.document
    if not document.webhooks:
        yield rules.NO_WEBHOOK.at(
            integration.locate(("Webhook",), key=True),
            "there are no Webhook models: nothing can come in",
            "describe the provider's webhooks",
        )
    if document.api.SendFile is None:
        where = integration.locate(("API",), key=True)
        yield rules.NO_SEND_FILE.at(where, "API.SendFile is missing: MMS is off", "nothing to do if that is meant")
    if document.auth is not None and document.oauth2 is not None:
        where = integration.locate(("auth",), key=True)
        yield rules.BOTH_AUTHS.at(where, "auth stands beside OAuth2; OAuth2 is taken to win", "keep one of the two")


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    for place, leaf in leaves(value, path):  # type: ignore[arg-type]
        if isinstance(leaf, str):
            yield place, leaf


def _outgoing_texts(integration: Integration) -> Iterator[tuple[Path, str]]:
    """Every template that the platform fills."""
    document = integration.document
    if document.auth is not None:
        yield from _texts(asdict(document.auth), ("auth",))
    if document.oauth2 is not None:
        yield from _texts(asdict(document.oauth2), ("OAuth2",))
    for name in API_NAMES:
        method = document.api.method(name)
        if method is not None:
            yield from _request_texts(name, method)


def _request_texts(name: ApiName, method: ApiMethod) -> Iterator[tuple[Path, str]]:
    yield ("API", name, "request_url"), method.url
    yield from _texts(method.parameters, ("API", name, "request_parameters"))


def _properties(integration: Integration) -> Iterator[Finding]:
    used = {each.name for _, text in _outgoing_texts(integration) for each in parse_template(text).variables}
    strangers = used - set(integration.document.properties) - SENDING_VARIABLES - SUBSCRIBE_VARIABLES
    unused = [(at, name) for at, name in enumerate(integration.document.properties) if name not in used]
    for index, name in unused[:_MOST_UNUSED]:
        near = nearest_name(name, strangers)
        yield rules.UNUSED_PROPERTY.at(
            integration.locate(("properties", index)),
            f'nothing uses the property "{name}"',
            f"use ${name}$ somewhere, or remove it" if near is None else f"did you mean it by ${near}$?",
        )


def _auth(integration: Integration) -> Iterator[Finding]:
    known = frozenset(integration.document.properties)
    for path, text in _outgoing_texts(integration):
        if path[0] in {"auth", "OAuth2"}:
            yield from _variables(integration, path, text, known)


def _variables(integration: Integration, path: Path, text: str, known: frozenset[str]) -> Iterator[Finding]:
    template = parse_template(text)
    for variable in template.variables:
        if variable.name not in known:
            yield _unknown(integration, path, variable, known)
    yield from _lone_dollars(integration, path, template)


def _unknown(integration: Integration, path: Path, variable: Variable, known: frozenset[str]) -> Finding:
    where = integration.locate_in(path, str(variable), variable.offset)
    advice = _ADVICE.get(variable.name)
    if advice and path[0] in {"API", "auth"}:
        return rules.MISPLACED_VARIABLE.at(where, f"nothing supplies {variable} here", advice)
    remedy = suggestion(variable.name, known, quote=_SIGNATURE)
    if path[0] != "Webhook" and not remedy.startswith("did"):
        remedy = f'add "{variable.name}" to properties' + (f", or {remedy}" if known else "")
    return rules.UNKNOWN_VARIABLE.at(where, f"nothing supplies {variable}", remedy)


_ADVICE = {
    "url": "use $content$: in SendFile it is the file's URL",
    "text": "use $content$: in SendMessage it is the text",
    "webhook_url": "only Subscribe has $webhook_url$",
    "messageid": "$messageid$ comes from response_map and webhooks; a request cannot send it",
    "event_key": "only webhook models have $event_key$",
}


def _lone_dollars(integration: Integration, path: Path, template: Template) -> Iterator[Finding]:
    for part in template.parts:
        if isinstance(part, str) and re.search(r"\$\w|\w\$", part):
            where = integration.locate(path)
            yield rules.LONE_DOLLAR.at(
                where, f"a dollar without a partner in {part!r}", "write $name$, with a dollar on both sides"
            )


# -- requests


def _request(integration: Integration, name: ApiName, method: ApiMethod, nested_forms: str) -> Iterator[Finding]:
    known = frozenset(integration.document.properties) | supplied(name)
    for path, text in _request_texts(name, method):
        yield from _variables(integration, path, text, known)
    yield from _address(integration, name, method)
    if name == "SendFile" and media_type(method.content_type) == "multipart/form-data":
        where = integration.locate(("API", name, "request_content_type"))
        message = "files go by URL: $content$ is the file's URL, and no part of the form holds the file itself"
        yield rules.FILE_BY_URL.at(where, message, "nothing to do if the provider fetches the file")
    yield from _content_type(integration, name, method, nested_forms)
    if name != "Subscribe":
        yield from _tracking(integration, name, method)


def _address(integration: Integration, name: ApiName, method: ApiMethod) -> Iterator[Finding]:
    first = parse_template(method.url).parts[0]
    if isinstance(first, str) and not re.match(r"https?://.", method.url, re.IGNORECASE):
        where = integration.locate(("API", name, "request_url"))
        yield rules.RELATIVE_URL.at(where, f"{method.url!r} is no absolute URL", "write https://host/path")


def _content_type(integration: Integration, name: ApiName, method: ApiMethod, nested_forms: str) -> Iterator[Finding]:
    has_query = method.verb in {"GET", "DELETE"}
    flat = has_query or media_type(method.content_type) in _FORM_TYPES
    if flat and nested_forms == "refuse":
        yield from _nested(integration, name, method)
    if not has_query and not flat and not is_json_type(method.content_type):
        where = integration.locate(("API", name, "request_content_type"))
        message = f"content type {method.content_type!r} is not seen publicly; the body will be JSON"
        yield rules.UNSEEN_CONTENT_TYPE.at(where, message, "use application/json or application/x-www-form-urlencoded")


def _nested(integration: Integration, name: ApiName, method: ApiMethod) -> Iterator[Finding]:
    path: Path = ("API", name, "request_parameters")
    if method.parameters is not None and not isinstance(method.parameters, Mapping):
        where = integration.locate(path)
        yield rules.NESTED_FORM.at(
            where, "the parameters of a form or query must be an object", 'write {"key": "$name$"}'
        )
        return
    for key, value in (method.parameters or {}).items():
        elements = list(enumerate(value)) if isinstance(value, list) else []
        inner = [(*path, key, index) for index, each in elements if isinstance(each, dict | list)]
        for place in [(*path, key)] if isinstance(value, dict) else inner:
            yield rules.NESTED_FORM.at(
                integration.locate(place),
                f'"{key}" is nested, but a form or query is flat',
                "flatten it, or send application/json",
            )


def _tracking(integration: Integration, name: ApiName, method: ApiMethod) -> Iterator[Finding]:
    reports = any(model.event_type == "messageDelivered" for model in integration.document.webhooks)
    has_map = method.response_map is not None
    names = set(variables_of(compile_pattern(method.response_map))) if has_map else set()
    for path, text in _texts(method.response_map, ("API", name, "response_map")):
        for variable in parse_template(text).variables:
            if variable.name != MESSAGE_ID:
                where = integration.locate_in(path, str(variable), variable.offset)
                yield rules.UNKNOWN_VARIABLE.at(
                    where,
                    f"response_map knows only $messageid$, not {variable}",
                    suggestion(variable.name, [MESSAGE_ID], quote=_SIGNATURE),
                )
    if reports and MESSAGE_ID not in names:
        where = integration.locate(("API", name, "response_map") if has_map else ("API", name), key=True)
        yield rules.NO_MESSAGE_ID.at(
            where,
            f"{name} maps no $messageid$, so no messageDelivered webhook can ever match what it sent",
            'add "response_map": {"…": "$messageid$"} as the provider answers',
        )


# -- webhook models


def _models(integration: Integration) -> Iterator[Finding]:
    earlier: list[tuple[WebhookModel, Pattern]] = []
    for index, model in enumerate(integration.document.webhooks):
        pattern = compile_pattern(model.parameters, event_key=model.event_key, optional=OPTIONAL[model.event_type])
        yield from _model(integration, index, model, pattern)
        for other, (before, general) in enumerate(earlier):
            if before.verb == model.verb and covers(general, pattern):
                yield rules.SHADOWED.at(
                    integration.locate(("Webhook", index)),
                    f"this model is never reached: whatever fits it fits Webhook[{other}] before it",
                    "put the more specific model first, or tell them apart by a literal",
                )
                break
        if index < _MOST_SHADOWING:
            earlier.append((model, pattern))


def _model(integration: Integration, index: int, model: WebhookModel, pattern: Pattern) -> Iterator[Finding]:
    path: Path = ("Webhook", index, "request_parameters")
    known = INCOMING_VARIABLES | set(integration.document.properties)
    for place, text in _texts(model.parameters, path):
        yield from _variables(integration, place, text, known)
    bound = set(variables_of(pattern))
    missing = [name for name in REQUIRED[model.event_type] if name not in bound]
    for name in missing:
        if nearest_name(name, bound - known) is None:  # a misspelt one is told of already
            yield _lacks(integration, model.event_type, index, name, bound)
    if not missing:
        yield from _foreign(integration, model, path)
    if not has_literal(pattern):
        yield rules.NO_EVENT_KEY.at(
            integration.locate(path, key=True),
            "nothing in this model tells its event from another",
            'add a leaf "$event_key$"',
        )


def _foreign(integration: Integration, model: WebhookModel, path: Path) -> Iterator[Finding]:
    """Variables that only another type of event has."""
    names, remedy = _FOREIGN.get(model.event_type, (frozenset(), ""))
    for place, text in _texts(model.parameters, path):
        for variable in parse_template(text).variables:
            if variable.name in names:
                where = integration.locate_in(place, str(variable), variable.offset)
                yield rules.MISPLACED_VARIABLE.at(where, f"no event of type {model.event_type} has {variable}", remedy)


_FOREIGN: Mapping[str, tuple[frozenset[str], str]] = {
    "message": (frozenset({"text", "url"}), "the text is $content$; a file comes as an mms, with $url$ and $text$"),
    "mms": (frozenset({"content"}), "the caption is $text$, the file's URL is $url$"),
}


def _lacks(integration: Integration, event_type: str, index: int, name: str, bound: set[str]) -> Finding:
    where: Location = integration.locate(("Webhook", index, "request_parameters"), key=True)
    remedy = f"add a leaf ${name}$"
    if event_type == "mms" and name == "url" and "content" in bound:
        remedy = "an mms has $url$ and $text$ where a message has $content$"
    elif event_type == "message" and name == "content" and bound & {"text", "url"}:
        remedy = "a message has $content$; $text$ and $url$ belong to mms"
    article = "an" if event_type == "mms" else "a"
    return rules.LACKS_VARIABLE.at(where, f"{article} {event_type} model needs ${name}$", remedy)
