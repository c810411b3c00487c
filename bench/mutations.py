"""What the linter catches: every small mistake in every example document, made one at a time."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.core.json_text import read_json
from emulator.core.reading import read_document
from emulator.core.source import SourceText
from emulator.core.template import leaves, parse_template

ROOT = Path(__file__).parents[1]
Step = str | int
NodePath = tuple[Step, ...]

_FREE = {
    "request_parameters",
    "response_map",
    "authorization_parameters",
    "token_parameters",
    "flow_type",
    "properties",
}
"""Below these stand the provider's own names."""
_MAY_BE_ABSENT = {
    "logo": "it is a picture",
    "request_content_type": "application/json is the usual one",
    "request_method of a model": "POST is the usual one",
    "Subscribe": "the webhook URL may be set by hand",
    "response_map of Subscribe": "its answer is not read",
    "flow_type": "there is one flow",
    "authorization_parameters": "a provider may need none",
    "token_parameters": "forms are the usual ones",
    "request_auth": "Bearer is the usual one",
}
"""Keys whose absence is no mistake, and why."""
_ENUMERATED = {"request_method", "type", "event_type", "class"}


@dataclass(frozen=True)
class Mutant:
    """A document with one mistake; a finding must stand at one of *lines*."""

    kind: str
    what: str
    text: str
    lines: frozenset[int]


def examples() -> list[Path]:
    """The documents that are mutated."""
    return [ROOT / "scenarios/reference.json", *sorted((ROOT / "scenarios/shapes").glob("*/integration.json"))]


def mutants(document: dict[str, Any]) -> Iterator[Mutant]:
    """Every mutant of *document*."""
    yield from _key_mutants(document)
    yield from _value_mutants(document)
    yield from _variable_mutants(document)
    yield from _text_mutants(_text(document))


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _line(text: str, path: NodePath, *, key: bool = True) -> int:
    line = read_json(SourceText("x", text)).places.locate(path, key=key).line
    assert line is not None
    return line


