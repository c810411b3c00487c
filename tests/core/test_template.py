"""Templates: what is a variable and what is text, filled in one pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.messages import ExactNumber, Scalar
from emulator.core.source import node_at
from emulator.core.template import Template, Variable, leaves, parse_template

# Dollars and line ends are what parsing turns on; so most of the text is made of them.
TEXT = st.text(alphabet="$$$ab \r\n", max_size=20) | st.text(max_size=20)
NAME = st.text(alphabet=st.characters(exclude_characters="$\r\n"), min_size=1, max_size=5)
LITERAL = st.text(alphabet=st.characters(exclude_characters="$"), min_size=1, max_size=5)
PARTS = st.lists(st.tuples(LITERAL, NAME), max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("text", ("text",)),
        ("$x$", (Variable("x", 0),)),
        ("$API key$", (Variable("API key", 0),)),
        ("$ $", (Variable(" ", 0),)),
        ("to $to$!", ("to ", Variable("to", 3), "!")),
        ("$a$$b$", (Variable("a", 0), Variable("b", 3))),
        ("$a$b$", (Variable("a", 0), "b$")),
        ("$", ("$",)),
        ("$$", ("$$",)),
        ("costs $5", ("costs $5",)),
        ("$5 or $6", (Variable("5 or ", 0), "6")),
        ("$$x$$", ("$", Variable("x", 1), "$")),
        ("$a\nb$", ("$a\nb$",)),
        ("$a\rb$", ("$a\rb$",)),
        ("$a\n$b$", ("$a\n", Variable("b", 3))),
    ],
    ids=[
        "empty",
        "literal",
        "whole",
        "space-in-name",
        "only-space",
        "inside",
        "side-by-side",
        "dollar-left-over",
        "dollar-alone",
        "two-dollars",
        "price",
        "two-prices",
        "doubled",
        "line-feed",
        "carriage-return",
        "next-line",
    ],
)
def test_what_is_a_variable(text: str, expected: tuple[str | Variable, ...]) -> None:
    """Framework 3.1, 3.6: a variable is $name$ on one line, spaces allowed; a dollar alone is text."""
    assert Template(expected) == parse_template(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$", ("$",)),
        ("$$$", ("$$",)),
        ("$$$$", ("$$",)),
        ("a$$b", ("a$b",)),
        ("$$x$$", ("$x$",)),
        ("$a$$b$", (Variable("a", 0), Variable("b", 3))),
        ("$$$x$", ("$", Variable("x", 2))),
        ("a $$5 $x$ $", ("a $5 ", Variable("x", 6), " $")),
    ],
    ids=["two", "three", "four", "inside", "no-variable", "side-by-side", "before-a-variable", "all"],
)
def test_a_doubled_dollar_is_one_where_that_is_asked_for(text: str, expected: tuple[str | Variable, ...]) -> None:
    """With dollar_escape, as in the scenario language, a doubled dollar is one dollar of text."""
    assert Template(expected) == parse_template(text, dollar_escape=True)


@given(TEXT)
def test_names_in_their_own_places_give_the_text_back(text: str) -> None:
    """Framework 3.6: every text is a template, and filled with the variables' own writing it is that text."""
    assert text == parse_template(text).fill(str)


@given(TEXT)
def test_any_text_can_be_escaped(text: str) -> None:
    """With every dollar doubled, any text is a template without variables that says just that text."""
    assert text == parse_template(text.replace("$", "$$"), dollar_escape=True).literal


@given(TEXT, st.booleans())
def test_a_variable_knows_its_place(text: str, dollar_escape: bool) -> None:
    """A variable's offset is where its first dollar stands in the text."""
    for variable in parse_template(text, dollar_escape=dollar_escape).variables:
        assert f"${variable.name}$" == text[variable.offset : variable.offset + len(variable.name) + 2]


