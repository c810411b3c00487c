"""The command line as a whole: commands, help, exit codes, cold start, secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from emulator import __version__
from emulator.faces import cli

from .conftest import PROGRAM, REFERENCE, ROOT

if TYPE_CHECKING:
    from .conftest import Commands

HEAVY = ("aiohttp", "pydantic", "yaml", "structlog", "sqlite3", "jsonpath_ng")


def _imported(*arguments: str) -> set[str]:
    """Which of the heavy modules a command imports."""
    code = (
        "import sys; from emulator.faces import cli; cli.run(sys.argv[1:]); "
        f"print('\\n' + ' '.join(sorted(set({HEAVY!r}) & sys.modules.keys())))"
    )
    # Where coverage is measured it would be imported too, and a database with it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    call = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.splitlines()[-1].split())


def test_end_searches_nothing() -> None:
    """What is left at the end of the process is not searched for garbage, which would be a fifth of a short run."""
    # What is registered first is called last: behind it is only the interpreter's own end.
    code = (
        "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count(), sum(gc.get_count())));"
        "from emulator.faces import cli; cli.main(['--version'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    frozen, searched = map(int, done.stdout.splitlines()[-1].split())
    assert frozen > 1_000
    assert searched < 100


def test_version(command: Commands) -> None:
    """--version tells the version."""
    assert (0, f"ringo-emu, version {__version__}\n") == (command("--version"), command.out)


@pytest.mark.parametrize("name", [*cli.COMMANDS, "journal list", "journal show", "journal curl"])
def test_every_command_has_help(command: Commands, name: str) -> None:
    """Every command says what it does, and shows an example where it is called by itself."""
    assert command(*name.split(), "--help") == 0
    assert "Usage: ringo-emu " + name in command.out
    assert " " in name or "Example:" in command.out


def _options() -> Iterator[tuple[str, click.Parameter]]:
    def below(command: click.Command, name: str) -> Iterator[tuple[str, click.Parameter]]:
        context = click.Context(command)
        yield from ((name, each) for each in command.params)
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield from below(found, f"{name} {inner}")

    return below(cli.cli, "ringo-emu")


def test_metavars_say_what_is_wanted() -> None:
    """A duration is a DURATION and a port a PORT everywhere; TEXT is left for texts alone."""
    texts = set()
    for command, each in _options():
        metavar = each.make_metavar(click.Context(cli.cli))
        name = each.opts[-1]
        assert "RANGE" not in metavar, f"{command} {name}"
        if metavar == "TEXT" and not getattr(each, "is_flag", False):
            texts.add(f"{command} {name}")
        if "port" in name.split("-"):
            assert metavar == "PORT", f"{command} {name}"
        if name in {"--wait", "--timeout", "--since", "--token-lifetime", "--delivered-after"}:
            assert metavar == "DURATION", f"{command} {name}"
    assert texts == {"ringo-emu journal list --grep"}


def test_help_lists_what_there_is(command: Commands) -> None:
    """--help lists exactly the commands that there are modules for."""
    command("--help")
    modules = {path.stem.replace("_", "-") for path in (ROOT / "emulator/faces/commands").glob("[a-z]*.py")}
    assert set(cli.COMMANDS) == modules
    assert all(f"  {name} " in command.out for name in cli.COMMANDS)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """--help and --version cost no more than click."""
    assert set() == _imported(*arguments)


def test_lint_imports_nothing_heavy() -> None:
    """lint needs neither network nor YAML nor a database."""
    assert set() == _imported("lint", REFERENCE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runn"], 'did you mean "run"?'),
        (["lint"], "no document is named"),
        (["lint", "--colour", REFERENCE], "No such option"),
        (["lint", "nothing.json"], "cannot be read"),
        (["run", "--integration", "nothing.json"], "cannot be read"),
        (["run"], "no ringo-emu.yaml"),
        (["send", "x", "--property", "novalue"], "no equals sign"),
        (["send"], "nothing to send"),
        (["send", "x", "--wait", "5"], "a duration needs"),
        (["provider", "--delivered-after", "soon"], "no duration"),
        (["wait-ready", "http://127.0.0.1:1/", "--timeout", "x"], "no duration"),
        (["wait-ready", "nowhere"], "no absolute"),
        (["journal", "list"], "nothing is recorded"),
        (["journal", "list", "--journal", "x.db"], "no journal"),
        (["run", "--integration", REFERENCE, "--property", "API key=x", "nothing.yaml"], "nothing.yaml"),
        (["run", "--integration", REFERENCE], "has no value"),
        (["run", "--integration", REFERENCE, "--property", "API kex=x"], 'did you mean "API key"'),
    ],
    ids=lambda value: " ".join(value)[-30:] if isinstance(value, list) else "",
)
def test_wrong_usage(command: Commands, arguments: list[str], message: str) -> None:
    """What is wrong with a call is said on standard error, and the exit code is 2."""
    assert command(*arguments) == 2
    assert message in command.err
    assert "Traceback" not in command.err


def test_a_bug_of_ours(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is none of our own shows its traceback, asks for a report, and exits with 4."""
    monkeypatch.setattr("emulator.faces.commands.lint.read_document", lambda *_: 1 / 0)
    assert command("lint", REFERENCE) == 4
    assert "ZeroDivisionError" in command.err
    assert "bug in ringo-emu" in command.err


def test_an_interrupt(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C exits with 130."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("emulator.faces.commands.lint.read_document", interrupted)
    assert (130, "interrupted") == (command("lint", REFERENCE), command.err.strip())


@pytest.mark.slow
def test_a_secret_is_in_no_output(project: Path) -> None:
    """A property's value is in nothing that a run, its journal or its exports show, on success or on failure."""
    secret = "s3cret-value-of-the-property"
    texts = []
    for arguments in (
        ["run", "first-conversation.yaml", "-v"],
        ["run", "first-conversation.yaml", "--json"],
        ["journal", "list", "--json"],
        ["journal", "show", "2"],
        ["journal", "curl", "2"],
        ["send", "hello", "--json"],
        ["explain", "reference.json", "--property", f"API key={secret}"],
        ["explain", "reference.json", "--json", "--property", f"API key={secret}"],
    ):
        more = ["--property", f"API key={secret}"] if arguments[0] in {"run", "send"} else []
        done = subprocess.run([PROGRAM, *arguments, *more], cwd=project, capture_output=True, text=True, check=False)
        texts.append(done.stdout + done.stderr)
    files = [path.read_bytes() for path in (project / ".ringo-emu").rglob("*") if path.is_file()]
    assert "401" in texts[0]
    assert [] == [text for text in texts if secret in text]
    assert [] == [data for data in files if secret.encode() in data]


def test_python_m_emulator() -> None:
    """The package runs as a module, too."""
    done = subprocess.run(
        [sys.executable, "-m", "emulator", "lint", "--json", REFERENCE], capture_output=True, check=True
    )
    assert {"findings": []} == json.loads(done.stdout)
