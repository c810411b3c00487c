"""Events and findings as the JSON that programs read: answers, journal and ``--json`` share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.core.source import jsonpath
from emulator.errors import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.matching import Event


def event_data(event: Event) -> dict[str, Any]:
    """``{"event_type", "model": index, "path", "variables"}``."""
    return {
        "event_type": event.event_type,
        "model": event.model,
        "path": jsonpath(event.path),
        "variables": dict(event.variables),
    }


def finding_of(data: Mapping[str, Any]) -> Finding:
    """The finding that `finding_data` made *data* of; of its place as much as that tells."""
    file = data["file"]
    return Finding(
        code=data["code"],
        severity=Severity(data["severity"]),
        message=data["message"],
        remedy=data["remedy"],
        path=data["path"],
        where=None if file is None else Location(file=file, line=data["line"], column=data["column"]),
    )


def finding_data(finding: Finding) -> dict[str, Any]:
    """``{"code", "severity", "file", "line", "column", "path", "message", "remedy"}``; no place gives nulls."""
    where = finding.where
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "file": where.file if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        "path": finding.path,
        "message": finding.message,
        "remedy": finding.remedy,
    }
