"""Every command tells in a sentence what is wrong with a file that it is given, and waits for none."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faces.conftest import PROGRAM, REFERENCE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faces.conftest import Commands

ODD: dict[str, Callable[[Path], str]] = {
    "device": lambda _: "/dev/zero",
    "pipe": lambda folder: _pipe(folder / "pipe"),
    "loop": lambda folder: _loop(folder / "loop"),
    "long": lambda _: "x" * 300,
    "very-long": lambda _: "x" * 5000,
    "folder": str,
    "missing": lambda _: "none.json",
}
IN_YAML: dict[str, Callable[[Path], str]] = {**ODD, "nul": lambda _: "a\0b"}
COMMANDS = {
    "lint": ("lint", "{}"),
    "lint-fix": ("lint", "--fix", "--yes", "{}"),
    "explain": ("explain", "{}"),
    "schema": ("schema", "scenario", "--for", "{}"),
    "match-document": ("match", "{}", "body.json"),
    "match-body": ("match", REFERENCE, "{}"),
    "match-alone": ("match", "{}"),
    "run-integration": ("run", "--integration", "{}"),
    "run-project": ("run", "--project", "{}"),
    "run-scenario": ("run", "--integration", REFERENCE, "--property", "API key=k", "{}"),
    "new-openapi": ("new", "--yes", "--openapi", "{}", "made"),
    "journal": ("journal", "list", "--journal", "{}"),
    "report": ("run", "--integration", REFERENCE, "--property", "API key=k", "--report", "junit=/", "{}"),
    "send-file": ("send", "--integration", REFERENCE, "--property", "API key=k", "--file", "{}"),
}


def _pipe(path: Path) -> str:
    os.mkfifo(path)
    return str(path)


def _loop(path: Path) -> str:
    path.symlink_to(path)
    return str(path)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes to the pipes here."""
    monkeypatch.setattr("emulator.engine.user_files.PIPE_WITHIN_S", 0.05)


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_no_file_of_a_command(command: Commands, tmp_path: Path, name: str, kind: str) -> None:
    """Exit code 2 and a sentence, never a traceback."""
    if (name, kind) == ("lint-fix", "device"):
        kind = "pipe"  # who plays these tests as root would lose the device to a mistake
    odd = ODD[kind](tmp_path)
    code = command(*(word.replace("{}", odd) for word in COMMANDS[name]))
    assert (code, "Traceback" in command.err) == (2, False), command.err
    assert "mend:" in command.err or "nothing was run" in command.err or kind == "folder"


PLACES = {
    "integration": ("integration: {}\n", None),
    "ca_file": ("integration: acme.json\nca_file: {}\n", None),
    "provider-folder": (
        "integration: acme.json\nprovider: {{run: ['true'], ready: 'http://127.0.0.1:1/', folder: {}}}\n",
        None,
    ),
    "cases": ("integration: acme.json\n", "scenario: a\ncases: {}\nsteps:\n  - note: hi\n"),
    "use": ("integration: acme.json\n", "scenario: a\nsteps:\n  - use: {}\n"),
    "send_file": ("integration: acme.json\n", "scenario: a\nsteps:\n  - send_file: {{file: {}}}\n"),
    "run-folder": ("integration: acme.json\n", "scenario: a\nsteps:\n  - run: {{command: ['true'], folder: {}}}\n"),
}


@pytest.mark.parametrize("kind", IN_YAML)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_of_a_project(command: Commands, tmp_path: Path, place: str, kind: str) -> None:
    """Named in a project or a scenario."""
    if place.endswith("-folder"):
        kind = {"folder": "missing"}.get(kind, kind)  # a folder is what is meant
    odd = IN_YAML[kind](tmp_path)
    project, scenario = PLACES[place]
    Path("acme.json").write_bytes(Path(REFERENCE).read_bytes())
    Path("ringo-emu.yaml").write_text(project.format(json.dumps(odd)) + "properties: {API key: k}\n")
    if scenario is not None:
        Path("a.yaml").write_text(scenario.format(json.dumps(odd)))
    code = command("run")
    assert (code, "Traceback" in command.err) == (2, False), command.err


