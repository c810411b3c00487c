"""Drafts an integration document from the provider's OpenAPI description, and says what is guessed and what is left.

A draft saves typing; it is no promise. Operations and fields are found by their names, so every choice is told with
its reason, and whatever could not be found is told with its place in the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from emulator.core.document import API_NAMES, EventType
from emulator.core.draft_access import Notes, Security, write_security
from emulator.core.draft_fields import (
    SURELY,
    Role,
    delivered_of,
    event_of,
    event_score,
    id_of,
    leaves_of,
    other_event_of,
    prefer,
    prefer_report,
    roles_of,
    words,
)
from emulator.core.draft_requests import (
    VARIABLES,
    Plan,
    missing_roles,
    nest,
    plan_request,
    write_request,
    write_response_map,
)
from emulator.core.findings import printable
from emulator.core.openapi import Description, Operation, Schema, object_of, read_description, text_in
from emulator.core.shapes import name_of
from emulator.core.template import leaves, parse_template
from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.core.document import ApiName
    from emulator.core.source import Path

_MOST_LISTED = 5
_MOST_MODELS = 30
_MOST_CANDIDATES = 200
_LONGEST_NAME = 200
_ENOUGH = 6
_SEND = frozenset({"send", "sends", "create", "submit", "post", "sending", "creates"})
_MESSAGE = frozenset(
    {"message", "messages", "messaging", "sms", "smses", "text", "texts", "msg", "msgs", "mms", "chat"}
)
_FILE = frozenset({"mms", "media", "file", "files", "image", "picture", "attachment", "multimedia"})
_IN_BULK = frozenset({"bulk", "scheduled", "schedule", "template", "templates", "campaign", "campaigns", "group"})
_ANOTHER = frozenset(
    {"search", "cancel", "preview", "estimate", "draft", "drafts", "price", "pricing", "read", "inbound", "received"}
    | {"verify", "verification", "verifications", "otp", "webhook", "webhooks", "subscription", "subscriptions"}
    | {"callback", "callbacks", "contact", "contacts", "whatsapp", "reaction", "typing", "list", "delete", "update"}
    | {"report", "reports", "status", "test"}
)
"""Words of operations that have to do with messages, but do not send one."""
_OTHER_CHANNELS = frozenset({"email", "emails", "mail", "fax", "faxes", "call", "calls", "voice", "push", "payment"})
_HOOK = re.compile(r"(webhook|subscri|callback)\w*|notifications?")
_ADD = frozenset({"create", "add", "register", "set", "configure", "subscribe", "new", "post"})
_NOT_ADD = frozenset({"delete", "remove", "list", "test", "rotate", "verify", "get", "ping", "replay", "unsubscribe"})


@dataclass(frozen=True, slots=True)
class Draft:
    """An integration document, and what its author must know of it.

    *document* is ready for JSON. *guessed* says what was chosen and why, *left* what must be filled in and where:
    one sentence each.
    """

    document: dict[str, Any]
    guessed: tuple[str, ...]
    left: tuple[str, ...]


def draft_document(description: Any, *, name: str) -> Draft:
    """Draft the document of the provider whose OpenAPI 3 *description*, parsed, stands in the file *name*.

    Raises:
        UsageError: It is no such description, or nothing in it looks like sending a message.
    """
    read = read_description(description, name=name)
    operations = list(read.operations())
    notes = Notes()
    plans = _plans(read, operations, name=name)
    security = write_security(read, plans["SendMessage"].operation, notes)
    document = _identity(read, name, notes)
    document |= {key: dict(part) for key, part in (("auth", security.auth), ("OAuth2", security.oauth2)) if part}
    document["API"] = {each: _method(read, plans[each], security, notes) for each in API_NAMES if each in plans}
    _tell_absent(plans, notes)
    models = _models(read, notes)
    document |= {"Webhook": models} if models else {}
    document["properties"] = _properties(document)
    _tell_unfollowed(read, notes)
    return Draft(document, tuple(notes.guessed), tuple(notes.left))


def _identity(description: Description, name: str, notes: Notes) -> dict[str, Any]:
    title = text_in(object_of(description.root.get("info")), "title")[:_LONGEST_NAME]
    if not title:
        title = re.sub(r"\.\w+\Z", "", re.split(r"[/\\]", name)[-1]) or "SMS provider"
        notes.leave("name: the description has no info.title; write the name that admins will see")
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not slug:
        slug = "sms-provider"
        notes.leave(f'id: nothing of "{title}" can stand in a URL; write an id of letters, digits and -')
    return {"id": slug, "name": title, "class": "sms", "properties": []}


def _properties(document: Mapping[str, Any]) -> list[str]:
    """Every variable that the platform does not supply, in the order in which they stand in the document."""
    own = {variable[1:-1] for variables in VARIABLES.values() for variable in variables.values()}
    parts = (document.get("auth"), document.get("OAuth2"), _without_maps(document["API"]))
    texts = [leaf for part in parts if part for _, leaf in leaves(part) if isinstance(leaf, str)]
    names = dict.fromkeys(variable.name for text in texts for variable in parse_template(text).variables)
    return [each for each in names if each not in own]


def _without_maps(api: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {key: part for key, part in each.items() if key != "response_map"} for name, each in api.items()}


def _tell_unfollowed(description: Description, notes: Notes) -> None:
    refs = list(description.unfollowed)
    if refs:
        more = f" and {len(refs) - _MOST_LISTED} more" if len(refs) > _MOST_LISTED else ""
        notes.leave(
            f"references were not followed: {', '.join(refs[:_MOST_LISTED])}{more}; what stands there is missing"
            " here: bundle the description into one file, or fill it in"
        )


# -- requests


def _method(description: Description, plan: Plan, security: Security, notes: Notes) -> dict[str, Any]:
    place = f"API.{plan.name}"
    notes.guess(f"{place} is {plan.operation.title}: {_why(plan)}")
    request = write_request(description, plan, security, notes)
    for what, variable in missing_roles(plan):
        notes.leave(
            f"{place}.request_parameters: no field of {plan.operation.title} looks like {what};"
            f" write {variable} where it stands"
        )
    return request if plan.name == "Subscribe" else request | write_response_map(description, plan, notes)


def _why(plan: Plan) -> str:
    telling = _FILE | _MESSAGE | _SEND if plan.name != "Subscribe" else frozenset()
    named = {"operationId": plan.operation.id, "summary": plan.operation.summary, "path": plan.operation.path}
    sure = [f"its {part}" for part, text in named.items() if telling & set(words(text)) or _names_hook(text)]
    fields = plan.fields()
    return " and ".join([*sure[:1], *([f"its fields {fields}"] if fields else [])])


def _tell_absent(plans: Mapping[ApiName, Plan], notes: Notes) -> None:
    if "SendFile" not in plans:
        notes.leave("API.SendFile: no operation takes a file by its URL; write it, or MMS stays off")
    if "Subscribe" not in plans:
        notes.leave("API.Subscribe: no operation takes the webhook's URL; write it, or have it set by hand")


def _plans(description: Description, operations: list[Operation], *, name: str) -> dict[ApiName, Plan]:
    plans: dict[ApiName, Plan] = {"SendMessage": _sending(description, operations, name=name)}
    sending = plans["SendMessage"].operation
    of_files = [plan_request(description, "SendFile", each) for each in _candidates(operations)]
    best = _best((_file_score(each, sending), each) for each in of_files)
    if best is not None:
        plans["SendFile"] = best
    hooks = [each for each in operations if _names_hook(f"{each.path} {each.id}") and each.verb in _BODY_VERBS]
    others = [each for each in hooks[:_MOST_CANDIDATES] if each.data is not sending.data]
    subscribing = [plan_request(description, "Subscribe", each) for each in others]
    best = _best((_subscribe_score(each), each) for each in subscribing)
    if best is not None:
        plans["Subscribe"] = best
    return plans


_BODY_VERBS = frozenset({"POST", "PUT", "PATCH"})


def _best(scored: Iterable[tuple[int, Plan]]) -> Plan | None:
    """The plan with the highest score that is enough; the first of equals."""
    best = max(scored, key=lambda each: each[0], default=None)
    return best[1] if best is not None and best[0] >= _ENOUGH else None


def _sending(description: Description, operations: list[Operation], *, name: str) -> Plan:
    plans = [plan_request(description, "SendMessage", each) for each in _candidates(operations)]
    best = _best((_send_score(each), each) for each in plans if _is_sender(each))
    if best is not None:
        return best
    if not operations:
        files = "; its references to other files are not followed" if description.unfollowed else ""
        raise UsageError(f"{name} describes no operation{files}", mend="bundle it into one file, if it has others")
    near = sorted(operations, key=_closeness, reverse=True)[:_MOST_LISTED]
    closest = ", ".join(each.title for each in near)
    mend = printable(f"is this the description of the messaging API? The closest operations are {closest}")
    raise UsageError(f"{name} describes no operation that looks like sending a message", mend=mend)


def _closeness(operation: Operation) -> tuple[bool, ...]:
    said = _said(operation) | _tagged(operation)
    return bool(said & _MESSAGE), bool(said & _SEND), operation.verb == "POST"


def _said(operation: Operation, *, briefly: bool = False) -> set[str]:
    """The words of an operation's id and path, and of its summary unless *briefly*."""
    return {*words(operation.id), *words(operation.path), *(() if briefly else words(operation.summary))}


