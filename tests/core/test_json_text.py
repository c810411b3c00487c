"""Reading JSON that a person wrote: the values, their places, and on past every mistake."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.json_text import MAX_DEPTH, MAX_FINDINGS, MAX_VALUES, read_json
from emulator.core.messages import number_from
from emulator.core.source import NOTHING, SourceText, node_at
from emulator.core.template import leaves

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def _codes(text: str) -> list[str]:
    return [finding.code for finding in read_json(SourceText("x.json", text)).findings]


SEPARATORS = st.sampled_from([(",", ":"), (" , ", " : "), ("\r\n,\t", "\n:")])


@given(VALUES, SEPARATORS, st.booleans())
def test_reads_what_json_reads(value: Any, separators: tuple[str, str], ascii_only: bool) -> None:
    """Valid JSON gives the values that the json module gives, and no finding."""
    text = json.dumps(value, separators=separators, ensure_ascii=ascii_only)
    tree = read_json(SourceText("x.json", text))
    assert ((), json.loads(text)) == (tree.findings, tree.value)


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=5))
def test_every_node_knows_its_place(value: dict[str, Any]) -> None:
    """What stands at each node's span is that node, and the text at its key's span is its key."""
    text = json.dumps(value, indent=1)
    tree = read_json(SourceText("x.json", text))
    for path, span in tree.places.spans.items():
        node = node_at(json.loads(text), path)
        assert node is not NOTHING
        there, end = json.JSONDecoder().raw_decode(text, span.start)
        assert node == there
        # A list or an object is underlined at its opening bracket alone.
        assert span.end == (span.start + 1 if isinstance(node, dict | list) else end)
        if path and isinstance(path[-1], str):
            assert path[-1] == json.loads(text[span.key_start : span.key_end])


@given(VALUES)
def test_no_node_is_without_place(value: Any) -> None:
    """Every node of a valid file has a place."""
    tree = read_json(SourceText("x.json", json.dumps(value)))
    assert {path for path, _ in leaves(json.loads(json.dumps(value)))} <= tree.places.spans.keys()


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ('{"a": 1} // end', "DOC-105", {"a": 1}),
        ('{/* b */"a": 1}', "DOC-105", {"a": 1}),
        ('{"a": 1,}', "DOC-106", {"a": 1}),
        ("[1, 2,]", "DOC-106", [1, 2]),
        ("[1,, 2]", "DOC-107", [1, 2]),
        ('{"a": 1 "b": 2}', "DOC-108", {"a": 1, "b": 2}),
        ("{'a': 1}", "DOC-109", {"a": 1}),
        ("{“a”: 1}", "DOC-109", {"a": 1}),
        ('{a: 1, "b": 2}', "DOC-110", {"a": 1, "b": 2}),
        ('{"a": text, "b": 2}', "DOC-110", {"a": "text", "b": 2}),
        ('{"a": "text,\n"b": 2}', "DOC-110", {"a": "text", "b": 2}),
        ('{"a: 1,\n"b": 2}', "DOC-110", {"a": 1, "b": 2}),
        ('{"a" 1}', "DOC-111", {"a": 1}),
        ('{"a", "b": 2}', "DOC-111", {"a": None, "b": 2}),
        ('{"a": 1, "a": 2}', "DOC-112", {"a": 2}),
        ('{"a": [1}', "DOC-113", {"a": [1]}),
        ("[1]}", "DOC-115", [1]),
        (r'{"a": "\d", "b": 2}', "DOC-116", {"a": r"\d", "b": 2}),
        ('{"a": "x\ty"}', "DOC-117", {"a": "x\ty"}),
        ('{"a": True}', "DOC-118", {"a": True}),
        ('{"a": None}', "DOC-118", {"a": None}),
        ('{"a": +61}', "DOC-119", {"a": "+61"}),
        ('{"a": 007}', "DOC-119", {"a": "007"}),
        ('{"a": NaN}', "DOC-119", {"a": "NaN"}),
        ('{"a":\u00a01}', "DOC-121", {"a": 1}),
        ('\ufeff{"a": 1}', "DOC-122", {"a": 1}),
        ('{"a": nul, "b": 2}', "DOC-110", {"a": "nul", "b": 2}),
        ('{"a": undefined}', "DOC-118", {"a": None}),
        ('{"a": text"}', "DOC-110", {"a": "text"}),
        ('{a": 1}', "DOC-110", {"a": 1}),
        ('{"a": `b`}', "DOC-109", {"a": "b"}),
        ('{"a": ‘b’}', "DOC-109", {"a": "b"}),
        ('{"a": “b,\n"c": 1}', "DOC-110", {"a": "b", "c": 1}),
        ('{"a": "b}', "DOC-110", {"a": "b"}),
        ('{"a": [1, "b]}', "DOC-110", {"a": [1, "b"]}),
        ('{"a": "b, "c": 1}', "DOC-110", {"a": "b", "c": 1}),
        ('{"a": 1, "b": {"c": "d}, "e": 2}', "DOC-110", {"a": 1, "b": {"c": "d"}, "e": 2}),
        ('{"a: "b", "c": 1}', "DOC-110", {"a": "b", "c": 1}),
        ('{"a":, "b": 2}', "DOC-120", {"a": None, "b": 2}),
        ("{: 1}", "DOC-120", {"": 1}),
        ('{"a": ?}', "DOC-110", {"a": "?"}),
        ('{{"a": 1}}', "DOC-120", {}),
        ('{"a": 1, [2]}', "DOC-120", {"a": 1}),
        ('{,"a": 1}', "DOC-107", {"a": 1}),
        ('[{"a": 1]', "DOC-113", [{"a": 1}]),
        ('# first\n{"a": 1}', "DOC-105", {"a": 1}),
        ('{"a": 1 /* b */, /* c */ "d": 2}', "DOC-105", {"a": 1, "d": 2}),
        ('{"a": 1}\nmore\n', "DOC-115", {"a": 1}),
        (r'{"a": "\u12", "b": 2}', "DOC-116", {"a": r"\u12", "b": 2}),
        ('{"a": "x\ty\\n,", "b": 2}', "DOC-117", {"a": "x\ty\n,", "b": 2}),
    ],
)
def test_goes_on_after_a_mistake(text: str, code: str, value: Any) -> None:
    """Framework 2.2: each mistake of real documents is named by its code, and what was meant is read all the same."""
    tree = read_json(SourceText("x.json", text))
    assert ({code}, value) == ({finding.code for finding in tree.findings}, tree.value)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('{"a": 1],\n"b": 2}', ["DOC-113", "DOC-115"]),
        ('{"a": "x\ty,\n"b": 2}', ["DOC-117", "DOC-110"]),
        ('{"a": 1 : 2}', ["DOC-108", "DOC-120"]),
        ("{'a': 1 /* one */,, \"b\": True,}", ["DOC-109", "DOC-105", "DOC-107", "DOC-118", "DOC-106"]),
        ('{"a": "b\\\n}', ["DOC-110"]),
        ('{"a": }}', ["DOC-120", "DOC-115"]),
        ("}", ["DOC-101"]),
        ("nul", ["DOC-101"]),
    ],
    ids=["wrong-bracket", "tab-and-quote", "two-colons", "five", "backslash", "no-value", "bracket", "nearly-null"],
)
def test_several_mistakes_are_told_in_order(text: str, codes: list[str]) -> None:
    """Framework 2.2: mistakes are told one after the other, each once."""
    assert codes == _codes(text)


BRACKETS = """{
  "auth": {
    "type": "Bearer"
  },
  "Webhook": [
    {
      "params": [
        {
          "id": 1
        }
      ]
    },
    {
      "params": [2]
    }
  ]
}"""


@pytest.mark.parametrize(
    ("line", "without", "told"),
    [
        (4, "  },", [("DOC-113", 3), ("DOC-108", 3)]),
        (4, "}", [("DOC-113", 3)]),
        (7, "[", [("DOC-113", 7)]),
        (10, "        }", [("DOC-113", 9)]),
        (11, "      ]", [("DOC-113", 10)]),
        (12, "}", [("DOC-113", 11)]),
        (15, "    }", [("DOC-113", 14)]),
        (16, "  ]", [("DOC-113", 15)]),
        (17, "}", [("DOC-114", 16)]),
    ],
)
def test_a_missing_bracket_is_told_where_the_indentation_says(
    line: int, without: str, told: list[tuple[str, int]]
) -> None:
    """Framework 2.2: it is told where it should stand, not where the file ends, and the rest is
    read as it was meant."""
    lines = BRACKETS.split("\n")
    lines[line - 1] = lines[line - 1].replace(without, "")
    tree = read_json(SourceText("x.json", "\n".join(lines)))
    assert told == [(each.code, each.where and each.where.line) for each in tree.findings]
    assert not tree.complete or tree.value == json.loads(BRACKETS)


def test_two_missing_brackets_are_told_where_the_indentation_says() -> None:
    """Framework 2.2: two containers that end at one place are each told."""
    text = BRACKETS.replace("        }\n      ]\n", "")
    tree = read_json(SourceText("x.json", text))
    assert [("DOC-113", 9), ("DOC-113", 9)] == [(each.code, each.where and each.where.line) for each in tree.findings]
    assert json.loads(BRACKETS) == tree.value


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('{\n"a": {\n"b": [1\n}\n}\n', ["DOC-113"]),
        ('{\n"a": {\n"b": 1,\n"c": 2\n}\n', ["DOC-114"]),
        ('{\n"a": {\n"b": 1,\n"c": {\n"d": 2\n}\n}\n}}\n', ["DOC-115"]),
        ('{\n  "a": {\n    "b": [' + "[" * MAX_DEPTH + "\n}", ["DOC-104"]),
    ],
    ids=["not-indented", "not-indented-nor-closed", "one-too-many", "too-deep"],
)
def test_indentation_that_says_nothing_is_not_trusted(text: str, codes: list[str]) -> None:
    """Framework 2.2: where going by the lines' indentation explains less, the brackets that stand there count."""
    assert codes == _codes(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"text"', "text"),
        ("true", True),
        ("-0.5e3", -500.0),
        (r'["\ud800"]', ["\ud800"]),
        ("[1e400]", [math.inf]),
        ('{"a:" : "b," , "http://x": ["c,"]}', {"a:": "b,", "http://x": ["c,"]}),
        ('["a," , "b:", ",", ":"]', ["a,", "b:", ",", ":"]),
        ('{"": {"": 1}}', {"": {"": 1}}),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
    ],
    ids=["text", "word", "number", "half-a-pair", "huge", "colons-and-commas", "separators", "no-name", "deep"],
)
def test_odd_but_valid(text: str, value: Any) -> None:
    """What json reads is no mistake, however odd it looks."""
    tree = read_json(SourceText("x.json", text))
    assert (value, ()) == (tree.value, tree.findings)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "DOC-101"), ("<html>", "DOC-101"), ("id: x", "DOC-101"), ('{"a": 1', "DOC-114"), ("[" * 10_000, "DOC-104")],
    ids=["empty", "page", "yaml", "cut-off", "deep"],
)
def test_gives_up_where_nothing_can_follow(text: str, code: str) -> None:
    """What is no JSON at all, ends too early or is nested too deeply is told, and reading stops."""
    tree = read_json(SourceText("x.json", text))
    assert (False, code) == (tree.complete, tree.findings[-1].code)


