"""``ringo-emu explain``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import click

from emulator.core.curl import curl_line, request_text
from emulator.core.document import API_NAMES
from emulator.core.explaining import (
    ExplainedRequest,
    ExplainedWebhook,
    OAuthStep,
    Samples,
    explain_oauth,
    explain_requests,
    explain_webhooks,
)
from emulator.core.findings import suggestion
from emulator.core.hosts import rewrite
from emulator.core.presenting import event_data
from emulator.core.profile import Profile
from emulator.core.reading import read_document
from emulator.core.redaction import MASK, Redactor
from emulator.core.secrecy import secrets_of
from emulator.engine.user_files import read_file
from emulator.errors import UsageError
from emulator.faces import completing
from emulator.faces.options import found_project, no_document, split_pairs, tell_of_overruled, which_project
from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.document import IntegrationDocument
    from emulator.core.matching import Event
    from emulator.core.messages import Request


@click.command()
@click.argument("document", required=False, shell_complete=completing.files)
@which_project
@click.option("--property", "properties", metavar="NAME=VALUE", multiple=True, help="Value of one of its properties.")
@click.option("--public", metavar="NAME", multiple=True, help="A property that is no secret: its value is shown.")
@click.option(
    "--set",
    "built_in",
    metavar="[REQUEST.]NAME=VALUE",
    multiple=True,
    help="Value of a variable of the platform's own.",
)
@click.option("--show-secrets", is_flag=True, help="Show property values that are masked otherwise.")
@click.option("--json", "as_json", is_flag=True, help='Print {"requests": {…}, "webhooks": […], "oauth2": […]}.')
def command(
    document: str | None,
    project_file: Path | None,
    environment: str | None,
    properties: tuple[str, ...],
    public: tuple[str, ...],
    built_in: tuple[str, ...],
    show_secrets: bool,
    as_json: bool,
) -> int:
    """Show every request that Ringotel would make, and a webhook for every model. Nothing is sent.

    DOCUMENT is a file, by default the project's; then the project says the values of its properties, who sends and
    receives, and where requests really go.

    \b
    Example: ringo-emu explain
             ringo-emu explain acme.json --property "API key=abcd" --set to=+61123456789
    """
    given = Samples(split_pairs(properties, "--property"), split_pairs(built_in, "--set"))
    what = _of_document(document, given, public) if document else _of_project(project_file, environment, given, public)
    played, samples = what.document, what.samples
    output = Output(Redactor() if show_secrets else what.redactor)
    with output.masking():
        requests = explain_requests(played, samples, what.profile)
        webhooks = explain_webhooks(played, samples)
        oauth = explain_oauth(played, samples, what.profile)
    if as_json:
        output.json(
            {
                "requests": {each.name: _request_data(each) for each in requests},
                "webhooks": [_webhook_data(each) for each in webhooks],
                "oauth2": [_step_data(each) for each in oauth],
            }
        )
        return 0
    for number, step in enumerate(oauth, 1):
        _show_step(number, step, output)
    for request in requests:
        _show_request(request, what, output)
    for name in API_NAMES:
        if played.api.method(name) is None:
            output.text(f"API.{name}: the document has none\n")
    for webhook in webhooks:
        _show_webhook(webhook, what, output)
    if any(MASK in curl_line(output.redactor.request(each.rendered.request)) for each in requests):
        output.text(f"{MASK} stands for a secret: for lines that work as they are, add --show-secrets", err=True)
    return 0


@dataclass(frozen=True, slots=True)
class _Explained:
    """A document with what its variables are, and where its requests go."""

    document: IntegrationDocument
    samples: Samples
    profile: Profile
    redactor: Redactor
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Of a project: where requests go instead."""
    listener: str = ""
    """Of a project: the webhook URL that `ringo-emu serve` has here."""
    ports: frozenset[int] = frozenset()
    """Of a project: free ports, which are others the next time."""

    def here(self, request: Request) -> tuple[Request, str]:
        """*request* as it goes where the project says, and why it does."""
        moved = request._replace(url=rewrite(request.url, self.hosts))
        passing = urlsplit(moved.url).port in self.ports
        return moved, "by hosts in the project file" + ("; its port is another in each run" if passing else "")


def _of_document(name: str, given: Samples, public: tuple[str, ...]) -> _Explained:
    """A document by itself."""
    try:
        data = read_file(Path(name), pipes=True)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", mend="name an integration document") from error
    played = read_document(name, data).playable().document
    for each in public:
        if each not in played.properties:
            raise UsageError(f'the document has no property "{each}"', mend=suggestion(each, played.properties))
    return _Explained(played, given, Profile(), Redactor(secrets_of(played, given.properties, public)))


