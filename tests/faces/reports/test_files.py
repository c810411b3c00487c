"""Report files: which are asked for, written whole or not at all, and without any secret."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from emulator.engine.journal import open_journal
from emulator.errors import UsageError
from emulator.faces.reports.files import (
    KINDS,
    ReportFile,
    is_stream,
    parse_report,
    parse_reports,
    write_atomically,
    write_reports,
)
from emulator.scenario.results import Status
from tests.faces.reports.conftest import EVERY, SECRET, exchange, result, run

if TYPE_CHECKING:
    from tests.faces.reports.conftest import Reporting


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_written(kind: str, reporting: Reporting, tmp_path: Path) -> None:
    """Into a folder that is made for it."""
    path = tmp_path / "out" / f"report.{kind}"
    write_reports([ReportFile(kind, path)], EVERY, reporting.journal, reporting.output)
    assert path.read_text("utf-8").strip()
    assert [path] == list(path.parent.iterdir()), "nothing else is left there"


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_in_any_of_them(
    kind: str, reporting: Reporting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not as it is, nor as XML, JSON, HTML, a URL or base64 would write it."""
    path = tmp_path / "report"
    planted = run(result(f"Uses {SECRET}", Status.FAILED, f"got {SECRET} there"), left_out=(SECRET,), stopped=SECRET)
    planted = replace(planted, provider_output=(f"key is {SECRET}",), integration=f"{SECRET}.json")
    write_reports([ReportFile(kind, path)], planted, reporting.journal, reporting.output)
    if kind == "github":
        write_reports([ReportFile(kind, None)], planted, reporting.journal, reporting.output)
    text = path.read_text("utf-8") + capsys.readouterr().out
    writings = {
        SECRET,
        escape(SECRET),
        escape(SECRET, {'"': "&quot;"}),
        SECRET.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&#34;"),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
    }
    assert [] == [each for each in writings if each in text]
    assert "***" in text


def test_several_at_once_and_one_that_cannot_be_written(
    reporting: Reporting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a warning, and the others are there."""
    (tmp_path / "folder").mkdir()
    reports = [ReportFile("tap", tmp_path / "folder"), ReportFile("junit", tmp_path / "j.xml")]
    write_reports(reports, EVERY, reporting.journal, reporting.output)
    assert "warning: the tap report cannot be written:" in capsys.readouterr().err
    assert (tmp_path / "j.xml").is_file()
    assert {"folder", "j.xml"} == {each.name for each in tmp_path.iterdir()}


def test_a_journal_that_cannot_be_read(
    reporting: Reporting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What needs the exchanges is a warning; what does not is there."""
    with open_journal() as closed:
        pass
    reports = [ReportFile("har", tmp_path / "x.har"), ReportFile("junit", tmp_path / "j.xml")]
    write_reports(reports, EVERY, closed, reporting.output)
    assert "warning: the har report cannot be written: the journal cannot be read" in capsys.readouterr().err
    assert ["j.xml"] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.parametrize("kind", ["html", "har"])
def test_a_secret_that_was_learnt_late(kind: str, reporting: Reporting, tmp_path: Path) -> None:
    """It is masked in what the journal wrote before, as text and as base64 of what is no text."""
    token = "token-learnt-late"
    reporting.record(exchange(1, "out", token.encode()), exchange(2, "in", b"\xff\xfe\xfd" + token.encode()))
    reporting.output.redactor.learn([token])
    write_reports([ReportFile(kind, tmp_path / "r")], EVERY, reporting.journal, reporting.output)
    text = (tmp_path / "r").read_text("utf-8")
    assert token not in text
    assert base64.b64encode(token.encode()).decode().rstrip("=")[:-1] not in text, "three bytes stand before it"


def test_what_is_no_file_stays_what_it_is(tmp_path: Path) -> None:
    """A pipe is written to, a link leads where it led, and who may read a new file is for the umask to say."""
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    link.symlink_to(file)
    before = os.umask(0o027)
    try:
        for path in (pipe, link):
            write_atomically(path, "said")
        assert b"said" == os.read(reader, 10)
    finally:
        os.umask(before)
        os.close(reader)
    assert (True, "said", 0o640) == (link.is_symlink(), file.read_text("utf-8"), file.stat().st_mode & 0o777)
    assert pipe.is_fifo()
    # Not by writing there: who plays these tests as root would lose the device to a mistake.
    assert [True, True, False] == [is_stream(Path(each)) for each in ("/dev/null", "/dev/stdout", str(file))]


def test_what_cannot_be_written_to(tmp_path: Path) -> None:
    """A pipe that nobody reads is not waited for, and a folder is none to be replaced."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/")):
        with pytest.raises(OSError, match=r"No such device or address|Is a directory"):
            write_atomically(path, "said")
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


def test_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    """Where that is asked for."""
    write_atomically(tmp_path / "x", "said", 0o600)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_a_report_is_never_half_there(reporting: Reporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops the writing leaves the old file, and no temporary one."""
    path = tmp_path / "t.tap"
    path.write_text("old", "utf-8")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_reports([ReportFile("tap", path)], EVERY, reporting.journal, reporting.output)
    assert (["t.tap"], "old") == ([each.name for each in tmp_path.iterdir()], path.read_text("utf-8"))


def test_what_is_asked_for() -> None:
    """KIND=FILE, and for GitHub the kind alone."""
    assert ReportFile("junit", Path("a=b.xml")) == parse_report("junit=a=b.xml")
    assert (ReportFile("github", None), ReportFile("tap", Path("t"))) == parse_reports(["github", "tap=t"])


@pytest.mark.parametrize(
    ("texts", "message", "mend"),
    [
        (["junt=x.xml"], 'there is no report "junt"', 'did you mean "junit"?'),
        (["junit"], "no file is named", "write --report junit=FILE"),
        (["html="], "no file is named", "write --report html=FILE"),
        (["junit=x", "tap=./x"], "the reports junit and tap both go to x", "name a file for each"),
        (["tap=x", "tap=x"], "the reports tap and tap both go to x", "name a file for each"),
    ],
)
def test_what_cannot_be_meant(texts: list[str], message: str, mend: str) -> None:
    """It is told before anything is played."""
    with pytest.raises(UsageError) as raised:
        parse_reports(texts)
    assert (True, mend) == (message in raised.value.message, raised.value.mend)
