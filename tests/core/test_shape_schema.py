"""The schema of integration documents accepts what the reader accepts, and refuses what it refuses."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from emulator.core.document import IntegrationDocument
from emulator.core.reading import HOMES, read_document
from emulator.core.shape_schema import integration_schema
from tests.core.conftest import REFERENCE

OAUTH2 = {
    "client_id": "$API key$",
    "client_secret": "$API key$",
    "flow_type": {"default": "0"},
    "authorization_endpoint": "https://a.example",
    "token_endpoint": "https://a.example",
    "token_parameters": {"content_type": "application/x-www-form-urlencoded"},
    "request_auth": "Bearer",
}
BEARER: dict[str, Any] = json.loads(REFERENCE.read_text("utf-8"))
BASIC = BEARER | {"auth": {"type": "Basic", "username": "$API key$", "password": ""}, "logo": "https://a.example/l.png"}
OAUTH = {key: value for key, value in BEARER.items() if key != "auth"} | {"OAuth2": OAUTH2}
LOOSE = BEARER | {
    "API": {key: value for key, value in BEARER["API"].items() if key != "Subscribe"},
    "Subscribe": BEARER["API"]["Subscribe"],
    "Webhook": {"first": BEARER["Webhook"][0]},
}
SHAPE_CODES = {"DOC-201", "DOC-203", "DOC-204", "DOC-210"}
VALIDATOR = Draft202012Validator(integration_schema())
VALUES = [None, True, 0, 1.5, "", "x", "POST", "mms", "https://a.example", [], ["x"], [1], {}, {"x": "y"}]


def nodes(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every node."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for step, inner in below for each in nodes(inner, (*path, step)))]


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """A valid document with up to three of its nodes replaced, removed, renamed or added to."""
    document = copy.deepcopy(draw(st.sampled_from([BEARER, BASIC, OAUTH, LOOSE])))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(nodes(document)[1:] or [()]))
        if not path:
            return document
        around: Any = document
        for step in path[:-1]:
            around = around[step]
        match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
            case "replace":
                around[path[-1]] = copy.deepcopy(draw(st.sampled_from(VALUES)))
            case "remove":
                del around[path[-1]]
            case "rename" if isinstance(around, dict):
                around[draw(st.sampled_from([*HOMES, "other", f"{path[-1]}x"]))] = around.pop(path[-1])
            case _ if isinstance(around, dict):
                around[draw(st.sampled_from([*HOMES, "other"]))] = copy.deepcopy(draw(st.sampled_from(VALUES)))
    return document


@given(mutants())
def test_schema_and_reader_agree(document: Any) -> None:
    """Framework 2.1: what the schema says of a document's shape is what the reader says."""
    findings = read_document("x.json", json.dumps(document).encode()).findings
    refused = [each for each in findings if each.code in SHAPE_CODES]
    errors = [f"{each.json_path}: {each.message[:200]}" for each in VALIDATOR.iter_errors(document)]
    assert bool(refused) == bool(errors), (refused, errors)


def test_the_schema_is_one() -> None:
    """The schema is valid JSON Schema, and says what each key means."""
    schema = integration_schema()
    Draft202012Validator.check_schema(schema)
    for definition in (schema, *(schema["$defs"][name] for name in ("Api", "ApiMethod", "WebhookModel"))):
        for key, each in definition["properties"].items():
            assert each is False or each.get("description") or key == "Subscribe", key


def test_names_of_a_document_complete(document: IntegrationDocument) -> None:
    """With a document, its properties and event keys are offered; without, the framework's variables are."""
    own = integration_schema(document)["$defs"]
    assert "$API key$" in own["outgoing"]["examples"]
    assert ["delivered", "file", "message"] == own["WebhookModel"]["properties"]["event_key"]["examples"]
    assert ["$API key$"] == own["BearerAuth"]["properties"]["token"]["examples"]
    bare = integration_schema()["$defs"]
    assert "$API key$" not in bare["outgoing"]["examples"]
    assert "$webhook_url$" in bare["outgoing"]["examples"]


@pytest.mark.parametrize("key", ["auth", "Webhook"])
def test_a_key_in_the_wrong_place_is_refused(key: str) -> None:
    """Framework 2.1: a key that is read elsewhere is refused where nothing reads it."""
    document = copy.deepcopy(BEARER)
    document["API"][key] = document.pop(key)
    assert not VALIDATOR.is_valid(document)
