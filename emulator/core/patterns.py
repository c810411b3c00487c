"""Reverse templates: JSON shapes whose leaves name what stands there (framework 4 and 6).

``response_map`` and a webhook model's parameters are both of this kind. Each is compiled once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.forms import FormFields
from emulator.core.messages import Json, Scalar, kind_of, text_of
from emulator.core.template import Template, Variable, parse_template
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.core.source import Path


MESSAGE_ID = "messageid"
"""The variable that ties a message to its delivery report."""
_LONGEST = 80
MAX_TRIED = 1000
"""Elements of a list that are tried for one that fits."""
MAX_COMPARED = 10_000
"""Elements that one webhook may make every model together try: lists within lists multiply."""


class Budget:
    """What may still be tried of one webhook."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_COMPARED

    def spend(self, elements: int) -> None:
        """Try so many *elements* more.

        Raises:
            UnreadableBodyError: They are too many.
        """
        self.left -= elements
        if self.left < 0:
            raise UnreadableBodyError(
                f"lists within lists: to find what fits, more than {MAX_COMPARED} elements would have to be compared",
                mend="post fewer elements at once; or write the model inside the outermost list, so that each element "
                "is an event",
            )


class Mismatch(NamedTuple):
    """One difference between a pattern and a value; *path* is where in the value, *found* None if nothing is there.

    *is_event_key* marks the leaf that tells one kind of event from another.
    """

    path: Path
    expected: str
    found: Json
    present: bool
    is_event_key: bool = False
    variable: str | None = None
    """The variable that should have been bound there; None for a literal or a shape."""
    is_literal: bool = False
    """Whether a literal stands there, or below, which is not equal."""


def found_in_words(mismatch: Mismatch) -> str:
    """What stood at a mismatch: ``nothing``, or the value, shortened."""
    if not mismatch.present:
        return "nothing"
    if mismatch.found == []:
        return "an empty list"
    if isinstance(mismatch.found, list | Mapping):
        return kind_of(mismatch.found)
    text = text_of(mismatch.found)  # type: ignore[arg-type]
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return repr(text) if isinstance(mismatch.found, str) else text


class Capture(NamedTuple):
    """A variable bound to the scalar at *path*, before it becomes text."""

    name: str
    value: Scalar
    path: Path


@dataclass(slots=True)
class Comparison:
    """What a pattern made of a value: what it bound, and every place that differs."""

    captures: list[Capture]
    mismatches: list[Mismatch]
    surplus: list[tuple[Path, int]]
    """Lists of which one element was taken, with the number of further ones that fit as well."""
    absent: list[str]
    """Optional variables for which there was nothing."""
    only: Path | None = None
    """The one element to take of the list that it stands in."""
    flat: bool = False
    """Whether it is a form: a list there is a key that repeats, and a single value may be a list of one."""
    budget: Budget = field(default_factory=Budget)


class LiteralLeaf(NamedTuple):
    """A leaf that must be equal; by text where the types differ."""

    value: Scalar
    is_event_key: bool = False

    def fits(self, value: Json) -> bool:
        """Whether *value* is this literal."""
        if isinstance(value, list | dict):
            return False
        if value is None or self.value is None:
            return value is self.value
        if text_of(value) == text_of(self.value):  # type: ignore[arg-type]
            return True
        return kind_of(value) == kind_of(self.value) == "a number" and value == self.value  # 1 and 1.0

    def hold(self, value: Json, path: Path, present: bool, into: Comparison) -> None:
        """Compare with *value*, which stands at *path* if it is *present* at all."""
        if not present or not self.fits(value):
            expected = repr(self.value) if isinstance(self.value, str) else text_of(self.value)
            into.mismatches.append(Mismatch(path, expected, value, present, self.is_event_key, is_literal=True))


