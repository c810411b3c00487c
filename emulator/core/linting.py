"""What a well-formed document means, and where that is not what its author wanted (framework 2, 3, 4, 5, 6 and 9)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from emulator.core import rules
from emulator.core.document import API_NAMES, GUIDE
from emulator.core.foreign import meant
from emulator.core.messages import media_type
from emulator.core.model_rules import check_models
from emulator.core.request_rules import check_address, check_request, foreign_at, request_texts, written_secret
from emulator.core.template import parse_template
from emulator.core.variable_rules import SENDING_VARIABLES, SUBSCRIBE_VARIABLES, check_variables, meant_by, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.document import Integration, OAuth2
    from emulator.core.source import Path
    from emulator.errors import Finding, Location

_MOST_UNUSED = 50
_FORM = "application/x-www-form-urlencoded"
_SECRETS = {("auth", "token"), ("auth", "password"), ("OAuth2", "client_secret")}


def lint(integration: Integration, *, nested_forms: str) -> Iterator[Finding]:
    """Everything that the rules find in a document whose shape is right."""
    yield from _whole(integration)
    yield from _properties(integration)
    yield from _auth(integration)
    if integration.document.oauth2 is not None:
        yield from _oauth(integration, integration.document.oauth2)
    for name in API_NAMES:
        method = integration.document.api.method(name)
        if method is not None:
            yield from check_request(integration, name, method, nested_forms)
    yield from check_models(integration)


def _whole(integration: Integration) -> Iterator[Finding]:
    document = integration.document
    if not document.webhooks:
        yield rules.NO_WEBHOOK.at(
            integration.locate(("Webhook",), key=True),
            "there are no Webhook models: nothing can come in",
            f"describe the provider's webhooks: {GUIDE} shows how",
        )
    if document.api.SendFile is None:
        where = integration.locate(("API",), key=True)
        yield rules.NO_SEND_FILE.at(where, "API.SendFile is missing: MMS is off", "nothing to do if that is meant")
    if document.auth is not None and document.oauth2 is not None:
        where = integration.locate(("auth",), key=True)
        yield rules.BOTH_AUTHS.at(where, "auth stands beside OAuth2; OAuth2 is taken to win", "keep one of the two")


def _outgoing_texts(integration: Integration) -> Iterator[tuple[Path, str]]:
    """Every template that the platform fills."""
    yield from _auth_texts(integration)
    for name in API_NAMES:
        method = integration.document.api.method(name)
        if method is not None:
            yield from request_texts(name, method)


def _auth_texts(integration: Integration) -> Iterator[tuple[Path, str]]:
    document = integration.document
    if document.auth is not None:
        yield from texts(asdict(document.auth), ("auth",))
    if document.oauth2 is not None:
        yield from texts(asdict(document.oauth2), ("OAuth2",))


def _properties(integration: Integration) -> Iterator[Finding]:
    known = frozenset(integration.document.properties)
    used = {each.name for _, text in _outgoing_texts(integration) for each in parse_template(text).variables}
    foreign = [each for path, text in _outgoing_texts(integration) for each in foreign_at(path, text, known)]
    used |= {str(meant(each.name, known)) for each in foreign}
    strangers = used - set(integration.document.properties) - SENDING_VARIABLES - SUBSCRIBE_VARIABLES
    unused = [(at, name) for at, name in enumerate(integration.document.properties) if name not in used]
    for index, name in unused[:_MOST_UNUSED]:
        if meant_by(name, strangers) is None:  # a misspelt variable is told of at its place
            where = integration.locate(("properties", index))
            yield rules.UNUSED_PROPERTY.at(
                where, f'nothing uses the property "{name}"', f"use ${name}$ somewhere, or remove it"
            )


def _auth(integration: Integration) -> Iterator[Finding]:
    known = frozenset(integration.document.properties)
    for path, text in _auth_texts(integration):
        yield from check_variables(integration, path, text, known)
        if path in _SECRETS and text and not parse_template(text).variables and not foreign_at(path, text, known):
            yield written_secret(integration, path)
        if path == ("auth", "token") and text.lower().startswith("bearer "):
            yield rules.TWO_SCHEMES.at(
                integration.locate(path), "the header would say Bearer twice", 'leave "Bearer " out of the token'
            )


def _oauth(integration: Integration, oauth2: OAuth2) -> Iterator[Finding]:
    for name in ("authorization_endpoint", "token_endpoint"):
        yield from check_address(integration, ("OAuth2", name), getattr(oauth2, name))
    if oauth2.flow_type not in (None, {"default": "0"}):
        where = _odd_setting(integration, oauth2.flow_type, ("OAuth2", "flow_type"), "default")
        yield rules.UNKNOWN_FLOW.at(where, "this flow type is unknown", 'write {"default": "0"}: the web server flow')
    for name, inner in (("authorization_parameters", "default"), ("token_parameters", "content_type")):
        parameters = getattr(oauth2, name)
        if parameters is not None and not (
            isinstance(parameters, dict) and isinstance(parameters.get(inner), str) and len(parameters) == 1
        ):
            where = _odd_setting(integration, parameters, ("OAuth2", name), inner)
            yield rules.UNKNOWN_FLOW.at(where, f"{name} holds {inner}, a text, alone", f'write {{"{inner}": "…"}}')
        elif parameters is not None:
            yield from _oauth_parameter(integration, ("OAuth2", name, inner), parameters[inner])


def _odd_setting(integration: Integration, settings: Any, path: Path, known: str) -> Location:
    """The place of the first key in *settings* that is not the one *known*, or of that one, or of the whole."""
    if not isinstance(settings, dict) or not settings:
        return integration.locate(path)
    strange = next((key for key in settings if key != known), None)
    return integration.locate((*path, known)) if strange is None else integration.locate((*path, strange), key=True)


def _oauth_parameter(integration: Integration, path: Path, text: str) -> Iterator[Finding]:
    if path[-1] == "default" and any(char.isspace() for char in text):
        where = integration.locate(path)
        yield rules.SPACE_IN_URL.at(where, "a space in a query that goes out as it is", "write %20 for each space")
    if path[-1] == "content_type" and media_type(text) != _FORM:
        where = integration.locate(path)
        yield rules.UNSEEN_CONTENT_TYPE.at(where, "a token endpoint reads forms (RFC 6749)", f"write {_FORM}")
