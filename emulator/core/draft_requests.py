"""Writes the requests of a drafted document: address, parameters, and where the answer has the id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from emulator.core.document import ApiName
from emulator.core.draft_access import Notes, Security, base_url, templated
from emulator.core.draft_fields import (
    ANOTHER_SERVICE,
    Leaf,
    Role,
    channel_of,
    credentials_of,
    id_of,
    is_like,
    is_secret,
    is_sure,
    leaves_of,
    prefer,
    prefer_id,
    property_name,
    roles_of,
    words,
)
from emulator.core.messages import is_json_type, media_type, text_of
from emulator.core.openapi import Description, Operation
from emulator.core.openapi_schema import UNKNOWN, Schema, literal
from emulator.core.shapes import name_of
from emulator.core.source import NOTHING, Path, jsonpath, nest
from emulator.core.template import parse_template

VARIABLES: Final[Mapping[ApiName, Mapping[Role, str]]] = {
    "SendMessage": {"to": "$to$", "from": "$from$", "text": "$content$"},
    "SendFile": {"media": "$content$", "to": "$to$", "from": "$from$"},
    "Subscribe": {"hook": "$webhook_url$"},
}
"""What the platform supplies to each request, by what the provider's field holds."""
_SILENT: Mapping[ApiName, Role] = {"SendMessage": "media", "SendFile": "text"}
_MEANT: Mapping[ApiName, frozenset[str]] = {
    "SendMessage": frozenset({"sms", "text"}),
    "SendFile": frozenset({"mms", "image", "media", "file", "picture"}),
    "Subscribe": frozenset({"message", "messages", "sms", "mms", "inbound", "received", "incoming", "delivered"}),
}
"""Of the values that a field may have, the words of those that fit each request."""
_ROLE_WORDS: Mapping[Role, str] = {
    "from": "the SMS number",
    "to": "the recipient",
    "text": "the text",
    "media": "the file's URL",
    "hook": "the webhook URL",
}
_MOST_NAMED = 8
_LONGEST_SHOWN = 100
_BODY, _QUERY, _PATH = range(3)
"""The first step of a field's path: where in the request it stands."""
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_OWN_VALUE = re.compile(r"id|sid|uuid|guid|(api)?key|token|secret|user|username|login|account|password|signature")
"""Words of fields whose example is somebody else's value."""
_SOMEBODYS = re.compile(r"[a-z]+://.*|\+?[\d ()-]{7,}|[^@\s]+@[^@\s]+", re.IGNORECASE)
"""Examples that are somebody's address or number, whatever the field is called."""
BODY_VERBS = frozenset({"POST", "PUT", "PATCH"})
POINTS: Mapping[Role, int] = {"to": 4, "text": 4, "media": 4, "from": 2, "hook": 4}
"""How much a field says for an operation."""
_ORDINARY_HEADERS = frozenset({"content-type", "accept", "authorization"})


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation as one of the document's requests, with the fields that the platform fills."""

    name: ApiName
    operation: Operation
    content_type: str
    body: Schema
    roles: Mapping[Role, Leaf]
    silent: Mapping[Role, Leaf]
    """A field that the platform has nothing for in this request, such as the text that goes with a file."""

    @property
    def has_body(self) -> bool:
        """Whether the parameters go into the body."""
        return self.operation.verb in BODY_VERBS

    @property
    def points(self) -> int:
        """What its fields say for it."""
        return sum(POINTS[role] for role in self.roles)

    @property
    def fit(self) -> tuple[int, int]:
        """How well its body is the one that this request needs: by its fields and by the channel that it names."""
        burdens = sum(each.required for each in self.silent.values()) + sum(
            each.deprecated for each in self.roles.values()
        )
        return self.points - 3 * burdens, channel_of(self.body)

    def leaves(self) -> list[Leaf]:
        """Every field of the query, of the body and, where its name is sure, of the path."""
        return [*_outside_the_body(self.operation), *(each for each in leaves_of(self.body, (_BODY,)) if each.path[1:])]

    def fields(self) -> str:
        """The names of the fields that the platform fills."""
        order = [role for role in _ROLE_WORDS if role in self.roles]
        return ", ".join(name_of(self.roles[role].path[1:]) for role in order)


def plan_request(description: Description, name: ApiName, operation: Operation) -> Plan:
    """See *operation* as the request *name*."""
    prefers = prefer(*VARIABLES[name])
    bodies = list(description.bodies(operation, prefers)) if operation.verb in BODY_VERBS else []
    plans = [_plan(name, operation, *body) for body in bodies or [("", UNKNOWN)]]
    return max(plans, key=lambda plan: plan.fit)


