"""Reads an answer through ``response_map`` (framework 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.bodies import first_bytes, parse_json
from emulator.core.messages import Json, text_of
from emulator.core.patterns import MESSAGE_ID, Mismatch, Pattern, compare, found_in_words, nearest_key, variables_of
from emulator.core.source import jsonpath
from emulator.errors import Finding, UnreadableBodyError

if TYPE_CHECKING:
    from emulator.core.patterns import MESSAGE_ID, Mismatch, compare, found_in_words, variables_of


@dataclass(frozen=True, slots=True)
class Mapped:
    """What ``response_map`` read from an answer.

    *variables* holds texts; of a name that is bound several times the first counts. *failure* is set where the
    answer means that the message was not taken.
    """

    variables: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    failure: str | None = None


def apply_response_map(pattern: Pattern, body: bytes, *, literals_must_equal: bool = True) -> Mapped:
    """Read *body*, the answer's bytes, through the compiled ``response_map``."""
    try:
        answer = parse_json(body)
    except UnreadableBodyError:
        shown = f"it begins with {first_bytes(body)}" if body.strip() else "it is empty"
        message = f"the answer is not JSON: {shown}"
        finding = rules.NOT_AN_ANSWER.on(
            "$", message, "answer with the JSON that response_map describes, or remove response_map"
        )
        return Mapped({}, (finding,), message)
    comparison = compare(pattern, answer)
    variables: dict[str, str] = {}
    for capture in comparison.captures:
        text = text_of(capture.value)
        if text:
            variables.setdefault(capture.name, text)
    wrong = [each for each in comparison.mismatches if each.is_literal]
    if wrong and literals_must_equal:
        findings = tuple(_literal_differs(each) for each in wrong)
        return Mapped(variables, findings, findings[0].message)
    if MESSAGE_ID in set(variables_of(pattern)) and MESSAGE_ID not in variables:
        return Mapped(variables, (_untracked(comparison, answer),))
    return Mapped(variables)


def _literal_differs(mismatch: Mismatch) -> Finding:
    path = jsonpath(mismatch.path)
    return rules.LITERAL_DIFFERS.on(
        path,
        f"response_map wants {path} = {mismatch.expected}; found {found_in_words(mismatch)}",
        "the provider says that it did not take the message; its answer tells why",
    )


def _untracked(comparison: Comparison, answer: Json) -> Finding:
    near = None
    for capture in comparison.captures:
        if capture.name == MESSAGE_ID:
            path, found = jsonpath(capture.path), "an empty text"
            break
    else:
        wrong = [each for each in comparison.mismatches if not each.is_literal]
        missing = next((each for each in wrong if each.variable == MESSAGE_ID), None)
        path, found = jsonpath((missing or wrong[0]).path), found_in_words(missing or wrong[0])
        near = nearest_key(missing.path, answer) if missing else None
    hint = f"; the nearest key is {jsonpath(near)}" if near else ""
    remedy = (
        f"answer with the id at {path}, or write {jsonpath(near)} into response_map"
        if near
        else f"answer with the id at {path}"
    )
    return rules.UNTRACKED.on(path, f"response_map looks for $messageid$ at {path}; found {found}{hint}", remedy)
