"""What stands below each attribute of a class, read from its source so that no run pays for it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise


def attribute_docs(record: type) -> dict[str, str]:
    """The docstring below each annotated attribute of *record* and of its bases, by the attribute's name."""
    found: dict[str, str] = {}
    package = record.__module__.partition(".")[0]
    for each in reversed(record.__mro__):
        if each.__module__.partition(".")[0] == package:  # not those of the library that models are made of
            found |= _own(each)
    return found


def _own(record: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(record)))
    body = [below for each in tree.body if isinstance(each, ast.ClassDef) for below in each.body]
    return {
        ast.unparse(attribute.target): " ".join(str(below.value.value).split())
        for attribute, below in pairwise(body)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }
