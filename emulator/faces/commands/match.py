"""``ringo-emu match``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emulator.core.bodies import read_webhook
from emulator.core.matching import Matched, compile_models, match
from emulator.core.presenting import event_data, finding_data, mismatch_in_words, near_miss_data
from emulator.core.reading import read_document
from emulator.errors import UsageError
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.core.messages import Json
    from emulator.errors import Finding


@click.command()
@click.argument("document")
@click.argument("body", required=False)
@click.option("--content-type", help="What the body is; by default it is found by trial.")
@click.option("--method", default="POST", show_default=True, help="The HTTP method of the webhook.")
@click.option("--query", default="", help="The webhook's query string, for models that use GET.")
@click.option("--json", "as_json", is_flag=True, help='Print {"events": […], "unmatched": […], "findings": […]}.')
def command(document: str, body: str | None, content_type: str | None, method: str, query: str, as_json: bool) -> int:
    """Say which webhook model BODY fits, what it binds, and why the others do not.

    BODY is a file; - reads standard input. Exit code 1 if nothing matches.

    \b
    Example: ringo-emu match acme.json webhook.json
    """
    integration = read_document(document, _bytes(document)).playable()
    payload, findings = read_webhook(method.upper(), query, content_type, _bytes(body) if body else b"")
    models = compile_models(integration.document.webhooks)
    matched = match(models, method.upper(), payload)
    every = [*(findings if content_type else ()), *(finding for event in matched.events for finding in event.findings)]
    output = Output()
    if as_json:
        output.json(
            {
                "events": [event_data(event) for event in matched.events],
                "unmatched": [near_miss_data(miss, payload) for miss in matched.unmatched],
                "findings": [finding_data(finding) for finding in every],
            }
        )
    else:
        _show(matched, payload, every, integration.document, output)
    return 0 if matched.events else 1


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read: {error.strerror}", mend="name a file, or - for standard input"
        ) from error


def _show(
    matched: Matched, payload: Json, findings: list[Finding], document: IntegrationDocument, output: Output
) -> None:
    for event in matched.events:
        key = document.webhooks[event.model].event_key
        path = event_data(event)["path"]
        output.line(
            output.styled("matches", fg="green")
            + output.styled(f"  {path}  {event.event_type}  by Webhook[{event.model}] ({key})")
        )
        for name, value in event.variables.items():
            output.text(f"    ${name}$ = {value!r}")
    for miss in (near_miss_data(each, payload) for each in matched.unmatched):
        output.line(output.styled("matches no model", fg="red") + output.styled(f"  {miss['path']}"))
        nearest = miss["nearest"]
        if nearest is None:
            continue
        output.text(f"    nearest: {nearest['event_type']}, Webhook[{nearest['model']}] ({nearest['event_key']})")
        for each in nearest["mismatches"]:
            output.text(f"    ✗ {mismatch_in_words(each)}")
    output.findings(findings, codes=True)
