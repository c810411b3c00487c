"""YAML as people write it: characters kept, every place known, and nothing that a file can do to us."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.plain import Plain
from emulator.core.source import SourceText
from emulator.errors import UsageError
from emulator.scenario import rules
from emulator.scenario.yaml_text import MAX_DOCUMENTS, YamlRules, YamlTree, read_yaml, read_yaml_file

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.errors import Finding

RULES = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)


def _read(text: str) -> tuple[tuple[YamlTree, ...], tuple[Finding, ...]]:
    return read_yaml(SourceText("x.yaml", text), RULES)


def _told(finding: Finding) -> tuple[str, str, str]:
    return finding.code, str(finding.where), finding.message


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("hello", "hello"),
        ("+61123456789", Plain("+61123456789", 61123456789)),
        ("007", Plain("007", 7)),
        ("-5", Plain("-5", -5)),
        ("-0", Plain("-0", -0.0)),
        ("1e3", Plain("1e3", 1000.0)),
        (".5", Plain(".5", 0.5)),
        ("1e999", "1e999"),
        ("true", Plain("true", True)),
        ("yes", "yes"),
        ("no", "no"),
        ("0x10", "0x10"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("~", Plain("~", None)),
        ("", Plain("", None)),
        ("'5'", "5"),
        ('"true"', "true"),
        ('"a\\nb\\u00e9"', "a\nbé"),
        ("|\n  one\n  two", "one\ntwo"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_scalars(raw: str, expected: Any) -> None:
    """An unquoted scalar keeps its characters beside what YAML 1.2 reads; a quoted one is text."""
    trees, findings = _read(f"key: {raw}")
    assert ((), {"key": expected}) == (findings, trees[0].value)


def test_digits_beyond_the_interpreters_limit_are_kept() -> None:
    """A number of 5,000 digits keeps every one of them."""
    trees, _ = _read("n: " + "9" * 5000)
    assert "9" * 5000 == str(trees[0].value["n"].value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", ("SCN-102", "x.yaml:3:1", '"a" is written twice')),
        ("a:\n\tb: 1", ("SCN-101", "x.yaml:2:1", "not YAML: a tab stands where indentation should")),
        ("a: !ref b", ("SCN-103", "x.yaml:1:4", "a tag")),
        ("a: !!python/object:os.system x", ("SCN-103", "x.yaml:1:4", "a tag")),
        ("a: &x [*x]", ("SCN-103", "x.yaml:1:4", "an alias that contains itself")),
        ("a: *x", ("SCN-101", "x.yaml:1:4", "not YAML: an alias to nothing")),
        ("? [a]\n: b", ("SCN-103", "x.yaml:1:3", "a key must be text")),
        ("a: é\x07", ("SCN-101", "x.yaml:1:5", "not YAML: the character U+0007")),
        ("a: @b", ("SCN-101", "x.yaml:1:4", "not YAML: a text cannot begin with @")),
        ("a: b: c", ("SCN-101", "x.yaml:1:5", "not YAML: a colon stands where none can")),
        ("a: [1, 2", ("SCN-101", "x.yaml:1:4", "not YAML: the list that begins here is not closed")),
        ("a: 'x", ("SCN-101", "x.yaml:1:4", "not YAML: the quoted text that begins here is not closed")),
        (_bomb(9), ("SCN-103", "x.yaml:1:5", "more than 20000 values, aliases counted")),
        ("[" * 10_000 + "]" * 10_000, ("SCN-103", "x.yaml:1:62", "nested deeper than 60 levels")),
        ("- " * 10_000 + "x", ("SCN-103", "x.yaml:1:123", "nested deeper than 60 levels")),
    ],
    ids=[
        "key-twice", "tab", "tag", "python-tag", "cycle", "alias-to-nothing", "list-as-key", "control-character",
        "reserved-character", "colon-in-text", "open-list", "open-quote", "alias-bomb", "deep-lists", "deep-dashes",
    ],
)  # fmt: skip
def test_what_cannot_be_read(text: str, expected: tuple[str, str, str]) -> None:
    """What is no YAML, or more than a scenario can mean, is told with its place; nothing runs, nothing blows up."""
    _, findings = _read(text)
    assert expected == _told(findings[0])
    assert len(findings) == 1


@pytest.mark.parametrize(
    ("text", "where", "path"),
    [
        ("a: {$.r[0].s: b}", "x.yaml:1:5", "$.r[0].s"),
        ("a: {b: c, $.r[*]: b}", "x.yaml:1:11", "$.r[*]"),
        ("a: [b, $.r[0]]", "x.yaml:1:8", "$.r[0]"),
        ("a: {b: [$.r[*].x.y[2], 1]}", "x.yaml:1:9", "$.r[*].x.y[2]"),
    ],
)
def test_a_path_inside_braces(text: str, where: str, path: str) -> None:
    """YAML reads its brackets as a list there: what is told is how to write it."""
    (finding,) = _read(text)[1]
    problem = f"not YAML: inside {{…}} or […] the bracket of {path} begins a list"
    assert (("SCN-101", where, problem), f'quote the path: "{path}"') == (_told(finding), finding.remedy)


def test_many_documents() -> None:
    """Each document of a file is a tree of its own, and what is wrong with one does not hide the others."""
    trees, findings = _read("a: 1\n---\nb: &x [*x]\n---\nc: 3\nc: 4")
    assert [{"a": Plain("1", 1)}, {"c": Plain("4", 4)}] == [tree.value for tree in trees]
    assert ["x.yaml:3:4", "x.yaml:6:1"] == [str(finding.where) for finding in findings]


def test_a_byte_order_mark_is_no_text() -> None:
    """A byte order mark shifts no column."""
    trees, _ = _read("\ufeffkey: value")
    assert "x.yaml:1:6" == str(trees[0].places.locate(("key",)))


def test_places() -> None:
    """Every node knows where its key and its value stand, and what the whole line says."""
    (tree,), _ = _read("steps:\n  - {send: é, as: sms}\n")
    as_key, as_value = (tree.places.locate(("steps", 0, "as"), key=key) for key in (True, False))
    assert ("x.yaml:2:15", 2) == (str(as_key), as_key.width)
    assert ("x.yaml:2:19", 3) == (str(as_value), as_value.width)
    assert "  - {send: é, as: sms}" == as_value.text
    assert "$.steps[0].as" == as_value.path


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read_or_told_of(text: str) -> None:
    """Whatever a file holds, there is a tree or a finding, never an exception."""
    trees, findings = _read(text)
    assert all(finding.where is not None and finding.where.line for finding in findings)
    assert len(trees) <= text.count("\n") + 2


@given(st.text("ab:- \n[]{}&*!|>'\"%@`#?,~\t", max_size=60))
def test_any_punctuation_is_read_or_told_of(text: str) -> None:
    """The characters that mean something to YAML, in any order, raise nothing."""
    trees, findings = _read(text)
    assert isinstance(trees, tuple)
    assert isinstance(findings, tuple)


# -- files


def _file(folder: Path, data: bytes) -> list[tuple[str, str, str]]:
    path = folder / "x.yaml"
    path.write_bytes(data)
    _, trees, findings = read_yaml_file(path, "x.yaml", RULES)
    assert trees == ()
    return [_told(finding) for finding in findings]


def test_a_file_of_50_megabytes(tmp_path: Path) -> None:
    """A huge file is refused before it is parsed."""
    assert [("SCN-103", "x.yaml", "the file is larger than 1 MiB")] == _file(tmp_path, b"a: " + b"x" * 50_000_000)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    """The first byte that is none is named with its line and column."""
    expected = [("SCN-101", "x.yaml:2:5", "byte 0xe9 is not UTF-8")]
    assert expected == _file(tmp_path, "é: x\nä: b".encode() + b"\xe9\n")


def test_a_file_in_utf_16(tmp_path: Path) -> None:
    """What Windows calls Unicode is read."""
    path = tmp_path / "x.yaml"
    path.write_bytes("key: é".encode("utf-16"))
    _, trees, findings = read_yaml_file(path, "x.yaml", RULES)
    assert ([{"key": "é"}], ()) == ([tree.value for tree in trees], findings)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """What cannot be read at all is the user's to mend."""
    with pytest.raises(UsageError, match="x cannot be read: Is a directory"):
        read_yaml_file(tmp_path, "x", RULES)


