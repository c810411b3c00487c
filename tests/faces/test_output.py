"""The last writer: escapes instead of control characters, masks instead of secrets."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from emulator.core import rules
from emulator.core.redaction import Redactor
from emulator.errors import InputError, RingoError, TransportError, UnreachableError, UsageError
from emulator.faces.output import Output, inert, tell_error, visible
from emulator.faces.reports.files import write_atomically


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202etxt", "\\u202etxt"),
        ("\u2066\u200f", "\\u2066\\u200f"),
        ("\r\x9b", "\\r\\x9b"),
        ("a\tb\nü€", "a\tb\nü€"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    """Control characters and bidi marks are shown as escapes; tab, line feed and other letters stay."""
    assert expected == visible(text)


if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = [
    "::set-output name=a::b",
    "    ::add-mask::x",
    "\t\u00a0\u3000::stop-commands::x",
    "said ##[set-env name=PATH]x",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[buildStop]",
]


def _obeys(line: str) -> bool:
    """Whether a runner would obey *line*: GitHub's first, which trims it, then the older way, which searches it."""
    return line.strip().startswith("::") or any(f"##{each}[" in line for each in ("", "vso", "teamcity"))


@pytest.mark.parametrize("said", COMMANDS)
@pytest.mark.parametrize("runner", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
def test_no_runner_obeys_what_a_provider_prints(
    said: str, runner: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whatever way it is printed: alone, in a line, in lines of an error, as JSON, in a report to standard output."""
    assert _obeys(said)
    monkeypatch.setenv(runner, "true")
    output = Output()
    output.text(f"it printed:\n{said}\n    {said}")
    output.line("    " + output.styled(said))
    output.line(output.named(said))
    output.json({said: said})
    tell_error(UnreachableError(f"the provider ended with code 1; it printed:\n    {said}", mend=said))
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(tmp_path / "pipe", f"{said}\n")
    written = os.read(reader, 1000).decode()
    os.close(reader)
    captured = capsys.readouterr()
    lines = f"{captured.out}\n{captured.err}\n{written}".splitlines()
    assert len(lines) > 9
    assert [line for line in lines if _obeys(line)] == []
    assert {said: said} == json.loads(next(line for line in lines if line.startswith("{")))


@pytest.mark.parametrize("said", COMMANDS)
def test_where_no_runner_is_all_is_shown_as_it_is(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's terminal obeys nothing."""
    for name in ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"):
        monkeypatch.delenv(name, raising=False)
    assert inert(said) == said


def test_a_line_stays_a_line() -> None:
    """A part of a line cannot break it."""
    assert "a\\nb" == Output().styled("a\nb")


@pytest.mark.parametrize(("no_color", "expected"), [("", "\x1b[31mx\x1b[0m"), ("1", "x")])
def test_no_color(monkeypatch: pytest.MonkeyPatch, no_color: str, expected: str) -> None:
    """NO_COLOR turns colours off on a terminal."""
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert expected == Output().styled("x", fg="red")


def test_every_way_out_masks(capsys: pytest.CaptureFixture[str]) -> None:
    """A secret is masked in text, in JSON and in the parts of a line."""
    output = Output(Redactor(["s3cret"]))
    output.text("a s3cret")
    output.json({"s3cret": ["s3cret"]})
    text, line = capsys.readouterr().out.splitlines()
    assert "a ***" == text
    assert {"***": ["***"]} == json.loads(line)
    assert "***" == output.styled("s3cret")


def test_a_finding_of_a_whole_body_has_no_place(capsys: pytest.CaptureFixture[str]) -> None:
    """A path of one dollar says nothing; one that leads somewhere does."""
    Output().findings([rules.REFUSED.on("$", "m", "r"), rules.NUMBER_TURNED_TEXT.on("$.a", "m", "r")], codes=True)
    assert capsys.readouterr().out.splitlines() == [
        "error API-104  m",
        "      r",
        "$.a  warning WH-102  m",
        "      r",
    ]


def test_json_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON output holds no character that could control a terminal."""
    Output().json("\x1b\u202e")
    assert '"\\u001b\\u202e"\n' == capsys.readouterr().out


def test_masking_errors() -> None:
    """An error that leaves the block has its message and its remedy masked."""
    with pytest.raises(UsageError) as caught, Output(Redactor(["s3cret"])).masking():
        raise UsageError("s3cret!", mend="not s3cret")
    assert ("***!", "not ***") == (caught.value.message, caught.value.mend)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x", mend="y"), 2),
        (InputError([]), 2),
        (UnreachableError("x"), 3),
        (TransportError("refused", "x"), 3),
    ],
)
def test_exit_codes_of_errors(error: RingoError, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """An unreachable provider exits with 3, what is wrong with a call or a file with 2; both on standard error."""
    assert code == tell_error(error)
    assert "" == capsys.readouterr().out
