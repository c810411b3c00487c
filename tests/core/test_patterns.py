"""Reverse templates: what they bind, and every place that differs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.messages import ExactNumber
from emulator.core.patterns import (
    Mismatch,
    ShapeLeaf,
    compare,
    compile_pattern,
    covers,
    found_in_words,
    leaf_count,
    path_to,
    variables_of,
)
from emulator.core.template import Variable, parse_template

_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def bound(shape: Any, value: Any) -> dict[str, Any]:
    """What *shape* binds of *value*, which must fit."""
    comparison = compare(compile_pattern(shape), value)
    assert comparison.mismatches == []
    return {capture.name: capture.value for capture in comparison.captures}


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        ({"a": "$x$"}, {"a": "1", "b": 2}, {"x": "1"}),
        ({"a": {"b": "$x$"}}, {"a": {"b": 5}}, {"x": 5}),
        ({"a": ["$x$"]}, {"a": ["1", "2"]}, {"x": "1"}),
        ({"a": [{"k": "v", "x": "$x$"}]}, {"a": [{"k": "w", "x": 1}, {"k": "v", "x": 2}]}, {"x": 2}),
        (["$x$", "$y$"], ["1", "2", "3"], {"x": "1", "y": "2"}),
        ({"a": "tel:$x$"}, {"a": "tel:+61"}, {"x": "+61"}),
        ({"a": "$x$-$y$!"}, {"a": "1-2-3!"}, {"x": "1", "y": "2-3"}),
        ({"a": 201, "b": "201"}, {"a": "201", "b": 201}, {}),
        ({"a": None}, {"a": None}, {}),
        ({"a": 1, "b": True}, {"a": ExactNumber("1.0"), "b": "true"}, {}),
        ({"a": "$x$$y$!"}, {"a": "1!2!"}, {"x": "", "y": "1!2"}),
        ({"a": "$x$"}, {"a": ""}, {"x": ""}),
    ],
    ids=[
        "key",
        "nested",
        "list",
        "element-that-fits",
        "places",
        "shape",
        "two-in-a-shape",
        "types",
        "null",
        "equal-numbers",
        "side-by-side",
        "empty",
    ],
)
def test_fits(shape: Any, value: Any, expected: dict[str, Any]) -> None:
    """Framework 4.16, 6.10: literals compare by text, variables bind, a list of one is the shape of its elements."""
    assert expected == bound(shape, value)


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        ({"a": "$x$"}, {}, Mismatch(("a",), "$x$", None, False, variable="x")),
        ({"a": "$x$"}, {"a": None}, Mismatch(("a",), "$x$", None, True, variable="x")),
        ({"a": "$x$"}, {"a": {"b": 1}}, Mismatch(("a",), "$x$", {"b": 1}, True, variable="x")),
        ({"a": "$x$"}, {"a": [1]}, Mismatch(("a",), "$x$", [1], True, variable="x")),
        ({"a": "b"}, {"a": "c"}, Mismatch(("a",), "'b'", "c", True, is_literal=True)),
        ({"a": 5}, {"a": [5]}, Mismatch(("a",), "5", [5], True, is_literal=True)),
        ({"a": None}, {"a": "null"}, Mismatch(("a",), "null", "null", True, is_literal=True)),
        ({"a": "tel:$x$"}, {"a": "+61"}, Mismatch(("a",), "tel:$x$", "+61", True)),
        ({"a": {"b": "c"}}, {"a": 1}, Mismatch(("a",), "an object", 1, True, is_literal=True)),
        ({"a": ["$x$"]}, {"a": []}, Mismatch(("a",), "a list with an element of this shape", [], True)),
        ({"a": ["$x$"]}, {}, Mismatch(("a", 0), "$x$", None, False, variable="x")),
        ({"a": ["b", "c"]}, {"a": "b"}, Mismatch(("a",), "a list of 2", "b", True, is_literal=True)),
        ({"a": 1}, {"a": True}, Mismatch(("a",), "1", True, True, is_literal=True)),
        (
            {"a": [{"b": "c", "x": "$x$"}]},
            {"a": 1},
            Mismatch(("a",), "a list with an element of this shape", 1, True, is_literal=True),
        ),
        ({"a": []}, {"a": []}, Mismatch(("a",), "nothing: [] fits nothing", [], True)),
        ({"a": ["b", "c"]}, {"a": ["b"]}, Mismatch(("a", 1), "'c'", None, False, is_literal=True)),
    ],
    ids=["missing", "null", "object", "list", "literal", "literal-list", "null-text", "shape", "no-object",
         "empty", "no-list", "no-places", "number-boolean", "literal-below", "empty-pattern", "too-short"],
)  # fmt: skip
def test_differs(shape: Any, value: Any, expected: Mismatch) -> None:
    """Framework 4.18, 6.19: each difference has its path, what was expected and what was found."""
    assert [expected] == compare(compile_pattern(shape), value).mismatches


def test_further_elements_are_counted() -> None:
    """Framework 6.16: of a list the first element that fits is taken, and further ones are counted."""
    assert compare(compile_pattern({"a": ["$x$"]}), {"a": ["1", "2", "3"]}).surplus == [(("a",), 2)]


def test_event_key_is_a_literal() -> None:
    """Framework 6.11: $event_key$ must equal the model's own, inside a longer text too."""
    pattern = compile_pattern({"m": "$event_key$", "n": "ev.$event_key$"}, event_key="in")
    assert compare(pattern, {"m": "in", "n": "ev.in"}).mismatches == []
    wrong = compare(pattern, {"m": "out", "n": "ev.out"}).mismatches
    assert [(each.expected, each.is_event_key) for each in wrong] == [("'in'", True), ("'ev.in'", True)]


