"""Turns pydantic's complaints into findings in our words, each at its line and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from emulator.core.findings import has_errors, listed, nearest_name, suggestion
from emulator.core.messages import kind_of
from emulator.core.plain import plain_data, source_text
from emulator.core.source import NOTHING, child, node_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

    from emulator.core.findings import Rule, listed, nearest_name
    from emulator.core.source import Path
    from emulator.errors import Finding, Location

M = TypeVar("M", bound=BaseModel)


class MendableError(ValueError):
    """Raised by a validator of ours that knows how to put the value right."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


@dataclass(frozen=True)
class Shape:
    """How one kind of file reports what is wrong with its shape: under which codes, and where."""

    missing: Rule
    unknown: Rule
    wrong_type: Rule
    bad_value: Rule
    locate: Callable[[Path, bool], Location]
    """The place of a path of the data, or of its key."""


@dataclass(frozen=True)
class Validated(Generic[M]):
    """What validation made of a piece of data; *record* is None where it is wrong, at the paths *wrong*."""

    record: M | None
    findings: tuple[Finding, ...] = ()
    wrong: tuple[Path, ...] = ()


def validate(model: type[M], data: Any, shape: Shape, *, context: Mapping[str, Any] | None = None) -> Validated[M]:
    """Read *data* as a *model*, with every finding.

    Where unknown keys are no error of this kind of file, they are left out of the record and told all the same.
    """
    try:
        return Validated(model.model_validate(data, context=dict(context or {})))
    except ValidationError as error:
        complaints = [_Complaint.of(each, model, data) for each in error.errors(include_url=False)]
    findings = tuple(_worded(complaints, shape))
    if has_errors(findings):
        wrong = tuple(each.path for each in complaints if each.kind != "extra_forbidden")
        return Validated(None, findings, wrong)
    known = _without(data, {each.path for each in complaints})
    return Validated(model.model_validate(known, context=dict(context or {})), findings)


@dataclass(frozen=True)
class _Complaint:
    kind: str
    path: Path
    details: ErrorDetails
    known: frozenset[str]
    """The keys that the object around it may have."""
    present: frozenset[str]
    """The keys that the object around it has."""

    @classmethod
    def of(cls, details: ErrorDetails, model: type[BaseModel], data: Any) -> _Complaint:
        kind, path = details["type"], _path_in(data, details)
        if kind == "union_tag_not_found":
            path = (*path, "type")
        around = node_at(data, path[:-1])
        present = frozenset(around) if isinstance(around, dict) else frozenset()
        return cls(kind, path, details, frozenset(_keys_at(model, path[:-1])), present)

    @property
    def name(self) -> str:
        """What the complaint is about, such as ``API.SendMessage.request_url``."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}"
        return text.lstrip(".") or "the file"

    @property
    def found(self) -> str:
        value = plain_data(self.details["input"])
        return f"{value!r}" if isinstance(value, int | float) and not isinstance(value, bool) else kind_of(value)


def _path_in(data: Any, details: ErrorDetails) -> Path:
    """The keys and indexes of *data* in pydantic's ``loc``, which names branches of unions besides."""
    path: list[str | int] = []
    loc = details["loc"]
    for position, step in enumerate(loc):
        below = child(data, step)
        if below is not NOTHING:
            data = below
        elif position < len(loc) - 1 or details["type"] != "missing":
            continue
        path.append(step)
    return tuple(path)


