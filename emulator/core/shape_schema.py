"""The integration document as JSON Schema (2020-12), made of the records that read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from emulator.core.attribute_docs import attribute_docs
from emulator.core.document import (
    Api,
    ApiMethod,
    BasicAuth,
    BearerAuth,
    IntegrationDocument,
    OAuth2,
    WebhookModel,
)
from emulator.core.patterns import MESSAGE_ID
from emulator.core.reading import HOMES
from emulator.core.shapes import fields_of
from emulator.core.variable_rules import INCOMING_VARIABLES, SENDING_VARIABLES, SIGNATURE, SUBSCRIBE_VARIABLES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RECORDS = (IntegrationDocument, Api, ApiMethod, BearerAuth, BasicAuth, OAuth2, WebhookModel)


def integration_schema(document: IntegrationDocument | None = None) -> dict[str, Any]:
    """The schema of an integration document; with *document*, its own names complete in an editor."""
    definitions = {record.__name__: _record_schema(record) for record in _RECORDS}
    top = definitions.pop(IntegrationDocument.__name__)
    # Parts that are read where the framework's page prints them (profile: document_shapes).
    top["properties"]["Subscribe"] = {"$ref": "#/$defs/ApiMethod"}
    top["if"] = {"required": ["API"], "properties": {"API": {"required": ["Subscribe"]}}}
    top["then"] = {"properties": {"Subscribe": False}}
    model = {"$ref": "#/$defs/WebhookModel"}
    models = {"type": "object", "additionalProperties": model, "not": {"anyOf": _any_key_of(_MODEL_KEYS)}}
    top["properties"]["Webhook"] |= {"anyOf": [{"type": "array", "items": model}, model, models]}
    del top["properties"]["Webhook"]["type"], top["properties"]["Webhook"]["items"]
    _suggest(definitions, document)
    return {"$schema": DIALECT, "title": "Integration document", **top, "$defs": definitions}


_MODEL_KEYS = ("event_type", "event_key", "request_parameters")


def _any_key_of(keys: Iterable[str]) -> list[dict[str, Any]]:
    return [{"required": [key]} for key in keys]


def _record_schema(record: type) -> dict[str, Any]:
    fields = fields_of(record)
    docs = attribute_docs(record)
    properties = {
        key: {**field.metadata["reader"].schema(), "description": docs.get(field.name, "")}
        for key, field in fields.items()
    }
    required = [key for key, field in fields.items() if field.default is dataclasses.MISSING]
    elsewhere: dict[str, Any] = {key: False for key in HOMES if key not in fields}
    return {"type": "object", "required": required, "properties": {**properties, **elsewhere}}


def _suggest(definitions: dict[str, Any], document: IntegrationDocument | None) -> None:
    """Let editors complete variables: a suggestion, no rule."""
    own = list(document.properties) if document else []
    outgoing = sorted({*own, *SENDING_VARIABLES, *SUBSCRIBE_VARIABLES})
    definitions["outgoing"] = _nested("outgoing", outgoing)
    definitions["incoming"] = _nested("incoming", sorted(INCOMING_VARIABLES))
    definitions["answer"] = _nested("answer", [MESSAGE_ID])
    _refer(definitions["ApiMethod"], "request_parameters", "outgoing")
    _refer(definitions["ApiMethod"], "response_map", "answer")
    _refer(definitions["WebhookModel"], "request_parameters", "incoming")
    for name, key in (("BearerAuth", "token"), ("BasicAuth", "username"), ("BasicAuth", "password")):
        definitions[name]["properties"][key]["examples"] = [SIGNATURE.format(each) for each in own]
    if document is not None:
        keys = sorted({model.event_key for model in document.webhooks})
        definitions["WebhookModel"]["properties"]["event_key"]["examples"] = keys


def _refer(definition: dict[str, Any], key: str, name: str) -> None:
    definition["properties"][key]["$ref"] = f"#/$defs/{name}"


def _nested(name: str, variables: Iterable[str]) -> dict[str, Any]:
    below = {"$ref": f"#/$defs/{name}"}
    return {
        "additionalProperties": below,
        "items": below,
        "examples": [SIGNATURE.format(each) for each in variables],
    }