class VariableLeaf(NamedTuple):
    """A leaf that is one variable: it binds any scalar but null."""

    name: str
    optional: bool = False
    filled: bool = False
    """Whether an empty text is no value of it."""

    def hold(self, value: Json, path: Path, present: bool, into: Comparison) -> None:
        """Bind *value*; of a form's key that repeats, the first."""
        if into.flat and isinstance(value, list) and value:
            into.surplus.append((path, len(value) - 1))
            value, path = value[0], (*path, 0)
        if value is None and self.optional:
            into.absent.append(self.name)
        elif value is None or isinstance(value, list | dict):
            into.mismatches.append(Mismatch(path, f"${self.name}$", value, present, variable=self.name))
        elif self.filled and isinstance(value, str) and not value.strip():
            expected = f"${self.name}$, not empty"
            into.mismatches.append(Mismatch(path, expected, value, present, variable=self.name))
        else:
            into.captures.append(Capture(self.name, value, path))  # type: ignore[arg-type]


class ShapeLeaf(NamedTuple):
    """A leaf with a variable inside a longer text: it captures by shape."""

    template: Template
    filled: frozenset[str] = frozenset()
    """The variables that an empty text is no value of."""

    def capture(self, text: str) -> dict[str, str] | None:
        """The variables' texts, or None where *text* has another shape.

        Each literal is looked for as far left as it can stand, which finds a fit wherever there is one, in one
        pass over the text: a message of any length cannot make it slow.
        """
        bound: dict[str, str] = {}
        position = 0
        waiting: Variable | None = None
        parts = self.template.parts
        for index, part in enumerate(parts):
            if isinstance(part, Variable):
                if waiting is not None:
                    bound[waiting.name] = ""
                waiting = part
                continue
            last = index == len(parts) - 1
            if waiting is None:
                at = position if text.startswith(part, position) and (not last or text == part) else -1
            elif last:
                at = len(text) - len(part) if text.endswith(part) and len(text) - len(part) >= position else -1
            else:
                at = text.find(part, position)
            if at < 0:
                return None
            if waiting is not None:
                bound[waiting.name] = text[position:at]
            waiting, position = None, at + len(part)
        if waiting is not None:
            bound[waiting.name] = text[position:]
        return bound if all(bound[name].strip() for name in self.filled) else None

    def hold(self, value: Json, path: Path, present: bool, into: Comparison) -> None:
        """Bind the parts of *value*."""
        bound = None
        if value is not None and not isinstance(value, list | dict):
            bound = self.capture(text_of(value))  # type: ignore[arg-type]
        if bound is None:
            shape = "".join(str(part) for part in self.template.parts)
            into.mismatches.append(Mismatch(path, shape, value, present))
        else:
            into.captures.extend(Capture(name, text, path) for name, text in bound.items())


class ObjectPattern(NamedTuple):
    """An object that has these keys, whatever else it has."""

    keys: Mapping[str, Pattern]

    def hold(self, value: Json, path: Path, present: bool, into: Comparison) -> None:
        """Compare key by key; where there is no object at all, every leaf is missing."""
        if present and not isinstance(value, dict):
            into.mismatches.append(Mismatch(path, "an object", value, present, is_literal=has_literal(self)))
            return
        found = value if isinstance(value, dict) else {}
        for key, inner in self.keys.items():
            inner.hold(found.get(key), (*path, key), key in found, into)


class EachPattern(NamedTuple):
    """A list whose elements are of one shape: the pattern of a one-element list."""

    element: Pattern

    def hold(self, value: Json, path: Path, present: bool, into: Comparison) -> None:
        """Take the first element that fits, and count the further ones; of none that fits, tell the nearest."""
        if into.flat and isinstance(value, str):
            self.element.hold(value, path, True, into)
            return
        if not isinstance(value, list) or not value:
            if present:
                expected = "a list with an element of this shape"
                into.mismatches.append(Mismatch(path, expected, value, present, is_literal=has_literal(self)))
            else:
                self.element.hold(None, (*path, 0), False, into)
            return
        if into.only is not None and into.only[:-1] == path:
            self.element.hold(value[int(into.only[-1])], into.only, True, into)
            return
        into.budget.spend(min(len(value), MAX_TRIED))
        tried = [
            compare(self.element, each, (*path, index), budget=into.budget)
            for index, each in enumerate(value[:MAX_TRIED])
        ]
        fitting = [each for each in tried if not each.mismatches]
        best = fitting[0] if fitting else min(tried, key=lambda each: len(each.mismatches))
        into.captures += best.captures
        into.mismatches += best.mismatches
        into.surplus += best.surplus
        into.absent += best.absent
        if len(fitting) > 1:
            into.surplus.append((path, len(fitting) - 1))


