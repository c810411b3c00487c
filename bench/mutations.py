"""What the linter catches: every small mistake in every example document, made one at a time.

`python -m bench.mutations` makes them all; with `--every 10` every tenth.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from emulator.core.reading import read_document
from emulator.core.source import jsonpath
from emulator.errors import Finding, Severity

ROOT = Path(__file__).parents[1]
Step = str | int
NodePath = tuple[Step, ...]
Slips = Callable[[str], list[str]]

_FREE = {"request_parameters", "response_map"}
"""Below these stand the provider's own names."""
_MAY_BE_ABSENT = {
    "logo": "it is a picture",
    "request_content_type": "application/json is the usual one",
    "request_method of a model": "POST is the usual one",
    "Subscribe": "the webhook URL may be set by hand",
    "flow_type": "there is one flow",
    "authorization_parameters": "a provider may need none",
    "token_parameters": "forms are the usual ones",
    "request_auth": "Bearer is the usual one",
}
"""Keys whose absence is no mistake, and why."""
_MAY_BE_EMPTY = {
    ("auth", "password"): "there are accounts without one",
    ("authorization_parameters", "default"): "a provider may need none",
}
"""Texts that are no mistake when they are empty, and why."""
_ENUMERATED = {"class", "type", "request_method", "event_type", "request_auth"}
_OAUTH2 = {
    "client_id": "$Client id$",
    "client_secret": "$Client secret$",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com/token",
    "flow_type": {"default": "0"},
    "authorization_parameters": {"default": "scope=sms"},
    "token_parameters": {"content_type": "application/x-www-form-urlencoded"},
    "request_auth": "Bearer",
}
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:,]')
_VARIABLE = re.compile(r"\$([^$]+)\$")


@dataclass(frozen=True)
class Mutant:
    """A document with one mistake; a finding must stand at one of *lines*."""

    kind: str
    what: str
    text: str
    lines: frozenset[int]


# -- documents


def examples() -> dict[str, Any]:
    """The documents that are mutated: the examples, and one with what no example has."""
    files = [ROOT / "scenarios/reference.json", *sorted((ROOT / "scenarios/shapes").glob("*/integration.json"))]
    found = {str(file.relative_to(ROOT / "scenarios")): json.loads(file.read_text("utf-8")) for file in files}
    rest = {key: value for key, value in found["reference.json"].items() if key != "auth"}
    more = {"logo": "https://example.com/logo.png", "properties": ["Client id", "Client secret"], "OAuth2": _OAUTH2}
    return found | {"reference.json with OAuth2": rest | more}