def _plan(name: ApiName, operation: Operation, content_type: str, body: Schema) -> Plan:
    plan = Plan(name, operation, content_type, body, {}, {})
    leaves = plan.leaves()
    found = roles_of(leaves, *VARIABLES[name])
    taken = {each.path for each in found.values()}
    silent = roles_of((each for each in leaves if each.path not in taken), _SILENT[name]) if name in _SILENT else {}
    return replace(plan, roles=found, silent=silent)


def _outside_the_body(operation: Operation) -> list[Leaf]:
    places = {"query": _QUERY, "path": _PATH}
    return [
        Leaf((places[each.place], *leaf.path), leaf.schema, each.required, leaf.deprecated)
        for each in operation.parameters
        if each.place == "query" or (each.place == "path" and is_sure(each.name))
        for leaf in leaves_of(each.schema, (each.name,))
    ]


def write_request(description: Description, plan: Plan, security: Security, notes: Notes) -> dict[str, Any]:
    """The request as the document has it, without ``response_map``."""
    filler = _Filler(plan, notes, _credentials(plan, security, notes))
    query = Schema(
        fields={
            each.name: each.schema
            for each in plan.operation.parameters
            if each.place == "query" and each.name not in security.query
        },
        required=frozenset(each.name for each in plan.operation.parameters if each.required),
    )
    asked = filler.flat(filler.fill(query, (_QUERY,), required=True), _QUERY) if query.fields else {}
    url = _address(description, plan, filler)
    request: dict[str, Any] = {"request_method": plan.operation.verb, "request_url": ""}
    if plan.has_body:
        request |= _body(filler)
        request["request_url"] = _with_query(url, {**asked, **security.query})
    else:
        request["request_url"] = _with_query(url, security.query)
        request |= {"request_parameters": asked} if asked else {}
    _tell_headers(plan, notes)
    return request


def _credentials(plan: Plan, security: Security, notes: Notes) -> frozenset[Path]:
    """The paths of optional fields that say and prove who asks, where nothing else does; the others are told."""
    place = f"API.{plan.name}.request_parameters"
    every = [each for each in plan.leaves() if each.path[1] not in security.query]
    credentials, signatures = credentials_of(each for each in every if each not in plan.roles.values())
    optional = [each for each in credentials if not each.required]
    names = ", ".join(name_of(each.path[1:]) for each in optional)
    if signatures and not all(each.required for each in signatures):
        unsaid = ", ".join(name_of(each.path[1:]) for each in signatures)
        notes.leave(f"{place}: {unsaid} is left out: the platform signs nothing; ask the provider to do without it")
    if not optional:
        return frozenset()
    if security.is_said:
        notes.leave(f"{place}: {names} is left out: it is optional beside auth; write it if the provider wants it")
        return frozenset()
    notes.guess(f"{place} has {names} too: optional by the description, but credentials by name, and there is no auth")
    return frozenset(each.path for each in optional)


def _body(filler: _Filler) -> dict[str, Any]:
    plan, place = filler.plan, f"API.{filler.plan.name}"
    if not plan.content_type and plan.body is UNKNOWN:
        return {}
    content_type = plan.content_type
    if "*" in content_type or not (is_json_type(content_type) or media_type(content_type) in _FORM_TYPES):
        if "*" not in content_type:
            filler.notes.leave(
                f"{place}.request_content_type: the provider takes {content_type or 'an unnamed type'}, which the"
                " platform cannot write; application/json stands for it"
            )
        content_type = "application/json"
    parameters: Any = {}
    if plan.body.fields or plan.body.element is not None:
        parameters = filler.fill(plan.body, (_BODY,), required=True)
    else:
        filler.notes.leave(f"{place}.request_parameters: the description says nothing of the body; write its fields")
    if media_type(content_type) in _FORM_TYPES:
        parameters = filler.flat(parameters, _BODY)
    return {"request_content_type": content_type, "request_parameters": parameters}


def _tell_headers(plan: Plan, notes: Notes) -> None:
    for each in plan.operation.parameters:
        if each.place not in {"header", "cookie"} or each.name.lower() in _ORDINARY_HEADERS:
            continue
        if each.required or is_secret(each.name):
            needed = "is required" if each.required else "looks like a credential"
            notes.leave(
                f'API.{plan.name}: the {each.place} "{each.name}" {needed}, and the format has none of its own;'
                " ask the provider to do without it"
            )


