"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.faces.options import split_pairs


@pytest.mark.parametrize(
    ("option", "pair", "expected"),
    [
        ("--property", "API key=a=b", {"API key": "a=b"}),
        ("--property", "API key=", {"API key": ""}),
        ("--hosts", "https://a.example=http://b.example", {"https://a.example": "http://b.example"}),
        ("--hosts", "https://a.example/?x=1=http://b.example", {"https://a.example/?x=1": "http://b.example"}),
    ],
)
def test_split_pairs(option: str, pair: str, expected: dict[str, str]) -> None:
    """A pair is split at its first equals sign; URLs where the right one begins."""
    assert expected == split_pairs((pair,), option)


@pytest.mark.parametrize("pair", ["novalue", "=x", ""])
def test_no_pair(pair: str) -> None:
    """A pair without a name or an equals sign is refused with a remedy."""
    with pytest.raises(UsageError) as caught:
        split_pairs((pair,), "--property")
    assert "write --property NAME=VALUE" == caught.value.mend


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "first-conversation.yaml"],
        ["serve", "--port", "0", "--also", "ringo-emu.yaml"],  # refused, after both were read
        ["send", "hello"],
        ["lint"],
        ["doctor", "--port", "0"],
        ["explain"],
        ["match", "body.json"],
        ["profile"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_the_environment_overrules(
    command: Any, project: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that plays a project with `.env` says once that the environment goes before it."""
    file = project / "ringo-emu.yaml"
    file.write_text(file.read_text("utf-8").replace("demo-key", "$env.RINGO_KEY$"), "utf-8")
    (project / ".env").write_text("RINGO_KEY=of-the-file\n", "utf-8")
    (project / "body.json").write_text("{}", "utf-8")
    monkeypatch.setenv("RINGO_KEY", "demo-key")
    command(*arguments)
    warning = (
        "warning: RINGO_KEY: .env has another value than the environment, whose value is used; for that of .env, unset "
        "RINGO_KEY\n"
    )
    assert command.err.count(warning) == 1
    monkeypatch.setenv("RINGO_KEY", "of-the-file")
    command(*arguments)
    assert "RINGO_KEY" not in command.err
