"""``ringo-emu explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from emulator.core.presenting import event_data
from emulator.core.profile import Profile
from emulator.core.reading import read_document
from emulator.core.redaction import Redactor, secrets_of
from emulator.errors import UsageError
from emulator.faces.options import split_pairs
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.core.matching import Event


@click.command()
@click.argument("document")
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
    document: str,
    properties: tuple[str, ...],
    public: tuple[str, ...],
    built_in: tuple[str, ...],
    show_secrets: bool,
    as_json: bool,
) -> int:
    """Show every request that Ringotel would make, and a webhook for every model. Nothing is sent.

    \b
    Example: ringo-emu explain acme.json --property "API key=abcd" --set to=+61123456789
    """
    try:
        data = Path(document).read_bytes()
    except OSError as error:
        raise UsageError(f"{document} cannot be read: {error.strerror}", mend="name an integration document") from error
    played = read_document(document, data).playable().document
    samples = Samples(split_pairs(properties, "--property"), split_pairs(built_in, "--set"))
    for name in public:
        if name not in played.properties:
            raise UsageError(f'the document has no property "{name}"', mend=suggestion(name, played.properties))
    output = Output(Redactor() if show_secrets else Redactor(secrets_of(played, samples.properties, public)))
    with output.masking():
        requests = explain_requests(played, samples, Profile())
        webhooks = explain_webhooks(played, samples)
        oauth = explain_oauth(played, samples, Profile())
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
        _show_request(request, output)
    for name in API_NAMES:
        if played.api.method(name) is None:
            output.text(f"API.{name}: the document has none\n")
    for webhook in webhooks:
        _show_webhook(webhook, played, output)
    return 0


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


def _show_request(each: ExplainedRequest, output: Output) -> None:
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
    output.text(f"\n  {curl_line(request)}\n")


def _show_webhook(each: ExplainedWebhook, document: IntegrationDocument, output: Output) -> None:
    total = len(document.webhooks)
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
    output.text(f"\n  {curl_line(each.request)}\n")


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
