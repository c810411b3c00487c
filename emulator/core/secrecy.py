"""What is secret: what an admin types into the form, and what the document makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from emulator.core.document import PLACEHOLDER, BasicAuth, BearerAuth
from emulator.core.template import Template, leaves, parse_template
from emulator.core.writings import basic_pair

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from emulator.core.document import IntegrationDocument

_SECRET_NAME = re.compile(r"pass|pwd|pin$|secret|token|otp|key", re.IGNORECASE)


def secrets_of(document: IntegrationDocument, properties: Mapping[str, str], public: Collection[str] = ()) -> set[str]:
    """Every value that no output may show: the properties, and what the document makes of them.

    Those called *public* are none, nor those that stand in a host of the document, nor what nobody has given yet.
    """
    hidden = {
        name: value
        for name, value in properties.items()
        if name not in public and value != PLACEHOLDER and not (name in _hosts(document) and "@" not in value)
    }
    secrets = set(hidden.values())

    def filled(template: Template) -> str:
        return template.fill(lambda variable: properties.get(variable.name, ""))

    def is_secret(template: Template) -> bool:
        """Whether it holds a secret, or is one that somebody wrote into the document."""
        return not template.variables or any(each.name in hidden for each in template.variables)

    for template in _keys(document):
        if is_secret(template):
            secrets.add(filled(template))
    for username, password in _pairs(document):
        if is_secret(password):
            secrets.add(basic_pair(filled(username), filled(password)))
    for template in _parameter_templates(document):
        if template.variables and all(each.name in properties for each in template.variables) and is_secret(template):
            secrets.add(filled(template))  # such as key-$API key$, of which the property is only a part
    return secrets - {PLACEHOLDER}


def mild_secrets(document: IntegrationDocument, properties: Mapping[str, str]) -> set[str]:
    """The values of properties that authorize nobody: whose name does not say so, and which no key is made of."""
    keys = {each.name for template in _keys(document) for each in template.variables}
    keen = {name for name in properties if name in keys or is_secret_name(name)}
    return {value for name, value in properties.items() if name not in keen} - {properties[name] for name in keen}


def is_secret_name(name: str) -> bool:
    """Whether a field or property of that name holds what nobody should see."""
    return _SECRET_NAME.search(name) is not None


def _keys(document: IntegrationDocument) -> Iterator[Template]:
    """The templates of what authorizes requests."""
    match document.auth:
        case BasicAuth(password=password):
            yield parse_template(password)
        case BearerAuth(token=token):
            yield parse_template(token)
    if document.oauth2 is not None:
        yield parse_template(document.oauth2.client_secret)


def _pairs(document: IntegrationDocument) -> Iterator[tuple[Template, Template]]:
    """What HTTP Basic makes a pair of: user name and password, of ``auth`` or before a host."""
    match document.auth:
        case BasicAuth(username=username, password=password):
            yield parse_template(username), parse_template(password)
    for url in _urls(document):
        login = _authority(url).rpartition("@")[0]
        if login:
            username, _, password = login.partition(":")
            yield parse_template(unquote(username)), parse_template(unquote(password))


def _parameter_templates(document: IntegrationDocument) -> Iterator[Template]:
    for method in (document.api.SendMessage, document.api.SendFile, document.api.Subscribe):
        if method is not None:
            for _, leaf in leaves(method.parameters):
                if isinstance(leaf, str):
                    yield parse_template(leaf)


def _hosts(document: IntegrationDocument) -> set[str]:
    """The properties that say where the provider is, and authorize nobody."""
    hosts = (parse_template(_authority(url).rpartition("@")[2]) for url in _urls(document))
    found = {each.name for host in hosts for each in host.variables}
    return found - {each.name for template in _keys(document) for each in template.variables}


def _urls(document: IntegrationDocument) -> list[str]:
    methods = (document.api.SendMessage, document.api.SendFile, document.api.Subscribe)
    urls = [method.url for method in methods if method is not None]
    if document.oauth2 is not None:
        urls += [document.oauth2.authorization_endpoint, document.oauth2.token_endpoint]
    return urls


def _authority(url: str) -> str:
    """What in the template *url* says where it goes: between the slashes, or its beginning if a variable has them."""
    _, mark, behind = url.partition("://")
    end = re.compile(r"\$[^$\r\n]+\$|[^/?#]").match  # a variable's name may hold a slash
    whole, at = behind if mark else url, 0
    while (found := end(whole, at)) is not None:
        at = found.end()
    return whole[:at]
