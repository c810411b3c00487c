"""How the project file connects accounts to a provider with OAuth2 where no browser is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from emulator.core.secrecy import is_secret_name
from emulator.engine.authorizing import Ways
from emulator.errors import UsageError
from emulator.scenario.placeholders import UnfilledError, fill, in_data
from emulator.scenario.steps.provoking import action_of, http_request

if TYPE_CHECKING:
    from emulator.core.messages import Request
    from emulator.engine.consenting import Page
    from emulator.scenario.project import HttpAction, Project


def ways_of(project: Project) -> Ways:
    """What the project's ``oauth`` says."""
    entry = project.file.oauth
    revoke = None if entry.revoke is None else partial(_revocation, project, entry.revoke)
    return Ways(
        consent=tuple(partial(_answer, project, request) for request in entry.consent_requests),
        refresh_token=entry.refresh_token,
        revocation=revoke,
    )


def _answer(project: Project, data: Any, page: Page) -> Request:
    """What the admin answers to *page*; an address may be relative to that of the page."""
    action = _action(project, data, {"page": page.url, "hidden": dict(page.hidden)}, "oauth.consent")
    # An admin's password was typed into the project file, and is written into a form only here.
    project.redactor.learn(value for name, value in (action.form or {}).items() if is_secret_name(name))
    return http_request(action.model_copy(update={action.http_method: urljoin(page.url, action.url)}))


def _revocation(project: Project, data: Any, names: Mapping[str, str]) -> Request:
    return http_request(_action(project, data, names, "oauth.revoke"))


def _action(project: Project, data: Any, names: Mapping[str, Any], what: str) -> HttpAction:
    known = {**project.names, **names}
    try:
        return action_of(fill(data, lambda name: in_data(known, name)), what, "oauth")
    except UnfilledError as error:
        mend = "has the page such a hidden field? see the journal" if error.name.startswith("hidden.") else None
        raise UsageError(f"{what} needs ${error.name}$, which has no value", mend=mend) from error
