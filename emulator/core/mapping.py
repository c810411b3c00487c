"""Reads an answer through ``response_map`` (framework 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.core import rules
from emulator.core.bodies import parse_json
from emulator.core.likeness import nearest_key
from emulator.core.messages import Json, is_beyond_doubles, text_of
from emulator.core.patterns import MESSAGE_ID, compare, found_in_words, path_to
from emulator.core.source import jsonpath
from emulator.errors import Finding, UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.patterns import Comparison, Mismatch, Pattern
    from emulator.core.source import Path


class Mapped(NamedTuple):
    """What ``response_map`` read from an answer.

    *variables* holds texts; of a name that is bound several times the first counts. *failure* is set where the
    answer means that the message was not taken.
    """

    variables: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    failure: str | None = None


def apply_response_map(
    pattern: Pattern, body: bytes, content_type: str | None = None, *, literals_must_equal: bool = True
) -> Mapped:
    """Read *body*, the answer's bytes, through the compiled ``response_map``."""
    try:
        answer = parse_json(body, content_type, "the answer")
    except UnreadableBodyError as error:
        return _no_json(body, error)
    comparison = compare(pattern, answer)
    variables: dict[str, str] = {}
    told: list[Finding] = []
    for capture in comparison.captures:
        text = text_of(capture.value)
        if text and capture.name not in variables:
            variables[capture.name] = text
            if capture.name == MESSAGE_ID and is_beyond_doubles(capture.value):
                told.append(_may_be_rounded(capture.path))
    wrong = [each for each in comparison.mismatches if each.is_literal]
    if wrong and literals_must_equal:
        findings = tuple(_literal_differs(each) for each in wrong)
        return Mapped(variables, findings, findings[0].message)
    if MESSAGE_ID not in variables and path_to(pattern, MESSAGE_ID) is not None:
        return Mapped(variables, (_untracked(pattern, comparison, answer),))
    return Mapped(variables, tuple(told))


def _may_be_rounded(path: Path) -> Finding:
    at = jsonpath(path)
    return rules.ID_MAY_BE_ROUNDED.on(
        at,
        f"the message id at {at} is a number above 2^53, which most readers of JSON round; here every digit is kept",
        "answer it as text, in quotes: nobody outside Ringotel knows whether it keeps every digit",
    )


def _no_json(body: bytes, error: UnreadableBodyError) -> Mapped:
    remedy = "answer with the JSON that response_map describes, or remove response_map"
    if body.lstrip()[:1] in {b"{", b"["} and error.mend:
        remedy = error.mend
    message = error.message if body.strip() else "the answer is not JSON: it is empty"
    return Mapped({}, (rules.NOT_AN_ANSWER.on("$", message, remedy),), message)


def _literal_differs(mismatch: Mismatch) -> Finding:
    path = jsonpath(mismatch.path)
    return rules.LITERAL_DIFFERS.on(
        path,
        f"response_map wants {path} = {mismatch.expected}; found {found_in_words(mismatch)}",
        "the provider says that it did not take the message; its answer tells why",
    )


def _untracked(pattern: Pattern, comparison: Comparison, answer: Json) -> Finding:
    place, found = _instead_of_id(pattern, comparison)
    path, remedy, hint = jsonpath(place), f"answer with the id at {jsonpath(place)}", ""
    near = nearest_key(place, answer)
    if near is not None and near != place:
        hint = f"; the nearest key is {jsonpath(near)}"
        remedy += f", or write {jsonpath(near)} into response_map"
    return rules.UNTRACKED.on(path, f"response_map looks for $messageid$ at {path}; found {found}{hint}", remedy)


def _instead_of_id(pattern: Pattern, comparison: Comparison) -> tuple[Path, str]:
    """Where the id should stand, and what stands there, or around it where its own place is not reached."""
    for capture in comparison.captures:
        if capture.name == MESSAGE_ID:
            return capture.path, "an empty text"
    wanted = path_to(pattern, MESSAGE_ID) or ()

    def leads_there(path: Path) -> bool:
        return all(one == other or isinstance(one, int) for one, other in zip(path, wanted, strict=False))

    mismatch = next(each for each in comparison.mismatches if leads_there(each.path))
    at = mismatch.path
    around = f" at {jsonpath(at)}" if len(at) < len(wanted) else ""
    return (*at, *wanted[len(at) :]), found_in_words(mismatch) + around
