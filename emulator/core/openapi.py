"""Reads an OpenAPI 3 description that is already parsed: its operations, and its schemas without their references.

Descriptions come from strangers: whatever has the wrong type is taken as absent, references may go round in
circles, and nesting is followed so far and no further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import unquote

from emulator.core.document import VERBS
from emulator.core.messages import is_json_type, media_type
from emulator.core.openapi_schema import (
    MAX_FIELDS,
    MAX_PARTS,
    UNKNOWN,
    Preference,
    Schema,
    SchemaReader,
    list_in,
    merged,
    no_preference,
    object_of,
    text_in,
    with_example,
)
from emulator.core.source import NOTHING, child
from emulator.errors import UsageError

MAX_OPERATIONS = 2000
_MOST_REFS = 20
_MOST_HEIRS = 100
_VERSION = re.compile(r"3(\.\d+)*(-\w+)?")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A part of a request beside its body; *place* is ``path``, ``query``, ``header`` or ``cookie``."""

    name: str
    place: str
    required: bool
    schema: Schema
    """What it holds; deprecated if the parameter is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One verb of a path, or of a webhook, whose name is then the *path*."""

    verb: str
    path: str
    item: Mapping[str, Any]
    """The path item that it stands in."""
    data: Mapping[str, Any]
    parameters: tuple[Parameter, ...]

    @property
    def id(self) -> str:
        """Its operationId, or empty text."""
        return text_in(self.data, "operationId")

    @property
    def summary(self) -> str:
        """One line of what it does, or empty text."""
        return text_in(self.data, "summary") or text_in(self.item, "summary")

    @property
    def tags(self) -> tuple[str, ...]:
        """The groups that it belongs to."""
        return tuple(tag for tag in list_in(self.data, "tags") if isinstance(tag, str))

    @property
    def deprecated(self) -> bool:
        """Whether it should no longer be used."""
        return self.data.get("deprecated") is True

    @property
    def title(self) -> str:
        """``POST /v1/messages ("Send a message")``."""
        name = self.summary or self.id
        return f"{self.verb} {self.path}" + (f' ("{name}")' if name else "")


