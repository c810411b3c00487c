"""Reads an answer through ``response_map`` (framework 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.core import rules
from emulator.core.bodies import parse_json
from emulator.core.complaining import failure_inside
from emulator.core.message_ids import id_in_headers, is_no_id, likely_id, shown_place
from emulator.core.messages import Reply, is_beyond_doubles, text_of
from emulator.core.patterns import (
    MESSAGE_ID,
    EachPattern,
    ListPattern,
    ObjectPattern,
    compare,
    found_in_words,
    path_to,
)
from emulator.core.source import jsonpath, node_at
from emulator.errors import Finding, UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.complaining import Sign
    from emulator.core.messages import Json
    from emulator.core.patterns import Comparison, Mismatch, Pattern
    from emulator.core.source import Path
    from emulator.errors import Location

    Places = Callable[[Path], Location]
    """Where a node of ``response_map`` stands in the file of the document."""


class Mapped(NamedTuple):
    """What ``response_map`` read from an answer.

    *variables* holds texts; of a name that is bound several times the first counts. *failure* is set where the
    answer means that the message was not taken; it is the message of the first of *findings*.
    """

    variables: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    failure: str | None = None


def apply_response_map(
    pattern: Pattern, reply: Reply, places: Places | None = None, *, literals_must_equal: bool = True
) -> Mapped:
    """Read *reply* through the compiled ``response_map``; *places* says where its leaves stand in the document."""
    return _Reading(pattern, reply, places).mapped(literals_must_equal=literals_must_equal)


class _Reading:
    """One answer, held against one ``response_map``."""

    def __init__(self, pattern: Pattern, reply: Reply, places: Places | None) -> None:
        self.pattern = pattern
        self.reply = reply
        self.places = places

    def mapped(self, *, literals_must_equal: bool) -> Mapped:
        try:
            answer = parse_json(self.reply.body, self.reply.header("Content-Type"), "the answer")
        except UnreadableBodyError as error:
            finding = self._not_json(error)
            return Mapped({}, (finding,), finding.message)
        try:
            comparison = compare(self.pattern, answer)
        except UnreadableBodyError as error:
            finding = rules.NOT_AN_ANSWER.on(
                "$", error.message, f"let response_map{self._at(())} look into fewer lists"
            )
            return Mapped({}, (finding,), finding.message)
        variables: dict[str, str] = {}
        told: list[Finding] = []
        for capture in comparison.captures:
            is_id, text = capture.name == MESSAGE_ID, text_of(capture.value)
            if not text or capture.name in variables or (is_id and is_no_id(capture.value)):
                continue
            variables[capture.name] = text
            if is_id and is_beyond_doubles(capture.value):
                told.append(_may_be_rounded(capture.path))
        wrong = [each for each in comparison.mismatches if each.is_literal]
        if wrong and literals_must_equal:
            sign = failure_inside(answer)
            findings = tuple(self._literal_differs(each, sign) for each in wrong)
            return Mapped(variables, findings, findings[0].message)
        if MESSAGE_ID not in variables and path_to(self.pattern, MESSAGE_ID) is not None:
            return Mapped(variables, (self._untracked(comparison, answer, failure_inside(answer)),))
        return Mapped(variables, tuple(told))

    def _at(self, path: Path) -> str:
        """`` (acme.json:31:24)``: where the document says what stands at *path* of the answer."""
        return f" ({self.places(_in_the_map(path, self.pattern))})" if self.places else ""

    # -- what is told

    def _not_json(self, error: UnreadableBodyError) -> Finding:
        body = self.reply.body
        message = error.message if body.strip() else "the answer is not JSON: it is empty"
        if body.lstrip()[:1] in {b"{", b"["} and error.mend:  # it was meant to be JSON
            return rules.NOT_AN_ANSWER.on("$", message, error.mend)
        return rules.NOT_AN_ANSWER.on(
            "$",
            f"{message}{self._elsewhere()}",
            "is request_url the right address? If it is, answer with the JSON that response_map describes, or take "
            f"response_map{self._at(())} out: then the message has no id",
        )

    def _literal_differs(self, mismatch: Mismatch, sign: Sign | None) -> Finding:
        path = jsonpath(mismatch.path)
        message = f"response_map wants {path} = {mismatch.expected}; found {found_in_words(mismatch)}"
        if sign is not None and sign.path != mismatch.path:
            message += f"; {sign.words}"
        with_it = f"with {path} = {found_in_words(mismatch)}" if mismatch.present else f"without {path}"
        literal = f"that literal in response_map{self._at(mismatch.path)}"
        remedy = f"if an answer {with_it} is a success too, correct {literal}; else the message was refused, and the "
        return rules.LITERAL_DIFFERS.on(path, message, f"{remedy}answer tells why")

    def _untracked(self, comparison: Comparison, answer: Json, sign: Sign | None) -> Finding:
        place, found = self._instead_of_id(comparison)
        path = jsonpath(place)
        message = f"response_map looks for $messageid$ at {path}{self._at(place)}; found {found}"
        if sign is not None:
            return rules.UNTRACKED.on(path, message, f"there is no id because the send failed: {sign.words}; mend that")
        near = likely_id(answer, place)
        provider = f"let the provider answer with the id at {path}"
        if near is not None and near != place:
            message += f"; there is {shown_place(near, node_at(answer, near))}"
            remedy = f"if that is the id, write {jsonpath(near)} into response_map{self._at(place)}; else {provider}"
        else:
            message += self._elsewhere()
            remedy = f"write the place where your API names the id into response_map{self._at(place)}; or {provider}"
        return rules.UNTRACKED.on(path, message, remedy)

    def _elsewhere(self) -> str:
        """What a header says of the id, which no document can read."""
        found = id_in_headers(self.reply.headers)
        if found is None:
            return ""
        return f"; the header {found[0]} is {found[1]!r}, but the format reads ids from the JSON body only"

    def _instead_of_id(self, comparison: Comparison) -> tuple[Path, str]:
        """Where the id should stand, and what stands there, or around it where its own place is not reached."""
        for capture in comparison.captures:
            if capture.name == MESSAGE_ID:
                shown = repr(capture.value) if isinstance(capture.value, str) else text_of(capture.value)
                return capture.path, f"{shown}, which is no id" if shown != "''" else "an empty text"
        wanted = path_to(self.pattern, MESSAGE_ID) or ()

        def leads_there(path: Path) -> bool:
            return all(one == other or isinstance(one, int) for one, other in zip(path, wanted, strict=False))

        mismatch = next(each for each in comparison.mismatches if leads_there(each.path))
        at = mismatch.path
        around = f" at {jsonpath(at)}" if len(at) < len(wanted) else ""
        return (*at, *wanted[len(at) :]), found_in_words(mismatch) + around


def _may_be_rounded(path: Path) -> Finding:
    at = jsonpath(path)
    return rules.ID_MAY_BE_ROUNDED.on(
        at,
        f"the message id at {at} is a number above 2^53, which most readers of JSON round; here every digit is kept",
        "answer it as text, in quotes: nobody outside Ringotel knows whether it keeps every digit",
    )


def _in_the_map(path: Path, pattern: Pattern) -> Path:
    """*path* of an answer as ``response_map`` has it: a list of one stands for every element."""
    steps: list[str | int] = []
    for step in path:
        match pattern:
            case EachPattern(element=element):
                steps.append(0)
                pattern = element
            case ListPattern(elements=elements) if isinstance(step, int) and step < len(elements):
                steps.append(step)
                pattern = elements[step]
            case ObjectPattern(keys=keys) if step in keys:
                steps.append(step)
                pattern = keys[step]  # type: ignore[index]
            case _:
                break
    return tuple(steps)
