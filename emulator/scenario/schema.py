"""Project and scenario files as JSON Schema (2020-12), made of the models that read them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from emulator.core.attribute_docs import attribute_docs
from emulator.core.comparing import FORMATS, OPERATORS, TYPES
from emulator.core.document import EVENT_TYPES, OPTIONAL, REQUIRED
from emulator.core.patterns import compile_pattern, variables_of
from emulator.core.shape_schema import DIALECT
from emulator.core.variable_rules import SIGNATURE
from emulator.scenario.model import WORD, CommonKeys, ScenarioKeys
from emulator.scenario.project import VERBS, WAYS, HttpAction, ProjectFile
from emulator.scenario.steps.checking import STATUS, ReplyCheck
from emulator.scenario.steps.registry import STEP_KINDS
from emulator.scenario.steps.shaping import ForEach, Parallel, Shaping, Use

if TYPE_CHECKING:
    from pydantic import BaseModel

    from emulator.core.document import EventType, IntegrationDocument
    from emulator.scenario.steps.base import StepKind

Schema = dict[str, Any]
_PLACEHOLDER: Schema = {"type": "string", "pattern": r"\$[^$\r\n]+\$"}
_ONE_METHOD = [{"required": [verb]} for verb in VERBS]
_ONE_BODY = [{"not": {"required": list(pair)}} for pair in combinations(("json", "form", "body"), 2)]
_TO_ACTION = {"$ref": "#/$defs/HttpAction"}
_TO_PLACEHOLDER = {"$ref": "#/$defs/placeholder"}
_WORD_SCHEMA = {"type": ["string", "integer", "boolean"], "pattern": f"^{WORD.pattern[:-2]}$"}
_TO_STEP = {"$ref": "#/$defs/step"}
_TO_MATCHER = {"$ref": "#/$defs/matcher"}

_STATUS: Schema = {
    "$ref": _TO_MATCHER["$ref"],
    "anyOf": [
        {"type": "string", "pattern": rf"^(?:{STATUS.pattern[:-2]})$|\$"},
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": ["object", "array", "null"]},
    ],
}
"""A status, a class of them, or a matcher."""


def project_schema(document: IntegrationDocument | None = None) -> Schema:
    """The schema of ``ringo-emu.yaml``; with *document*, its properties are demanded and complete."""
    schema = _model_schema(ProjectFile, placeholders=True)
    action = _action_schema()
    definitions = schema.setdefault("$defs", {})
    definitions |= action.pop("$defs", {}) | {"HttpAction": action, "placeholder": _PLACEHOLDER}
    keys = sorted(schema["properties"].keys() - {"environments", "version"})
    schema["properties"]["environments"]["additionalProperties"] |= {"propertyNames": {"enum": keys}}
    trigger = definitions["TriggerEntry"]
    trigger["properties"]["request"] = _TO_ACTION
    trigger |= {
        "oneOf": [{"required": [way]} for way in WAYS],
        "dependentRequired": {key: ["run"] for key in ("within", "folder", "env")},
    }
    oauth = definitions["OAuthEntry"]["properties"]
    oauth["consent"] |= {"anyOf": [_TO_ACTION, {"type": "array", "items": _TO_ACTION}, {"type": "null"}]}
    oauth["revoke"] |= {"anyOf": [_TO_ACTION, {"type": "null"}]}
    if document is not None:
        text = schema["properties"]["properties"]["additionalProperties"]
        schema["properties"]["properties"] = {
            "type": "object",
            "properties": dict.fromkeys(document.properties, text),
            "required": list(document.properties),
            "additionalProperties": False,
        }
        schema["properties"]["public"]["items"] = {"enum": list(document.properties)}
        schema["required"] += ["properties"] if document.properties else []
    return {"$schema": DIALECT, **schema, "title": "ringo-emu.yaml"}


def scenario_schema(document: IntegrationDocument | None = None) -> Schema:
    """The schema of one scenario of a file; with *document*, the variables of its webhooks are checked."""
    schema = _model_schema(ScenarioKeys, placeholders=False)
    for phase in ("setup", "steps", "teardown"):
        schema["properties"][phase] |= {"items": {"$ref": "#/$defs/step"}}
    schema["properties"]["steps"]["minItems"] = 1
    rows = {"type": "array", "minItems": 1, "items": {"type": "object", "minProperties": 1}}
    schema["properties"]["cases"] |= {"anyOf": [rows, {"type": ["string", "null"]}]}
    definitions: Schema = {"placeholder": _placeholder(document), "matcher": _matcher_schema(), "step": {}}
    definitions |= schema.pop("$defs", {})
    kinds = {verb: _kind_schema(kind, definitions, document) for verb, kind in STEP_KINDS.items()}
    common = _model_schema(CommonKeys, placeholders=True)["properties"]
    common["severity"] = _model_schema(CommonKeys, placeholders=False)["properties"]["severity"]
    common["times"] |= {"anyOf": [{"type": "integer", "minimum": 1}, _TO_PLACEHOLDER]}
    common["as"] |= {"anyOf": [_WORD_SCHEMA]}
    common["when"] = {
        "if": {"type": "object"},
        "then": {"propertyNames": {"pattern": r"^\$.+\$$"}, "additionalProperties": _TO_MATCHER},
        "description": common["when"].get("description", ""),
    }
    definitions["step"] = {
        "if": {"type": "string"},
        "then": {"enum": [verb for verb in STEP_KINDS if {"type": "null"} in kinds[verb].get("anyOf", ())]},
        "else": _step_map(kinds, common),
    }
    return {"$schema": DIALECT, **schema, "title": "Scenario", "$defs": definitions}


def _step_map(kinds: Mapping[str, Schema], common: Mapping[str, Schema]) -> Schema:
    """A map with one verb; what may stand beside it depends on the verb."""
    branches = []
    for verb, kind in STEP_KINDS.items():
        own = kinds[verb].pop("beside", {}) | {key: common[key] for key in kind.common & common.keys()}
        if kind.check is not None:
            own["check"] = {"$ref": f"#/$defs/{kind.check.__name__}"}
            own["check"] |= {"minProperties": 1}
            own["fail_if"] = own["check"]
        allowed = {"properties": {verb: kinds[verb], **own}, "additionalProperties": False}
        branches.append({"if": {"required": [verb]}, "then": allowed})
    return {"type": "object", "oneOf": [{"required": [verb]} for verb in kinds], "allOf": branches}


def _kind_schema(kind: type[StepKind], definitions: Schema, document: IntegrationDocument | None) -> Schema:
    """What may stand behind a verb: a map of its arguments, or the scalar that stands for one of them."""
    schema = _model_schema(kind, placeholders=True)
    definitions |= schema.pop("$defs", {})
    if kind.check is not None:
        definitions[kind.check.__name__] = _check_schema(kind.check)
    if issubclass(kind, HttpAction):
        schema |= {"oneOf": _ONE_METHOD, "allOf": _ONE_BODY}
    if issubclass(kind, Shaping) and kind is not Use:
        _nest(schema["properties"], kind)
    if EVENT_TYPES[0] in schema["properties"]:
        fetch = schema["properties"]["media_fetch"]
        fetch["anyOf"] += [{"type": ["string", "number", "boolean"]}]
        definitions["MediaFetch"]["properties"]["status"] |= _STATUS
        return _event_schema(document, fetch) | {"description": schema["description"]}
    beside = {key: schema["properties"][key] for key in kind.beside}
    forms: list[Schema] = [schema]
    if kind.shorthand is not None:
        forms.append(schema["properties"][kind.shorthand])
    elif not schema.get("required") and not issubclass(kind, HttpAction):
        forms.append({"type": "null"})
    return {"anyOf": forms, "description": schema.pop("description"), **({"beside": beside} if beside else {})}


def _nest(properties: Schema, kind: type[Shaping]) -> None:
    """Steps stand inside the step."""
    several: Schema = {"type": "array", "items": _TO_STEP}
    item = {"anyOf": [_TO_STEP, several]} if kind is Parallel else _TO_STEP
    properties[kind.inside or ""] |= {"items": item, "minItems": 1}
    if kind is ForEach:
        properties["in"] |= _or_placeholder({"type": "array", "minItems": 1})
        properties["name"] = _WORD_SCHEMA


def _event_schema(document: IntegrationDocument | None, fetch: Schema) -> Schema:
    """One event, by its name alone or with matchers of its variables; *fetch* describes that of a file."""
    events: dict[str, Schema | bool] = {name: _variables_schema(name, document) for name in EVENT_TYPES}
    events["media_fetch"] = fetch
    given = {name: schema for name, schema in events.items() if schema is not False}
    return {
        "if": {"type": "object"},
        "then": {"properties": given, "additionalProperties": False, "oneOf": [{"required": [name]} for name in given]},
        "else": {"enum": list(given)},
    }


def _variables_schema(name: EventType, document: IntegrationDocument | None) -> Schema | bool:
    models = [model for model in document.webhooks if model.event_type == name] if document else []
    if document is not None and not models:
        return False
    known = {*REQUIRED[name], *OPTIONAL[name]}
    for model in models:
        known |= set(variables_of(compile_pattern(model.parameters, event_key=model.event_key)))
    matchers = {"properties": dict.fromkeys(sorted(known), _TO_MATCHER)}
    return {
        "if": {"type": "object"},
        # Without the document nobody knows which variables its webhooks bind beside the framework's own.
        "then": matchers | {"additionalProperties": False if document else _TO_MATCHER},
    }


def _check_schema(check: type[BaseModel]) -> Schema:
    schema = _model_schema(check, placeholders=True)
    below = schema.pop("$defs", {}).get("MediaCheck")
    for key in schema["properties"]:
        if key == "media":
            matched = dict.fromkeys(below["properties"], _TO_MATCHER)
            schema["properties"][key] = {**below, "properties": matched, "type": ["object", "null"]}
        elif key == "headers":
            schema["properties"][key]["additionalProperties"] = _TO_MATCHER
        elif key != "within":
            schema["properties"][key]["$ref"] = _TO_MATCHER["$ref"]
    if check is ReplyCheck:
        schema["properties"]["status"] |= _STATUS
    return schema


def _matcher_schema() -> Schema:
    """A scalar means equal; a map holds operators, or matchers under JSONPaths."""
    operators = {name: _argument_schema(name) for name in OPERATORS}
    paths = {"patternProperties": {r"^\$": _TO_MATCHER}, "additionalProperties": False, "minProperties": 1}
    return {
        "if": {"type": "object"},
        "then": {"anyOf": [{"properties": operators, "additionalProperties": False}, paths]},
    }


def _argument_schema(name: str) -> Schema:
    match name:
        case "not" | "length" | "any":
            return _TO_MATCHER
        case "any_of" | "all_of":
            return _or_placeholder({"type": "array", "minItems": 1, "items": _TO_MATCHER})
        case "one_of":
            return _or_placeholder({"type": "array", "minItems": 1})
        case "type" | "format":
            return _or_placeholder({"enum": list(TYPES if name == "type" else FORMATS)})
        case "present":
            return _or_placeholder({"type": "boolean"})
        case "gt" | "gte" | "lt" | "lte":
            return _or_placeholder({"type": ["number", "string"], "pattern": r"^-?\d"})
    return {}


def _or_placeholder(schema: Schema) -> Schema:
    return {"anyOf": [schema, _TO_PLACEHOLDER]}


def _placeholder(document: IntegrationDocument | None) -> Schema:
    own = document.properties if document else ()
    return {**_PLACEHOLDER, "examples": [SIGNATURE.format(name) for name in (*own, "messageid", "number", "contact")]}


def _action_schema() -> Schema:
    return _model_schema(HttpAction, placeholders=True) | {"oneOf": _ONE_METHOD, "allOf": _ONE_BODY}


def _model_schema(model: type[BaseModel], *, placeholders: bool) -> Schema:
    """pydantic's schema with our docstrings, its references at one place, its titles left out."""
    schema = model.model_json_schema(by_alias=True)
    _describe(schema, model)
    return _cleaned(schema, placeholders)  # type: ignore[no-any-return]


def _describe(schema: Schema, model: type[BaseModel]) -> None:
    docs = attribute_docs(model)
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in schema["properties"] and docs.get(name):
            schema["properties"][key]["description"] = docs[name]


_LITERAL = {"enum", "const"}


def _cleaned(schema: Any, placeholders: bool) -> Any:
    """Without titles; where *placeholders* are filled later, what is no text may be one."""
    if isinstance(schema, list):
        return [_cleaned(each, placeholders) for each in schema]
    if not isinstance(schema, dict):
        return schema
    cleaned = {
        key: {name: _cleaned(each, placeholders) for name, each in value.items()}
        if key in {"properties", "$defs"}
        else value
        if key in {"enum", "const", "default", "required", "description"}
        else _cleaned(value, placeholders)
        for key, value in schema.items()
        if key != "title"
    }
    typed = cleaned.get("type") in ("integer", "boolean") or ("pattern" in cleaned and "type" in cleaned)
    if placeholders and (typed or _LITERAL & cleaned.keys()):
        outside = {key: cleaned.pop(key) for key in ("description", "default") if key in cleaned}
        return {"anyOf": [cleaned, _TO_PLACEHOLDER], **outside}
    return cleaned