@dataclass(slots=True)
class Description:
    """An OpenAPI description, read part by part as it is asked for."""

    root: Mapping[str, Any]
    unfollowed: dict[str, None] = field(default_factory=dict)
    """References that led out of the file, or nowhere, so far."""
    _reader: SchemaReader = field(init=False)
    _heirs: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Note which schemas extend which."""
        self._reader = SchemaReader(self.target, self._below)
        schemas = object_of(object_of(self.root.get("components")).get("schemas"))
        for name, schema in schemas.items():
            own = "#/components/schemas/" + str(name).replace("~", "~0").replace("/", "~1")
            for part in list_in(object_of(schema), "allOf")[:MAX_PARTS]:
                ref = object_of(part).get("$ref")
                if isinstance(ref, str):
                    self._heirs.setdefault(ref, []).append(own)

    def _below(self, ref: str) -> Sequence[str]:
        """References to the schemas that extend the one at *ref*, and to those that extend them."""
        found: dict[str, None] = {}
        waiting = [ref]
        while waiting and len(found) < _MOST_HEIRS:
            new = [each for each in self._heirs.get(waiting.pop(), ()) if each not in found and each != ref]
            found |= dict.fromkeys(new)
            waiting += new
        return list(found)

    def target(self, ref: str) -> Any:
        """What *ref* refers to, or an empty object, which is kept in mind."""
        node: Any = self.root
        steps = unquote(ref[1:]).split("/")
        if not ref.startswith("#") or steps[0]:
            node = NOTHING
        for step in steps[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            is_index = isinstance(node, list) and name.isdecimal() and len(name) < 6
            node = child(node, int(name) if is_index else name)
        if node is NOTHING:
            self.unfollowed[ref] = None
            return {}
        return node

    def follow(self, node: Any) -> dict[Any, Any]:
        """The object that *node* is, or refers to; an empty one where there is none."""
        for _ in range(_MOST_REFS):
            ref = object_of(node).get("$ref")
            if not isinstance(ref, str):
                return object_of(node)
            node = self.target(ref)
        return {}

    # -- operations

    def operations(self) -> Iterator[Operation]:
        """What can be asked of the provider, in the order of the file."""
        paths = object_of(self.root.get("paths"))
        found = (each for path, item in paths.items() for each in self._of_item(str(path), item))
        yield from islice(found, MAX_OPERATIONS)

    def webhooks(self) -> Iterator[Operation]:
        """What the provider may send by itself: webhooks, then callbacks."""
        hooks = {**object_of(self.root.get("x-webhooks")), **object_of(self.root.get("webhooks"))}
        for name, item in islice(hooks.items(), MAX_OPERATIONS):
            found = list(self._of_item(str(name), item))
            # Before OpenAPI 3.1 some wrote webhooks as callbacks, with an expression in between.
            yield from found or self._of_callback(str(name), item)
        for operation in self.operations():
            for name, callback in islice(object_of(operation.data.get("callbacks")).items(), MAX_PARTS):
                yield from self._of_callback(str(name), callback)

    def _of_callback(self, name: str, node: Any) -> Iterator[Operation]:
        for item in islice(self.follow(node).values(), MAX_PARTS):
            yield from self._of_item(name, item)

    def _of_item(self, path: str, node: Any) -> Iterator[Operation]:
        item = self.follow(node)
        for verb in VERBS:
            data = item.get(verb.lower())
            if isinstance(data, dict):
                parameters = self._parameters(item, data)
                yield Operation(verb=verb, path=path, item=item, data=data, parameters=parameters)

    def _parameters(self, item: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        for node in (*list_in(item, "parameters")[:MAX_FIELDS], *list_in(data, "parameters")[:MAX_FIELDS]):
            each = self.follow(node)
            name, place = text_in(each, "name"), text_in(each, "in")
            if name:
                required = each.get("required") is True or place == "path"
                schema = self._of_parameter(each)
                found[place, name] = Parameter(name=name, place=place, required=required, schema=schema)
        return tuple(found.values())

    def _of_parameter(self, node: Mapping[str, Any]) -> Schema:
        contents = (each for _, each in self._contents(node, no_preference))
        schema = next(self._readings(node) if "schema" in node else contents, UNKNOWN)
        text = text_in(node, "description")
        return replace(schema, text=text or schema.text, deprecated=schema.deprecated or node.get("deprecated") is True)

    # -- bodies

    def bodies(self, operation: Operation, prefer: Preference = no_preference) -> Iterator[tuple[str, Schema]]:
        """What a request's body may be, the likeliest first: its content type, and one reading of its schema."""
        yield from self._contents(self.follow(operation.data.get("requestBody")), prefer)

    def answers(self, operation: Operation, prefer: Preference = no_preference) -> Iterator[tuple[str, Schema]]:
        """What may answer an operation that succeeds, the likeliest first: a status, and a reading of its JSON."""
        answers = {str(status): each for status, each in object_of(operation.data.get("responses")).items()}
        for status in (*(each for each in answers if each.startswith("2")), "default"):
            if status in answers:
                for content_type, schema in self._contents(self.follow(answers[status]), prefer):
                    if is_json_type(content_type) or "*" in content_type:
                        yield status, schema

    def answer_headers(self, operation: Operation) -> list[str]:
        """The names of the headers that a success may have."""
        answers = object_of(operation.data.get("responses")).items()
        successes = [self.follow(each) for status, each in answers if str(status).startswith("2")]
        return [str(name) for each in successes for name in object_of(each.get("headers"))]

    def _contents(self, node: Mapping[str, Any], prefer: Preference) -> Iterator[tuple[str, Schema]]:
        content = object_of(node.get("content"))
        names = sorted((name for name in content if isinstance(name, str)), key=_suits)
        # What the platform neither writes nor reads counts only where there is nothing else.
        usual = [name for name in names if _suits(name) < _UNUSUAL] or names[:1]
        for name in usual:
            for schema in self._readings(object_of(content[name]), prefer):
                yield name, schema

    def _readings(self, media: Mapping[str, Any], prefer: Preference = no_preference) -> Iterator[Schema]:
        named = [self.follow(each).get("value") for each in object_of(media.get("examples")).values()][:MAX_PARTS]
        examples = [each for each in (media.get("example"), *named) if each is not None]
        for read in self._reader.readings(media.get("schema"), prefer):
            found = read
            if examples and not found.fields and found.element is None:
                found = merged(found, max(map(self._reader.like, examples), key=prefer))
            for example in examples:
                found = with_example(found, example)
            yield found

    # -- servers and security

    def server(self, operation: Operation) -> dict[Any, Any]:
        """The server that an operation is asked at, or an empty object."""
        for holder in (operation.data, operation.item, self.root):
            servers = list_in(holder, "servers")
            if servers:
                return object_of(servers[0])
        return {}

    def schemes(self) -> list[dict[Any, Any]]:
        """Every security scheme that is described."""
        return [self.follow(each) for each in islice(self._known_schemes().values(), MAX_PARTS)]

    def _known_schemes(self) -> dict[Any, Any]:
        return object_of(object_of(self.root.get("components")).get("securitySchemes"))

    def security(self, operation: Operation) -> tuple[list[list[tuple[dict[Any, Any], list[Any]]]], bool]:
        """The ways to be authorized, and whether one may do without.

        A way is the schemes that it takes together, with the scopes asked for. Where neither the operation nor the
        description asks for any, each scheme that is described is a way; an operation can also rule them all out.
        """
        known = self._known_schemes()
        own = operation.data.get("security")
        asked = own if isinstance(own, list) else list_in(self.root, "security")
        ways = [
            [(self.follow(known.get(name)), list_in(way, name)) for name in way]
            for way in asked[:MAX_PARTS]
            if isinstance(way, dict) and way
        ]
        if own == []:
            return [], True
        every = [[(each, list[Any]())] for each in self.schemes()]
        return ways or every, {} in asked


