"""What webhook models must and should say (framework 6 and 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.core import rules
from emulator.core.document import GUIDE, OPTIONAL, REQUIRED
from emulator.core.findings import nearest_name
from emulator.core.messages import text_of
from emulator.core.patterns import compile_pattern, covers, has_literal, literals_of, variables_of
from emulator.core.template import parse_template
from emulator.core.variable_rules import INCOMING_VARIABLES, check_keys, check_variables, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.document import Integration, Verb, WebhookModel
    from emulator.core.patterns import Pattern
    from emulator.core.source import Path
    from emulator.errors import Finding, Location

_MOST_SHADOWING = 100


class _Earlier(NamedTuple):
    """A model that stands before others, with the texts that it must find."""

    verb: Verb
    pattern: Pattern
    words: set[str]


def check_models(integration: Integration) -> Iterator[Finding]:
    """What is odd about each model, and which of them shadow others."""
    earlier: list[_Earlier] = []
    for index, model in enumerate(integration.document.webhooks):
        pattern = compile_pattern(model.parameters, event_key=model.event_key, optional=OPTIONAL[model.event_type])
        yield from _model(integration, index, model, pattern)
        yield from _shadowed(integration, index, pattern, earlier)
        if index < _MOST_SHADOWING:
            earlier.append(
                _Earlier(model.verb, pattern, {each for each in literals_of(pattern) if isinstance(each, str)})
            )


def _shadowed(integration: Integration, index: int, pattern: Pattern, earlier: list[_Earlier]) -> Iterator[Finding]:
    """The first model before this one that takes all of its webhooks, or all that have a caption."""
    model = integration.document.webhooks[index]
    captioned = compile_pattern(model.parameters, event_key=model.event_key)
    literals = {text_of(each) for each in literals_of(pattern)}
    for other, each in enumerate(earlier):
        # Most are told apart by their literals alone: in a large file the full comparison would take seconds.
        if each.verb == model.verb and each.words <= literals and covers(each.pattern, captioned):
            wholly = covers(each.pattern, pattern)
            unreached = "this model is never reached" if wholly else "no mms with a caption reaches this model"
            yield rules.SHADOWED.at(
                integration.locate(("Webhook", index)),
                f"{unreached}: {'whatever fits it' if wholly else 'it'} fits Webhook[{other}] before it",
                "put the more specific model first, or tell them apart by a literal",
            )
            return


def _model(integration: Integration, index: int, model: WebhookModel, pattern: Pattern) -> Iterator[Finding]:
    path: Path = ("Webhook", index, "request_parameters")
    known = INCOMING_VARIABLES | set(integration.document.properties)
    for place, text in texts(model.parameters, path):
        yield from check_variables(integration, place, text, known)
    yield from check_keys(integration, model.parameters, path)
    bound = set(variables_of(pattern))
    missing = [name for name in REQUIRED[model.event_type] if name not in bound]
    for name in missing:
        if nearest_name(name, bound - known) is None:  # a misspelt one is told of already
            yield _lacks(integration, model.event_type, index, name, bound)
    if not missing:
        yield from _foreign(integration, model, path)
    if not has_literal(pattern) and _must_be_told_apart(integration, model):
        yield rules.NO_EVENT_KEY.at(
            integration.locate(path, key=True),
            "nothing in this model tells its event from another",
            'where its webhooks name the event, write "$event_key$"; where they do not, put this model last',
        )
    yield from _impossible(integration, model, path)
    if model.is_skeleton:
        yield rules.SKELETON.at(
            integration.locate(("Webhook", index, "event_key")),
            "this model is a skeleton: nothing fits it",
            f"write the provider's own keys, and its own word as event_key: {GUIDE} shows how",
        )


def _must_be_told_apart(integration: Integration, model: WebhookModel) -> bool:
    """Whether webhooks of another kind come to the same URL: any report could be of a failure."""
    is_report = model.event_type == "messageDelivered"
    others = [each for each in integration.document.webhooks if not each.is_skeleton and each.verb == model.verb]
    return is_report or any(each.event_type == "messageDelivered" for each in others)


def _foreign(integration: Integration, model: WebhookModel, path: Path) -> Iterator[Finding]:
    """Variables that only another type of event has."""
    names, remedy = _FOREIGN.get(model.event_type, (frozenset(), ""))
    for place, text in texts(model.parameters, path):
        for variable in parse_template(text).variables:
            if variable.name in names:
                where = integration.locate_in(place, str(variable), variable.offset)
                yield rules.MISPLACED_VARIABLE.at(where, f"no event of type {model.event_type} has {variable}", remedy)


_FOREIGN: Mapping[str, tuple[frozenset[str], str]] = {
    "message": (frozenset({"text", "url"}), "the text is $content$; a file comes as an mms, with $url$ and $text$"),
    "mms": (frozenset({"content"}), "the caption is $text$, the file's URL is $url$"),
}


def _lacks(integration: Integration, event_type: str, index: int, name: str, bound: set[str]) -> Finding:
    where: Location = integration.locate(("Webhook", index, "request_parameters"), key=True)
    remedy = f"add a leaf ${name}$"
    if event_type == "mms" and name == "url" and "content" in bound:
        remedy = "an mms has $url$ and $text$ where a message has $content$"
    elif event_type == "message" and name == "content" and bound & {"text", "url"}:
        remedy = "a message has $content$; $text$ and $url$ belong to mms"
    article = "an" if event_type == "mms" else "a"
    return rules.LACKS_VARIABLE.at(where, f"{article} {event_type} model needs ${name}$", remedy)


def _impossible(integration: Integration, model: WebhookModel, path: Path) -> Iterator[Finding]:
    """Shapes that no webhook can have: an empty list fits nothing, and a query has no levels."""
    for place in _empty_lists(model.parameters, path):
        yield rules.NEVER_MATCHES.at(
            integration.locate(place), "an empty list fits nothing", "remove it: keys that are not named are ignored"
        )
    flat = model.verb in {"GET", "DELETE"}
    if flat and not isinstance(model.parameters, dict):
        yield rules.NEVER_MATCHES.at(
            integration.locate(path), f"a {model.verb} has a query, which is no list", 'write {"key": "$name$"}'
        )
    elif flat:
        for key, value in model.parameters.items():
            elements = value if isinstance(value, list) else [value]
            if any(isinstance(each, dict | list) for each in elements):
                yield rules.NEVER_MATCHES.at(
                    integration.locate((*path, key)),
                    f'"{key}" is nested, but the query of a {model.verb} is flat',
                    "write the name of the query's field as the key",
                )


def _empty_lists(value: object, path: Path) -> Iterator[Path]:
    if value == []:
        yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in below:
        yield from _empty_lists(each, (*path, step))