def tell_callbacks(plan: Plan, notes: Notes) -> None:
    """Tell which fields of a message take the address of its reports: the platform can fill none of them."""
    taken = {each.path for each in plan.roles.values()}
    hooks = [each for each in plan.leaves() if each.path not in taken and _takes_callback(each)]
    if hooks:
        names = ", ".join(name_of(each.path[1:]) for each in hooks)
        notes.leave(
            f"API.{plan.name}: {names} takes the address of the reports, which the platform has in Subscribe alone;"
            " have the provider keep it"
        )


def _takes_callback(leaf: Leaf) -> bool:
    named = set(words(str(leaf.path[-1])))
    return bool(named & {"callback", "webhook", "notify", "dlr", "status", "report"}) and is_like("hook")(leaf)


# -- parameters


@dataclass(frozen=True, slots=True)
class _Filler:
    """Writes the fields of one request that it needs: those that the platform fills, and required ones."""

    plan: Plan
    notes: Notes
    credentials: frozenset[Path]
    """Optional fields that are sent all the same."""

    def fill(self, schema: Schema, path: Path, *, required: bool) -> Any:
        """The template of what stands at *path*, or `NOTHING` where it can be left out."""
        for role, leaf in self.plan.roles.items():
            if leaf.path == path:
                return VARIABLES[self.plan.name][role]
        sent = (*(leaf.path for leaf in self.plan.roles.values()), *self.credentials)
        holds = any(each[: len(path)] == path for each in sent)
        if not holds and (not required or schema.read_only):
            return NOTHING
        is_silent = any(leaf.path[: len(path)] == path for leaf in self.plan.silent.values())
        if not holds and is_silent and (schema.element is not None or not schema.fields):
            return self._nothing_to_say(schema, path)
        if schema.fields:
            return self._object(schema, path)
        if schema.element is not None:
            return self._list(schema, schema.element, path, holds=holds)
        if schema.kinds and not schema.kinds - {"object", "null"}:
            self.notes.leave(f"{self.place(path)}: the field is required, and nothing is said of what is in it")
            return {}
        return self.scalar(schema, path)

    def place(self, path: Path) -> str:
        """Where in the document the field at *path* stands."""
        in_url = path[0] == _PATH or (path[0] == _QUERY and self.plan.has_body)
        return name_of(("API", self.plan.name, *(("request_url",) if in_url else ("request_parameters", *path[1:]))))

    def _object(self, schema: Schema, path: Path) -> dict[str, Any]:
        filled = {
            name: self.fill(each, (*path, name), required=name in schema.required)
            for name, each in schema.fields.items()
        }
        return {name: value for name, value in filled.items() if value is not NOTHING}

    def _list(self, schema: Schema, element: Schema, path: Path, *, holds: bool) -> list[Any]:
        if not holds and isinstance(schema.default, list) and literal(schema.default) is not NOTHING:
            return schema.default
        meant = [each for each in element.values if ANOTHER_SERVICE.isdisjoint(words(str(each)))]
        if meant and not holds and self.plan.name == "Subscribe":
            self.notes.guess(f"{self.place(path)} holds all of its values that may have to do with messages")
            return meant
        value = self.fill(element, (*path, 0), required=True)
        return [] if value is NOTHING else [value]

    def _nothing_to_say(self, schema: Schema, path: Path) -> Any:
        what = "a file's URL" if self.plan.name == "SendMessage" else "a text"
        self.notes.leave(f"{self.place(path)}: {what} is required, which the platform has none of here")
        return "" if schema.element is None else []

    def _is_meant(self, value: object) -> bool:
        return isinstance(value, str) and not _MEANT[self.plan.name].isdisjoint(words(value))

    def scalar(self, schema: Schema, path: Path) -> Any:
        """A value that the description offers for the field at *path*, or a property of its name."""
        name = next((step for step in reversed(path) if isinstance(step, str)), "")
        if path[0] != _PATH and is_like("text")(Leaf(path, schema, required=True)) and "text" in self.plan.roles:
            text = name_of(self.plan.roles["text"].path[1:])
            self.notes.leave(
                f"{self.place(path)}: it is required and looks like a text, as {text} does; write what it is"
            )
        for value, why in self._offers(schema, path, name):
            if literal(value) is not NOTHING and not isinstance(value, list):
                self.notes.guess(f'{self.place(path)}: "{name}" is {text_of(value)!r}, {why}')
                return value
        return f"${property_name(name)}$"

    def _offers(self, schema: Schema, path: Path, name: str) -> list[tuple[Any, str]]:
        values = schema.values
        only = [(value, "its only value") for value in values[:1] if len(values) == 1]
        meant = [(value, "which fits among its values") for value in values if self._is_meant(value)]
        default = [(schema.default, "its default")]
        # An example of an id, a key, a number or a text is somebody else's.
        own = path[0] == _PATH or any(_OWN_VALUE.fullmatch(word) for word in words(name))
        own = own or is_like("to", "from", "text", "media", "hook")(Leaf(path, schema, required=True))
        shown = [] if own else [each for each in schema.examples if not _is_somebodys(each)]
        examples = [(value, "its example") for value in shown]
        first = [(value, "the first of its values") for value in values[:1]]
        usual = [*meant, *default] if self.plan.name == "SendFile" else [*default, *meant]
        return [*only, *usual, *examples, *first]

    def flat(self, parameters: Any, part: int) -> dict[str, Any]:
        """The *parameters* of a form or a query, without those that it cannot hold."""
        if not isinstance(parameters, dict):
            self.notes.leave(f"{self.place((part,))}: the fields of a form must be an object; write them")
            return {}
        kept = {}
        for name, value in parameters.items():
            elements = value if isinstance(value, list) else [value]
            if any(isinstance(each, dict | list) for each in elements):
                self.notes.leave(f"{self.place((part, name))}: it is nested, and a form or query is flat; flatten it")
            else:
                kept[name] = value
        return kept