def _tagged(operation: Operation) -> set[str]:
    return {word for tag in operation.tags for word in words(tag)}


def _may_send(operation: Operation) -> bool:
    said = _said(operation)
    if said & _OTHER_CHANNELS and not said & {"sms", "mms", "text"}:
        return False
    return operation.verb != "DELETE" and bool((said | _tagged(operation)) & _MESSAGE)


def _candidates(operations: list[Operation]) -> list[Operation]:
    """The operations that may send, the likeliest first; of very many only these, as reading bodies takes long."""
    return sorted(filter(_may_send, operations), key=_words_score, reverse=True)[:_MOST_CANDIDATES]


def _is_sender(plan: Plan) -> bool:
    """Whether an operation can send a text at all: by its fields or, where they are not told, by its words."""
    if "text" in plan.roles:
        return "to" in plan.roles or bool(_said(plan.operation) & _SEND)
    return plan.has_body and not plan.body.fields and bool(_said(plan.operation) & _SEND)


def _send_score(plan: Plan) -> int:
    fields = sum(points for role, points in _POINTS.items() if role in plan.roles)
    for_files = "mms" in _said(plan.operation) and "sms" not in _said(plan.operation)
    needs_file = "media" in plan.silent and plan.silent["media"].required
    return _words_score(plan.operation) + fields - 6 * (for_files or needs_file)