def _keys_at(model: type[BaseModel], path: Path) -> set[str]:
    """The keys that the models at *path* below *model* know."""
    models = [model]
    for step in path:
        if isinstance(step, int):
            continue
        fields = [
            field for each in models for name, field in each.model_fields.items() if (field.alias or name) == step
        ]
        if fields:  # any other step is the name of an entry, which the file chose
            models = [found for field in fields for found in _models_in(field.annotation)]
    return {field.alias or name for each in models for name, field in each.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _without(data: Any, paths: set[Path], at: Path = ()) -> Any:
    if isinstance(data, dict):
        return {key: _without(value, paths, (*at, key)) for key, value in data.items() if (*at, key) not in paths}
    if isinstance(data, list):
        return [_without(value, paths, (*at, index)) for index, value in enumerate(data)]
    return data


def _worded(complaints: Iterable[_Complaint], shape: Shape) -> Iterator[Finding]:
    unknown = {each.path for each in complaints if each.kind == "extra_forbidden"}
    misspelt: set[Path] = set()
    told: set[tuple[str, Path]] = set()
    around = {each.path[:length] for each in complaints for length in range(len(each.path))}
    for each in sorted(complaints, key=lambda complaint: complaint.kind == "extra_forbidden"):
        if (each.kind, each.path) in told or each.path in misspelt:
            continue
        if each.kind == "too_short" and each.path in around:
            continue  # elements that are wrong were not counted
        told.add((each.kind, each.path))
        if each.kind in {"missing", "union_tag_not_found"}:
            strangers = [str(path[-1]) for path in unknown if path[:-1] == each.path[:-1]]
            near = nearest_name(str(each.path[-1]), strangers)
            if near is not None:
                misspelt.add((*each.path[:-1], near))
            yield _missing(each, near, shape)
        else:
            yield _other(each, shape)


def _missing(each: _Complaint, misspelt: str | None, shape: Shape) -> Finding:
    key = each.path[-1]
    if misspelt is not None:
        where = shape.locate((*each.path[:-1], misspelt), True)
        return shape.missing.at(where, f'unknown key "{misspelt}"; "{key}" is missing', f'did you mean "{key}"?')
    where = shape.locate(each.path[:-1], bool(each.path[:-1]))
    return shape.missing.at(where, f'"{each.name}" is missing', f'add "{key}"')


def _other(each: _Complaint, shape: Shape) -> Finding:
    where = shape.locate(each.path, each.kind == "extra_forbidden")
    context = each.details.get("ctx", {})
    match each.kind:
        case "extra_forbidden":
            name = str(each.path[-1])
            unused = each.known - each.present
            near = nearest_name(name, unused)
            # Who invents a key wants to see them all, also those that are there.
            keys = f"use one of: {listed(each.known)}" if unused else f"remove it; all there is: {listed(each.known)}"
            remedy = keys if near is None else f'did you mean "{near}"?'
            return shape.unknown.at(where, f'unknown key "{name}"', remedy)
        case "literal_error" | "enum":
            return _not_one_of(each, str(context["expected"]).replace("'", "").replace(" or ", ", "), shape)
        case "union_tag_invalid":
            where = shape.locate((*each.path, "type"), False)
            return _not_one_of(each, str(context["expected_tags"]).replace("'", ""), shape, where)
        case "value_error":
            error = context["error"]
            return shape.bad_value.at(where, f"{each.name}: {error}", getattr(error, "mend", "write another value"))
        case "string_too_short" | "too_short":
            return shape.bad_value.at(where, f"{each.name} is empty", "write a value")
        case "greater_than_equal":
            message = f"{each.name} must be at least {context['ge']:g}; found {source_text(each.details['input'])}"
            return shape.bad_value.at(where, message, "write a larger number")
        case "less_than_equal":
            message = f"{each.name} must be at most {context['le']:g}; found {source_text(each.details['input'])}"
            return shape.bad_value.at(where, message, "write a smaller number")
        case "string_pattern_mismatch":
            message = f"{each.name}: {each.details['input']!r} cannot be used"
            return shape.bad_value.at(where, message, _PATTERNS.get(context["pattern"], "write another value"))
        case kind if kind in _WANTED:
            wanted = _WANTED[kind]
            return shape.wrong_type.at(where, f"{each.name} must be {wanted}; found {each.found}", f"write {wanted}")
    return shape.bad_value.at(where, f"{each.name}: {each.details['msg']}", "write another value")


def _not_one_of(each: _Complaint, allowed: str, shape: Shape, where: Location | None = None) -> Finding:
    value: Any = plain_data(each.details["input"])
    value = value.get("type") if each.kind == "union_tag_invalid" else value
    where = where or shape.locate(each.path, False)
    found = f'"{value}"' if isinstance(value, str) else kind_of(value)
    return shape.bad_value.at(where, f"{each.name} cannot be {found}", suggestion(str(value), allowed.split(", ")))


_WANTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "tuple_type": "a list",
    "list_type": "a list",
}
_PATTERNS = {r"^[1-5](\d\d|xx)$": "write a status such as 202, or a class of them such as 2xx"}