def test_optional_variables_may_be_absent() -> None:
    """Framework 3.13: an optional variable for which there is nothing is no mismatch."""
    comparison = compare(compile_pattern({"t": "$text$"}, optional=frozenset({"text"})), {})
    assert (comparison.absent, comparison.mismatches) == (["text"], [])


@given(st.lists(st.text(alphabet="ab-", min_size=1, max_size=4), min_size=1, max_size=4))
def test_shapes_find_a_fit_wherever_there_is_one(values: list[str]) -> None:
    """A text that was made of a shape fits it, and what is bound makes the same text again."""
    shape = "<" + "-".join(f"$v{index}$" for index in range(len(values))) + ">"
    text = "<" + "-".join(values) + ">"
    found = ShapeLeaf(parse_template(shape)).capture(text)
    assert found is not None
    assert text == "<" + "-".join(found[f"v{index}"] for index in range(len(values))) + ">"


@given(ANYTHING)
def test_never_raises(value: Any) -> None:
    """Whatever stands there, a pattern says fits or differs."""
    for shape in ({"a": ["$x$"]}, ["$x$", "y"], "$x$", "a$x$", {"a": {"b": 1}}, []):
        comparison = compare(compile_pattern(shape), value)
        assert comparison.mismatches or not list(variables_of(compile_pattern(shape))) or comparison.captures


@pytest.mark.parametrize(
    ("general", "special", "expected"),
    [
        ("$x$", "$y$", True),
        ("$x$", "tel:$y$", True),
        ("$x$", "a", True),
        ("$x$", None, False),
        ("$o$", None, True),
        ("$x$", "$o$", False),
        ("$o$", "$o$", True),
        ("$x$", {}, False),
        ("a", "a", True),
        (1, "1", True),
        ("a", "$x$", False),
        ("a$x$", "ab", True),
        ("a$x$", "b", False),
        ("a$x$", None, False),
        ("a$x$", "a$x$", True),
        ("a$x$", "$y$", False),
        ({}, {"a": "$x$"}, True),
        ({"a": "$x$"}, {"a": "$y$", "b": 1}, True),
        ({"a": "$x$", "b": 1}, {"a": "$y$"}, False),
        ({"a": "$x$", "b": "$o$"}, {"a": "$y$"}, True),
        ({"a": {"b": "$x$"}}, {"a": {"b": "c"}}, True),
        ([{"a": "$x$"}], [{"a": "$x$", "b": 1}], True),
        ([{"a": "$x$"}], {"a": "$x$"}, False),
        (["$x$", "b"], ["$x$", "b"], True),
    ],
)
def test_covers(general: Any, special: Any, expected: bool) -> None:
    """Framework 9.5: a pattern shadows another if whatever fits the other fits it too."""
    optional = frozenset({"o"})
    assert expected == covers(compile_pattern(general, optional=optional), compile_pattern(special, optional=optional))


def test_path_to() -> None:
    """The first place of a variable in a pattern, in the first element of a list."""
    pattern = compile_pattern({"a": 1, "b": [{"c": ["x", "<$x$>"]}], "d": "$x$"})
    assert [("b", 0, "c", 1), None] == [path_to(pattern, name) for name in ("x", "y")]


def test_variables_and_leaves_are_counted() -> None:
    """A pattern knows the names it binds, in order, and how specific it is."""
    pattern = compile_pattern({"a": "$x$", "b": ["$y$-$z$"], "c": [1, 2]})
    assert (list(variables_of(pattern)), leaf_count(pattern)) == (["x", "y", "z"], 4)


_PARTS = st.lists(st.sampled_from(["$a$", "$b$", "$c$", "-", "--", "x"]), min_size=2, max_size=6, unique=True)


@given(_PARTS, st.text(alphabet="-x1", max_size=12))
def test_shapes_capture_what_a_regex_captures(parts: list[str], text: str) -> None:
    """Framework 6.12: a shape fits the very texts that its literals fit in order, and the captures rebuild the text."""
    template = parse_template("".join(parts))
    wanted = "".join("(.*)" if isinstance(each, Variable) else re.escape(each) for each in template.parts)
    found = ShapeLeaf(template).capture(text)
    assert (re.fullmatch(wanted, text) is not None) == (found is not None)
    if found is not None:
        assert text == template.fill(lambda variable: found[variable.name])


@pytest.mark.timeout(5)
def test_shapes_are_fast() -> None:
    """However often a literal stands in a text, matching it takes one pass."""
    shape = ShapeLeaf(parse_template("".join(f"$v{index}$a" for index in range(20)) + "b"))
    assert shape.capture("a" * 200_000) is None


@pytest.mark.parametrize(
    ("mismatch", "expected"),
    [
        (Mismatch((), "", None, False), "nothing"),
        (Mismatch((), "", None, True), "null"),
        (Mismatch((), "", {"a": 1}, True), "an object"),
        (Mismatch((), "", "x" * 100, True), "'" + "x" * 80 + "…'"),
        (Mismatch((), "", 5, True), "5"),
        (Mismatch((), "", ExactNumber("9" * 5000), True), "9" * 80 + "…"),
        (Mismatch((), "", "\x1b[2J", True), r"'\x1b[2J'"),
    ],
    ids=["absent", "null", "object", "long", "number", "many-digits", "control"],
)
def test_found_in_words(mismatch: Mismatch, expected: str) -> None:
    """What stood at a mismatch is told in a few words."""
    assert expected == found_in_words(mismatch)
