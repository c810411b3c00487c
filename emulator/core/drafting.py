"""Drafts an integration document from the provider's OpenAPI description, and says what is guessed and what is left.

A draft saves typing; it is no promise. Operations and fields are found by their names, so every choice is told with
its reason, and whatever could not be found is told with its place in the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.core.document import API_NAMES
from emulator.core.draft_access import Notes, Security, write_security
from emulator.core.draft_events import draft_models
from emulator.core.draft_fields import ANOTHER_SERVICE, words
from emulator.core.draft_requests import (
    BODY_VERBS,
    VARIABLES,
    Plan,
    missing_roles,
    plan_request,
    tell_callbacks,
    write_request,
    write_response_map,
)
from emulator.core.findings import printable
from emulator.core.openapi import Description, Operation, read_description
from emulator.core.openapi_schema import object_of, text_in
from emulator.core.template import leaves, parse_template
from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.core.document import ApiName

_MOST_LISTED = 5
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
    plans, looked_at = _plans(read, operations, name=name)
    security = write_security(read, plans["SendMessage"].operation, notes)
    document = _identity(read, name, notes)
    document |= {key: dict(part) for key, part in (("auth", security.auth), ("OAuth2", security.oauth2)) if part}
    document["API"] = {each: _method(read, plans[each], security, notes) for each in API_NAMES if each in plans}
    tell_callbacks(plans["SendMessage"], notes)
    _tell_absent(plans, operations, looked_at, notes)
    document["Webhook"] = draft_models(read, notes)
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


def _tell_absent(
    plans: Mapping[ApiName, Plan], operations: list[Operation], looked_at: list[str], notes: Notes
) -> None:
    if "SendFile" not in plans:
        notes.leave("API.SendFile: no operation takes a file by its URL; write it, or MMS stays off")
    if "Subscribe" not in plans:
        near = f" (looked at: {'; '.join(looked_at[:_MOST_LISTED])})" if looked_at else ""
        none = f" of {len(operations)}" if len(operations) > 1 else ""
        notes.leave(
            f"API.Subscribe: no operation{none} takes the URL of a webhook for messages{near}; write it, or have it set"
            " by hand"
        )


def _plans(
    description: Description, operations: list[Operation], *, name: str
) -> tuple[dict[ApiName, Plan], list[str]]:
    """The operations that the document needs, and those that look like Subscribe but are not, with why."""
    plans: dict[ApiName, Plan] = {"SendMessage": _sending(description, operations, name=name)}
    sending = plans["SendMessage"].operation
    of_files = [plan_request(description, "SendFile", each) for each in _candidates(operations)]
    best = _best((_file_score(each, sending), each) for each in of_files)
    if best is not None:
        plans["SendFile"] = best
    others = [each for each in operations if each.data is not sending.data and each.verb in BODY_VERBS]
    hooks = sorted(filter(_may_subscribe, others), key=_names_hook_first)[:_MOST_CANDIDATES]
    alone = not any(_services(each) for each in operations)
    subscribing = [plan_request(description, "Subscribe", each) for each in hooks]
    subscribing = [each for each in subscribing if "hook" in each.roles]
    why_not = {each.operation.title: _not_about_messages(each, alone=alone) for each in subscribing}
    fit = [each for each in subscribing if not why_not[each.operation.title]]
    best = _best((_subscribe_score(each), each) for each in fit)
    if best is not None:
        plans["Subscribe"] = best
    return plans, [f"{title}: {why}" for title, why in why_not.items() if why]


def _best(scored: Iterable[tuple[int, Plan]]) -> Plan | None:
    """The plan with the highest score that is enough, the first of equals; a deprecated one where there is no other."""
    enough = [each for each in scored if each[0] >= _ENOUGH]
    best = max(enough, key=lambda each: (not each[1].operation.deprecated, each[0]), default=None)
    return None if best is None else best[1]


def _sending(description: Description, operations: list[Operation], *, name: str) -> Plan:
    plans = [plan_request(description, "SendMessage", each) for each in _candidates(operations)]
    best = _best((_send_score(each), each) for each in plans if not _lacks(each))
    if best is not None:
        return best
    if not operations:
        files = "; its references to other files are not followed" if description.unfollowed else ""
        raise UsageError(f"{name} describes no operation{files}", mend="bundle it into one file, if it has others")
    lacking = {each.operation.title: _lacks(each) for each in plans}
    near = sorted(operations, key=_closeness, reverse=True)[:_MOST_LISTED]
    whys = {each.title: lacking.get(each.title, "") for each in near}
    closest = ", ".join(f"{title}{f': {why}' if why else ''}" for title, why in whys.items())
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


def _lacks(plan: Plan) -> str:
    """What an operation lacks to send a text, or empty text: it needs a recipient and a text, or an unknown body."""
    said = _said(plan.operation)
    missing = [what for role, what in (("to", "a recipient"), ("text", "a text")) if role not in plan.roles]
    if plan.operation.verb not in BODY_VERBS and not said & _SEND:
        return f"it is a {plan.operation.verb}, and its name does not say that it sends"
    if not missing or (plan.has_body and not _is_described(plan) and said & _SEND):
        return ""
    return f"no field looks like {' or '.join(missing)}"


def _is_described(plan: Plan) -> bool:
    return any(isinstance(step, str) for leaf in plan.leaves() for step in leaf.path)


def _send_score(plan: Plan) -> int:
    for_files = "mms" in _said(plan.operation) and "sms" not in _said(plan.operation)
    needs_file = "media" in plan.silent and plan.silent["media"].required
    return _words_score(plan.operation) + plan.points - 6 * (for_files or needs_file)


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
    words_of_files = 4 * bool(_said(plan.operation, briefly=True) & _FILE)
    return _words_score(plan.operation) + plan.points + words_of_files + 3 * (plan.operation.data is sending.data)


def _names_hook(text: str) -> bool:
    return any(_HOOK.fullmatch(word) for word in words(text))


def _may_subscribe(operation: Operation) -> bool:
    return _names_hook(f"{operation.path} {operation.id}") or not _services(operation)


def _names_hook_first(operation: Operation) -> bool:
    return not _names_hook(f"{operation.path} {operation.id}")


def _services(operation: Operation) -> set[str]:
    """The words of an operation that are about another service than messages."""
    return (_said(operation, briefly=True) | _tagged(operation)) & ANOTHER_SERVICE


def _not_about_messages(plan: Plan, *, alone: bool) -> str:
    """Why a webhook that an operation sets is not that of incoming messages, or empty text.

    It needs evidence: in the words of the operation, of its fields or their values. A description that is *alone*
    about messages has no other webhooks.
    """
    operation, hook = plan.operation, plan.roles["hook"]
    field = set(words(str(hook.path[-1])))
    services = _services(operation) | (set(words(operation.summary)) & ANOTHER_SERVICE)
    if services:
        return f"it is about {', '.join(sorted(services))}"
    if not _names_hook(f"{operation.path} {operation.id}"):
        about = field & (_MESSAGE | {"inbound", "incoming"}) and not field & {"status", "delivery", "dlr"}
        return "" if about and not _said(operation) & _SEND else "nothing says that its URL is for messages"
    said = _said(operation) | _tagged(operation) | field | _values_of(plan)
    if alone or said & (_MESSAGE | {"inbound", "incoming"}):
        return ""
    return "nothing says that it is about messages"


def _values_of(plan: Plan) -> set[str]:
    """The words of the values that an operation's fields may have, and of what is said of these fields."""
    described = [leaf.schema for leaf in plan.leaves()]
    return {word for schema in described for text in (*map(str, schema.values), schema.text) for word in words(text)}


def _subscribe_score(plan: Plan) -> int:
    said = _said(plan.operation)
    ends_in_one = plan.operation.path.rstrip("/").endswith("}")
    score = _ENOUGH + 3 * (plan.operation.verb == "POST") + 2 * bool(said & _ADD) + 2 * bool(said & _MESSAGE)
    return score + plan.roles["hook"].required - 2 * ends_in_one - 8 * bool(said & _NOT_ADD)
