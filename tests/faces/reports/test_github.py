"""GitHub: annotations at the lines of scenarios and a summary, out of which no data can break."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.redaction import Redactor
from emulator.faces.output import Output
from emulator.faces.reports import github
from emulator.scenario.results import Status
from tests.faces.reports.conftest import EVERY, result, run

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.faces.reports.conftest import Reporting


def test_the_summary(reporting: Reporting, golden: SnapshotAssertion) -> None:
    """A table of all scenarios, and each failure as the terminal tells it."""
    assert golden == github.render(EVERY, reporting.exchanges, reporting.output)


def test_annotations_and_the_job_summary(
    reporting: Reporting, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each failure stands at its line, in one line; the summary is added to what the job says already."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    github.annotate(EVERY, reporting.output)
    lines = capsys.readouterr().out.splitlines()
    assert 4 == len(lines)
    assert lines[0].startswith("::error file=sms.yaml,line=13,col=5,title=Fails::expected messageDelivered")
    assert "%0A  params.messageid missing nothing came%0Amend post it [WH-DELIVERED-01]" in lines[0]
    assert summary.read_text("utf-8").startswith(
        "before\n### ringo-emu: 1 passed, 3 failed, 1 interrupted, 1 failed as expected, 1 skipped in 12.5 s\n"
    )
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    github.annotate(run(result("Passes", Status.PASSED)), reporting.output)
    assert "" == capsys.readouterr().out


def test_a_run_of_which_nothing_was_played(reporting: Reporting, capsys: pytest.CaptureFixture[str]) -> None:
    """No line of a scenario is to blame: the annotation stands by itself, in one line."""
    github.annotate(run(left_out=("Never began",), stopped="because\n::error::x"), reporting.output)
    assert "::error title=ringo-emu::stopped because%0A::error::x\n" == capsys.readouterr().out


def test_a_summary_that_github_takes(reporting: Reporting) -> None:
    """Of a long run what failed comes first, and the whole never grows past what GitHub shows."""
    many = [result(f"Passes {number}", Status.PASSED) for number in range(1500)]
    failed = [result(f"Fails {number}", Status.FAILED, "x" * 50_000) for number in range(60)]
    text = github.render(run(*many, *failed), reporting.exchanges, reporting.output)
    assert len(text.encode()) < github.MOST_BYTES + 1000
    assert "| ❌ | Fails 59 |" in text
    assert "The table ends after 1000 of 1560 scenarios." in text
    assert "The log tells of 10 more failures." in text
    assert "more did not fit in.\n" in text


@given(st.text())
@example("::error::\u202e\x1b[2J\r\n::add-mask::\ud800%0A,")
def test_an_annotation_is_one_line(text: str) -> None:
    """Whatever it says, one command begins, controls nothing, and can be printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        github.annotate(run(result(text, Status.FAILED, text)), Output(Redactor()))
    line = printed.getvalue().removesuffix("\n")
    assert not set("\n\r\x1b\u202e") & set(line)
    line.encode("utf-8")
    properties, message = line.removeprefix("::error ").split("::", 1)
    assert ["file", "line", "col", "title"] == [each.partition("=")[0] for each in properties.split(",")]
    assert message.startswith("expected messageDelivered")


@given(st.text())
def test_any_text_is_only_text(text: str) -> None:
    """No row, fence, element or command begins that is not ours."""
    found = github.render(run(result(text, Status.FAILED, text)), lambda _: None, Output(Redactor(), color=False))
    rows = [line for line in found.split("\n")[:6] if line.startswith("|")]
    assert 3 == len(rows)
    assert 5 == rows[2].replace("\\|", "").count("|")
    fence = found.split("</summary>\n\n")[1].split("text\n")[0]
    assert set(fence) == {"`"}
    assert 2 == sum(line.strip("`") in {"", "text"} and line.startswith(fence) for line in found.split("\n"))
    assert 1 == found.count("\n</details>")
