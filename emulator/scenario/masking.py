"""What is secret in a project, and how it is kept out of what is said about the file that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.core.document import PLACEHOLDER
from emulator.core.numbers import digits_of
from emulator.core.plain import source_text
from emulator.core.redaction import Redactor
from emulator.core.secrecy import is_secret_name, mild_secrets, secrets_of
from emulator.core.template import leaves
from emulator.scenario.placeholders import names_in

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.errors import Finding
    from emulator.scenario.project import ProjectFile


def redactor_of(document: IntegrationDocument, file: ProjectFile) -> Redactor:
    """What masks the secrets of a project: what it says itself, and what *document* makes of its properties.

    What the organization and the webhook URL are made of is known to everybody, and is typed, dialled and posted to:
    a property that holds the same is no secret.
    """
    organization = file.organization
    numbers = {organization.contact, *(number for user in organization.users for number in user.numbers)}
    known = {organization.id, organization.domain, document.id, *numbers, *map(digits_of, numbers)}
    given = {file.oauth.refresh_token} if file.oauth.refresh_token is not None else set()
    environments = [each.env for each in (file.provider, *file.triggers.values()) if each is not None]
    pairs = [pair for each in environments for pair in each.items()]
    environment = {value for name, value in pairs if is_secret_name(name) and not names_in(value)}
    named = {*file.secrets, *given, *environment}
    secrets = secrets_of(document, file.properties, file.public) - known
    return Redactor(secrets | named, mild_secrets(document, file.properties) - named)


def secrets_written(data: Mapping[str, Any]) -> set[str]:
    """What must not be shown of a project file, whether it is right or wrong."""
    public = {(source_text(leaf),) for _, leaf in leaves(data.get("public"))}
    kept = [source_text(leaf) for path, leaf in leaves(data.get("properties")) if path[:1] not in public]
    kept += [source_text(leaf) for _, leaf in leaves(data.get("secrets"))]
    named = [source_text(leaf) for path, leaf in leaves(data.get("oauth")) if path and is_secret_name(str(path[-1]))]
    kept += [value for value in named if isinstance(value, str) and not names_in(value)]
    return {value for value in kept if isinstance(value, str) and value != PLACEHOLDER}


def masked(finding: Finding, redactor: Redactor) -> Finding:
    """*finding* without secrets. A source line that holds one goes as a whole: a part of it could be cut off."""
    where = finding.where
    if where is not None and where.text is not None and redactor.text(where.text) != where.text:
        where = replace(where, text=None)
    message, remedy = redactor.sentence(finding.message), redactor.sentence(finding.remedy)
    return replace(finding, message=message, remedy=remedy, where=where)
