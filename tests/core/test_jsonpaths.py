"""A JSONPath is understood when it is read, and finds every place with its path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.jsonpaths import compile_path, find
from emulator.core.messages import Json
from emulator.core.source import jsonpath
from emulator.core.validating import MendableError

VALUE: Json = {"data": [{"id": "a", "post-url": "u"}, {"id": "b"}], "n": 1}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", [((), VALUE)]),
        ("$.data[1].id", [(("data", 1, "id"), "b")]),
        ("data[*].id", [(("data", 0, "id"), "a"), (("data", 1, "id"), "b")]),
        ("$..id", [(("data", 0, "id"), "a"), (("data", 1, "id"), "b")]),
        ('$.data[0]["post-url"]', [(("data", 0, "post-url"), "u")]),
        ("$.data[0].post-url", [(("data", 0, "post-url"), "u")]),
        ('$.data[?(@.id == "b")].id', [(("data", 1, "id"), "b")]),
        ("$.data.missing", []),
        ("$.n.deeper", []),
    ],
)
def test_every_place_is_found(path: str, expected: list[object]) -> None:
    assert find(compile_path(path), VALUE) == expected


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$.", "'$.' is no JSONPath"),
        ("", "'' is no JSONPath"),
        ("$.post url", "'$.post url' is no JSONPath"),
    ],
    ids=["cut-off", "empty", "a-space"],
)
def test_what_is_none_is_told(path: str, said: str) -> None:
    """At once, not when an answer has come."""
    with pytest.raises(MendableError, match="is no JSONPath") as caught:
        compile_path(path)

    assert said in str(caught.value)
    assert "quote odd keys" in (caught.value.mend or "")


def test_no_search_that_nothing_can_stop() -> None:
    """A regular expression inside a filter would run without a limit; quoted, it is a text like any other."""
    with pytest.raises(MendableError, match="searches with a regular expression, whose time nothing limits") as caught:
        compile_path("$[?(@.a =~ '(a+)+$')]")
    assert caught.value.mend == "take the values by their path, and expect {matches: …} of them"
    assert find(compile_path("$['=~']"), {"=~": 1}) == [(("=~",), 1)]


@given(text=st.text(st.sampled_from("$.[]*?@'\"ab01()=~<>&|!,:- \\"), max_size=20))
def test_any_text_is_a_path_or_told(text: str) -> None:
    """The parser stumbles over some texts in ways of its own: nobody sees them."""
    try:
        compiled = compile_path(text)
    except MendableError:
        return
    assert isinstance(find(compiled, VALUE), list)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(st.sampled_from("ab-"), min_size=1), below),
    max_leaves=8,
)


@given(value=_JSON)
def test_a_path_that_was_found_leads_back(value: Json) -> None:
    """What a report shows as the place of a value can be written into a scenario."""
    for path, found in find(compile_path("$..*"), value):
        assert [(path, found)] == find(compile_path(jsonpath(path)), value)
