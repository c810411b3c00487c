"""Finds every regular expression of the package by its source, and how each is used."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).parents[2] / "emulator"
_CALLS = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "compile"}
_ANCHORED = {"match", "fullmatch"}


class Used(NamedTuple):
    """A pattern, where it is written, and how it is used: ``match``, ``fullmatch`` or ``search`` for all else."""

    where: str
    pattern: re.Pattern[Any]
    how: str


class Unknown(NamedTuple):
    """A pattern that is known only when it runs."""

    where: str
    source: str


@cache
def trees() -> Mapping[str, ast.Module]:
    """The package's modules."""
    return {
        ".".join(("emulator", *path.relative_to(PACKAGE).with_suffix("").parts)): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "__main__.py"
    }


@cache
def _ways() -> Mapping[str, set[str]]:
    """What is asked of each name: ``_URL.match`` says that _URL is matched; private names in their own module."""
    ways: dict[str, set[str]] = defaultdict(set)
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _CALLS:
                name = node.value.id
                ways[f"{module}.{name}" if name.startswith("_") else name].add(node.attr)
    return ways


def found() -> Iterator[Used | Unknown]:
    """Every call of ``re`` in the package."""
    for module, tree in trees().items():
        names = vars(importlib.import_module(module.removesuffix(".__init__")))
        outside = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in _CALLS):
                continue
            where = f"{module.removeprefix('emulator.')}:{node.lineno}"
            pattern = _compiled(node, names)
            if pattern is None:
                yield Unknown(where, f"{module.removeprefix('emulator.')}: {ast.unparse(node.args[0])}")
                continue
            for how in _used(node, outside, module):
                yield Used(where, pattern, how)


def _compiled(call: ast.Call, names: Mapping[str, Any]) -> re.Pattern[Any] | None:
    flags = [ast.unparse(each.value) for each in call.keywords if each.arg == "flags"]
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr == "compile":
        flags += [ast.unparse(each) for each in call.args[1:]]
    elif call.func.attr in {"match", "fullmatch", "search", "findall", "finditer"}:
        flags += [ast.unparse(each) for each in call.args[2:]]
    try:
        source, flag = (eval(each, dict(names)) for each in (ast.unparse(call.args[0]), *(flags or ["0"])))  # noqa: S307
    except NameError:
        return None
    return source if isinstance(source, re.Pattern) else re.compile(source, flag)


def _used(call: ast.Call, outside: Mapping[int, ast.AST], module: str) -> set[str]:
    assert isinstance(call.func, ast.Attribute)
    around = outside[id(call)]
    ways: set[str] = set()
    if call.func.attr != "compile":
        ways = {call.func.attr}
    elif isinstance(around, ast.Attribute):
        ways = {around.attr}
    elif isinstance(around, ast.Assign) and isinstance(around.targets[0], ast.Name):
        name = around.targets[0].id
        ways = _ways()[f"{module}.{name}" if name.startswith("_") else name] - {"compile"}
    else:
        ways = {_TABLES.get(_assigned(around, outside), "search")}
    return {way if way in _ANCHORED else "search" for way in ways or {"search"}}


def _assigned(node: ast.AST, outside: Mapping[int, ast.AST]) -> str:
    while id(node) in outside:
        if isinstance(node, ast.AnnAssign | ast.Assign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            return ast.unparse(target)
        node = outside[id(node)]
    return ""


_TABLES = {"_NAMES": "fullmatch", "_GENERIC": "fullmatch", "_END_OF_STRING": "match"}
"""Tables of patterns, and the one thing that is asked of these."""