def test_a_pipe_of_the_shell_is_read(tmp_path: Path) -> None:
    """``lint <(…)``, ``match <(…)``; one that never ends is read up to a bound."""
    for said in (
        f"lint <(cat {REFERENCE})",
        f"match {REFERENCE} <(echo '{{}}')",
        f"match <(cat {REFERENCE}) <(echo 1)",
    ):
        made = subprocess.run(
            ["bash", "-c", f"{PROGRAM} {said}"], cwd=tmp_path, capture_output=True, text=True, timeout=50
        )
        assert (made.returncode in {0, 1}, made.stderr) == (True, "")
    for said in ("lint <(cat /dev/zero)", "lint - </dev/zero", f"match {REFERENCE} - </dev/zero"):
        made = subprocess.run(
            ["bash", "-c", f"{PROGRAM} {said}"], cwd=tmp_path, capture_output=True, text=True, timeout=50
        )
        assert (made.returncode, "Traceback" in made.stderr) == (2, False)


def test_reports_and_records_that_cannot_be_written(command: Commands, options: list[str], tmp_path: Path) -> None:
    """A warning each: the run counts, as in a folder that can only be read."""
    Path("a.yaml").write_text("scenario: a\nsteps:\n  - send_message: hi\n    check: {status: 2xx}\n")
    Path(".ringo-emu").write_text("a file where the folder should be")
    code = command("run", *options, "--report", f"html={'x' * 300}", "a.yaml")
    assert (code, "Traceback" in command.err) == (0, False), command.err
    assert command.err.count("warning: ") >= 3
    assert "warning: what failed cannot be kept for --last-failed" in command.err


def test_a_regular_expression_that_is_too_deep(command: Commands, options: list[str]) -> None:
    """A finding, however it is nested."""
    deep = "(" * 5000 + "a" + ")" * 5000
    Path("a.yaml").write_text(
        f"scenario: a\nsteps:\n  - send_message: hi\n    check: {{messageid: {{matches: '{deep}'}}}}\n"
    )
    assert (command("run", *options, "a.yaml"), "Traceback" in command.err) == (2, False)
    assert "nested too deeply" in command.err


# -- every other place

OWN: dict[str, str] = {
    "emulator/engine/token_store.py": "the tokens, in the project's own folder",
    "emulator/engine/journal_file.py": "the journal, which SQLite has opened",
    "emulator/engine/descendants.py": "what the system tells of processes",
    "emulator/engine/processes.py": "what a process prints",
    "emulator/engine/probing.py": "names of hosts are resolved",
    "emulator/engine/private.py": "files that we make",
    "emulator/engine/user_files.py": "the one place",
    "emulator/faces/neighbours.py": "what commands tell each other, in the project's own folder",
    "emulator/faces/scaffolding.py": "templates of the package",
    "emulator/faces/pipes.py": "the null device",
    "emulator/faces/console/pages.py": "pages of the package",
    "emulator/faces/console/keeping.py": "scenarios that we make",
    "emulator/faces/reports/files.py": "reports, which are written",
    "emulator/faces/reports/github.py": "the job's summary, which is written",
    "emulator/faces/reports/har.py": "a text in memory",
    "emulator/faces/commands/run.py": "what failed, in the project's own folder",
    "emulator/faces/commands/new.py": "the document that was just written",
    "emulator/provider": "a program of its own",
    "ringo_emu_launcher.py": "modules of the package",
}
"""Where files are opened that no user names."""
_OPENING = frozenset({"open", "read_text", "read_bytes", "fdopen", "load_verify_locations"})
_ASKING = frozenset({"resolve"})


def _calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            has_data = any(each.arg == "cadata" for each in node.keywords)
            if (name in _OPENING | _ASKING) and not has_data:
                yield f"{path.relative_to(ROOT)}:{node.lineno} {name}"


def test_no_other_place_opens_a_file_that_a_user_names() -> None:
    """All of them are read by `emulator.engine.user_files`, which refuses what never ends."""
    paths = [*(ROOT / "emulator").rglob("*.py"), *ROOT.glob("ringo_emu_*.py")]
    found = [call for path in paths for call in _calls(path)]
    assert any(call.startswith("emulator/engine/user_files.py") for call in found)
    assert [call for call in found if not call.startswith(tuple(OWN))] == []
