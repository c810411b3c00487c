"""JUnit XML: every scenario once, with its failure as the terminal tells it, in a form that CI systems read."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from emulator.core.redaction import Redactor
from emulator.faces.output import Output
from emulator.faces.reports import junit
from emulator.scenario.results import Status
from tests.faces.reports.conftest import EVERY, result, run

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.faces.reports.conftest import Reporting

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out", "system-err"},
    "testcase": {"properties", "skipped", "error", "failure", "system-out", "system-err"},
    "properties": {"property"},
}
"""The elements that the common schema knows, each with what may stand inside."""
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time", "file", "line"},
    "properties": set(),
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message", "type"},
    "system-out": set(),
}
"""Those of the schema that Jenkins has, and what pytest and others write beside them: file, line, and how many were
skipped in all."""
REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name", "classname", "time"}}


def test_many_scenarios_take_linear_work(reporting: Reporting) -> None:
    """Twice as many, played or not, are at most about twice the work, counted in calls."""

    def work(count: int) -> int:
        calls = 0

        def counted(*_: object) -> None:
            nonlocal calls
            calls += 1

        names = [f"scenario {number}" for number in range(count)]
        many = replace(run(*(result(each, Status.PASSED) for each in names)), left_out=tuple(names), stopped="by hand")
        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            junit.render(many, reporting.exchanges, reporting.output)
        finally:
            sys.setprofile(before)
        return calls

    work(1)  # what is imported and made once
    assert work(200) < 2.5 * work(100)


def test_every_kind_of_end(reporting: Reporting, golden: SnapshotAssertion) -> None:
    """A failure is a failure, nobody there and a stop are errors, what was not played is skipped with its reason."""
    text = junit.render(EVERY, reporting.exchanges, reporting.output)
    report = ET.fromstring(text)  # noqa: S314 - our own
    ends = {
        case.get("name"): next((each.tag for each in case if each.tag in {"failure", "error", "skipped"}), None)
        for case in report.iter("testcase")
    }
    assert {
        "Passes": None,
        "Fails": "failure",
        "Nobody there": "error",
        "Checks nothing": "failure",
        "Is skipped": "skipped",
        "Fails as expected": "skipped",
        "Is stopped": "error",
        "Never began": "skipped",
    } == ends
    assert ("8", "2", "2", "3") == tuple(report.get(key) for key in ("tests", "failures", "errors", "skipped"))
    messages = {each.get("message") for each in report.iter() if each.tag in {"failure", "error"}}
    whole = (
        "expected messageDelivered within 5s of SendMessage #2; received nothing came: params.messageid missing "
        "nothing came; mend: post it"
    )
    cut = "interrupted before its end: nothing came: params.messageid missing nothing came"
    assert {whole, cut} == messages
    ET.indent(report)
    assert golden == ET.tostring(report, encoding="unicode") + "\n"


def test_nothing_is_there_twice(reporting: Reporting) -> None:
    """The failure says what is wrong, system-out what happened; of what passed that is all there is."""
    report = ET.fromstring(junit.render(EVERY, reporting.exchanges, reporting.output))  # noqa: S314
    for case in report.iter("testcase"):
        out = case.findtext("system-out") or ""
        for outcome in (*case.iter("failure"), *case.iter("error")):
            assert "  expected  " in (outcome.text or "")
            assert "  expected  " not in out
            assert "#1   SendMessage" in out
            assert "#1   SendMessage" not in (outcome.text or "")
        if case.get("name") == "Passes":
            assert out.startswith("PASS  Passes")
            assert "#1   SendMessage" in out


def test_the_common_schema(reporting: Reporting) -> None:
    """Only elements and attributes that readers know, in the places where they look for them."""
    report = ET.fromstring(junit.render(EVERY, reporting.exchanges, reporting.output))  # noqa: S314
    for element in report.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert element.attrib.keys() <= ATTRIBUTES[element.tag]
        assert element.attrib.keys() >= REQUIRED.get(element.tag, set())
        if element.tag in {"testsuite", "testcase"}:
            assert float(element.get("time", "0")) >= 0


def test_times_are_plain_numbers(reporting: Reporting) -> None:
    """Readers that know the schema refuse 1e-05."""
    short = replace(run(replace(result("x", Status.PASSED), duration_s=0.00001)), duration_s=0.00002)
    report = ET.fromstring(junit.render(short, reporting.exchanges, reporting.output))  # noqa: S314
    assert {"0.0"} == {element.get("time") for element in report.iter() if "time" in element.attrib}


def test_a_run_of_which_nothing_was_played(reporting: Reporting) -> None:
    """That is an error of the run; where a failure tells why the rest is left out, it is enough."""
    stopped = run(left_out=("Never began",), stopped="because nobody \x00 is there")
    report = ET.fromstring(junit.render(stopped, reporting.exchanges, reporting.output))  # noqa: S314
    assert [("The run", "error"), ("Never began", "skipped")] == [
        (case.get("name"), case[0].tag) for case in report.iter("testcase")
    ]
    assert {"stopped because nobody \\x00 is there"} == {case[0].get("message") for case in report.iter("testcase")}
    failed = run(result("Fails", Status.FAILED), left_out=("Never began",), stopped="after the first failure")
    report = ET.fromstring(junit.render(failed, reporting.exchanges, reporting.output))  # noqa: S314
    assert ["Fails", "Never began"] == [case.get("name") for case in report.iter("testcase")]


@given(st.text())
def test_any_text_is_only_text(text: str) -> None:
    """Whatever a name or a body holds, the file is XML and says the same where XML can."""
    found = junit.render(run(result(text, Status.FAILED, text)), lambda _: None, Output(Redactor(), color=False))
    (case,) = ET.fromstring(found).iter("testcase")  # noqa: S314
    assert case.find("failure") is not None
    if text.isprintable():
        assert text == case.get("name")
