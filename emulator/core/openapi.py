"""Reads an OpenAPI 3 description that is already parsed: its operations, and its schemas without their references.

Descriptions come from strangers: whatever has the wrong type is taken as absent, references may go round in
circles, and nesting is followed so far and no further.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import unquote

from emulator.core.document import VERBS
from emulator.core.messages import Scalar, is_json_type, media_type
from emulator.core.source import NOTHING, child
from emulator.core.template import parse_template
from emulator.errors import UsageError

MAX_DEPTH = 36
"""How deep a schema is followed: a field or an element is a step of `_LEVEL`, a reference or a part a step of one."""
_LEVEL = 3
MAX_NODES = 1000
"""Schemas that are read for one body."""
MAX_OPERATIONS = 2000
_MOST_FIELDS = 300
_MOST_PARTS = 30
_MOST_REFS = 20
_LONGEST = 1000
_LONGEST_INTEGER = 2**63
_VERSION = re.compile(r"3(\.\d+)*(-\w+)?")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What a description says of one value, with references and compositions resolved. Empty parts say nothing."""

    kinds: frozenset[str] = frozenset()
    """JSON Schema's names of the types that it may have."""
    fields: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    element: Schema | None = None
    values: tuple[Scalar, ...] = ()
    """The only values that it may have: an enum, or one const."""
    default: Any = None
    examples: tuple[Any, ...] = ()
    format: str = ""
    read_only: bool = False


UNKNOWN = Schema()
"""What is said of a value that nothing is said of."""
Preference = Callable[[Schema], int]
"""Which of several alternatives is wanted: the one with the highest number, or the first of these."""


def no_preference(schema: Schema) -> int:
    """Any alternative is as good as another."""
    del schema
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A part of a request beside its body; *place* is ``path``, ``query``, ``header`` or ``cookie``."""

    name: str
    place: str
    required: bool
    schema: Schema


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
    def title(self) -> str:
        """``POST /v1/messages ("Send a message")``."""
        name = self.summary or self.id
        return f"{self.verb} {self.path}" + (f' ("{name}")' if name else "")


def object_of(value: Any) -> dict[Any, Any]:
    """*value* if it is an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def list_in(value: Mapping[str, Any], key: str) -> list[Any]:
    """The list under *key*, or an empty one."""
    found = value.get(key)
    return found if isinstance(found, list) else []


def text_in(value: Mapping[str, Any], key: str) -> str:
    """The text under *key* without white space around it, or empty text."""
    found = value.get(key)
    return found.strip() if isinstance(found, str) else ""


def literal(value: Any) -> Any:
    """*value* if it can be written into a document as it is, or `NOTHING`: scalars, and lists of them.

    Null, values that are no JSON, and text that would be read as a template cannot.
    """
    if isinstance(value, list) and value and len(value) <= _MOST_PARTS:
        return value if all(not isinstance(each, list) and literal(each) is not NOTHING for each in value) else NOTHING
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST and not parse_template(value).variables else NOTHING
    if isinstance(value, int):
        return value if abs(value) < _LONGEST_INTEGER else NOTHING
    return value if isinstance(value, float) and math.isfinite(value) else NOTHING


def merged(first: Schema, second: Schema) -> Schema:
    """What holds where both hold; of what only one can say, *first* says it."""
    if first is UNKNOWN or second is UNKNOWN:
        return second if first is UNKNOWN else first
    names = dict.fromkeys((*first.fields, *second.fields))
    return Schema(
        kinds=first.kinds or second.kinds,
        fields={name: merged(first.fields.get(name, UNKNOWN), second.fields.get(name, UNKNOWN)) for name in names},
        required=first.required | second.required,
        element=first.element if second.element is None else merged(first.element or UNKNOWN, second.element),
        values=first.values or second.values,
        default=second.default if first.default is None else first.default,
        examples=(*first.examples, *second.examples)[:_MOST_PARTS],
        format=first.format or second.format,
        read_only=first.read_only or second.read_only,
    )