_UNUSUAL = 3


def _suits(content_type: str) -> int:
    if is_json_type(content_type):
        return 0
    kind = media_type(content_type)
    return 1 + _FORMS.index(kind) if kind in _FORMS else _UNUSUAL


def read_description(description: Any, *, name: str) -> Description:
    """The parsed file *name* as a description.

    Raises:
        UsageError: It is no OpenAPI 3 description, or one without paths.
    """
    if not isinstance(description, dict):
        raise UsageError(f"{name} is no OpenAPI description: it holds no object", mend="is this the right file?")
    if "openapi" not in description and "swagger" in description:
        mend = "convert it to OpenAPI 3 first: editors and converters for Swagger files do that"
        raise UsageError(f"{name} is a Swagger 2.0 description; OpenAPI 3 is read", mend=mend)
    if "openapi" not in description:
        mend = 'an OpenAPI 3 description begins with "openapi": "3.0.3" or the like; is this the right file?'
        raise UsageError(f'{name} is no OpenAPI description: it has no key "openapi"', mend=mend)
    version = description["openapi"]
    # YAML reads an unquoted 3.0 as a number.
    text = str(version).strip() if isinstance(version, str | float) or version == 3 else ""
    if not _VERSION.fullmatch(text):
        shown = f'"{text[:20]}"' if text else "no text"
        raise UsageError(
            f"{name}: the OpenAPI version is {shown}; 3.0 and 3.1 are read", mend="convert it to OpenAPI 3"
        )
    if not object_of(description.get("paths")):
        raise UsageError(f"{name} describes no paths, so there is nothing to ask of the provider", mend="add its paths")
    return Description(description)
