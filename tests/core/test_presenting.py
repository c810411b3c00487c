"""Presenting: events and findings as plain JSON."""

from __future__ import annotations

import pytest

from emulator.core.matching import Event
from emulator.core.presenting import event_data, finding_data
from emulator.errors import Edit, Finding, Location, Severity


def test_an_event() -> None:
    """Framework 6.19: an event is told with its type, its model's place in the file, where it stood and its
    variables."""
    variables = {"from": "+61123456789", "to": "+61855555555", "content": "hi"}
    data = event_data(Event("message", 2, ("messages", 1), variables))
    assert {"event_type": "message", "model": 2, "path": "$.messages[1]", "variables": variables} == data


def test_the_variables_of_an_event_are_its_own() -> None:
    """Whoever changes what was presented does not change the event."""
    event = Event("messageDelivered", 0, (), {"messageid": "7"})
    event_data(event)["variables"]["messageid"] = "8"
    assert {"messageid": "7"} == event.variables


def test_a_finding_with_a_place() -> None:
    """A finding of a file is told with file, line and column, and with its own path."""
    where = Location(file="a.json", line=2, column=3, path="$.other", width=4, text="x")
    finding = Finding(
        code="DOC-001",
        severity=Severity.WARNING,
        message="wrong",
        remedy="mend it",
        path="$.id",
        where=where,
        edit=Edit(0, 1, ""),
    )
    assert {
        "code": "DOC-001",
        "severity": "warning",
        "file": "a.json",
        "line": 2,
        "column": 3,
        "path": "$.id",
        "message": "wrong",
        "remedy": "mend it",
    } == finding_data(finding)


@pytest.mark.parametrize("severity", Severity, ids=list(Severity))
def test_a_finding_without_a_place(severity: Severity) -> None:
    """A finding of a body has nulls for file, line and column, and its severity is a plain word."""
    data = finding_data(Finding(code="WH-101", severity=severity, message="m", remedy="r"))
    assert (None, None, None, "$") == (data["file"], data["line"], data["column"], data["path"])
    assert (str, severity.value) == (type(data["severity"]), data["severity"])
