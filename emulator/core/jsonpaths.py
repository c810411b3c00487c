"""jsonpath-ng behind two functions that speak our errors."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from emulator.core.source import Path
from emulator.core.validating import MendableError

if TYPE_CHECKING:
    from emulator.core.messages import Json

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def compile_path(text: str) -> Any:
    """The JSONPath *text*, ready for `find`.

    Raises:
        MendableError: It is none.
    """
    if "=~" in _QUOTED.sub("''", text):
        raise MendableError(
            f"{text!r} searches with a regular expression, whose time nothing limits",
            "take the values by their path, and expect {matches: …} of them",
        )
    # Cold start: the parser costs 25 ms to import, and few runs need it.
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            compiled = parse(text)
    # Text that is no path makes the parser stumble in other ways too: over the union of a name and an index.
    except (JSONPathError, DeprecationWarning, TypeError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise MendableError(
            f"{text!r} is no JSONPath: {first}", 'write such as $.data.id; quote odd keys: $["post-url"]'
        ) from error
    return compiled


def leads_to_one(compiled: Any) -> bool:
    """Whether the compiled path can lead to one place at most: it has no ``[*]``, ``..``, slice or filter."""
    from jsonpath_ng.jsonpath import Child, Fields, Index, Root, This

    if isinstance(compiled, Child):
        return leads_to_one(compiled.left) and leads_to_one(compiled.right)
    if isinstance(compiled, Fields):
        return len(compiled.fields) == 1 and compiled.fields[0] != "*"
    return isinstance(compiled, Root | This) or (isinstance(compiled, Index) and len(compiled.indices) == 1)


def find(compiled: Any, value: Json) -> list[tuple[Path, Json]]:
    """Every place of *value* that the compiled path leads to, with what stands there.

    An expression that cannot be worked out on this *value*, such as one that sorts numbers and texts, leads nowhere.
    """
    from jsonpath_ng.jsonpath import Fields, Index, Root, This

    def path_of(datum: Any) -> Path:
        step = datum.path
        before: Path = path_of(datum.context) if datum.context is not None else ()
        if isinstance(step, Fields):
            return (*before, str(step.fields[0]))
        if isinstance(step, Index):
            return (*before, int(step.indices[0]))
        return before if isinstance(step, Root | This) else (*before, str(step))

    try:
        return [(path_of(datum), datum.value) for datum in compiled.find(value)]
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
        return []
