"""``ringo-emu match``."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from emulator.core.bodies import read_webhook, unpack
from emulator.core.matching import Matched, compile_models, held_against, match
from emulator.core.messages import header
from emulator.core.near_misses import near_miss_data, rows
from emulator.core.presenting import event_data, finding_data
from emulator.core.reading import MAX_BYTES, read_document
from emulator.core.remedies import listed
from emulator.core.unread import unread_places
from emulator.engine.user_files import is_there, read_file, read_input
from emulator.errors import UsageError
from emulator.faces import completing
from emulator.faces.options import found_project, no_document, tell_of_overruled, which_project
from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from emulator.core.document import Integration
    from emulator.core.matching import NearMiss
    from emulator.core.messages import Headers, Json


@dataclass(frozen=True, slots=True)
class _Webhook:
    """What is held against the models."""

    method: str
    query: str
    headers: Headers
    body: bytes


@click.command()
@click.argument("document", required=False, shell_complete=completing.files)
@click.argument("body", required=False, shell_complete=completing.exchanges_or_files)
@click.option("--content-type", metavar="TYPE", help="What the body is; by default it is found by trial.")
@click.option("--header", "headers", metavar="NAME: VALUE", multiple=True, help="A header of the webhook.")
@click.option("--method", metavar="METHOD", help="The HTTP method of the webhook; by default POST.")
@click.option("--query", metavar="QUERY", help="The webhook's query string, for models that use GET.")
@click.option(
    "--journal", "journal", metavar="FILE", type=click.Path(path_type=Path), help="Where exchange BODY is recorded."
)
@click.option("-v", "--verbose", is_flag=True, help="Say why each of the other models does not fit, too.")
@which_project
@click.option("--json", "as_json", is_flag=True, help='Print {"events": […], "unmatched": […], "findings": […]}.')
def command(
    document: str | None,
    body: str | None,
    project_file: Path | None,
    environment: str | None,
    content_type: str | None,
    headers: tuple[str, ...],
    method: str | None,
    query: str | None,
    journal: Path | None,
    verbose: bool,
    as_json: bool,
) -> int:
    """Say which webhook model BODY fits and what it binds, or what differs from the nearest.

    BODY is a file, - for standard input, or the number of a recorded exchange. DOCUMENT is the project's unless it is
    named before it. Exit code 1 if nothing matches.

    \b
    Example: ringo-emu match webhook.json
             ringo-emu match acme.json webhook.json
             ringo-emu match acme.json 7
             ringo-emu match acme.json --method GET --query "type=delivered&id=1"
    """
    read = functools.cache(_bytes)  # a pipe can be read once, and more than one place wants to know
    integration, body, output = _read(document, body, project_file, environment, read)
    recorded = _recorded(body, journal, read)
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
    if as_json:
        output.json(
            {
                "events": [event_data(event) for event in matched.events],
                "unmatched": [_data(miss, payload, integration) for miss in matched.unmatched],
                "models": [_data(miss, payload, integration) for miss in held_against(models, webhook.method, payload)],
                "findings": [finding_data(finding) for finding in every],
            }
        )
    else:
        _show(matched, payload, integration, output)
        offered = _offered(matched, payload, integration)
        unread = [each for each in unread_places(payload, integration.document.webhooks) if each not in offered]
        if unread:
            output.text(f"no model reads: {listed(unread)}")
        if verbose:
            _show_others(matched, held_against(models, webhook.method, payload), payload, integration, output)
        output.findings(every, codes=True)
    return 0 if matched.events else 1


def _read(
    document: str | None,
    body: str | None,
    project_file: Path | None,
    environment: str | None,
    read: Callable[[str], bytes],
) -> tuple[Integration, str | None, Output]:
    """The document and the body that are meant: one argument alone is the body where a project has the document."""
    if document is not None and (body is not None or _is_document(document, read)):
        return read_document(document, read(document)).playable(), body, Output()
    path = found_project(project_file, environment)
    if path is None and document is not None:
        return read_document(document, read(document)).playable(), None, Output()
    if path is None:
        raise no_document()
    from emulator.scenario.project import Overrides, load_project

    project = load_project(path, Overrides(environment=environment))
    tell_of_overruled(project)
    return project.integration, document, Output(project.redactor)


def _is_document(name: str, read: Callable[[str], bytes]) -> bool:
    """Whether a file that is named alone is an integration document, by its keys; a broken one is, too."""
    if name == "-" or (name.isdecimal() and not is_there(Path(name))):
        return False
    try:
        value = json.loads(read(name).decode("utf-8-sig"))
    except ValueError:
        return b'"API"' in read(name)
    return isinstance(value, dict) and "API" in value


def _recorded(body: str | None, journal: Path | None, read: Callable[[str], bytes]) -> _Webhook:
    """The body, and what is recorded with it if it is that of an exchange."""
    if body is None or not body.isdecimal() or is_there(Path(body)):
        return _Webhook("POST", "", (), read(body) if body else b"")
    from emulator.faces.commands.journal import stored_exchange

    exchange = stored_exchange(int(body), journal)
    if exchange.kind != "webhook":
        raise UsageError(
            f"#{exchange.id} is {_KINDS.get(exchange.kind, f'{exchange.kind}, an outgoing request')}, no webhook",
            mend="name a webhook; the command that lists them is ringo-emu journal list --direction in",
        )
    request = exchange.request
    return _Webhook(request.method, urlsplit(request.url).query, request.headers, request.body)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"--header {line}: no colon", mend='write --header "Name: value"')
    return name.strip(), value.strip()


def _bytes(name: str) -> bytes:
    if name == "-":
        data = read_input(MAX_BYTES)
    else:
        try:
            data = read_file(Path(name), MAX_BYTES, pipes=True)
        except OSError as error:
            raise UsageError(
                f"{name} cannot be read: {error.strerror}", mend="name a file, or - for standard input"
            ) from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} is larger than {MAX_BYTES} bytes", mend="is it the right file?")
    return data


_KINDS = {"media": "a fetch of a file", "redirect": "a browser on its way through OAuth2"}
"""What comes in beside webhooks, and how files go; all else is a request to the provider."""


def _data(miss: NearMiss, payload: Json, integration: Integration) -> dict[str, Any]:
    return near_miss_data(
        miss,
        payload,
        None if miss.model is None else integration.document.webhooks[miss.model],
        place=integration.key_place,
    )


def _offered(matched: Matched, payload: Json, integration: Integration) -> set[str]:
    """The keys that are told as what a missing one may be."""
    misses = [_data(miss, payload, integration) for miss in matched.unmatched]
    return {each["near"] for miss in misses if miss["nearest"] for each in miss["nearest"]["mismatches"]}


def _show(matched: Matched, payload: Json, integration: Integration, output: Output) -> None:
    for event in matched.events:
        key = integration.document.webhooks[event.model].event_key
        path = event_data(event)["path"]
        output.line(
            output.styled("matches", fg="green")
            + output.styled(f"  {path}  {event.event_type}  by Webhook[{event.model}] ({key})")
        )
        for name, value in event.variables.items():
            output.text(f"    ${name}$ = {value!r}")
    for miss in matched.unmatched:
        data = _data(miss, payload, integration)
        output.line(output.styled("matches no model", fg="red") + output.styled(f"  {data['path']}"))
        if data["nearest"] is not None:
            _show_model(data, output)
            output.text(f"  mend: {data['nearest']['remedy']}")


def _show_others(
    matched: Matched, misses: Iterable[NearMiss], payload: Json, integration: Integration, output: Output
) -> None:
    """Every model that was not told of yet, the nearest first."""
    told = {event.model for event in matched.events}
    told |= {miss.model for miss in matched.unmatched if miss.model is not None and len(matched.unmatched) == 1}
    for miss in sorted(misses, key=lambda each: -each.likeness):
        if miss.model is not None and miss.model not in told:
            _show_model(_data(miss, payload, integration), output)


def _show_model(data: dict[str, Any], output: Output) -> None:
    """Why a model took nothing."""
    model = data["nearest"]
    name = f"Webhook[{model['model']}] ({model['event_key']}, {model['event_type']})"
    if not model["mismatches"]:
        output.text(f"  {name} would fit too, but a model before it takes it")
        return
    output.text(f"  {name} does not fit:")
    found = rows(data)
    width = max(len(row.label) for row in found)
    for row in found:
        output.text(f"    ✗ {row.label.ljust(width)}   {row.text}")
