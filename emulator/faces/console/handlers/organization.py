"""The organization, its users and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.document import API_NAMES
from emulator.faces.console import records

if TYPE_CHECKING:
    from emulator.faces.console.asking import NoBody, Nowhere
    from emulator.faces.console.parts import Console


async def organization(console: Console, where: Nowhere, body: NoBody) -> records.Organization:
    """The organization that has the integration enabled."""
    del where, body
    document = console.platform.settings.integration.document
    names = [name for name in API_NAMES if document.api.method(name) is not None]
    return records.organization_record(console.account, document.id, names, has_oauth=document.oauth2 is not None)


async def users(console: Console, where: Nowhere, body: NoBody) -> records.Users:
    """The organization's users."""
    del where, body
    return records.Users(items=tuple(map(records.user_record, console.account.organization.users)))


async def numbers(console: Console, where: Nowhere, body: NoBody) -> records.Numbers:
    """The organization's SMS numbers."""
    del where, body
    organization = console.account.organization
    return records.Numbers(items=tuple(records.number_record(each, organization) for each in organization.numbers))


async def webhook_url(console: Console, where: Nowhere, body: NoBody) -> records.WebhookUrl:
    """Where the provider posts its webhooks."""
    del where, body
    return records.WebhookUrl(webhook_url=console.account.webhook_url, account=console.account.label)
