"""TAP 14: a test point for each scenario, in a stream that no data can break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.redaction import Redactor
from emulator.faces.output import Output
from emulator.faces.reports import tap
from emulator.scenario.results import Status
from tests.faces.reports.conftest import EVERY, result, run

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.faces.reports.conftest import Reporting

POINT = re.compile(r"(ok|not ok) (\d+) - (.*?)(?:(?<!\\) # (SKIP|TODO) .*)?\Z")


def test_every_kind_of_end(reporting: Reporting, golden: SnapshotAssertion) -> None:
    """What fails is not ok, with YAML that says why; what was not played to its end is skipped; what may fail is a
    TODO."""
    text = tap.render(EVERY, reporting.exchanges, reporting.output)
    points = [match.groups() for line in text.splitlines() if (match := POINT.match(line))]
    assert [
        ("ok", "1", "Passes", None),
        ("not ok", "2", "Fails", None),
        ("not ok", "3", "Nobody there", None),
        ("not ok", "4", "Checks nothing", None),
        ("ok", "5", "Is skipped", "SKIP"),
        ("not ok", "6", "Fails as expected", "TODO"),
        ("ok", "7", "Is stopped", "SKIP"),
        ("ok", "8", "Never began", "SKIP"),
    ] == points
    assert "1..8" == text.splitlines()[1]
    assert golden == text


def test_a_run_of_which_nothing_was_played(reporting: Reporting) -> None:
    """Skipped points alone would be a good run: it bails out. Where a failure tells why the rest is left out, it is
    enough."""
    stopped = run(left_out=("Never began",), stopped="because # nobody\nis there")
    assert "ok 1 - Never began # SKIP stopped because \\# nobody is there" in tap.render(
        stopped, reporting.exchanges, reporting.output
    )
    end = tap.render(stopped, reporting.exchanges, reporting.output).splitlines()[-1]
    assert "Bail out! stopped because \\# nobody is there" == end
    failed = run(result("Fails", Status.FAILED), left_out=("Never began",), stopped="after the first failure")
    assert "Bail out!" not in tap.render(failed, reporting.exchanges, reporting.output)


@example("a\u2028ok 2 - forged", "\U0001f600 \x85\ud800")
@example("# SKIP \\# TODO", "...\n  ...\nBail out!")
@given(st.text(), st.text())
def test_any_text_is_only_text(name: str, text: str) -> None:
    """Whatever a name or a message holds: one plan, one point, and YAML that says the same."""
    found = tap.render(run(result(name, Status.FAILED, text)), lambda _: None, Output(Redactor()))
    lines = found.splitlines()
    assert ["TAP version 14", "1..1"] == lines[:2]
    assert 1 == sum(line.startswith(("ok", "not ok")) for line in lines)
    assert not any(line.startswith("Bail out!") for line in lines)
    block = "\n".join(line[2:] for line in lines[lines.index("  ---") + 1 : lines.index("  ...")])
    # Half a character is none in UTF-8: it is told as an escape.
    received = f"{text.removesuffix(':')}: params.messageid missing {text}".rstrip()
    assert received.encode("utf-8", "backslashreplace").decode() == yaml.safe_load(block)["failures"][0]["received"]