@given(st.text(alphabet="{}[]\",:'“”abc01 \n\\/#", max_size=60))
def test_never_raises(text: str) -> None:
    """No text makes the reader raise, and it says something of every text that json refuses."""
    findings = read_json(SourceText("x.json", text)).findings
    try:
        json.loads(text, parse_constant=int)
    except ValueError:
        assert findings


def test_findings_are_bounded() -> None:
    """A file full of mistakes is given up after the first few dozen."""
    assert len(_codes("[" + "'a'," * 1000 + "1]")) == MAX_FINDINGS


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    [
        "[" + "," * 200_000,
        "{" + ":\n" * 100_000,
        "{" + "'" * 200_000,
        '{"' + "\\" * 200_000,
        "{" + "//\n" * 60_000,
        "[" + "/*" * 100_000,
        '{"a":"' + " " * 200_000 + "x",
        '{"a":"' + "]" * 200_000,
        "[" + "a b " * 50_000,
        "{" + "a\n" * 100_000,
        '["' + "\t" * 200_000 + '"]',
        '["' + "\\q" * 100_000 + '"]',
        "[" + '"x, ' * 50_000,
        "[" + "“a" * 100_000,
        '{"a":{"b":[' + '"",' * 60_000 + "1]}}",
        "[" + '"\n' * 100_000,
        "[" * 60 + "{},\n" * 30_000 + "1" + "]" * 60,
    ],
    ids=["commas", "colons", "single-quotes", "backslashes", "line-comments", "block-comments", "spaces", "brackets",
         "words", "keys", "tabs", "escapes", "quotes", "curly", "valid", "lone-quotes", "deep-and-wide"],
)  # fmt: skip
def test_no_text_makes_it_slow(text: str) -> None:
    """200 kB of anything are read, or given up, in a moment: nothing grows with the square of the length."""
    tree = read_json(SourceText("x.json", text))
    assert tree.findings or tree.value == json.loads(text)


def test_values_are_bounded() -> None:
    """A file of more values than any document has is given up with a finding."""
    tree = read_json(SourceText("x.json", "[" + "1," * MAX_VALUES + "1]"))
    assert (False, ["DOC-103"]) == (tree.complete, [finding.code for finding in tree.findings])


@given(st.text(alphabet='\x00\x1b\x7f\x85\u200b\u202e\ud800{}[]":,a\n', max_size=30))
def test_messages_hold_no_control_characters(text: str) -> None:
    """Whatever a file holds, what is said of it can be printed, logged and put into XML."""
    for finding in read_json(SourceText("x.json", text)).findings:
        assert finding.message.isprintable()
        assert finding.remedy.isprintable()
        assert finding.path.isprintable()


def test_numbers_keep_every_digit() -> None:
    """Framework 4.17: a number beyond 2^53, or of 5,000 digits, is read digit for digit."""
    for digits in ("12345678901234567890", "9" * 5000, "1.10", "-0"):
        assert digits == str(number_from(digits))
    assert math.isinf(number_from("9" * 5000))
