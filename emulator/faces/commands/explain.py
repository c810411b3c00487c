"""``ringo-emu explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.core.curl import curl_line, request_text
from emulator.core.document import API_NAMES
from emulator.core.explaining import ExplainedRequest, ExplainedWebhook, Samples, explain_requests, explain_webhooks
from emulator.core.profile import Profile
from emulator.core.reading import read_document
from emulator.core.redaction import Redactor, secrets_of
from emulator.errors import UsageError
from emulator.faces.options import split_pairs
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument


@click.command()
@click.argument("document")
@click.option("--property", "properties", metavar="NAME=VALUE", multiple=True, help="Value of one of its properties.")
@click.option(
    "--set",
    "built_in",
    metavar="[REQUEST.]NAME=VALUE",
    multiple=True,
    help="Value of a variable of the platform's own.",
)
@click.option("--show-secrets", is_flag=True, help="Show property values that are masked otherwise.")
@click.option("--json", "as_json", is_flag=True, help='Print {"requests": {…}, "webhooks": […]}.')
def command(
    document: str, properties: tuple[str, ...], built_in: tuple[str, ...], show_secrets: bool, as_json: bool
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
    output = Output(Redactor() if show_secrets else Redactor(secrets_of(played, samples.properties)))
    with output.masking():
        requests = explain_requests(played, samples, Profile())
        webhooks = explain_webhooks(played, samples)
    if as_json:
        output.json(
            {
                "requests": {each.name: _request_data(each) for each in requests},
                "webhooks": [_webhook_data(each) for each in webhooks],
            }
        )
        return 0
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


def _webhook_data(each: ExplainedWebhook) -> dict[str, Any]:
    return {
        "model": each.index,
        "event_key": each.model.event_key,
        "event_type": each.model.event_type,
        "method": each.request.method,
        "url": each.request.url,
        "body": each.body,
        "curl": curl_line(each.request),
    }


def _show_request(each: ExplainedRequest, output: Output) -> None:
    output.line(output.styled(f"API.{each.name}", bold=True))
    for line in request_text(each.rendered.request).splitlines():
        output.text(f"  {line}")
    width = max(len(origin.path) for origin in each.origins)
    output.text("\n  where the values come from:")
    for origin in each.origins:
        unset = f"   unset: {origin.unset}" if origin.unset else ""
        output.text(f"    {origin.path.ljust(width)}  {origin.source}{unset}")
    output.text(f"\n  {curl_line(each.rendered.request)}\n")


def _show_webhook(each: ExplainedWebhook, document: IntegrationDocument, output: Output) -> None:
    total = len(document.webhooks)
    output.line(
        output.styled(
            f"Webhook {each.index + 1} of {total}: {each.model.event_key} is {each.model.event_type}", bold=True
        )
    )
    for line in request_text(each.request).splitlines():
        output.text(f"  {line}")
    output.text(f"\n  {curl_line(each.request)}\n")
