"""What requests must and should say (framework 2, 4 and 9)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.findings import case_slip, suggestion
from emulator.core.foreign import Foreign, foreign_in, meant, without_foreign
from emulator.core.messages import is_json_type, media_type
from emulator.core.patterns import MESSAGE_ID, compile_pattern, variables_of
from emulator.core.template import parse_template
from emulator.core.variable_rules import (
    SIGNATURE,
    as_variable,
    check_keys,
    check_variables,
    foreign_placeholder,
    is_address,
    is_in_host,
    lone_dollars,
    supplied,
    texts,
)
from emulator.errors import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.document import ApiMethod, ApiName, Integration
    from emulator.core.source import Path
    from emulator.errors import Finding, Location

_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_SECRET_NAME = re.compile(r"(api|auth|access|account)?[_-]?(key|token|secret|password|passwd|pwd)", re.IGNORECASE)
_SECRET_IN_URL = re.compile(
    r"//[^/@$][^/@$:]*+:[^/@$]++@|[?&](?:api_?)?(?:key|token|secret|password)=[^&$?]++(?:[&?]|\Z)", re.IGNORECASE
)


def foreign_at(path: Path, text: str, known: Collection[str] = ()) -> list[Foreign]:
    """The placeholders of other styles in the text at *path*."""
    return foreign_in(text, known, is_address=is_address(path))


def request_texts(name: ApiName, method: ApiMethod) -> Iterator[tuple[Path, str]]:
    """Every template of a request with its path."""
    yield ("API", name, "request_url"), method.url
    yield from texts(method.parameters, ("API", name, "request_parameters"))


def check_request(integration: Integration, name: ApiName, method: ApiMethod, nested_forms: str) -> Iterator[Finding]:
    """What is odd about one request."""
    known = frozenset(integration.document.properties) | supplied(name)
    for path, text in request_texts(name, method):
        yield from check_variables(integration, path, text, known)
    yield from _purpose(integration, name, method)
    yield from check_address(integration, ("API", name, "request_url"), method.url)
    yield from _secrets(integration, name, method)
    if name == "SendFile" and media_type(method.content_type) == "multipart/form-data":
        where = integration.locate(("API", name, "request_content_type"))
        message = "files go by URL: $content$ is the file's URL, and no part of the form holds the file itself"
        yield rules.FILE_BY_URL.at(where, message, "nothing to do if the provider fetches the file")
    yield from _content_type(integration, name, method, nested_forms)
    if name != "Subscribe":
        yield from _tracking(integration, name, method)


_PURPOSE: Mapping[ApiName, Mapping[str, str]] = {
    "SendMessage": {"to": "the receiver", "content": "the text"},
    "SendFile": {"to": "the receiver", "content": "the file's URL"},
    "Subscribe": {"webhook_url": "the webhook URL"},
}


def _purpose(integration: Integration, name: ApiName, method: ApiMethod) -> Iterator[Finding]:
    """What a request is for and does not say; a name that nothing supplies is told of elsewhere."""
    known = supplied(name) | set(integration.document.properties)
    used = {each.name for _, text in request_texts(name, method) for each in parse_template(text).variables}
    if used - known:
        return
    foreign = [each for path, text in request_texts(name, method) for each in foreign_at(path, text, known)]
    used |= {str(meant(each.name, known)) for each in foreign}
    for variable, what in _PURPOSE[name].items():
        if variable not in used:
            where = _at_key(integration, name, "request_parameters")
            message = f"{name} never says {what}: ${variable}$ stands nowhere in it"
            yield rules.SENDS_NOTHING.at(where, message, f"write ${variable}$ where the provider reads it")


def _at_key(integration: Integration, name: ApiName, key: str) -> Location:
    """The place of a request's *key*, or of the request if it has none."""
    path: Path = ("API", name, key)
    return integration.locate(path if integration.has(path) else path[:-1], key=True)