def _keys(value: Any, path: NodePath = ()) -> Iterator[NodePath]:
    """The path of every key that the format defines."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*path, key)
            if key not in _FREE:
                yield from _keys(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _keys(below, (*path, index))


def _around(document: Any, path: NodePath) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


def _key_mutants(document: dict[str, Any]) -> Iterator[Mutant]:
    for path in _keys(document):
        key = str(path[-1])
        middle = len(key) // 2
        slips = {key[:middle] + key[middle + 1 :], key[:middle] + key[middle] + key[middle:], key[1] + key[0] + key[2:]}
        for kind, names in (("key misspelt", slips), ("capitals of a key", {key.swapcase()})):
            for name in sorted(names - {key}):
                mutant = copy.deepcopy(document)
                around = _around(mutant, path)
                renamed = {name if each == key else each: value for each, value in around.items()}
                around.clear()
                around.update(renamed)
                text = _text(mutant)
                yield Mutant(kind, f"{path} as {name}", text, frozenset({_line(text, (*path[:-1], name))}))
        if not _may_be_absent(path):
            yield _deleted(document, path)


def _may_be_absent(path: NodePath) -> bool:
    key = str(path[-1])
    return bool(
        {key, f"{key} of a model" if path[0] == "Webhook" else "", f"{key} of {path[-2:][0]}"} & _MAY_BE_ABSENT.keys()
    )


def _deleted(document: dict[str, Any], path: NodePath) -> Mutant:
    mutant = copy.deepcopy(document)
    del _around(mutant, path)[path[-1]]
    text = _text(mutant)
    lines = {_line(text, path[:-1])}
    # What is gone can leave names behind: properties that nothing uses now, or uses of a property.
    names = {name for _, name in _variables(_around(document, path)[path[-1]])} | set(document["properties"])
    lines |= {_line(text, ("properties", at)) for at, name in enumerate(mutant.get("properties", [])) if name in names}
    if path == ("properties",):
        lines |= {_line(text, place, key=False) for place, name in _variables(mutant) if name in names}
    if path == ("Webhook",):
        lines |= {_line(text, ("API", name, "response_map")) for name in mutant["API"]}
    return Mutant("key deleted", str(path), text, frozenset(lines))


def _variables(value: Any) -> Iterator[tuple[NodePath, str]]:
    for place, leaf in leaves(value):
        for variable in parse_template(leaf).variables if isinstance(leaf, str) else ():
            yield place, variable.name


def _value_mutants(document: dict[str, Any]) -> Iterator[Mutant]:
    for path in _keys(document):
        value = _around(document, path)[path[-1]]
        others: list[tuple[str, Any]] = []
        if path[-1] != "request_parameters":  # any JSON can be a request's parameters
            kinds: list[Any] = [5, True, [], {}]
            others = [("value of another type", each) for each in kinds if type(each) is not type(value)]
        if isinstance(value, str):
            others += [("empty value", "")] if path[-1] != "password" else []
        if path[-1] in _ENUMERATED:
            others += [("capitals of a word", value.swapcase())]
        for kind, other in others:
            if (path[-1] == "Webhook" and other == {}) or (path[-1] == "response_map" and other in ([], {})):
                continue  # read as no models, and as a map of nothing: told elsewhere, as its absence is
            mutant = copy.deepcopy(document)
            _around(mutant, path)[path[-1]] = other
            text = _text(mutant)
            yield Mutant(kind, f"{path} = {other!r}", text, frozenset({_line(text, path, key=False)}))


def _variable_mutants(document: dict[str, Any]) -> Iterator[Mutant]:
    for path, leaf in leaves(document):
        if not isinstance(leaf, str):
            continue
        for variable in parse_template(leaf).variables:
            name, written = variable.name, str(variable)
            for kind, other in (
                ("capitals of a variable", f"${name[0].swapcase()}{name[1:]}$"),
                ("variable misspelt", f"${name[:-1]}$"),
                ("dollar missing", written[:-1]),
                ("dollar missing", written[1:]),
            ):
                mutant = copy.deepcopy(document)
                _around(mutant, path)[path[-1]] = leaf.replace(written, other, 1)
                text = _text(mutant)
                yield Mutant(kind, f"{path}: {written} as {other}", text, frozenset({_line(text, path, key=False)}))


def _text_mutants(text: str) -> Iterator[Mutant]:
    """One character of the file gone or wrong; it is told on the line itself or a neighbour."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        changes = [("comma missing", line[:-1])] if line.endswith(",") else []
        if line.endswith(("{", "[", ",")) and number < len(lines):
            changes.append(("comment", f"{line} // note"))
        if lines[number : number + 1] and lines[number].strip()[:1] in {"}", "]"} and not line.endswith(("{", "[")):
            changes.append(("comma too many", line + ","))
        quoted = re.match(r'( *)"([^"]*)"(.*)', line)
        if quoted:
            indent, key, rest = quoted.groups()
            changes += [
                ("curly quotes", f"{indent}“{key}”{rest}"),
                ("single quotes", f"{indent}'{key}'{rest}"),
                ("quote missing", f'{indent}"{key}{rest}'),
                ("quote missing", f'{indent}{key}"{rest}'),
            ]
            if rest.startswith(":"):
                changes.append(("colon missing", f'{indent}"{key}"{rest[1:]}'))
        for kind, changed in changes:
            mutant = "\n".join([*lines[: number - 1], changed, *lines[number:]])
            yield Mutant(kind, f"line {number}", mutant, frozenset({number - 1, number, number + 1}))


def judged(mutant: Mutant) -> str:
    """``caught``, ``elsewhere`` (told at another line) or ``missed``."""
    findings = read_document("x.json", mutant.text.encode("utf-8")).findings
    lines = {each.where.line for each in findings if each.where}
    if not findings:
        return "missed"
    return "caught" if lines & mutant.lines else "elsewhere"


def measure(every: int = 1) -> tuple[dict[str, Counter[str]], list[str]]:
    """For each kind of mistake how many were caught, and those that were not; of every so many mutants one is made."""
    table: dict[str, Counter[str]] = {}
    misses: list[str] = []
    for path in examples():
        document = json.loads(path.read_text("utf-8"))
        assert read_document("x.json", _text(document).encode("utf-8")).findings == (), path
        for mutant in list(mutants(document))[::every]:
            verdict = judged(mutant)
            table.setdefault(mutant.kind, Counter())[verdict] += 1
            if verdict != "caught":
                misses.append(f"{path.relative_to(ROOT)}: {mutant.kind}: {mutant.what}: {verdict}")
    return table, misses


def report() -> str:
    """The figures as a table in Markdown, and below it whatever was not caught."""
    table, misses = measure()
    rows = ["| mistake | made | told at its line | told elsewhere | missed |", "|---|---|---|---|---|"]
    total: Counter[str] = Counter()
    for kind, counts in table.items():
        total += counts
        rows.append(_row(kind, counts))
    rows.append(_row("**all**", total))
    return "\n".join([*rows, "", *misses[:200]])


def _row(kind: str, counts: Counter[str]) -> str:
    return f"| {kind} | {counts.total()} | {counts['caught']} | {counts['elsewhere']} | {counts['missed']} |"


if __name__ == "__main__":
    print(report())