def _of_project(
    project_file: Path | None, environment: str | None, given: Samples, public: tuple[str, ...]
) -> _Explained:
    """The document of a project, with what the project says of it."""
    from emulator.scenario.project import Overrides, load_project

    path = found_project(project_file, environment)
    if path is None:
        raise no_document()
    project = load_project(path, Overrides(environment=environment, properties=given.properties, public=public))
    tell_of_overruled(project)
    played, organization = project.integration.document, project.organization
    user = organization.users[0]
    parties = {
        "from": user.numbers[0],
        "to": organization.contact,
        "extension": user.extension,
        "domain": organization.domain,
    }
    samples = Samples(project.file.properties, {**parties, **given.built_in}, organization.settings)
    base = (project.file.public_url or _LISTENER).rstrip("/")
    listener = f"{base}/services/{played.id}/a{quote(organization.id, safe='')}"
    ports = frozenset(int(value) for name, value in project.names.items() if name.startswith("port."))
    return _Explained(played, samples, project.file.profile, project.redactor, project.hosts, listener, ports)


_LISTENER = "http://127.0.0.1:8085"
"""Where `ringo-emu serve` listens unless it is told otherwise."""


def _request_data(each: ExplainedRequest) -> dict[str, Any]:
    rendered = each.rendered
    return {
        "method": rendered.request.method,
        "url": rendered.request.url,
        "headers": dict(rendered.request.headers),
        "query": [list(pair) for pair in rendered.query],
        "json": rendered.json,
        "form": None if rendered.form is None else [list(pair) for pair in rendered.form],
        "multipart": None if rendered.multipart is None else [list(pair) for pair in rendered.multipart],
        "curl": curl_line(rendered.request),
        "origins": [{"path": each.path, "source": each.source, "unset": each.unset} for each in each.origins],
    }


def _step_data(step: OAuthStep) -> dict[str, Any]:
    request = step.request
    return {
        "step": step.sentence,
        "method": request and request.method,
        "url": request and request.url,
        "curl": request and curl_line(request),
    }


def _webhook_data(each: ExplainedWebhook) -> dict[str, Any]:
    return {
        "model": each.index,
        "event_key": each.model.event_key,
        "event_type": each.model.event_type,
        "method": each.request.method,
        "url": each.request.url,
        "body": each.body,
        "curl": curl_line(each.request),
        "events": [event_data(event) for event in each.events],
    }


def _show_step(number: int, step: OAuthStep, output: Output) -> None:
    if number == 1:
        output.line(output.styled("OAuth2, the web server flow", bold=True))
    output.text(f"  {number}. {step.sentence}")
    request = step.request and output.redactor.request(step.request)
    if request is not None:
        output.text(f"     {curl_line(request) if request.body else request.url}")
    output.text()


def _show_request(each: ExplainedRequest, what: _Explained, output: Output) -> None:
    output.line(output.styled(f"API.{each.name}", bold=True))
    request = output.redactor.request(each.rendered.request)
    for line in request_text(request).splitlines():
        output.text(f"  {line}")
    width = max(len(origin.path) for origin in each.origins)
    source_width = max(len(origin.source) for origin in each.origins)
    output.text("\n  where the values come from:")
    for origin in each.origins:
        unset = f"   unset: {origin.unset}" if origin.unset else ""
        output.text(f"    {origin.path.ljust(width)}  {origin.source.ljust(source_width)}{unset}".rstrip())
    _show_curl(each.rendered.request, *what.here(each.rendered.request), output)


def _show_curl(live: Request, here: Request, why: str, output: Output) -> None:
    """The line that makes a request to the document's own address and, where it goes elsewhere here, that one too."""
    line = curl_line(output.redactor.request(live))
    if here == live:
        output.text(f"\n  {line}\n")
        return
    output.text(f"\n  here, {why}:\n  {curl_line(output.redactor.request(here))}")
    output.text(f"\n  live:\n  {line}\n")


def _show_webhook(each: ExplainedWebhook, what: _Explained, output: Output) -> None:
    total = len(what.document.webhooks)
    output.line(
        output.styled(
            f"Webhook {each.index + 1} of {total}: {each.model.event_key} is {each.model.event_type}", bold=True
        )
    )
    for line in request_text(each.request).splitlines():
        output.text(f"  {line}")
    for event in each.events:
        output.text(f"\n  what Ringotel would make of it: {_meaning(event, each.index)}")
    if not each.events:
        output.text("\n  what Ringotel would make of it: nothing, no model fits; see ringo-emu lint")
    query = each.request.url.partition("?")[2]
    url = what.listener + (f"?{query}" if query else "")
    here = each.request._replace(url=url) if what.listener else each.request
    _show_curl(each.request, here, "to ringo-emu serve", output)


def _meaning(event: Event, model: int) -> str:
    values = event.variables
    taken = "" if event.model == model else f" (taken by Webhook[{event.model}], which stands before it)"
    match event.event_type:
        case "message":
            return f'a text from {values["from"]} to {values["to"]}: "{values["content"]}"{taken}'
        case "mms":
            caption = f' with the caption "{values["text"]}"' if values.get("text") else ""
            return f"a file from {values['from']} to {values['to']}{caption}, fetched from {values['url']}{taken}"
        case _:
            return f"the message that was sent with id {values['messageid']} is delivered{taken}"