def with_example(schema: Schema, example: Any) -> Schema:
    """*schema* with the parts of *example* as examples of its parts."""
    if isinstance(example, dict) and schema.fields:
        fields = {
            name: with_example(each, example[name]) if name in example else each for name, each in schema.fields.items()
        }
        return replace(schema, fields=fields)
    if isinstance(example, list) and example and schema.element is not None:
        return replace(schema, element=with_example(schema.element, example[0]))
    return replace(schema, examples=(*schema.examples, example))


@dataclass(slots=True)
class _SchemaReader:
    """Reads one schema; counts, because alternatives and fields multiply."""

    target: Callable[[str], Any]
    prefer: Preference
    nodes: int = 0

    def read(self, node: Any, depth: int = 0, trail: frozenset[str] = frozenset()) -> Schema:
        """The schema *node*; *trail* holds the references that led to it."""
        self.nodes += 1
        if not isinstance(node, dict) or not node or depth > MAX_DEPTH or self.nodes > MAX_NODES:
            return UNKNOWN
        found = self._own(node, depth, trail)
        ref = node.get("$ref")
        if isinstance(ref, str) and ref not in trail:
            found = merged(found, self.read(self.target(ref), depth + 1, trail | {ref}))
        for part in islice(list_in(node, "allOf"), _MOST_PARTS):
            found = merged(found, self.read(part, depth + 1, trail))
        for word in ("oneOf", "anyOf"):
            found = merged(found, self._best(list_in(node, word), depth, trail))
        # Last, when the fields are known that an example has values for.
        for example in (node.get("example"), *list_in(node, "examples")[:_MOST_PARTS]):
            found = found if example is None else with_example(found, example)
        return UNKNOWN if found == UNKNOWN else found

    def _own(self, node: Mapping[str, Any], depth: int, trail: frozenset[str]) -> Schema:
        properties = islice(object_of(node.get("properties")).items(), _MOST_FIELDS)
        fields = {str(name): self.read(each, depth + _LEVEL, trail) for name, each in properties}
        kinds = _kinds(node)
        has_elements = "items" in node or "array" in kinds
        return Schema(
            kinds=kinds,
            fields=fields,
            required=frozenset(name for name in list_in(node, "required") if isinstance(name, str)),
            element=self.read(node.get("items"), depth + _LEVEL, trail) if has_elements else None,
            values=_values(node),
            default=node.get("default"),
            format=text_in(node, "format"),
            read_only=node.get("readOnly") is True,
        )

    def _best(self, parts: Sequence[Any], depth: int, trail: frozenset[str]) -> Schema:
        read = [self.read(each, depth + 1, trail) for each in parts[:_MOST_PARTS]]
        workable = [each for each in read if each is not UNKNOWN and each.kinds != {"null"}]
        return max(workable, key=self.prefer, default=UNKNOWN)

    def like(self, example: Any, depth: int = 0) -> Schema:
        """What *example* shows of values like it."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            return UNKNOWN
        if isinstance(example, dict):
            fields = {
                str(name): self.like(each, depth + _LEVEL) for name, each in islice(example.items(), _MOST_FIELDS)
            }
            return Schema(kinds=frozenset({"object"}), fields=fields)
        if isinstance(example, list):
            element = self.like(example[0], depth + _LEVEL) if example else UNKNOWN
            return Schema(kinds=frozenset({"array"}), element=element)
        return Schema(examples=(example,))


def _kinds(node: Mapping[str, Any]) -> frozenset[str]:
    found = node.get("type")
    names = found if isinstance(found, list) else [found]
    return frozenset(name for name in names if isinstance(name, str))


def _values(node: Mapping[str, Any]) -> tuple[Scalar, ...]:
    values = [node["const"]] if "const" in node else list_in(node, "enum")
    return tuple(each for each in values[:_MOST_FIELDS] if not isinstance(each, list) and literal(each) is not NOTHING)


@dataclass(slots=True)
class Description:
    """An OpenAPI description, read part by part as it is asked for."""

    root: Mapping[str, Any]
    unfollowed: dict[str, None] = field(default_factory=dict)
    """References that led out of the file, or nowhere, so far."""

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
            for name, callback in islice(object_of(operation.data.get("callbacks")).items(), _MOST_PARTS):
                yield from self._of_callback(str(name), callback)

    def _of_callback(self, name: str, node: Any) -> Iterator[Operation]:
        for item in islice(self.follow(node).values(), _MOST_PARTS):
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
        for node in (*list_in(item, "parameters")[:_MOST_FIELDS], *list_in(data, "parameters")[:_MOST_FIELDS]):
            each = self.follow(node)
            name, place = text_in(each, "name"), text_in(each, "in")
            if name:
                required = each.get("required") is True or place == "path"
                schema = self._of_media(each) if "schema" in each else self.content(each)[1]
                found[place, name] = Parameter(name=name, place=place, required=required, schema=schema)
        return tuple(found.values())

    # -- bodies

    def body(self, operation: Operation, prefer: Preference = no_preference) -> tuple[str, Schema]:
        """The content type of a request's body, empty where it has none, and its schema."""
        return self.content(self.follow(operation.data.get("requestBody")), prefer)

    def answer(self, operation: Operation, prefer: Preference = no_preference) -> tuple[str, Schema]:
        """The status of the first success that is described, empty where none is, and the schema of its JSON."""
        answers = {str(status): each for status, each in object_of(operation.data.get("responses")).items()}
        for status in (*(each for each in answers if each.startswith("2")), "default"):
            if status in answers:
                content_type, schema = self.content(self.follow(answers[status]), prefer)
                return status, schema if is_json_type(content_type) or "*" in content_type else UNKNOWN
        return "", UNKNOWN

    def content(self, node: Mapping[str, Any], prefer: Preference = no_preference) -> tuple[str, Schema]:
        """Of the content types of a request or an answer the one that suits best, with its schema."""
        content = object_of(node.get("content"))
        names = [name for name in content if isinstance(name, str)]
        best = min(names, key=_suits, default="")
        return best, self._of_media(object_of(content.get(best)), prefer)

    def _of_media(self, media: Mapping[str, Any], prefer: Preference = no_preference) -> Schema:
        named = [self.follow(each).get("value") for each in object_of(media.get("examples")).values()][:_MOST_PARTS]
        examples = [each for each in (media.get("example"), *named) if each is not None]
        reader = _SchemaReader(self.target, prefer)
        found = reader.read(media.get("schema"))
        if examples and not found.fields and found.element is None:
            found = merged(found, max(map(reader.like, examples), key=prefer))
        for example in examples:
            found = with_example(found, example)
        return found

    # -- servers and security

    def server(self, operation: Operation) -> dict[Any, Any]:
        """The server that an operation is asked at, or an empty object."""
        for holder in (operation.data, operation.item, self.root):
            servers = list_in(holder, "servers")
            if servers:
                return object_of(servers[0])
        return {}

    def security(self, operation: Operation) -> list[list[tuple[dict[Any, Any], list[Any]]]]:
        """The ways to be authorized, each the schemes that it takes together, with the scopes asked for.

        Where neither the operation nor the description asks for any, each scheme that is described is a way.
        """
        known = object_of(object_of(self.root.get("components")).get("securitySchemes"))
        own = operation.data.get("security")
        if own == []:
            return []
        asked = own if isinstance(own, list) else list_in(self.root, "security")
        ways = [
            [(self.follow(known.get(name)), list_in(way, name)) for name in way]
            for way in asked[:_MOST_PARTS]
            if isinstance(way, dict) and way
        ]
        return ways or [[(self.follow(each), [])] for each in islice(known.values(), _MOST_PARTS)]


def _suits(content_type: str) -> int:
    if is_json_type(content_type):
        return 0
    kind = media_type(content_type)
    return 1 + _FORMS.index(kind) if kind in _FORMS else 3


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
