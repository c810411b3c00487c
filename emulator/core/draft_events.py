"""Drafts the webhook models of a document: which of a description's webhooks is which event, and by which fields.

Of a payload's alternatives each is tried, and the best that makes a model is taken. Where none does, what was looked
at and what it lacks is told, and a skeleton stands in the model's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from emulator.core.document import PLACEHOLDER, EventType
from emulator.core.draft_fields import (
    INBOUND,
    REPORT,
    SURELY,
    Leaf,
    Role,
    channel_of,
    delivered_of,
    event_of,
    event_score,
    id_of,
    leaves_of,
    other_event_of,
    prefer,
    prefer_report,
    roles_of,
    status_of,
    status_says_inbound,
    texts_of,
    words,
)
from emulator.core.draft_requests import BODY_VERBS
from emulator.core.openapi_schema import UNKNOWN, Schema
from emulator.core.shapes import name_of
from emulator.core.source import nest
from emulator.core.template import leaves

if TYPE_CHECKING:
    from emulator.core.draft_access import Notes
    from emulator.core.openapi import Description, Operation
    from emulator.core.source import Path

_MOST_MODELS = 30
_MOST_WEBHOOKS = 200
_MOST_TOLD = 3
_FILES = frozenset({"mms", "media", "file", "files", "image", "picture", "multimedia"})
_TEXTS = frozenset({"sms", "text", "texts"})

_ROLES: Mapping[EventType, Mapping[Role, str]] = {
    "mms": {"media": "$url$", "to": "$to$", "from": "$from$", "text": "$text$"},
    "message": {"to": "$to$", "from": "$from$", "text": "$content$"},
    "messageDelivered": {},
}
"""What each type of event holds, the more specific types first."""
_ROLE_WORDS: Mapping[Role, str] = {
    "to": "who received it",
    "from": "who sent it",
    "text": "the text",
    "media": "a file's URL",
}
_USUAL_KEYS: Mapping[EventType, str] = {"mms": "file", "message": "message", "messageDelivered": "delivered"}
_SKELETONS: Mapping[EventType, Mapping[str, Any]] = {
    "message": {
        "event_key": f"{PLACEHOLDER}: the word that names an incoming text",
        "request_parameters": {"type": "$event_key$", "from": "$from$", "to": "$to$", "text": "$content$"},
    },
    "messageDelivered": {
        "event_key": f"{PLACEHOLDER}: the status of a delivered message",
        "request_parameters": {"id": "$messageid$", "status": "$event_key$"},
    },
}
"""What stands for a model that could not be drafted: its keys and its event_key are for the author to write."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A webhook seen as a type of event: a model, or what it lacks to be one."""

    webhook: Operation
    model: Mapping[str, Any] | None = None
    lacks: str = ""
    near: int = 0
    """How much of the event is there."""
    fit: int = 0
    """How surely it is this event and no other."""
    notes: tuple[str, ...] = ()
    skeleton: Mapping[str, Any] | None = None
    """The model but for what is not known."""


def draft_models(description: Description, notes: Notes) -> list[dict[str, Any]]:
    """The webhook models, without doubles, the more specific ones first, then skeletons of those that are missing."""
    webhooks = list(islice(description.webhooks(), _MOST_WEBHOOKS))
    told: list[dict[str, Any]] = []
    missing: dict[EventType, list[_Attempt]] = {}
    for event_type in _ROLES:
        attempts = [_attempt(description, each, event_type) for each in webhooks]
        # A model that tells its event by a literal is more specific than one that does not.
        for each in sorted(attempts, key=lambda each: not _has_key(each.model)):
            model = dict(each.model or {})
            if model and model not in told and len(told) < _MOST_MODELS:
                notes.guess(f"Webhook[{len(told)}] ({event_type}) is {each.webhook.title}: its fields {_fields(model)}")
                for note in each.notes:
                    notes.guess(f"Webhook[{len(told)}]{note}")
                told.append(model)
        if not any(each.model for each in attempts):
            missing[event_type] = attempts
    for event_type, attempts in missing.items():
        _stand_in(event_type, attempts, told, notes)
    return told


def _stand_in(event_type: EventType, attempts: list[_Attempt], told: list[dict[str, Any]], notes: Notes) -> None:
    """Tell why there is no model of a type, and put a skeleton in its place where everybody needs one."""
    why = f"no {_EVENT_WORDS[event_type]} is described{_looked_at(attempts)}"
    if event_type not in _SKELETONS:
        notes.leave(f"Webhook: {why}; write a model of type {event_type}, or no file comes in")
        return
    nearest = max(attempts, key=lambda each: each.near, default=None)
    own = nearest.skeleton if nearest is not None else None
    verb = nearest.webhook.verb if nearest is not None and own else "POST"
    parts = own or _SKELETONS[event_type]
    notes.leave(
        f"Webhook[{len(told)}] is a skeleton of a model of type {event_type}: {why};"
        " write the provider's keys and its event_key, or remove it"
    )
    head = {"event_key": parts["event_key"], "event_type": event_type, "request_method": verb}
    told.append(head | {"request_parameters": parts["request_parameters"]})


