"""profile: every assumption, its value in the project, and where that comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.profile import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion


@pytest.fixture
def settings(project: Path) -> Path:
    """A project that sets some of its profile itself, some by a preset and some in an environment."""
    file = project / "ringo-emu.yaml"
    text = file.read_text("utf-8")
    assert "\nenvironments:\n" in text
    text = text.replace("\nenvironments:\n", "\nenvironments:\n  staging: {profile: {timeout: 90s}}\n")
    file.write_text(f"{text}profile: {{preset: lenient, timeout: 20s, success: [200, 202]}}\n", "utf-8")
    return project


def _sources(command: Any, *arguments: str) -> dict[str, tuple[str, str]]:
    assert command("profile", "--json", *arguments) == 0
    return {each["name"]: (each["source"], each["value"]) for each in json.loads(command.out)["settings"]}


def test_where_values_come_from(command: Any, settings: Path) -> None:
    """The file goes before its preset, an environment before the file, an option before all."""
    found = _sources(command)
    assert tuple(found) == SETTINGS
    assert found["timeout"] == ("file", "20s")
    assert found["success"] == ("file", "[200, 202]")
    assert found["redirects"] == ("preset", "follow")
    assert found["unset"] == ("default", "drop")
    assert _sources(command, "--env", "staging")["timeout"] == ("environment", "90s")
    found = _sources(command, "--env", "staging", "-o", "profile.timeout=3s", "-o", "profile.preset=strict")
    assert found["timeout"] == ("option", "3s")
    assert found["slow_answer"] == ("preset", "2s")


def test_json_says_all(command: Any, settings: Path) -> None:
    """A program gets the name, the place, the default, the sentence, the section and that it is assumed."""
    assert command("profile", "webhook_answer", "-o", "profile.webhook_answer=strict", "--json") == 0
    said = json.loads(command.out)
    assert said["preset"] == "lenient"
    assert set(said["presets"]) == {"strict", "lenient"}
    (setting,) = said["settings"]
    assert "lenient" in setting.pop("meaning")
    assert setting == {
        "name": "webhook_answer",
        "value": "strict",
        "source": "option",
        "where": "-o profile.webhook_answer",
        "default": "strict",
        "choices": ["strict", "lenient"],
        "framework": "6",
        "mark": "assumed",
    }


def test_what_is_shown(command: Any, settings: Path, golden: SnapshotAssertion) -> None:
    """A person reads the same; where no project is, the defaults."""
    shown = []
    for arguments in ([], ["timeout"], ["redirects", "--env", "staging"], ["preset"]):
        assert command("profile", *arguments) == 0
        shown.append(f"$ ringo-emu profile {' '.join(arguments)}\n{command.out}")
    assert "\n".join(shown) == golden


def test_without_a_project(command: Any) -> None:
    """Where no project is, the defaults are shown."""
    assert {source for source, _ in _sources(command).values()} == {"default"}


def test_an_unknown_setting(command: Any) -> None:
    """A misspelt name is told with the one that was meant."""
    assert command("profile", "tmeout") == 2
    assert 'no setting "tmeout"' in command.err
    assert 'did you mean "timeout"?' in command.err


def test_an_unknown_preset(command: Any, settings: Path) -> None:
    """A preset that is none is refused as any other wrong word is."""
    assert command("profile", "-o", "profile.preset=strikt") == 2
    assert 'did you mean "strict"?' in command.err
