"""The schemas of scenario and project files accept what the loaders accept, and refuse what they refuse."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from emulator.core.reading import read_document
from emulator.errors import Finding, InputError, UsageError
from emulator.scenario.loading import load_scenarios
from emulator.scenario.project import load_project
from emulator.scenario.schema import project_schema, scenario_schema
from emulator.scenario.steps.registry import STEP_KINDS

if TYPE_CHECKING:
    from emulator.scenario.project import Project

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCENARIO: dict[str, Any] = {
    "scenario": "a",
    "description": "b",
    "tags": ["c"],
    "vars": {"text": "d"},
    "unexpected": "warn",
    "cases": [{"label": "x"}, {"label": "y"}],
    "setup": ["subscribe"],
    "teardown": [{"note": "bye", "severity": "warning", "covers": ["a"], "tags": ["b"]}],
    "steps": [
        "subscribe",
        {"subscribe": None, "check": {"status": "2xx", "within": "5s", "headers": {"X": {"present": True}}}},
        {"send_message": "hello", "as": "sms", "name": "n", "when": {"$text$": "d"}, "fail_if": {"status": "5xx"}},
        {"send_message": {"content": "hello", "from": "+61855555555"}, "check": {"body": {"$.data.id": {"length": 3}}}},
        {"send_file": {"file": "https://a.example/x.jpg", "caption": "c"}},
        {"trigger": "reply", "with": {"content": "x"}},
        {"request": {"POST": "http://127.0.0.1:1/", "json": {"a": 1}, "headers": {"X": "y"}}},
        {"trigger": "inbound"},
        {"trigger": "person"},
        {"run": ["python", "x.py"], "check": {"exit_code": 1, "output": {"contains": "x"}, "within": "5s"}},
        {"run": {"command": ["x", 1], "within": "1s", "folder": "."}, "as": "tool"},
        {"replay": "$sms.exchange$", "check": {"status": 200}},
        {"replay": {"exchange": 3}},
        {"expect": "messageDelivered", "within": "2s", "times": 2},
        {
            "expect": {"message": {"content": {"starts_with": "x", "not": {"one_of": ["y"]}}}},
            "check": {"method": "POST"},
        },
        {"expect_none": {"mms": {"url": {"format": "url"}}}, "within": "$text$"},
        {"sink": {"on": "messageDelivered", "respond": [503, "timeout", "slow", "200"], "pause": "3s", "chance": 7}},
        {"sink": {"respond": "normal"}, "name": "n"},
        {"sink": 503},
        {"sink": ["reset", "empty"]},
        {"wait": "1s"},
        {"note": {"text": "x"}},
        {"in_order": [{"trigger": "reply", "with": {"content": "x"}}, {"expect": "message"}]},
        {"parallel": [[{"note": "a"}], {"note": "b"}]},
        {"repeat": {"times": 2, "steps": [{"note": "$round$"}]}},
        {"for_each": {"name": "each", "in": ["a", "b"], "steps": [{"note": "$each$"}]}, "covers": ["z"]},
    ],
}
PROJECT: dict[str, Any] = {
    "version": 1,
    "integration": str(SCENARIOS / "reference.json"),
    "properties": {"API key": "abcdef"},
    "hosts": {"https://api.example.com": "http://127.0.0.1:1"},
    "public_url": "http://127.0.0.1:2",
    "organization": {"id": "1", "users": [{"extension": 101, "name": "A", "numbers": ["+61855555555"]}]},
    "isolation": "none",
    "provider": {"run": ["python", "app.py"], "ready": "http://127.0.0.1:1/", "ready_within": "5s"},
    "triggers": {
        "reply": {"request": {"POST": "http://127.0.0.1:1/", "form": {"a": "$content$"}}},
        "inbound": {"run": ["python", "x.py", "$from$"], "within": "5s"},
        "person": {"ask": "Send a text from $from$, then press enter"},
    },
    "oauth": {
        "consent": [{"POST": "/agree", "form": {"ticket": "$hidden.ticket$"}}],
        "refresh_token": "rt",
        "revoke": {"POST": "http://127.0.0.1:1/", "form": {"token": "$refresh_token$"}},
    },
    "profile": {"unset": "drop", "retries": 2, "timeout": "5s", "max_webhook_body": "2 KiB", "success": ["2xx", 202]},
    "secrets": ["shh"],
}
DOCUMENT = read_document("reference.json", (SCENARIOS / "reference.json").read_bytes()).playable().document
OF_REFERENCE = Draft202012Validator(scenario_schema(DOCUMENT))
OF_PROJECTS = Draft202012Validator(project_schema())
VALUES = [True, 1, 2.5, "word", "5s", [], {}, ["word"], {"word": 1}]
IN_SCENARIOS = [*VALUES, "$text$"]
WORDS = ["content", "from", "status", "body", "within", "as", "check", "equals", "expect", "text", "wordy", "retries"]
SHAPE_CODES = {"SCN-201", "SCN-202", "SCN-203", "SCN-204", "SCN-205", "SCN-206", "SCN-302"}
PROJECT_CODES = {"PRJ-201", "PRJ-202", "PRJ-203", "PRJ-204"}
# What depends on more than the shape: on other parts of the file, on files, or on what a text means.
MEANING = (
    "no trigger", "unlike the first", "no case has", "to fill", "cannot be read", "no file", "is taken by", "user has",
    "no folder", "nothing to check", "no absolute", "is not a port", "JSONPath", "regular expression", "needs $",
    "no webhook model", "already", "extension", "event has no", "no user", "Subscribe",
)  # fmt: skip


def _nodes(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for step, inner in below for each in _nodes(inner, (*path, step)))]


@st.composite
def mutants(draw: st.DrawFn, whole: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    """*whole* with up to two of its nodes replaced, removed, renamed or added to."""
    data = copy.deepcopy(whole)
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(_nodes(data)[1:]))
        around: Any = data
        for step in path[:-1]:
            around = around[step]
        match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
            case "replace":
                around[path[-1]] = copy.deepcopy(draw(st.sampled_from(values)))
            case "remove" if len(data) > 1:
                del around[path[-1]]
            case "rename" if isinstance(around, dict):
                around[draw(st.sampled_from(WORDS))] = around.pop(path[-1])
            case _ if isinstance(around, dict):
                around[draw(st.sampled_from(WORDS))] = copy.deepcopy(draw(st.sampled_from(values)))
    return data


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose file is `PROJECT`."""
    path = tmp_path_factory.mktemp("project") / "ringo-emu.yaml"
    path.write_text(yaml.safe_dump(PROJECT), "utf-8")
    return load_project(path, environment={})