def check_address(integration: Integration, path: Path, url: str) -> Iterator[Finding]:
    """What is odd about the template of an address."""
    foreign = foreign_at(path, url)
    in_host = [each for each in foreign if is_in_host(url, each, path)]
    for each in in_host:
        where = integration.locate_in(path, each.text, each.offset)
        known = frozenset(integration.document.properties)
        yield rules.RELATIVE_URL.at(where, f"{each.text} in the host is no variable", as_variable(each, known, path))
    secretive = without_foreign(url, foreign, by="$")
    url = without_foreign(url, foreign)
    first = parse_template(url).parts[0]
    if isinstance(first, str) and not re.match(r"https?://.", url, re.IGNORECASE):
        yield rules.RELATIVE_URL.at(integration.locate(path), f"{url!r} is no absolute URL", "write https://host/path")
    elif isinstance(first, str) and re.match("http:", url, re.IGNORECASE):
        where = integration.locate_in(path, url[:4], 0)
        yield rules.NOT_ENCRYPTED.at(where, "this request is not encrypted", "write https://")
    if any(re.search(r"\s", part) for part in parse_template(url).parts if isinstance(part, str)):
        yield rules.SPACE_IN_URL.at(integration.locate(path), "a space in the URL", "remove it, or write %20")
    if _SECRET_IN_URL.search(secretive):
        yield written_secret(integration, path)


def written_secret(integration: Integration, path: Path) -> Finding:
    """What stands at *path* should be a property."""
    return rules.WRITTEN_SECRET.at(
        integration.locate(path),
        "a secret is written into the file",
        'ask for it: add a name such as "API key" to properties, and write $API key$ here',
    )


def _secrets(integration: Integration, name: ApiName, method: ApiMethod) -> Iterator[Finding]:
    for path, text in texts(method.parameters, ("API", name, "request_parameters")):
        key = path[-1]
        is_written = text and not parse_template(text).variables and not foreign_at(path, text)
        if isinstance(key, str) and _SECRET_NAME.fullmatch(key) and is_written:
            yield written_secret(integration, path)


def _content_type(integration: Integration, name: ApiName, method: ApiMethod, nested_forms: str) -> Iterator[Finding]:
    has_query = method.verb in {"GET", "DELETE"}
    flat = has_query or media_type(method.content_type) in _FORM_TYPES
    if flat and nested_forms == "refuse":
        yield from _nested(integration, name, method)
    if has_query and integration.has(("API", name, "request_content_type")):
        where = integration.locate(("API", name, "request_content_type"))
        yield rules.NO_BODY.at(where, f"a {method.verb} has no body: the content type has no effect", "remove it")
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
    reporting = [model for model in integration.document.webhooks if model.event_type == "messageDelivered"]
    has_map = method.response_map is not None
    names = set(variables_of(compile_pattern(method.response_map))) if has_map else set()
    for path, text in texts(method.response_map, ("API", name, "response_map")):
        foreign = foreign_at(path, text, frozenset({MESSAGE_ID}))
        for each in foreign:
            yield foreign_placeholder(integration, path, each, frozenset({MESSAGE_ID}))
            names |= {str(meant(each.name, {MESSAGE_ID}))}
        text = without_foreign(text, foreign)  # noqa: PLW2901
        yield from () if foreign else lone_dollars(integration, path, parse_template(text))
        for variable in parse_template(text).variables:
            if variable.name != MESSAGE_ID:
                where = integration.locate_in(path, str(variable), variable.offset)
                slip = case_slip(variable.name, [MESSAGE_ID])
                yield rules.UNKNOWN_VARIABLE.at(
                    where,
                    f"response_map knows only $messageid$, not {variable}",
                    suggestion(variable.name, [MESSAGE_ID], quote=SIGNATURE),
                    edit=Edit.of(where, str(variable), SIGNATURE.format(slip)) if slip else None,
                )
    yield from check_keys(integration, method.response_map, ("API", name, "response_map"))
    if MESSAGE_ID in names and not reporting:
        where = integration.locate(("API", name, "response_map"), key=True)
        message = f"nothing reads the $messageid$ of {name}: no model is a messageDelivered"
        yield rules.NO_REPORTS.at(where, message, "add a model of the delivery report, if the provider sends one")
    if MESSAGE_ID not in names and any(not model.is_skeleton for model in reporting):
        yield rules.NO_MESSAGE_ID.at(
            _at_key(integration, name, "response_map"),
            f"{name} maps no $messageid$, so no messageDelivered webhook can ever match what it sent",
            'add "response_map": {"…": "$messageid$"} as the provider answers',
        )