@given(PARTS, LITERAL | st.just(""), st.booleans())
def test_names_and_text_are_told_apart(parts: list[tuple[str, str]], rest: str, dollar_escape: bool) -> None:
    """Framework 3.6: a text put together from literals and $name$ is read as those literals and names."""
    template = parse_template("".join(f"{text}${name}$" for text, name in parts) + rest, dollar_escape=dollar_escape)
    named = [part.name if isinstance(part, Variable) else part for part in template.parts]
    assert [each for part in parts for each in part] + [rest] * bool(rest) == named
    assert [name for _, name in parts] == [each.name for each in template.variables]


@given(PARTS, TEXT)
def test_filling_is_one_pass(parts: list[tuple[str, str]], value: str) -> None:
    """Framework 3.1: a value goes in as it is, whatever dollars it holds; it is not expanded again."""
    template = parse_template("".join(f"{text}${name}$" for text, name in parts))
    assert "".join(text + value for text, _ in parts) == template.fill(lambda _: value)


def test_a_value_that_names_a_variable_stays_text() -> None:
    """Framework 3.1: a value that holds $…$ is sent as those characters."""
    values = {"a": "$b$", "b": "B"}
    assert "$b$ and B" == parse_template("$a$ and $b$").fill(lambda variable: values[variable.name])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "<null>"),
        (True, "<true>"),
        (False, "<false>"),
        (10**30, f"<1{'0' * 30}>"),
        (ExactNumber("1.10"), "<1.10>"),
        ("", "<>"),
    ],
    ids=["null", "true", "false", "integer", "as-written", "empty"],
)
def test_inside_a_text_a_value_becomes_text(value: Scalar, expected: str) -> None:
    """Framework 3.2: inside a longer text a value becomes text, the way JSON writes it."""
    assert expected == parse_template("<$x$>").fill(lambda _: value)


@pytest.mark.parametrize(
    ("text", "single", "literal", "names"),
    [
        ("", None, "", []),
        ("text", None, "text", []),
        ("$x$", "x", None, ["x"]),
        ("$x$ ", None, None, ["x"]),
        ("$x$$x$", None, None, ["x", "x"]),
        ("$b$-$a$", None, None, ["b", "a"]),
    ],
    ids=["empty", "literal", "single", "with-text", "twice", "two"],
)
def test_what_a_template_says_of_itself(text: str, single: str | None, literal: str | None, names: list[str]) -> None:
    """Framework 3.6: a template knows whether it is one variable, none at all, or which ones in which order."""
    template = parse_template(text)
    only = template.single
    assert (single, literal, names) == (
        only and only.name,
        template.literal,
        [each.name for each in template.variables],
    )


def test_nobody_can_change_a_template() -> None:
    """A template is kept and given to all that ask for the same text, so it is frozen."""
    template = parse_template("$x$")
    with pytest.raises(AttributeError):
        template.parts = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        template.variables[0].name = "y"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$x$", [((), "$x$")]),
        (None, [((), None)]),
        ({"$k$": {"b": [1, "c", None]}}, [(("$k$", "b", 0), 1), (("$k$", "b", 1), "c"), (("$k$", "b", 2), None)]),
        ([{"b": 1}, [], {}, [True]], [((0, "b"), 1), ((3, 0), True)]),
    ],
    ids=["text", "null", "nested", "lists"],
)
def test_leaves(value: Any, expected: list[Any]) -> None:
    """Framework 3.2: every scalar is a leaf, with its path and in order; keys are none."""
    assert expected == list(leaves(value))


def test_leaves_below_a_path() -> None:
    """The paths of leaves go on from a path that is given."""
    assert [(("API", 1, "a"), "x")] == list(leaves({"a": "x"}, ("API", 1)))


@given(JSON)
def test_every_leaf_stands_at_its_path(value: Any) -> None:
    """A leaf's path leads to it, no two leaves share one, and nothing that holds others is a leaf."""
    found = list(leaves(value))
    assert len(found) == len({path for path, _ in found})
    for path, leaf in found:
        assert node_at(value, path) is leaf
        assert not isinstance(leaf, dict | list)