def _refusals(error: InputError, codes: set[str]) -> list[Finding]:
    return [each for each in error.findings if each.code in codes]


def _depends_on_more(findings: list[Finding]) -> bool:
    return any(words in each.message + each.remedy for each in findings for words in MEANING)


@pytest.mark.slow
@given(data=mutants(SCENARIO, IN_SCENARIOS))
def test_scenario_schema_and_loader_agree(data: dict[str, Any], project: Project, tmp_path: Path) -> None:
    """What the schema says of a scenario's shape is what the loader says."""
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(data), "utf-8")
    refused: list[Finding] = []
    try:
        load_scenarios([path], project)
    except InputError as error:
        refused = _refusals(error, SHAPE_CODES)
    errors = [f"{each.json_path}: {each.message[:100]}" for each in OF_REFERENCE.iter_errors(data)]
    if not _depends_on_more(refused):
        assert bool(refused) == bool(errors), (refused, errors)


@given(data=mutants(PROJECT, VALUES))
def test_project_schema_and_loader_agree(data: dict[str, Any], tmp_path: Path) -> None:
    """What the schema says of a project file's shape is what the loader says."""
    path = tmp_path / "ringo-emu.yaml"
    path.write_text(yaml.safe_dump(data), "utf-8")
    refused: list[Finding] = []
    try:
        load_project(path, environment={})
    except InputError as error:
        refused = _refusals(error, PROJECT_CODES)
    except UsageError:
        return  # the document cannot be read: nothing else is told
    errors = [f"{each.json_path}: {each.message[:100]}" for each in OF_PROJECTS.iter_errors(data)]
    if not _depends_on_more(refused):
        assert bool(refused) == bool(errors), (refused, errors)


@pytest.mark.parametrize("make", [project_schema, scenario_schema])
def test_the_schemas_are_valid(make: Any) -> None:
    """Both are JSON Schema 2020-12, with and without a document."""
    Draft202012Validator.check_schema(make())
    Draft202012Validator.check_schema(make(DOCUMENT))


def test_names_of_a_document_count() -> None:
    """With a document its properties are demanded, and events that it has no model of are refused."""
    validator = Draft202012Validator(project_schema(DOCUMENT))
    assert validator.is_valid(PROJECT)
    assert not validator.is_valid(PROJECT | {"properties": {"API kex": "x"}})
    assert not validator.is_valid({key: value for key, value in PROJECT.items() if key != "properties"})
    assert "$API key$" in json.dumps(scenario_schema(DOCUMENT))


def test_placeholders_stand_for_anything() -> None:
    """Where a value is filled later, a placeholder is accepted in place of a word, a number or a duration."""
    profile = {"unset": "$env.A$", "retries": "$env.B$", "timeout": "$env.C$", "max_webhook_body": "$env.D$"}
    assert OF_PROJECTS.is_valid(PROJECT | {"isolation": "$env.E$", "profile": profile})
    assert not OF_PROJECTS.is_valid(PROJECT | {"profile": {"retries": "many"}})


def test_what_stands_in_the_repository_fits() -> None:
    """The project's own files fit their schemas."""
    for name, schema in (("ringo-emu.yaml", project_schema), ("first-conversation.yaml", scenario_schema)):
        for each in yaml.safe_load_all((SCENARIOS / name).read_text("utf-8")):
            assert [] == list(Draft202012Validator(schema(DOCUMENT)).iter_errors(each))


def test_a_verb_alone_is_a_step_where_it_needs_nothing() -> None:
    """``- subscribe`` is one; ``- sink`` does not say what it wants."""
    alone = [verb for verb in STEP_KINDS if OF_REFERENCE.is_valid({"scenario": "a", "steps": [verb]})]
    assert ["subscribe"] == alone


def test_the_check_of_a_scenario_has_a_schema() -> None:
    """Its definitions stand where they are looked for."""
    whole = {"scenario": "a", "steps": ["subscribe"]}
    assert OF_REFERENCE.is_valid({**whole, "check": {"duration": {"lt": "5s"}}})
    assert not OF_REFERENCE.is_valid({**whole, "check": {"duration": {"lt": "5"}}})