def _is_somebodys(example: object) -> bool:
    return isinstance(example, str) and bool(_SOMEBODYS.fullmatch(example[:_LONGEST_SHOWN]))


# -- addresses


def _address(description: Description, plan: Plan, filler: _Filler) -> str:
    base = base_url(description, plan.operation, f"API.{plan.name}.request_url", filler.notes)
    schemas = {each.name: each.schema for each in plan.operation.parameters if each.place == "path"}

    def value_of(name: str) -> str:
        for role, leaf in plan.roles.items():
            if leaf.path[:2] == (_PATH, name):
                return VARIABLES[plan.name][role]
        return _in_url(filler.scalar(schemas.get(name, UNKNOWN), (_PATH, name)))

    return base + "/" + templated(plan.operation.path, value_of).lstrip("/")


def _in_url(value: Any) -> str:
    text = text_of(value)
    return text if parse_template(text).variables else quote(text, safe="", errors="replace")


def _with_query(url: str, query: Mapping[str, Any]) -> str:
    pairs = [
        f"{quote(name, safe='', errors='replace')}={_in_url(each)}"
        for name, value in query.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    if not pairs:
        return url
    address, mark, fragment = url.partition("#")
    return address + ("&" if "?" in address else "?") + "&".join(pairs) + mark + fragment


def missing_roles(plan: Plan) -> list[tuple[str, str]]:
    """What the platform supplies and no field takes, in words, with its variable."""
    return [(_ROLE_WORDS[role], variable) for role, variable in VARIABLES[plan.name].items() if role not in plan.roles]


# -- answers


def write_response_map(description: Description, plan: Plan, notes: Notes) -> dict[str, Any]:
    """``response_map``, if the answer is known to name the message's id."""
    place = f"API.{plan.name}.response_map"
    named = ((status, id_of(schema)) for status, schema in description.answers(plan.operation, prefer_id))
    status, leaf = next((each for each in named if each[1] is not None), ("", None))
    if leaf is None:
        notes.leave(f"{place}: {_without_id(description, plan.operation)}; write where the message id stands")
        return {}
    notes.guess(f"{place} takes {jsonpath(leaf.path)} of the answer {status} as the message's id")
    return {"response_map": nest({leaf.path: "$messageid$"})}


def _without_id(description: Description, operation: Operation) -> str:
    """That an answer names no id, and which fields it has; a header is no place that response_map reads."""
    schemas = [schema for _, schema in description.answers(operation, prefer_id)]
    fields = dict.fromkeys(name_of(leaf.path) for schema in schemas for leaf in leaves_of(schema))
    text = f"the answer of {operation.title} names no id"
    if fields:
        text += f" (looked at: {', '.join(list(fields)[:_MOST_NAMED])})"
    if any(name.lower() == "location" for name in description.answer_headers(operation)):
        text += "; it may stand in the header Location, and response_map reads the body alone"
    return text