class ListPattern(NamedTuple):
    """A list that is matched place by place; an empty one fits nothing."""

    elements: tuple[Pattern, ...]

    def hold(self, value: Json, path: Path, present: bool, into: Comparison) -> None:
        """Compare place by place."""
        if (present and not isinstance(value, list)) or not self.elements:
            expected = f"a list of {len(self.elements)}" if self.elements else "nothing: [] fits nothing"
            into.mismatches.append(Mismatch(path, expected, value, present, is_literal=has_literal(self)))
            return
        found = value if isinstance(value, list) else []
        for index, inner in enumerate(self.elements):
            here = index < len(found)
            inner.hold(found[index] if here else None, (*path, index), here, into)


Pattern = LiteralLeaf | VariableLeaf | ShapeLeaf | ObjectPattern | EachPattern | ListPattern


def compile_pattern(
    shape: Json,
    *,
    event_key: str | None = None,
    optional: frozenset[str] = frozenset(),
    filled: frozenset[str] = frozenset(),
) -> Pattern:
    """Read *shape* as a reverse template.

    With *event_key*, ``$event_key$`` stands for that text. A leaf that is one of the *optional* variables may be
    absent, and one of the *filled* ones is not bound by an empty text.
    """
    if isinstance(shape, dict):
        return ObjectPattern(
            {
                key: compile_pattern(value, event_key=event_key, optional=optional, filled=filled)
                for key, value in shape.items()
            }
        )
    if isinstance(shape, list):
        elements = tuple(
            compile_pattern(value, event_key=event_key, optional=optional, filled=filled) for value in shape
        )
        return EachPattern(elements[0]) if len(elements) == 1 else ListPattern(elements)
    if not isinstance(shape, str):
        return LiteralLeaf(shape)  # type: ignore[arg-type]
    return _compile_text(shape, event_key, optional, filled)


def _compile_text(shape: str, event_key: str | None, optional: frozenset[str], filled: frozenset[str]) -> Pattern:
    template = parse_template(shape)
    names_event = event_key is not None and any(each.name == "event_key" for each in template.variables)
    if names_event:
        parts = tuple(
            event_key if isinstance(part, Variable) and part.name == "event_key" else part for part in template.parts
        )
        template = Template(parts)  # type: ignore[arg-type]
    if template.literal is not None:
        return LiteralLeaf(template.literal, is_event_key=names_event)
    if template.single is not None:
        name = template.single.name
        return VariableLeaf(name, optional=name in optional, filled=name in filled)
    return ShapeLeaf(template, frozenset(each.name for each in template.variables) & filled)


def variables_of(pattern: Pattern) -> Iterator[str]:
    """The names that *pattern* binds, in order."""
    match pattern:
        case VariableLeaf(name=name):
            yield name
        case ShapeLeaf(template=template):
            yield from (variable.name for variable in template.variables)
        case _:
            for inner in below(pattern):
                yield from variables_of(inner)


def path_to(pattern: Pattern, name: str) -> Path | None:
    """Where *pattern* first binds *name*; of a list of one, in its first element."""
    match pattern:
        case VariableLeaf() | ShapeLeaf():
            return () if name in variables_of(pattern) else None
        case ObjectPattern(keys=keys):
            inner: Iterable[tuple[str | int, Pattern]] = keys.items()
        case _:
            inner = enumerate(below(pattern))
    for step, each in inner:
        path = path_to(each, name)
        if path is not None:
            return (step, *path)
    return None


