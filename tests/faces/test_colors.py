"""Where colours are wanted: one place decides for reports, logs, progress and errors."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.faces.colors import can_redraw, wants_color

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
NAMES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM")


class Stream:
    """A terminal, or none."""

    def __init__(self, is_terminal: bool) -> None:
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        """Whether it is one."""
        return self._is_terminal


@pytest.mark.parametrize(
    ("environment", "on_a_terminal", "in_a_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "3"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
    ids=lambda value: "-".join(value) or "nothing" if isinstance(value, dict) else None,
)
def test_the_environment_decides(
    environment: dict[str, str], on_a_terminal: bool, in_a_pipe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR wins, then what forces colours, then whether it is a terminal that understands them."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (on_a_terminal, in_a_pipe) == (wants_color(Stream(True)), wants_color(Stream(False)))


def test_a_line_is_written_anew_where_that_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is no colour: forcing colours does not bring it into a log."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert (True, False) == (can_redraw(Stream(True)), can_redraw(Stream(False)))
    monkeypatch.setenv("TERM", "dumb")
    assert not can_redraw(Stream(True))


def _escapes(environment: dict[str, str], folder: Path) -> tuple[bool, bool]:
    """Whether a report and an error, in a pipe, have escapes."""
    (folder / "bad.json").write_text("{}")
    settings = {**os.environ, **environment}
    lint = subprocess.run([PROGRAM, "lint", "bad.json"], cwd=folder, env=settings, capture_output=True)
    error = subprocess.run([PROGRAM, "run", "nowhere.yaml"], cwd=folder, env=settings, capture_output=True)
    assert (lint.returncode, error.returncode) == (2, 2)
    return b"\x1b[" in lint.stdout, b"\x1b[" in error.stderr


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["plain", "forced", "no"],
)
def test_a_log_of_a_ci_system(environment: dict[str, str], expected: bool, tmp_path: Path) -> None:
    """What forces colours brings them into reports and errors."""
    assert (expected, expected) == _escapes(environment, tmp_path)


@pytest.mark.parametrize(("term", "expected"), [("xterm", True), ("dumb", False)])
def test_on_a_terminal(term: str, expected: bool, tmp_path: Path) -> None:
    """A dumb terminal gets no escapes."""
    (tmp_path / "bad.json").write_text("{}")
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": term}
    subprocess.run([PROGRAM, "lint", "bad.json"], cwd=tmp_path, env=settings, stdout=theirs, stderr=theirs)
    os.close(theirs)
    told = b""
    try:
        while more := os.read(ours, 65536):
            told += more
    except OSError:  # what Linux says at the end
        pass
    os.close(ours)
    assert b"DOC-" in told
    assert expected == (b"\x1b[" in told)