_EVENT_WORDS: Mapping[EventType, str] = {
    "mms": "webhook with from, to and a file's URL",
    "message": "webhook with from, to and text",
    "messageDelivered": "delivery report, an id with a status,",
}


def _looked_at(attempts: list[_Attempt]) -> str:
    """Which webhooks come nearest, and what each lacks."""
    if not attempts:
        return " (the description has no webhooks and no callbacks)"
    nearest = sorted(attempts, key=lambda each: -each.near)[:_MOST_TOLD]
    more = f"; {len(attempts) - len(nearest)} more" if len(attempts) > len(nearest) else ""
    return " (looked at: " + "; ".join(f"{each.webhook.title}: {each.lacks}" for each in nearest) + f"{more})"


def _fields(model: Mapping[str, Any]) -> str:
    return ", ".join(name_of(path) for path, _ in leaves(model["request_parameters"]))


def _has_key(model: Mapping[str, Any] | None) -> bool:
    return model is not None and any(leaf == "$event_key$" for _, leaf in leaves(model["request_parameters"]))


# -- one webhook as one type of event


def _attempt(description: Description, webhook: Operation, event_type: EventType) -> _Attempt:
    """The best that can be made of a webhook's payload, whichever of its alternatives that takes."""
    tried = [_of_payload(webhook, schema, event_type) for schema in _payloads(description, webhook, event_type)]
    nothing = _Attempt(webhook, lacks="nothing is said of its body")
    return max(tried, key=lambda each: (each.model is not None, each.fit, each.near), default=nothing)


def _payloads(description: Description, webhook: Operation, event_type: EventType) -> Iterator[Schema]:
    """What a webhook may send, the alternatives that are likeliest to be this type of event first."""
    as_message = prefer(*_ROLES[event_type])

    def suits(schema: Schema) -> int:
        if event_type == "messageDelivered":
            return 2 * prefer_report(schema) + (event_of(schema, event_type) is not None)
        likely = (event_of(schema, event_type) is not None) - (other_event_of(schema, event_type) is not None)
        return 3 * as_message(schema) + 20 * likely - 10 * (delivered_of(schema) is not None)

    if webhook.verb in BODY_VERBS:
        yield from (schema for _, schema in description.bodies(webhook, suits))
    else:
        yield Schema(fields={each.name: each.schema for each in webhook.parameters if each.place == "query"})


def _of_payload(webhook: Operation, schema: Schema, event_type: EventType) -> _Attempt:
    if schema is UNKNOWN or not any(True for _ in leaves_of(schema)):
        return _Attempt(webhook, lacks="nothing is said of its body")
    other = other_event_of(schema, event_type)
    if other is not None:
        return _Attempt(webhook, lacks=f'its {name_of(other[0].path)} is another event, such as "{other[1]}"')
    if channel_of(schema) < 0:
        return _Attempt(webhook, lacks="it is about another channel than SMS and MMS")
    return _report(webhook, schema) if event_type == "messageDelivered" else _message(webhook, schema, event_type)


def _modelled(
    webhook: Operation, schema: Schema, event_type: EventType, found: dict[Path, Any], *notes: str
) -> _Attempt:
    """The model that has the variables *found*, with what tells its event, and what can have one value only."""
    event = event_of(schema, event_type)
    key = _USUAL_KEYS[event_type]
    if event is not None and event[0].path not in found:
        key = event[1]
        found[event[0].path] = "$event_key$"
    elif event_type == "messageDelivered":
        # Without a field that names the event, its status does.
        path, key = next((path, text) for path, text in found.items() if text != "$messageid$")
        found[path] = "$event_key$"
    found |= _literals(schema, found)
    parameters = nest(found)
    flat = isinstance(parameters, dict) and not any(isinstance(each, dict | list) for each in parameters.values())
    near = len(found)
    if webhook.verb not in BODY_VERBS and not flat:
        return _Attempt(
            webhook, lacks=f"its fields are nested, and a {webhook.verb} has a query, which is flat", near=near
        )
    head = {"event_key": key, "event_type": event_type, "request_method": webhook.verb}
    fit = event_score(event[1], event_type) if event is not None else 0
    return _Attempt(
        webhook, head | {"request_parameters": parameters}, near=near, fit=fit + channel_of(schema), notes=notes
    )