def has_literal(pattern: Pattern) -> bool:
    """Whether some leaf of *pattern* must be equal."""
    return isinstance(pattern, LiteralLeaf) or any(map(has_literal, below(pattern)))


def literals_of(pattern: Pattern) -> Iterator[Scalar]:
    """The values that leaves of *pattern* must be equal to."""
    if isinstance(pattern, LiteralLeaf):
        yield pattern.value
    for each in below(pattern):
        yield from literals_of(each)


def covers(general: Pattern, special: Pattern) -> bool:
    """Whether every value that fits *special* fits *general* too."""
    match general, special:
        case VariableLeaf(), VariableLeaf():
            return general.optional or not special.optional
        case VariableLeaf(), LiteralLeaf():
            return general.optional or special.value is not None
        case VariableLeaf(), ShapeLeaf():
            return True
        case LiteralLeaf(), LiteralLeaf():
            return general.fits(special.value)
        case ShapeLeaf(), LiteralLeaf():
            return special.value is not None and general.capture(text_of(special.value)) is not None
        case ObjectPattern(), ObjectPattern():
            return all(
                covers(each, special.keys[key]) if key in special.keys else _may_be_absent(each)
                for key, each in general.keys.items()
            )
        case EachPattern(), EachPattern():
            return covers(general.element, special.element)
    return type(general) is type(special) and general == special


def _may_be_absent(pattern: Pattern) -> bool:
    return isinstance(pattern, VariableLeaf) and pattern.optional


def leaf_count(pattern: Pattern) -> int:
    """The number of leaves of *pattern*: how specific it is."""
    inner = below(pattern)
    return sum(leaf_count(each) for each in inner) if inner else 1


def below(pattern: Pattern) -> tuple[Pattern, ...]:
    """The patterns directly inside *pattern*."""
    match pattern:
        case ObjectPattern(keys=keys):
            return tuple(keys.values())
        case EachPattern(element=element):
            return (element,)
        case ListPattern(elements=elements):
            return elements
    return ()


def compare(
    pattern: Pattern, value: Json, path: Path = (), *, only: Path | None = None, budget: Budget | None = None
) -> Comparison:
    """Hold *value*, which stands at *path*, against *pattern*; a match is the absence of mismatches.

    With *only*, the path of one element of a list, no other element of that list is looked at. Several comparisons may
    share one *budget*.

    Raises:
        UnreadableBodyError: Too many elements would have to be tried.
    """
    comparison = Comparison([], [], [], [], only, isinstance(value, FormFields), budget or Budget())
    pattern.hold(value, path, True, comparison)
    return comparison


Quick = Callable[[Json, dict[str, str]], bool | None]
"""Binds the texts of a value: True if it fits, False if it differs, None if only `compare` can tell."""


def quick(pattern: Pattern) -> Quick | None:
    """*pattern* as a chain of closures, for the many webhooks that fit and hold nothing but texts.

    Returns:
        None where *pattern* has a list or a shape: those go the long way.
    """
    match pattern:
        case LiteralLeaf():
            return lambda value, _: pattern.fits(value)
        case VariableLeaf(name=name, optional=False, filled=filled):
            return _bind_text(name, filled)
        case ObjectPattern(keys=keys):
            inner = [(key, quick(each)) for key, each in keys.items()]
            ready = tuple((key, bind) for key, bind in inner if bind is not None)
            return _bind_keys(ready) if len(ready) == len(inner) else None
    return None


def _bind_text(name: str, filled: bool) -> Quick:
    def bind(value: Json, into: dict[str, str]) -> bool | None:
        if isinstance(value, str) and (value or not filled):
            into.setdefault(name, value)
            return True
        return None

    return bind


def _bind_keys(keys: tuple[tuple[str, Quick], ...]) -> Quick:
    def bind(value: Json, into: dict[str, str]) -> bool | None:
        if not isinstance(value, dict):
            return False
        for key, below in keys:
            if key not in value:
                return False
            fits = below(value[key], into)
            if not fits:
                return fits
        return True

    return bind
