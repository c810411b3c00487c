"""What is found of others that play the same project: only what somebody holds, and only of this project."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from emulator.faces.neighbours import READY_FILE, Notes, Serving, Target, announced, ended, running_serve, target_of
from emulator.scenario.project import Project, load_project

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TARGET = Target(at="http://127.0.0.1:1/subscriptions", label="acme")
HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "rb")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a folder of its own."""
    (tmp_path / "reference.json").write_bytes((SCENARIOS / "reference.json").read_bytes())
    settings = (
        "integration: reference.json\nproperties: {API key: demo-key}\nhosts: {https://api.example.com: http://h}\n"
    )
    (tmp_path / "ringo-emu.yaml").write_text(settings)
    return load_project(tmp_path / "ringo-emu.yaml")


def serving(project: Project, pid: int, organization: str = "") -> Serving:
    return Serving(
        pid=pid,
        service=project.integration.document.id,
        organization=organization or project.organization.id,
        webhook_url="http://127.0.0.1:8085/services/x/a1",
        console_url="http://127.0.0.1:8086/#token=t",
        options="",
        environment=None,
        provider=None,
        target=TARGET,
    )


def test_where_it_subscribes(project: Project) -> None:
    """hosts count: what goes to a provider here takes nothing from what goes elsewhere."""
    assert Target(at="http://h/ns-api/v2/subscriptions", label="acme") == target_of(project, "acme")


def test_a_serve_is_found_while_it_runs(project: Project) -> None:
    """The one that plays this project, of all that share its folder."""
    mine, other = serving(project, 1), serving(project, 1, "7")
    assert running_serve(project) is None
    with announced(project.state_folder, [other, mine]):
        assert mine == running_serve(project)
    with announced(project.state_folder, [other]):
        assert running_serve(project) is None
    assert not (project.state_folder / READY_FILE).exists()


@pytest.mark.parametrize("ends_first", [0, 1], ids=["the-earlier", "the-later"])
def test_the_later_of_two(project: Project, ends_first: int) -> None:
    """It is found; whichever ends first, the other one is found after."""
    both = [serving(project, 1), serving(project, 2)]
    held = [announced(project.state_folder, [each]) for each in both]
    for each in held:
        each.__enter__()
    assert both[1] == running_serve(project)
    held[ends_first].__exit__(None, None, None)
    assert both[1 - ends_first] == running_serve(project)
    held[1 - ends_first].__exit__(None, None, None)
    assert running_serve(project) is None
    assert not list(project.state_folder.glob("serve*.json"))


def test_what_this_process_announces(project: Project) -> None:
    """Nobody is beside himself."""
    with announced(project.state_folder, [serving(project, os.getpid())]):
        assert running_serve(project) is None


def test_the_files_of_those_that_were_killed(project: Project) -> None:
    """The next one takes them away."""
    project.state_folder.mkdir()
    for name in (READY_FILE, "serve-4711.json"):
        (project.state_folder / name).write_text("[]")
    with announced(project.state_folder, [serving(project, 1)]):
        assert [READY_FILE] == [each.name for each in project.state_folder.glob("serve*.json")]


@pytest.mark.parametrize("text", ["", "[", "{}", '[{"pid": 1}]', '[{"target": {}}]', '["x"]', "3"])
def test_a_file_of_another_version(text: str, project: Project) -> None:
    """It is none that we could go through."""
    with announced(project.state_folder, [serving(project, 1)]):
        (project.state_folder / READY_FILE).write_text(text)
        assert running_serve(project) is None


async def test_a_note_whose_writer_is_killed(tmp_path: Path) -> None:
    """Its end is noticed however it came, and the note is gone then."""
    notes = Notes(tmp_path, TARGET)
    note = tmp_path / "subscribers/4711-0.json"
    note.write_text(json.dumps({"by": "run", "pid": 4711, "target": {"at": TARGET.at, "label": TARGET.label}}))
    (tmp_path / "subscribers/4712-0.json").write_text('{"by": "run"}')
    assert not notes.held()
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, str(note), stdin=pipe, stdout=pipe)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    stop = asyncio.Event()
    comes = notes.come(stop)
    found, path = await anext(comes)
    assert ("run (process 4711)", note) == (found.who, path)
    assert notes.held()
    holder.kill()
    await ended(path)
    assert not notes.held()
    assert not note.exists()
    await holder.wait()
    stop.set()
    await comes.aclose()


def test_notes_that_were_left_over(tmp_path: Path) -> None:
    """serve subscribes when it begins: what was before does not concern it."""
    Notes(tmp_path, TARGET)
    (tmp_path / "subscribers/1-0.json").write_text("{}")
    Notes(tmp_path, TARGET)
    assert [] == list((tmp_path / "subscribers").iterdir())
