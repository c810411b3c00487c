"""``ringo-emu match``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from emulator.core.bodies import read_webhook, unpack
from emulator.core.matching import Matched, compile_models, held_against, match
from emulator.core.messages import header
from emulator.core.presenting import event_data, finding_data, mismatch_in_words, near_miss_data
from emulator.core.reading import MAX_BYTES, read_document
from emulator.errors import UsageError
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.core.messages import Headers, Json


@dataclass(frozen=True, slots=True)
class _Webhook:
    """What is held against the models."""

    method: str
    query: str
    headers: Headers
    body: bytes


@click.command()
@click.argument("document")
@click.argument("body", required=False)
@click.option("--content-type", help="What the body is; by default it is found by trial.")
@click.option("--header", "headers", metavar="NAME: VALUE", multiple=True, help="A header of the webhook.")
@click.option("--method", help="The HTTP method of the webhook; by default POST.")
@click.option("--query", help="The webhook's query string, for models that use GET.")
@click.option("--journal", "journal", type=click.Path(path_type=Path), help="Where exchange BODY is recorded.")
@click.option("--json", "as_json", is_flag=True, help='Print {"events": […], "unmatched": […], "findings": […]}.')
def command(
    document: str,
    body: str | None,
    content_type: str | None,
    headers: tuple[str, ...],
    method: str | None,
    query: str | None,
    journal: Path | None,
    as_json: bool,
) -> int:
    """Say which webhook model BODY fits, what it binds, and why the others do not.

    BODY is a file, - for standard input, or the number of a recorded exchange. Exit code 1 if nothing matches.

    \b
    Example: ringo-emu match acme.json webhook.json
             ringo-emu match acme.json 7
             ringo-emu match acme.json --method GET --query "type=delivered&id=1"
    """
    integration = read_document(document, _bytes(document)).playable()
    recorded = _recorded(body, journal)
    given = tuple(map(_header, headers)) + ((("Content-Type", content_type),) if content_type else ())
    webhook = _Webhook(
        (method or recorded.method).upper(), recorded.query if query is None else query, given or recorded.headers,
        recorded.body,
    )  # fmt: skip
    declared = header(tuple(reversed(webhook.headers)), "Content-Type")
    packed = header(webhook.headers, "Content-Encoding")
    payload, findings = read_webhook(webhook.method, webhook.query, declared, unpack(webhook.body, packed, MAX_BYTES))
    models = compile_models(integration.document.webhooks)
    matched = match(models, webhook.method, payload)
    every = [*(findings if declared else ()), *(finding for event in matched.events for finding in event.findings)]
    others = [near_miss_data(miss, payload) for miss in held_against(models, webhook.method, payload)]
    output = Output()
    if as_json:
        output.json(
            {
                "events": [event_data(event) for event in matched.events],
                "unmatched": [near_miss_data(miss, payload) for miss in matched.unmatched],
                "models": others,
                "findings": [finding_data(finding) for finding in every],
            }
        )
    else:
        _show(matched, payload, others, integration.document, output)
        output.findings(every, codes=True)
    return 0 if matched.events else 1


def _recorded(body: str | None, journal: Path | None) -> _Webhook:
    """The body, and what is recorded with it if it is that of an exchange."""
    if body is None or not body.isdecimal() or Path(body).exists():
        return _Webhook("POST", "", (), _bytes(body) if body else b"")
    from emulator.faces.commands.journal import stored_exchange

    request = stored_exchange(int(body), journal).request
    return _Webhook(request.method, urlsplit(request.url).query, request.headers, request.body)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"--header {line}: no colon", mend='write --header "Name: value"')
    return name.strip(), value.strip()


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
    matched: Matched, payload: Json, models: list[dict[str, Any]], document: IntegrationDocument, output: Output
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
    shown: set[int | None] = {event.model for event in matched.events}
    for miss in matched.unmatched:
        data = near_miss_data(miss, payload)
        output.line(output.styled("matches no model", fg="red") + output.styled(f"  {data['path']}"))
        if data["nearest"] is not None:
            _show_model(data["nearest"], output)
            shown |= {miss.model} if len(matched.unmatched) == 1 else set()
    rest = [each["nearest"] for each in models if each["nearest"] and each["nearest"]["model"] not in shown]
    for model in sorted(rest, key=lambda each: len(each["mismatches"])):
        _show_model(model, output)


def _show_model(model: dict[str, Any], output: Output) -> None:
    """Why a model took nothing."""
    name = f"Webhook[{model['model']}] ({model['event_key']}, {model['event_type']})"
    if not model["mismatches"]:
        output.text(f"  {name} would fit too, but a model before it takes it")
        return
    output.text(f"  {name} does not fit:")
    for mismatch in model["mismatches"]:
        output.text(f"    ✗ {mismatch_in_words(mismatch)}")
