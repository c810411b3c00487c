"""Findings: what is said is short enough to show, in the file's order, and suggests only what there is."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core import rules
from emulator.core.findings import (
    Mark,
    Rule,
    case_slip,
    has_errors,
    in_file_order,
    nearest_name,
    printable,
    suggestion,
)
from emulator.errors import Edit, Finding, Location, Severity

RULE = Rule("DOC-999", Severity.WARNING, Mark.PUBLIC, "A title", "A reason.")
# Few letters, so that names come close to each other and differ by capitals alone.
NAMES = st.text(alphabet="abAB_ßſ", min_size=1, max_size=6)
KNOWN = st.sets(NAMES, max_size=6)


def finding(code: str, severity: Severity = Severity.NOTE, where: Location | None = None) -> Finding:
    """A finding that says nothing."""
    return Finding(code=code, severity=severity, message="m", remedy="r", where=where)


def place(file: str, line: int | None = None, column: int | None = None) -> Location:
    """A place in a file."""
    return Location(file=file, line=line, column=column)


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (Mark.DOCUMENTED, "Ringotel's framework says it"),
        (Mark.PUBLIC, "another public source"),
        (Mark.INFERRED, "it follows from those"),
        (Mark.ASSUMED, "no public source says it"),
    ],
    ids=list(Mark),
)
def test_a_mark_says_how_sure_a_rule_is(mark: Mark, expected: str) -> None:
    """Each mark says in words where its rules come from."""
    assert expected in mark.meaning


def test_a_finding_of_a_file() -> None:
    """A finding has its rule's code and severity, its place with the place's path, and the change that mends it."""
    where = Location(file="a.json", line=2, column=3, path="$.id")
    edit = Edit(0, 1, "x")
    expected = Finding(
        code="DOC-999",
        severity=Severity.WARNING,
        message="wrong",
        remedy="mend it",
        path="$.id",
        where=where,
        edit=edit,
    )
    assert expected == RULE.at(where, "wrong", "mend it", edit=edit)


def test_a_finding_of_a_place_without_path() -> None:
    """Where the place has no path the finding is about the whole file, and nothing mends it unless that is said."""
    found = RULE.at(place("a.json", 1, 1), "wrong", "mend it")
    assert ("$", place("a.json", 1, 1), None) == (found.path, found.where, found.edit)


def test_a_finding_of_a_body() -> None:
    """A finding about a body has a path and no place in a file."""
    expected = Finding(code="DOC-999", severity=Severity.WARNING, message="wrong", remedy="mend it", path="$.a[0]")
    assert expected == RULE.on("$.a[0]", "wrong", "mend it")


def test_a_finding_can_be_printed() -> None:
    """What a finding quotes cannot move the cursor, whether it stands in the message or the remedy."""
    found = RULE.on("$", "\x1b[2J", "a\nb")
    assert (r"\x1b[2J", r"a\nb") == (found.message, found.remedy)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain “text” é😀", "plain “text” é😀"),
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\x1b[31m\x07\x7f", r"\x1b[31m\x07\x7f"),
        ("\x9b\u202e\u2028", r"\x9b\u202e\u2028"),
        ("\U000e0001", r"\U000e0001"),
        ("\ud800", r"\ud800"),
        ("x" * 600, "x" * 600),
        ("x" * 601, "x" * 600 + "…"),
    ],
    ids=["empty", "printable", "spaces", "escape", "direction", "tag", "surrogate", "longest", "too-long"],
)
def test_printable(text: str, expected: str) -> None:
    """Control characters become escapes, and what is longer than 600 characters is cut."""
    assert expected == printable(text)


@given(st.text(alphabet=st.characters() | st.characters(categories=["Cc", "Cf", "Cs", "Zl"])), st.integers(1, 700))
def test_anything_can_be_printed(text: str, times: int) -> None:
    """Whatever a message quotes, its text is printable, bounded, and unchanged where it was both."""
    shown = printable(text * times)
    assert shown.isprintable()
    assert len(shown) <= 600 * len(r"\U0001f600") + 1
    assert (text.isprintable() and len(text * times) <= 600) is (shown == text * times)


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], False),
        ([Severity.NOTE, Severity.WARNING], False),
        ([Severity.NOTE, Severity.ERROR, Severity.WARNING], True),
    ],
    ids=["none", "no-error", "error"],
)
def test_has_errors(severities: list[Severity], expected: bool) -> None:
    """Only an error keeps a file from being played; warnings and notes do not."""
    assert expected is has_errors(finding("X-1", each) for each in severities)


IN_ORDER = (
    finding("A-1"),
    finding("A-2"),
    finding("Z-1", where=place("a.json")),
    finding("Z-0", where=place("a.json", 2, 9)),
    finding("A-1", where=place("a.json", 2, 10)),
    finding("A-2", where=place("a.json", 2, 10)),
    finding("A-0", where=place("a.json", 10, 1)),
    finding("A-0", where=place("b.json", 1, 1)),
)


@given(st.permutations(IN_ORDER))
def test_findings_come_in_the_order_of_the_file(findings: list[Finding]) -> None:
    """Findings are told by file, line, column and code; those without a place come first."""
    assert IN_ORDER == in_file_order(findings)


def test_findings_that_are_equal_in_place_keep_their_order() -> None:
    """Two findings of one kind at one place are told in the order in which they were found."""
    two = tuple(RULE.at(place("a.json", 1, 1), message, "r") for message in ("second", "first"))
    assert two == in_file_order(two)


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("ID", ["id", "name"], "id"),
        ("id", ["id", "name"], None),
        ("iD", ["id", "ID"], None),
        ("id", ["id", "ID"], None),
        ("idd", ["id"], None),
        ("STRASSE", ["straße"], "straße"),
        ("x", [], None),
    ],
    ids=["capitals", "the-same", "two", "the-same-and-another", "letters", "folded", "nothing"],
)
def test_case_slip(name: str, known: list[str], expected: str | None) -> None:
    """A slip of capitals is sure only if it can mean one name alone."""
    assert expected == case_slip(name, known)


@given(NAMES, KNOWN)
def test_a_case_slip_is_the_only_one_of_its_letters(name: str, known: set[str]) -> None:
    """A case slip is another known name, and it is found just where no other known name has these letters."""
    others = [each for each in known if each.casefold() == name.casefold()]
    assert (others[0] if len(others) == 1 and others != [name] else None) == case_slip(name, known)
    assert case_slip(name, known) in {None, nearest_name(name, known)}


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("request_ulr", ["request_method", "request_url"], "request_url"),
        ("MessageID", ["messageid", "message"], "messageid"),
        ("Message", ["messages", "message", "MESSAGE"], "MESSAGE"),
        ("MESAGE", ["message", "Message"], "Message"),
        ("id", ["id"], None),
        ("url", ["url", "urls"], "urls"),
        ("token", ["username", "password"], None),
        ("x", [], None),
    ],
    ids=["letters", "capitals", "two-by-capitals", "two-by-letters", "itself", "itself-and-another", "far", "nothing"],
)
def test_nearest_name(name: str, known: list[str], expected: str | None) -> None:
    """The name that comes closest is found, a slip of capitals first; the same whatever the order of the names."""
    assert {expected} == {nearest_name(name, order) for order in permutations(known)}


@pytest.mark.parametrize(
    ("alike", "expected"), [(0.6, "abcdxy"), (0.66, "abcdxy"), (0.67, None)], ids=["default", "just", "stricter"]
)
def test_how_near_a_name_must_come(alike: float, expected: str | None) -> None:
    """A name that shares four letters of six comes two thirds close."""
    assert expected == nearest_name("abcdvw", ["abcdxy"], alike=alike)


def test_how_near_a_name_must_come_by_default() -> None:
    """Where nobody says otherwise, three letters of five are close enough and five of nine are not."""
    assert ("abcxy", None) == (nearest_name("abcvw", ["abcxy"]), nearest_name("abcdevwyz", ["abcdemnop"]))


@given(NAMES, KNOWN)
def test_a_suggestion_is_a_known_name(name: str, known: set[str]) -> None:
    """What is suggested is always one of the known names, and never the name that was wrong."""
    near = nearest_name(name, known)
    assert near is None or near in known - {name}
    alike = [each for each in sorted(known - {name}) if each.casefold() == name.casefold()]
    if alike:
        assert alike[0] == near


def test_of_many_names_the_first_are_compared() -> None:
    """Comparing is bounded: of more than 500 names a misspelt one is looked for in the first, a slip in all."""
    known = [f"{number:04}" for number in range(500)] + ["message"]
    assert (None, "message") == (nearest_name("mesage", known), nearest_name("MESSAGE", known))
    assert "message" == nearest_name("mesage", known[1:])


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("Id", ["id", "name"], 'did you mean "id"?'),
        ("x", ["b", "a"], 'use one of: "a", "b"'),
        ("x", ["a"], 'use one of: "a"'),
        ("x", [], "remove it"),
    ],
    ids=["near", "all", "one", "nothing"],
)
def test_suggestion(name: str, known: list[str], expected: str) -> None:
    """Framework 3.5: a wrong name is answered with the one that was meant, or with all that could be."""
    assert expected == suggestion(name, iter(known))


def test_a_suggestion_quotes_as_it_is_told() -> None:
    """Names are quoted the way their file writes them, whatever braces they hold."""
    quote = "${}$"
    assert "did you mean $from$?" == suggestion("From", ["from"], quote=quote)
    assert "use one of: $to$, ${}$" == suggestion("x", ["to", "{}"], quote=quote)


@pytest.mark.parametrize(
    ("count", "end"), [(30, '"29"'), (31, '"29" and 1 more'), (100, '"29" and 70 more')], ids=["30", "31", "100"]
)
def test_a_list_of_names_ends(count: int, end: str) -> None:
    """Of more than thirty names the first thirty are listed, and the others are counted."""
    said = suggestion("x", [f"{number:02}" for number in range(count)])
    assert said.startswith('use one of: "00", "01", ')
    assert said.endswith(f", {end}")
    assert min(count, 30) == said.count('"') // 2


@given(NAMES, st.sets(st.text(alphabet="abcdefgh", min_size=1, max_size=8), max_size=60))
def test_a_suggestion_is_bounded(name: str, known: set[str]) -> None:
    """A suggestion names a known name or the first thirty of them, and a finding's remedy is never endless."""
    said = suggestion(name, known)
    near = nearest_name(name, known)
    listed = ", ".join(f'"{each}"' for each in sorted(known)[:30])
    if near is not None:
        assert f'did you mean "{near}"?' == said
    elif known:
        assert f"use one of: {listed}" == said.partition(" and ")[0]
    assert len(RULE.on("$", "m", suggestion(name, [each * 200 for each in known])).remedy) <= 601


def test_no_rule_hides_another() -> None:
    """Each code that stands in the source is a rule: of two with one name the first would be lost."""
    source = Path(rules.__file__).read_text("utf-8")
    codes = re.findall(r'Rule\(\s*"([A-Z]+-\d{3})"', source)
    assert sorted(codes) == sorted(rules.CATALOGUE)
