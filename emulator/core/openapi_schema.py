"""What a description says of one value: JSON Schema as OpenAPI uses it, read without its references and compositions.

Schemas come from strangers: whatever has the wrong type is taken as absent, references may go round in circles, and
nesting is followed so far and no further.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from emulator.core.foreign import foreign_in
from emulator.core.messages import Scalar
from emulator.core.source import NOTHING
from emulator.core.template import parse_template

MAX_DEPTH = 36
"""How deep a schema is followed: a field or an element is a step of `_LEVEL`, a reference or a part a step of one."""
_LEVEL = 3
MAX_NODES = 1000
"""Schemas that are read for one body."""
MAX_FIELDS = 300
MAX_PARTS = 30
_MOST_READINGS = 24
"""Ways to choose among the alternatives of one body."""
_MOST_NODES_IN_ALL = 200_000
"""Schemas read of one description; then each body is read in one way alone."""
_LONGEST = 1000
_LONGEST_INTEGER = 2**63


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
    text: str = ""
    """What is said of it in words."""
    read_only: bool = False
    deprecated: bool = False


UNKNOWN = Schema()
"""What is said of a value that nothing is said of."""
Preference = Callable[[Schema], int]
"""Which of several alternatives is wanted: the one with the highest number, or the first of these."""


def no_preference(schema: Schema) -> int:
    """Any alternative is as good as another."""
    del schema
    return 0


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
    if isinstance(value, list) and value and len(value) <= MAX_PARTS:
        return value if all(not isinstance(each, list) and literal(each) is not NOTHING for each in value) else NOTHING
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        is_template = parse_template(value).variables or foreign_in(value)
        return value if len(value) <= _LONGEST and not is_template else NOTHING
    if isinstance(value, int):
        return value if abs(value) < _LONGEST_INTEGER else NOTHING
    return value if isinstance(value, float) and math.isfinite(value) else NOTHING


def merged(first: Schema, second: Schema) -> Schema:
    """What holds where both hold; of what only one can say, *first* says it."""
    if first is UNKNOWN or second is UNKNOWN:
        return second if first is UNKNOWN else first
    kinds = first.kinds & second.kinds or first.kinds or second.kinds
    if first.kinds and second.kinds and not first.kinds & second.kinds - {"null"}:
        # They contradict each other: a bare type is not believed, and of two that say more the first is.
        first, second = (first, second) if _says_more(first) else (second, first)
        kinds, second = first.kinds, replace(second, fields={}, required=frozenset(), element=None)
    names = dict.fromkeys((*first.fields, *second.fields))
    return Schema(
        kinds=kinds,
        fields={name: merged(first.fields.get(name, UNKNOWN), second.fields.get(name, UNKNOWN)) for name in names},
        required=first.required | second.required,
        element=first.element if second.element is None else merged(first.element or UNKNOWN, second.element),
        values=_both(first.values, second.values),
        default=second.default if first.default is None else first.default,
        examples=(*first.examples, *second.examples)[:MAX_PARTS],
        format=first.format or second.format,
        text=first.text or second.text,
        read_only=first.read_only or second.read_only,
        deprecated=first.deprecated or second.deprecated,
    )


def _says_more(schema: Schema) -> bool:
    """Whether anything but a type is said of a value."""
    has_elements = schema.element not in (None, UNKNOWN)
    return bool(schema.fields or has_elements or schema.values or schema.examples or schema.format)


def _both(first: tuple[Scalar, ...], second: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """The values that both allow; those of the first where no value would do."""
    return tuple(each for each in first if each in second) or first or second


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


_Choice = tuple[int, int]
"""Where there are alternatives: the node, by its identity, and which of its choices."""


@dataclass(frozen=True, slots=True)
class _Alternative:
    """One of the schemas that a value may have; *tags* are what the discriminator then holds."""

    node: Any
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class SchemaReader:
    """Reads the schemas of one description."""

    target: Callable[[str], Any]
    """What a reference leads to."""
    heirs: Callable[[str], Sequence[str]]
    """References to the schemas that extend the one that a reference leads to."""
    nodes: int = 0
    """Schemas read so far."""

    def readings(self, node: Any, prefer: Preference) -> Iterator[Schema]:
        """The schema *node*, in every way to choose among its alternatives: first as *prefer* has it at each choice.

        One choice after the other is made differently, the outer ones first; not all of them with all others.
        """
        waiting = deque[dict[_Choice, int]]([{}])
        known: set[_Choice] = set()
        for count in range(_MOST_READINGS):
            if not waiting or (count and self.nodes > _MOST_NODES_IN_ALL):
                return
            made = waiting.popleft()
            reading = _Reading(self, prefer, made)
            found = reading.read(node)
            self.nodes += reading.nodes
            yield found
            for choice, (taken, number) in reading.choices.items():
                if choice not in known:
                    known.add(choice)
                    waiting += [made | {choice: each} for each in range(number) if each != taken]

    def like(self, example: Any) -> Schema:
        """What *example* shows of values like it."""
        return _Reading(self, no_preference, {}).like(example)


@dataclass(slots=True)
class _Reading:
    """Reads one schema in one way; counts, because alternatives and fields multiply."""

    reader: SchemaReader
    prefer: Preference
    made: Mapping[_Choice, int]
    """Choices that are made already: which alternative is taken."""
    choices: dict[_Choice, tuple[int, int]] = field(default_factory=dict)
    """The choices that there were: which alternative was taken, of how many."""
    nodes: int = 0

    def read(self, node: Any, depth: int = 0, trail: tuple[str, ...] = (), *, is_part: bool = False) -> Schema:
        """The schema *node*; *trail* holds the references that led to it, *is_part* says that another extends it."""
        self.nodes += 1
        if not isinstance(node, dict) or not node or depth > MAX_DEPTH or self.nodes > MAX_NODES:
            return UNKNOWN
        found = self._own(node, depth, trail)
        ref = node.get("$ref")
        if isinstance(ref, str) and ref not in trail:
            below = self.read(self.reader.target(ref), depth + 1, (*trail, ref), is_part=is_part)
            found = merged(found, below)
        parts = list_in(node, "allOf")[:MAX_PARTS]
        # Some wrap a reference into allOf only to say more beside it: that extends nothing.
        extends = is_part or len(parts) > 1 or "properties" in node
        for part in parts:
            found = merged(found, self.read(part, depth + 1, trail, is_part=extends))
        for number, alternatives in enumerate(self._alternatives(node, trail, is_part=is_part)):
            found = merged(found, self._best(node, number, alternatives, depth, trail))
        if is_part:
            found = self._tagged(found, node, self._tags_of(node, trail))
        # Last, when the fields are known that an example has values for.
        for example in (node.get("example"), *list_in(node, "examples")[:MAX_PARTS]):
            found = found if example is None else with_example(found, example)
        return UNKNOWN if found == UNKNOWN else found

    def _own(self, node: Mapping[str, Any], depth: int, trail: tuple[str, ...]) -> Schema:
        properties = islice(object_of(node.get("properties")).items(), MAX_FIELDS)
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
            text=text_in(node, "description")[:_LONGEST],
            read_only=node.get("readOnly") is True,
            deprecated=node.get("deprecated") is True,
        )

    # -- alternatives

    def _alternatives(
        self, node: Mapping[str, Any], trail: tuple[str, ...], *, is_part: bool
    ) -> Iterator[list[_Alternative]]:
        """The choices that *node* leaves: oneOf, anyOf, or the schemas that its discriminator leads to."""
        mapping = _mapping(node)
        named = [list_in(node, word)[:MAX_PARTS] for word in ("oneOf", "anyOf") if list_in(node, word)]
        for parts in named:
            refs = [object_of(part).get("$ref") for part in parts]
            tags = [tuple(tag for tag, ref in mapping.items() if ref == each) for each in refs]
            yield [_Alternative(part, tag) for part, tag in zip(parts, tags, strict=True)]
        if named or is_part or not _discriminator(node):
            return
        heirs = self.reader.heirs(trail[-1]) if trail and not mapping else ()
        found: dict[str, list[str]] = {}
        for tag, ref in mapping.items() if mapping else ((ref.rpartition("/")[2], ref) for ref in heirs):
            found.setdefault(ref, []).append(tag)
        yield [_Alternative({"$ref": ref}, tuple(tags)) for ref, tags in islice(found.items(), MAX_PARTS)]

    def _best(
        self,
        node: Mapping[str, Any],
        number: int,
        alternatives: Iterable[_Alternative],
        depth: int,
        trail: tuple[str, ...],
    ) -> Schema:
        """Of *alternatives* the one that is wanted, where the choice is not made already."""
        around, read = self.choices, list[tuple[Schema, dict[_Choice, tuple[int, int]]]]()
        for each in alternatives:
            self.choices = {}  # those inside an alternative that is not taken are none
            read.append((self._tagged(self.read(each.node, depth + 1, trail), node, each.tags), self.choices))
        self.choices = around
        workable = [each for each in read if each[0] is not UNKNOWN and each[0].kinds != {"null"}]
        if not workable:
            return UNKNOWN
        usual = max(range(len(workable)), key=lambda at: (not workable[at][0].deprecated, self.prefer(workable[at][0])))
        taken = min(self.made.get((id(node), number), usual), len(workable) - 1)
        if len(workable) > 1:
            self.choices[id(node), number] = (taken, len(workable))
        self.choices |= workable[taken][1]
        return workable[taken][0]

    def _tags_of(self, node: Mapping[str, Any], trail: tuple[str, ...]) -> tuple[str, ...]:
        """What the discriminator of *node* holds in the schema that extends it, the one that *trail* came by last."""
        mapping = _mapping(node)
        return tuple(tag for tag, ref in mapping.items() if ref in trail)

    def _tagged(self, schema: Schema, node: Mapping[str, Any], tags: tuple[str, ...]) -> Schema:
        """*schema* with *tags* as the values of the field that the discriminator of *node* looks at."""
        name = _discriminator(node)
        if not tags or not name or schema is UNKNOWN:
            return schema
        own = schema.fields.get(name, UNKNOWN)
        values = tuple(each for each in own.values if each in tags) or own.values or tags
        tagged = replace(own, kinds=own.kinds or frozenset({"string"}), values=values)
        return replace(schema, fields={**schema.fields, name: tagged}, required=schema.required | {name})

    # -- examples

    def like(self, example: Any, depth: int = 0) -> Schema:
        """What *example* shows of values like it."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            return UNKNOWN
        if isinstance(example, dict):
            fields = {str(name): self.like(each, depth + _LEVEL) for name, each in islice(example.items(), MAX_FIELDS)}
            return Schema(kinds=frozenset({"object"}), fields=fields)
        if isinstance(example, list):
            element = self.like(example[0], depth + _LEVEL) if example else UNKNOWN
            return Schema(kinds=frozenset({"array"}), element=element)
        return Schema(examples=(example,))


def _discriminator(node: Mapping[str, Any]) -> str:
    return text_in(object_of(node.get("discriminator")), "propertyName")


def _mapping(node: Mapping[str, Any]) -> dict[str, str]:
    """What the discriminator's values lead to: references; a bare name is one of the components."""
    mapping = object_of(object_of(node.get("discriminator")).get("mapping"))
    return {
        tag: ref if "/" in ref or "#" in ref else f"#/components/schemas/{ref}"
        for tag, ref in islice(mapping.items(), MAX_FIELDS)
        if isinstance(tag, str) and isinstance(ref, str) and literal(tag) is not NOTHING
    }


def _kinds(node: Mapping[str, Any]) -> frozenset[str]:
    found = node.get("type")
    names = found if isinstance(found, list) else [found]
    return frozenset(name for name in names if isinstance(name, str))


def _values(node: Mapping[str, Any]) -> tuple[Scalar, ...]:
    values = [node["const"]] if "const" in node else list_in(node, "enum")
    return tuple(each for each in values[:MAX_FIELDS] if not isinstance(each, list) and literal(each) is not NOTHING)