def test_without_libyaml(tmp_path: Path) -> None:
    """Where PyYAML has no C parser, its own one reads the same, and says so of what is nested too deeply."""
    program = f"""
import yaml
del yaml.CSafeLoader
from emulator.core.source import SourceText
from emulator.scenario.yaml_text import *
from emulator.scenario import rules
RULES = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)
for text in ("to: +61123456789", "a: '7'", "a: é\\x07", {"- " * 2000!r}):
    trees, findings = read_yaml(SourceText("x.yaml", text), RULES)
    print([tree.value for tree in trees], [(str(each.where), each.message) for each in findings])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert [
        "[{'to': Plain(raw='+61123456789', value=61123456789)}] []",
        "[{'a': '7'}] []",
        "[] [('x.yaml:1:5', 'not YAML: the character U+0007')]",
        "[] [('x.yaml:1:123', 'nested deeper than 60 levels')]",
    ] == done.stdout.splitlines(), done.stderr


def test_documents_are_counted() -> None:
    """A file of more documents than people write is told at once, and no further one is read."""
    trees, findings = _read("---\na: b\n" * (MAX_DOCUMENTS + 50_000))
    assert len(trees) == MAX_DOCUMENTS
    (finding,) = findings
    assert _told(finding)[2] == f"more than {MAX_DOCUMENTS} documents; what follows is not read"
    assert not _read("---\na: b\n" * MAX_DOCUMENTS)[1]
