"""All that is shipped passes without a warning: who begins must not be led astray by what we give them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.faces.conftest import PROGRAM, ROOT

pytestmark = pytest.mark.slow

_FENCE = re.compile(r"^( *)```yaml\n *(scenario:.*?)^ *```", re.MULTILINE | re.DOTALL)
_YAML = (path.relative_to(ROOT / "scenarios") for path in sorted((ROOT / "scenarios").rglob("*.yaml")))
SCENARIO_FILES = [str(path) for path in _YAML if path.name != "ringo-emu.yaml" and ".ringo-emu" not in path.parts]
EXAMPLES = [
    pytest.param(text, id=f"{page.stem}-{number}")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for number, (indent, text) in enumerate(_FENCE.findall(page.read_text("utf-8")))
    if not indent
]
DOCUMENTS = [
    str(path.relative_to(ROOT))
    for path in sorted((ROOT / "scenarios").rglob("*.json"))
    if path.parent.name != "webhooks" and path.name != "answer.json" and ".ringo-emu" not in path.parts
]


def _body(**properties: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": _object(**properties)}}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


TEXT = {"type": "string"}
DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "Reference SMS", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/webhook": {
            "post": {
                "operationId": "sendMessage",
                "summary": "Send a message",
                "requestBody": _body(**{"from": TEXT, "to": TEXT, "content": TEXT}),
                "responses": {"200": {"description": "taken", **_body(data=_object(id=TEXT))}},
            }
        },
        "/ns-api/v2/subscriptions": {
            "post": {
                "operationId": "createSubscription",
                "summary": "Subscribe a webhook URL",
                "requestBody": _body(**{"post-url": {"type": "string", "format": "uri"}}),
                "responses": {"201": {"description": "kept"}},
            }
        },
    },
    "webhooks": {
        name: {"post": {"summary": summary, "requestBody": _body(method={"const": method}, params=params)}}
        for name, summary, method, params in (
            ("delivered", "Delivery report", "delivered", _object(messageid=TEXT)),
            ("message", "Incoming message", "message", _object(**{"from": TEXT, "to": TEXT, "content": TEXT})),
        )
    },
}
"""The reference provider, as an OpenAPI description has it."""


def alarms(folder: Path, *arguments: str) -> list[str]:
    """Whatever a run there told that is more than a note; it must play something, and all of it must pass."""
    command = [PROGRAM, "run", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.stdout, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    told = [
        f"{each['severity']} {each['code']} {each['message']}"
        for event in events
        if event["event"] == "step"
        for each in event["findings"]
        if each["severity"] != "note"
    ]
    ended = [event for event in events if event["event"] == "scenario_finished"]
    told += [f"warning {each}" for event in ended for each in event["warnings"]]
    told += [
        f"{event['status']} {event['scenario']}" for event in ended if event["status"] not in {"passed", "skipped"}
    ]
    assert any(event["status"] == "passed" for event in ended), done.stdout[-3000:] + done.stderr
    return told + ([] if done.returncode == 0 else [f"exit code {done.returncode}: {done.stderr}"])


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The folder of scenarios as it is shipped."""
    ignored = shutil.ignore_patterns(".ringo-emu")
    return Path(shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios", ignore=ignored))


@pytest.mark.parametrize("file", SCENARIO_FILES)
def test_scenario_files(shipped: Path, file: str) -> None:
    """Each file by itself, as JSON; what `make demo` plays is among them."""
    assert [] == alarms(shipped, file)


@pytest.mark.parametrize("environment", ["form", "query", "multipart"])
def test_the_content_pack(shipped: Path, environment: str) -> None:
    """The other ways in which it says its texts."""
    assert [] == alarms(shipped, "content/texts.yaml", "--env", environment)


def test_all_at_once(shipped: Path) -> None:
    """Everything in one run, several at a time: nobody's events are charged to anybody else."""
    assert [] == alarms(shipped, ".", "--jobs", "4")


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples(shipped: Path, text: str) -> None:
    """Each scenario of the README, the cookbook and the other pages, by itself."""
    (shipped / "example.yaml").write_text(text.replace("127.0.0.1:8080", "127.0.0.1:$port.provider$"), "utf-8")
    assert [] == alarms(shipped, "example.yaml")


def test_the_whole_cookbook(shipped: Path) -> None:
    """Its scenarios one after the other, against one provider."""
    texts = [str(each.values[0]) for each in EXAMPLES if str(each.id).startswith("cookbook")]
    text = "---\n".join(texts).replace("127.0.0.1:8080", "127.0.0.1:$port.provider$")
    (shipped / "cookbook.yaml").write_text(text, "utf-8")
    assert [] == alarms(shipped, "cookbook.yaml")


def test_a_new_project(tmp_path: Path) -> None:
    """What `new` writes, as it is."""
    subprocess.run([PROGRAM, "new", "--yes", "demo"], cwd=tmp_path, check=True, capture_output=True)
    assert [] == alarms(tmp_path / "demo")


def test_a_project_of_a_description(tmp_path: Path, provider: str) -> None:
    """What `new --openapi` writes, against a provider that is as its description says."""
    (tmp_path / "api.json").write_text(json.dumps(DESCRIPTION), "utf-8")
    new = [PROGRAM, "new", "--openapi", "api.json", "--name", "Reference SMS", "demo"]
    subprocess.run(new, cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "demo"
    assert [] == alarms(folder, "--hosts", f"https://api.example.com={provider}", "--property", "API token=demo-key")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents(document: str) -> None:
    """The linter has nothing against a document that we ship."""
    done = subprocess.run([PROGRAM, "lint", "--json", document], cwd=ROOT, capture_output=True, text=True)
    findings = json.loads(done.stdout)["findings"]
    assert [] == [f"{each['code']} {each['message']}" for each in findings if each["severity"] != "note"]
    assert 0 == done.returncode