def written(document: Any) -> str:
    """The document as text; every key and every element of a list begins a line."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def lines_of(document: Any) -> dict[NodePath, int]:
    """The line of each node in `written`, counted without the code that is judged."""
    lines: dict[NodePath, int] = {}

    def walk(node: Any, path: NodePath, line: int) -> int:
        lines[path] = line
        below = _below(node)
        for step, each in below:
            line = walk(each, (*path, step), line + 1)
        return line + 1 if below else line

    walk(document, (), 1)
    return lines


def _below(node: Any) -> list[tuple[Step, Any]]:
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, list) else []


def _nodes(node: Any, path: NodePath = ()) -> Iterator[tuple[NodePath, Any]]:
    yield path, node
    for step, each in _below(node):
        yield from _nodes(each, (*path, step))


def _defined(document: Any) -> Iterator[tuple[NodePath, Any]]:
    """Every node but the whole that the format defines."""
    return ((path, node) for path, node in _nodes(document) if path and not _FREE & set(path[:-1]))


def _changed(node: Any, path: NodePath, change: Callable[[Any], Any]) -> Any:
    """A copy of *node* with *change* made to what stands at *path*."""
    if not path:
        return change(node)
    if isinstance(node, list):
        return [_changed(each, path[1:], change) if at == path[0] else each for at, each in enumerate(node)]
    return {key: _changed(each, path[1:], change) if key == path[0] else each for key, each in node.items()}


def _replaced(document: Any, path: NodePath, value: Any) -> str:
    return written(_changed(document, path, lambda _: value))


# -- slips of one word


def misspellings(word: str) -> list[str]:
    """*word* with each letter deleted, doubled, and swapped with the next."""
    places = range(len(word))
    found = [word[:at] + word[at + 1 :] for at in places]
    found += [word[:at] + word[at] + word[at:] for at in places]
    found += [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1]]
    return [each for each in dict.fromkeys(found) if each and each != word]


def other_capitals(word: str) -> list[str]:
    """*word* with its first letter's case flipped, all letters' case flipped, all small, all capitals."""
    found = [word[0].swapcase() + word[1:], word.swapcase(), word.lower(), word.upper()]
    return [each for each in dict.fromkeys(found) if each != word]


# -- mutants of the data


def _with_keys(document: Any, kind: str, slips: Slips) -> Iterator[Mutant]:
    lines = lines_of(document)
    for path, _ in _defined(document):
        key = path[-1]
        for slip in slips(key) if isinstance(key, str) else []:
            text = written(_changed(document, path[:-1], _renaming(path[-1], slip)))
            yield Mutant(kind, f"{jsonpath(path)} as {slip}", text, frozenset({lines[path]}))


def _renaming(key: Step, name: str) -> Callable[[Any], Any]:
    return lambda node: {name if each == key else each: value for each, value in node.items()}


def _without(key: Step) -> Callable[[Any], Any]:
    return lambda node: {each: value for each, value in node.items() if each != key}


def _deleted(document: Any) -> Iterator[Mutant]:
    for path, _ in _defined(document):
        key = path[-1]
        of_a_model = f"{key} of a model" if path[0] == "Webhook" else key
        if isinstance(key, int) or {key, of_a_model} & _MAY_BE_ABSENT.keys():
            continue
        rest = _changed(document, path[:-1], _without(key))
        yield Mutant("key deleted", jsonpath(path), written(rest), _lines_without(document, path, rest))


def _lines_without(document: Any, path: NodePath, rest: Any) -> frozenset[int]:
    """The line of the object that has lost a key, or of what that leaves: properties or uses of properties."""
    left = [path[:-1]]
    if path == ("properties",):
        uses = [f"${name}$" for name in document["properties"]]
        left = [where for where, leaf in _nodes(rest) if isinstance(leaf, str) and any(use in leaf for use in uses)]
    elif path in {("auth",), ("OAuth2",)}:
        left = [("properties", at) for at, _ in enumerate(document["properties"])]
    lines = lines_of(rest)
    return frozenset(lines[where] for where in left)


def _of_another_type(document: Any) -> Iterator[Mutant]:
    lines = lines_of(document)
    for path, value in _defined(document):
        for other in _others(value):
            if not _as_good(document, path, value, other):
                what = f"{jsonpath(path)} as {json.dumps(other, ensure_ascii=False):.40}"
                yield Mutant("value of another type", what, _replaced(document, path, other), frozenset({lines[path]}))


def _others(value: Any) -> list[Any]:
    others: list[Any] = [5, True, None]
    if isinstance(value, str):
        return [*others, [], {}, [value], {"value": value}]
    if isinstance(value, dict):
        return [*others, "text", [], [value]]
    return [*others, "text", {}, {str(at): each for at, each in enumerate(value)}]


def _as_good(document: Any, path: NodePath, value: Any, other: Any) -> bool:
    """A JSON body, and an answer, may be an object as well as a list; that of a form or query is an object."""
    if path[-1] not in _FREE or not isinstance(value, dict | list) or not other or not isinstance(other, dict | list):
        return False
    request = document
    for step in path[:-1]:
        request = request[step]
    flat = request["request_method"] == "GET" or "form" in request.get("request_content_type", "")
    return path[-1] == "response_map" or not flat


def _of_words(document: Any) -> Iterator[Mutant]:
    lines = lines_of(document)
    for path, value in _defined(document):
        if isinstance(value, str) and path[-2:] not in _MAY_BE_EMPTY:
            yield Mutant("empty value", jsonpath(path), _replaced(document, path, ""), frozenset({lines[path]}))
        for slip in other_capitals(value) if path[-1] in _ENUMERATED else []:
            text = _replaced(document, path, slip)
            yield Mutant("capitals of a word", f"{jsonpath(path)} as {slip}", text, frozenset({lines[path]}))


def _of_variables(document: Any) -> Iterator[Mutant]:
    lines = lines_of(document)
    for path, leaf in _nodes(document):
        for match in _VARIABLE.finditer(leaf) if isinstance(leaf, str) else ():
            for kind, slip in _variable_slips(match.group(1)):
                text = _replaced(document, path, leaf[: match.start()] + slip + leaf[match.end() :])
                yield Mutant(kind, f"{jsonpath(path)}: {match.group()} as {slip}", text, frozenset({lines[path]}))


def _variable_slips(name: str) -> Iterator[tuple[str, str]]:
    yield "capitals of a variable", f"${name[0].swapcase()}{name[1:]}$"
    for slip in misspellings(name):
        yield "variable misspelt", f"${slip}$"
    yield "dollar missing", f"{name}$"
    yield "dollar missing", f"${name}"


# -- mutants of the text


def _of_text(text: str) -> Iterator[Mutant]:
    """One character of the file gone or wrong; it is told on the line itself or a neighbour."""
    for token in _TOKEN.finditer(text):
        word, start, end = token.group(), token.start(), token.end()
        if word.startswith('"'):
            yield _edited("quote missing", text, start, start + 1, "")
            yield _edited("quote missing", text, end - 1, end, "")
            yield _edited("curly quotes", text, start, end, f"“{word[1:-1]}”")
            yield _edited("single quotes", text, start, end, f"'{word[1:-1]}'")
            continue
        yield _edited({",": "comma missing", ":": "colon missing"}.get(word, "bracket missing"), text, start, end, "")
        if word in {"}", "]"}:
            yield from _around_closing(text, start)
    for line in re.finditer(r"$", text, re.MULTILINE):
        yield _edited("comment", text, line.start(), line.start(), " // note")


def _around_closing(text: str, bracket: int) -> Iterator[Mutant]:
    """A comma before a closing bracket; its line gone, with the comma of the line before if it was the last."""
    before = len(text[:bracket].rstrip())
    yield _edited("comma too many", text, before, before, ",")
    line_end = text.find("\n", bracket)
    if line_end > 0:
        yield _edited("bracket missing", text, before, line_end, "")


def _edited(kind: str, text: str, start: int, end: int, new: str) -> Mutant:
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    what = f"line {line}:{column}: {text[start:end].strip()!r} as {new.strip()!r}"
    return Mutant(kind, what, text[:start] + new + text[end:], frozenset({line - 1, line, line + 1}))


def mutants(document: dict[str, Any]) -> Iterator[Mutant]:
    """Every mutant of *document*."""
    yield from _with_keys(document, "key misspelt", misspellings)
    yield from _with_keys(document, "capitals of a key", other_capitals)
    yield from _deleted(document)
    yield from _of_another_type(document)
    yield from _of_words(document)
    yield from _of_variables(document)
    yield from _of_text(written(document))


# -- verdicts


def judged(mutant: Mutant, known: set[tuple[str, str, str]]) -> tuple[str, str]:
    """``caught``, ``elsewhere`` (told at another line) or ``missed``; and what is told beside what is *known*."""
    told = [each for each in _findings(mutant.text) if _identity(each) not in known]
    lines = {each.where.line for each in told if each.where}
    words = "; ".join(f"{each.code} {each.where}: {each.message}" for each in told)
    if not told:
        return "missed", words
    return "caught" if lines & mutant.lines else "elsewhere", words


def _findings(text: str) -> tuple[Finding, ...]:
    return read_document("x.json", text.encode("utf-8")).findings


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.message, finding.path


def measure(every: int = 1) -> tuple[dict[str, Counter[str]], list[str]]:
    """For each kind of mistake how many were caught, and those that were not; of every so many mutants one is made."""
    table: dict[str, Counter[str]] = {}
    misses: list[str] = []
    for name, document in examples().items():
        original = _findings(written(document))
        assert all(each.severity is Severity.NOTE for each in original), name
        known = {_identity(each) for each in original}
        for mutant in islice(mutants(document), 0, None, every):
            verdict, told = judged(mutant, known)
            table.setdefault(mutant.kind, Counter())[verdict] += 1
            if verdict != "caught":
                misses.append(f"{name}: {mutant.kind}: {mutant.what}: {verdict}: {sorted(mutant.lines)}: {told}")
    return table, misses


def report(table: dict[str, Counter[str]], misses: list[str]) -> str:
    """The figures as a table in Markdown, and below it whatever was not caught."""
    rows = ["| mistake | made | told at its line | told elsewhere | missed |", "|---|---|---|---|---|"]
    total: Counter[str] = Counter()
    for kind, counts in table.items():
        total += counts
        rows.append(_row(kind, counts))
    rows.append(_row("**all**", total))
    return "\n".join([*rows, "", *misses])


def _row(kind: str, counts: Counter[str]) -> str:
    return f"| {kind} | {counts.total():,} | {counts['caught']:,} | {counts['elsewhere']:,} | {counts['missed']:,} |"


def main() -> int:
    """Print the table; 1 if anything was not caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="make every N-th mutant only")
    table, misses = measure(parser.parse_args().every)
    print(report(table, misses))
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