_POINTS: Mapping[Role, int] = {"to": 4, "text": 4, "media": 4, "from": 2}
_VERB_POINTS = {"POST": 2, "PATCH": -3}


def _words_score(operation: Operation) -> int:
    said, briefly = _said(operation), _said(operation, briefly=True)
    score = 3 * ("send" in said) + 3 * bool(said & _MESSAGE) + bool(said & _SEND)
    score += bool(_tagged(operation) & _MESSAGE)
    score -= 4 * bool(briefly & _IN_BULK) + 8 * bool(briefly & _ANOTHER)
    return score + _VERB_POINTS.get(operation.verb, 0) - 8 * bool(said & _OTHER_CHANNELS)


def _file_score(plan: Plan, sending: Operation) -> int:
    if "media" not in plan.roles or ("to" not in plan.roles and plan.operation.data is not sending.data):
        return 0
    fields = sum(points for role, points in _POINTS.items() if role in plan.roles)
    words_of_files = 4 * bool(_said(plan.operation, briefly=True) & _FILE)
    return _words_score(plan.operation) + fields + words_of_files + 3 * (plan.operation.data is sending.data)


def _names_hook(text: str) -> bool:
    return any(_HOOK.fullmatch(word) for word in words(text))


def _subscribe_score(plan: Plan) -> int:
    if "hook" not in plan.roles:
        return 0
    said = _said(plan.operation)
    ends_in_one = plan.operation.path.rstrip("/").endswith("}")
    score = _ENOUGH + 3 * (plan.operation.verb == "POST") + 2 * bool(said & _ADD) + 2 * bool(said & _MESSAGE)
    return score + plan.roles["hook"].required - 2 * ends_in_one - 8 * bool(said & _NOT_ADD)


# -- webhook models


_ROLES: Mapping[EventType, Mapping[Role, str]] = {
    "mms": {"media": "$url$", "to": "$to$", "from": "$from$", "text": "$text$"},
    "message": {"to": "$to$", "from": "$from$", "text": "$content$"},
    "messageDelivered": {},
}
"""What each type of event holds, the more specific types first."""
_USUAL_KEYS: Mapping[EventType, str] = {"mms": "file", "message": "message", "messageDelivered": "delivered"}


