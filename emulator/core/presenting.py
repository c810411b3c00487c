"""Events, near misses and findings as the JSON that programs read: answers, journal and ``--json`` share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.core.patterns import Mismatch, found_in_words, nearest_key
from emulator.core.source import Path, jsonpath, node_at

if TYPE_CHECKING:
    from emulator.core.matching import Event, NearMiss
    from emulator.core.messages import Json
    from emulator.errors import Finding


def event_data(event: Event) -> dict[str, Any]:
    """``{"event_type", "model": index, "path", "variables"}``."""
    return {
        "event_type": event.event_type,
        "model": event.model,
        "path": jsonpath(event.path),
        "variables": dict(event.variables),
    }


def near_miss_data(miss: NearMiss, payload: Json) -> dict[str, Any]:
    """``{"path", "nearest": {"model", "event_key", "event_type", "mismatches": […]} or null}``.

    A mismatch is ``{"path", "expected", "found", "near"}``; *near* is the key of *payload* most like a missing one.
    """
    if miss.model is None:
        return {"path": jsonpath(miss.path), "nearest": None}
    mismatches = [_mismatch_data(each, miss.path, payload) for each in miss.mismatches]
    nearest = {
        "model": miss.model,
        "event_key": miss.event_key,
        "event_type": miss.event_type,
        "mismatches": mismatches,
    }
    return {"path": jsonpath(miss.path), "nearest": nearest}


def _mismatch_data(mismatch: Mismatch, at: Path, payload: Json) -> dict[str, Any]:
    near = None if mismatch.present else nearest_key(mismatch.path[len(at) :], node_at(payload, at))
    return {
        "path": jsonpath(mismatch.path),
        "expected": mismatch.expected,
        "found": found_in_words(mismatch),
        "near": None if near is None else jsonpath((*at, *near)),
    }


def mismatch_in_words(mismatch: dict[str, Any]) -> str:
    """A mismatch of `near_miss_data` as a line."""
    near = f"; {mismatch['near']} is there" if mismatch["near"] else ""
    return f"{mismatch['path']}   expected {mismatch['expected']}; found {mismatch['found']}{near}"


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