def _literals(schema: Schema, found: Mapping[Path, Any]) -> dict[Path, Any]:
    """Fields that have one value and are always there; all that have one, where nothing else tells the event."""
    told = "$event_key$" in found.values()
    only = [each for each in leaves_of(schema) if len(each.schema.values) == 1 and each.path not in found]
    return {
        each.path: each.schema.values[0]
        for each in only
        if (each.required or not told) and _stands_beside(each.path, found)
    }


def _stands_beside(path: Path, found: Iterable[Path]) -> bool:
    """Whether each list that *path* leads through is one that something *found* stands in too."""
    lists = [path[: index + 1] for index, step in enumerate(path) if step == 0]
    return all(any(other[: len(each)] == each for other in found) for each in lists)


# -- texts and files


def _message(webhook: Operation, schema: Schema, event_type: EventType) -> _Attempt:
    variables = _ROLES[event_type]
    roles = roles_of(leaves_of(schema), *variables)
    near = len(roles)
    another = _is_no_message(webhook, schema, event_type)
    if another:
        return _Attempt(webhook, lacks=another, near=near)
    needed = [role for role in variables if role != "text" or event_type == "message"]
    missing = [_ROLE_WORDS[role] for role in needed if role not in roles]
    if missing:
        return _Attempt(webhook, lacks=f"no field looks like {' or '.join(missing)}", near=near)
    return _modelled(webhook, schema, event_type, {leaf.path: variables[role] for role, leaf in roles.items()})


def _is_no_message(webhook: Operation, schema: Schema, event_type: EventType) -> str:
    """Why a payload with the fields of a message is none of *event_type* that came in, or empty text."""
    event = event_of(schema, event_type)
    named = {*words(webhook.id), *words(webhook.path)}
    inbound = event is not None and event_score(event[1], event_type) >= SURELY
    inbound = inbound or (bool({*named, *words(webhook.summary)} & INBOUND) and not named & REPORT)
    status = status_of(schema)
    delivered = delivered_of(schema)
    if not inbound and named & REPORT:
        return "by its name it is a report"
    if not inbound and (delivered is not None or (status is not None and not status_says_inbound(schema))):
        leaf = delivered[0] if delivered is not None else status
        return f"its {name_of(leaf.path) if leaf else ''} tells a status, and nothing says that it came in"
    only = set().union(
        *(words(str(each.schema.values[0])) for each in leaves_of(schema) if len(each.schema.values) == 1)
    )
    said = only if only & (_FILES | _TEXTS) else named
    if event_type == "mms":
        return "it is a text's" if said & _TEXTS and not said & _FILES else ""
    media = next(iter(roles_of(leaves_of(schema), "media").values()), None)
    must_have_file = media is not None and media.required and 0 not in media.path
    return "it is a file's" if must_have_file or (said & _FILES and not said & _TEXTS) else ""


# -- reports


def _report(webhook: Operation, schema: Schema) -> _Attempt:
    """The id and the status of a delivery report; the status may be the event's name."""
    leaf, status = id_of(schema), delivered_of(schema)
    event = event_of(schema, "messageDelivered")
    if leaf is None:
        return _Attempt(webhook, lacks="no field looks like the id of a message", near=int(status is not None))
    named = name_of(leaf.path)
    if status is not None and status[0].path != leaf.path:
        known = status[1] in texts_of(status[0].schema)
        why = f'.event_key is "{status[1]}": so the description of {name_of(status[0].path)} says in words'
        found: dict[Path, Any] = {leaf.path: "$messageid$", status[0].path: status[1]}
        return _modelled(webhook, schema, "messageDelivered", found, *(() if known else (why,)))
    if event is not None and "delivered" in words(event[1]):
        return _modelled(webhook, schema, "messageDelivered", {leaf.path: "$messageid$"})
    unsaid = status_of(schema) or _short(schema, leaf)
    if unsaid is None:
        others = [name_of(each.path) for each in leaves_of(schema) if each.path != leaf.path][:5]
        return _Attempt(
            webhook, lacks=f"{named} may be the id, and no field looks like a status: {', '.join(others)}", near=1
        )
    place = name_of(unsaid.path)
    parameters = nest({leaf.path: "$messageid$", unsaid.path: "$event_key$"})
    key = f"{PLACEHOLDER}: what {place} is when a message was delivered"
    return _Attempt(
        webhook,
        lacks=f"{named} may be the id and {place} the status, but no enum, example or description says"
        " what stands there when a message was delivered",
        near=2,
        skeleton={"event_key": key, "request_parameters": parameters},
    )


def _short(schema: Schema, leaf: Leaf) -> Leaf | None:
    """The only text beside the id, which may then be its status."""
    others = [each for each in leaves_of(schema) if each.path != leaf.path]
    return others[0] if len(others) == 1 and not others[0].schema.values else None