def _models(description: Description, notes: Notes) -> list[dict[str, Any]]:
    """The webhook models that the description is known to need, without doubles, the more specific ones first."""
    webhooks = list(islice(description.webhooks(), _MOST_CANDIDATES))
    told: list[dict[str, Any]] = []
    for event_type in _ROLES:
        of_type = [(each, _model(description, each, event_type)) for each in webhooks]
        # A model that tells its event by a literal is more specific than one that does not.
        for webhook, model in sorted(of_type, key=lambda each: not _has_key(each[1])):
            if model is not None and model not in told and len(told) < _MOST_MODELS:
                notes.guess(f"Webhook[{len(told)}] ({event_type}) is {webhook.title}: its fields {_fields(model)}")
                told.append(model)
    missing = [each for each in _ROLES if not any(model["event_type"] == each for model in told)]
    for event_type in missing if told else ():
        notes.leave(f"Webhook: no {_EVENT_WORDS[event_type]} is described; write a model of type {event_type}")
    if not told:
        notes.leave("Webhook: no webhook is described that can be read; write its models, or nothing comes in")
    return told


_EVENT_WORDS: Mapping[EventType, str] = {
    "mms": "webhook with from, to and a file's URL",
    "message": "webhook with from, to and text",
    "messageDelivered": "delivery report, an id with a status,",
}


def _fields(model: Mapping[str, Any]) -> str:
    return ", ".join(name_of(path) for path, _ in leaves(model["request_parameters"]))


def _has_key(model: Mapping[str, Any] | None) -> bool:
    return model is not None and any(leaf == "$event_key$" for _, leaf in leaves(model["request_parameters"]))


def _model(description: Description, webhook: Operation, event_type: EventType) -> dict[str, Any] | None:
    schema = _payload(description, webhook, event_type)
    if other_event_of(schema, event_type):
        return None
    found = _report_leaves(schema) if event_type == "messageDelivered" else _message_leaves(schema, webhook, event_type)
    if not found:
        return None
    event = event_of(schema, event_type)
    key = _USUAL_KEYS[event_type]
    if event is not None and event[0].path not in found:
        key = event[1]
        found[event[0].path] = "$event_key$"
    elif event_type == "messageDelivered":
        # Without a field that names the event, its status does.
        path, key = next((path, text) for path, text in found.items() if text != "$messageid$")
        found[path] = "$event_key$"
    parameters = nest(found)
    flat = isinstance(parameters, dict) and not any(isinstance(each, dict | list) for each in parameters.values())
    if webhook.verb in {"GET", "DELETE"} and not flat:
        return None
    head = {"event_key": key, "event_type": event_type, "request_method": webhook.verb}
    return {**head, "request_parameters": parameters}


def _payload(description: Description, webhook: Operation, event_type: EventType) -> Schema:
    """What a webhook sends; of alternatives, the one that is of this type of event."""
    as_message = prefer(*_ROLES[event_type])

    def suits(schema: Schema) -> int:
        if event_type == "messageDelivered":
            return 2 * prefer_report(schema) + (event_of(schema, event_type) is not None)
        likely = (event_of(schema, event_type) is not None) - other_event_of(schema, event_type)
        return 3 * as_message(schema) + 2 * likely - (delivered_of(schema) is not None)

    if webhook.verb in _BODY_VERBS:
        return description.body(webhook, suits)[1]
    asked = {each.name: each.schema for each in webhook.parameters if each.place == "query"}
    return Schema(fields=asked)


def _message_leaves(schema: Schema, webhook: Operation, event_type: EventType) -> dict[Path, Any] | None:
    variables = _ROLES[event_type]
    roles = roles_of(leaves_of(schema), *variables)
    needed = [role for role in variables if role != "text" or event_type == "message"]
    event = event_of(schema, event_type)
    inbound = max(event_score(text, event_type) for text in (event[1] if event else "", " ".join(_said(webhook))))
    if any(role not in roles for role in needed) or (delivered_of(schema) is not None and inbound < SURELY):
        return None
    return {leaf.path: variables[role] for role, leaf in roles.items()}


def _report_leaves(schema: Schema) -> dict[Path, Any] | None:
    """The id and the status of a delivery report; the status may be the event's name."""
    leaf, status = id_of(schema), delivered_of(schema)
    event = event_of(schema, "messageDelivered")
    if leaf is None:
        return None
    if status is not None:
        return {leaf.path: "$messageid$", status[0].path: status[1]}
    return {leaf.path: "$messageid$"} if event is not None and "delivered" in words(event[1]) else None
