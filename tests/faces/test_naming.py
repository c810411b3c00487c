"""The commands that a failure names are those that work: they find the journal, and mean the same project."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest

from emulator.faces.naming import options_of
from emulator.faces.options import open_project, project_options

FAILING = """\
scenario: Fails
steps:
  - send_message: ping
    check: {status: 299}
"""
ADDED = "\nenvironments: {other: {organization: {domain: hop}}}\n"


def opened(*arguments: str) -> Any:
    """The project that *arguments* mean."""
    found = project_options(click.command()(lambda **given: given))
    return open_project(**found.main(list(arguments), standalone_mode=False))


@pytest.fixture
def elsewhere(project: Path) -> Path:
    """A project two folders below the current one."""
    folder = project / "tests/sms"
    folder.mkdir(parents=True)
    for name in ("reference.json", "ringo-emu.yaml", "first-conversation.yaml"):
        shutil.move(project / name, folder / name)
    file = folder / "ringo-emu.yaml"
    file.write_text(file.read_text("utf-8").partition("environments:")[0] + ADDED, "utf-8")
    (folder / "failing.yaml").write_text(FAILING, "utf-8")
    return folder


def test_the_same_project(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed, given again, means what was given; how a run is judged does not matter, a secret is masked."""
    monkeypatch.chdir(elsewhere.parents[1])
    monkeypatch.setenv("KEY", "demo-key")
    given = (
        "--project=tests/sms/ringo-emu.yaml --env=other --integration=tests/sms/reference.json --public-url=http://h:1 "
        "--hosts=https://api.example.com=http://127.0.0.1:1 -o 'properties.API key=$env.KEY$' -o profile.timeout=5s"
    )
    project = opened(*shlex.split(given))
    again = opened(*options_of(project))
    assert (project.path, project.overrides) == (again.path, again.overrides)
    assert "5s" in [*options_of(project)][-1]

    judged = opened("--project", "tests/sms/ringo-emu.yaml", "-o", "fail_on=[warning]", "--property", "API key=s3cr3t")
    assert ["--project", "tests/sms/ringo-emu.yaml", "--property", "API key=***"] == [*options_of(judged)]
    monkeypatch.chdir(elsewhere)
    assert [] == [*options_of(opened())]


@pytest.mark.parametrize("start", ["tests/sms", "tests", "."])
def test_what_is_named_works(command: Any, elsewhere: Path, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the project's folder, from that above it, and from one that `journal` does not search."""
    monkeypatch.chdir(elsewhere.parents[1] / start)
    below = (elsewhere / "failing.yaml").relative_to(Path.cwd())
    assert command("run", str(below), "--env", "other", "-o", "profile.timeout=5s") == 1
    (line,) = [each for each in command.out.splitlines() if each.startswith("  see ")]
    show, again = (each.split("ringo-emu ")[1] for each in line.split(" · "))
    assert command(*shlex.split(show)) == 0
    assert "SendMessage" in command.out
    assert command(*shlex.split(again)) == 0
    assert "SendMessage" in command.out
    assert "200" in command.out


def test_a_run_without_options(command: Any, project: Path) -> None:
    """Where nothing has to be said, nothing is."""
    (project / "failing.yaml").write_text(FAILING, "utf-8")
    assert command("run", "failing.yaml") == 1
    assert "  see       ringo-emu journal show 2 · replay it: ringo-emu journal replay 2\n" in command.out
