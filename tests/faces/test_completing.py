"""Completion: commands, options and values, asked for as a shell asks, and in a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("ringo-emu")
HEAVY = ("aiohttp", "pydantic", "yaml", "structlog", "sqlite3", "emulator.core")
SCENARIO = """
scenario: One
tags: [smoke, 'two words', slow]
steps: [{note: a}]
---
scenario: Two
tags:
  - nightly
steps: [{note: a}]
"""
_START = "from ringo_emu_launcher import main; import sys; sys.argv[0] = 'ringo-emu'; main()"


def completed(folder: Path, *words: str) -> list[str]:
    """The values that complete the last of *words*, as zsh is told them; a file's name for files."""
    line = " ".join(f"'{word}'" if " " in word else word for word in ("ringo-emu", *words))
    asked = {"_RINGO_EMU_COMPLETE": "zsh_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    call = [PROGRAM]
    done = subprocess.run(call, cwd=folder, env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    lines = done.stdout.rstrip("\n").splitlines()
    return ["FILES" if kind == "file" else value for kind, value in zip(lines[::3], lines[1::3], strict=True)]


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A project with environments, and scenarios with tags, of which some are nobody's."""
    (tmp_path / "ringo-emu.yaml").write_text(
        "integration: acme.json\nenvironments: {staging: {}, stable: {}, live: {}}\n"
    )
    (tmp_path / "x.yaml").write_text(SCENARIO)
    (tmp_path / ".ringo-emu/failures/01-x").mkdir(parents=True)
    (tmp_path / ".ringo-emu/failures/01-x/x.yaml").write_text("scenario: One\ntags: [stale]\nsteps: [{note: a}]\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pro"], ["profile", "provider"]),
        (["run", "--last"], ["--last-failed"]),
        (["run", "--env", "sta"], ["staging", "stable"]),
        (["run", "--tags", "s"], ["slow", "smoke"]),
        (["run", "--tags", "smoke and n"], ["smoke and nightly", "smoke and not"]),
        (["run", "--tags", "(two"], ["(two words"]),
        (["run", "--report", "j"], ["junit=", "jsonl="]),
        (["run", "x"], ["FILES"]),
        (["lint", "a"], ["FILES"]),
        (["lint", "--explain", "DOC-10"], ["DOC-101", "DOC-102", "DOC-103"]),
        (["lint", "--explain", "PRJ-30"], ["PRJ-301", "PRJ-302", "PRJ-303"]),
        (["lint", "--format", "g"], ["github"]),
        (["explain", "a"], ["FILES"]),
        (["match", "acme.json", "b"], ["FILES"]),
        (["profile", "webhook_a"], ["webhook_answer"]),
        (["send", "--file", "c"], ["FILES"]),
        (["journal", "show", "1"], []),
    ],
    ids=lambda each: " ".join(each) if each and each[0].islower() else "",
)
def test_values(words: list[str], expected: list[str], there: Path) -> None:
    """What fits is offered; where nothing is to be had, nothing is said."""
    found = completed(there, *words)
    assert expected == [each for each in found if each in expected]
    if words[:2] != ["lint", "--explain"]:
        assert expected == found


def test_a_project_file_that_cannot_be_read(there: Path) -> None:
    """In the middle of a line nobody wants to be told why."""
    (there / "ringo-emu.yaml").write_text("environments: [")
    assert completed(there, "run", "--env", "") == []
    (there / "ringo-emu.yaml").write_text("environments: 7")
    assert completed(there, "run", "--env", "") == []


def test_exchanges(command: Any, project: Path) -> None:
    """The latest first, by number; where a file may stand too, a digit means a number."""
    assert command("run") == 0
    assert completed(project, "journal", "show", "") == ["5", "4", "3", "2", "1"]
    assert completed(project, "journal", "replay", "2", "4") == ["4"]
    assert completed(project, "match", "reference.json", "5") == ["5"]
    assert completed(project, "match", "reference.json", "w") == ["FILES"]


def test_commands_are_completed_at_once(there: Path) -> None:
    """Nothing of ours is imported but the command line's own module."""
    told = f"print(*sorted(set({HEAVY!r}) & sys.modules.keys()), file=sys.stderr)"
    code = f"import atexit, sys; atexit.register(lambda: {told})"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment |= {"_RINGO_EMU_COMPLETE": "zsh_complete", "COMP_WORDS": "ringo-emu r", "COMP_CWORD": "1"}
    call = [sys.executable, "-c", f"{code}\n{_START}"]
    done = subprocess.run(call, cwd=there, env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[1] == "run"
    assert done.stderr == "\n"


def test_in_bash(there: Path) -> None:
    """The line of the documentation, in a real shell."""
    bash = shutil.which("bash")
    assert bash is not None
    page = (Path(__file__).parents[2] / "docs/completion.md").read_text("utf-8")
    line = next(part for part in page.split("`") if "bash_source" in part)
    script = (
        f"{line}\n"
        "COMP_WORDS=(ringo-emu run --env sta) COMP_CWORD=3\n"
        "$(complete -p ringo-emu | sed 's/.*-F \\([^ ]*\\) .*/\\1/') ringo-emu\n"
        'echo "${COMPREPLY[@]}"'
    )
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-c", script], cwd=there, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert ("staging stable\n", "") == (done.stdout, done.stderr)
