"""What the variables of a template may be, place by place (framework 3)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.findings import case_slip, nearest_name, suggestion
from emulator.core.foreign import foreign_in, meant, without_foreign
from emulator.core.source import nest
from emulator.core.template import leaves, parse_template
from emulator.errors import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.document import ApiName, Integration
    from emulator.core.foreign import Foreign
    from emulator.core.source import Path
    from emulator.core.template import Template, Variable
    from emulator.errors import Finding

SENDING_VARIABLES = frozenset({"from", "to", "extension", "domain", "content"})
"""What the platform supplies to SendMessage and SendFile beside the properties."""
SUBSCRIBE_VARIABLES = frozenset({"webhook_url", "domain"})
INCOMING_VARIABLES = frozenset({"from", "to", "content", "text", "url", "messageid", "event_key"})
SIGNATURE = "${}$"
"""How a variable's name is shown."""

_ADVICE = {
    "url": "use $content$: in SendFile it is the file's URL",
    "text": "use $content$: in SendMessage it is the text",
    "webhook_url": "only Subscribe has $webhook_url$",
    "messageid": "$messageid$ comes from response_map and webhooks; a request cannot send it",
    "event_key": "only webhook models have $event_key$",
}


def supplied(name: ApiName) -> frozenset[str]:
    """The variables that the platform itself supplies to a request."""
    return SUBSCRIBE_VARIABLES if name == "Subscribe" else SENDING_VARIABLES


def texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in *value* with its path."""
    for place, leaf in leaves(value, path):  # type: ignore[arg-type]
        if isinstance(leaf, str):
            yield place, leaf


def check_keys(integration: Integration, shape: object, path: Path) -> Iterator[Finding]:
    """Keys of a reverse template that hold a path: they fit a field of that very name, which hardly anybody has."""
    if isinstance(shape, list):
        for index, below in enumerate(shape):
            yield from check_keys(integration, below, (*path, index))
    elif isinstance(shape, dict):
        paths = [key for key in shape if _HOLDS_A_PATH.match(key)]
        if paths:
            nested = nest({_steps(key) if key in paths else (key,): below for key, below in shape.items()})
            yield rules.PATH_AS_KEY.at(
                integration.locate((*path, paths[0]), key=True),
                f'"{paths[0]}" is the name of one key, not a path',
                f"write {json.dumps(nested, ensure_ascii=False)}; "
                "nothing to do if it is a field of a form that has this very name",
            )
        for key, below in shape.items():
            yield from check_keys(integration, below, (*path, key))


def _steps(key: str) -> Path:
    """The path that a key holds; of a list, its one element."""
    return tuple(0 if each.startswith("[") else each for each in _STEP.findall(key.removeprefix("$")))


_INDEX = r"\[(?:\d+|\*)\]"
_HOLDS_A_PATH = re.compile(rf"\$[.\[]|[\w.-]+(?:{_INDEX})+\.\w|[\w-]+\.[\w.-]+{_INDEX}")
"""An index with a dot before or behind it: names of fields have dots (``a.b``) or brackets (``a[0][b]``), not both."""
_STEP = re.compile(rf"[^.\[\]]+|{_INDEX}")


def check_variables(integration: Integration, path: Path, text: str, known: frozenset[str]) -> Iterator[Finding]:
    """Names in *text* that are not *known* there, and dollars that make no name."""
    foreign = foreign_in(text, known, is_address=is_address(path))
    for each in foreign:
        if not is_in_host(text, each, path):  # that is an error, told with the address
            yield foreign_placeholder(integration, path, each, known)
    template = parse_template(without_foreign(text, foreign))
    for variable in template.variables:
        if variable.name not in known:
            yield unknown_variable(integration, path, variable, known)
    if not foreign:
        yield from lone_dollars(integration, path, template)


def is_address(path: Path) -> bool:
    """Whether the text at *path* is an address."""
    return path[-1] in {"request_url", "authorization_endpoint", "token_endpoint"}


def is_in_host(text: str, placeholder: Foreign, path: Path) -> bool:
    """Whether *placeholder* stands in the host of an address."""
    host = re.match(r"https?://[^/?#]*", text, re.IGNORECASE) if is_address(path) else None
    return host is not None and placeholder.offset < host.end()


def foreign_placeholder(integration: Integration, path: Path, placeholder: Foreign, known: frozenset[str]) -> Finding:
    """*placeholder* is no variable: what it is taken for, and how it is written."""
    where = integration.locate_in(path, placeholder.text, placeholder.offset)
    incoming = path[0] == "Webhook" or "response_map" in path
    happens = "is compared as it is" if incoming else "goes out as it is"
    return rules.FOREIGN_PLACEHOLDER.at(where, f"{placeholder.text} {happens}", as_variable(placeholder, known, path))


def as_variable(placeholder: Foreign, known: frozenset[str], path: Path) -> str:
    """How to write what *placeholder* means."""
    name = meant(placeholder.name, known)
    if name is not None:
        return f"a variable is written {SIGNATURE.format(name)}"
    if path[0] == "Webhook" or "response_map" in path:
        return f"a variable is written $name$; here are {', '.join(map(SIGNATURE.format, sorted(known)))}"
    own = placeholder.name.replace("$", "")
    return f'a variable is written $name$: add "{own}" to properties, and write {SIGNATURE.format(own)} here'


def unknown_variable(integration: Integration, path: Path, variable: Variable, known: frozenset[str]) -> Finding:
    """Nothing supplies *variable* at *path*: what was meant, or where it belongs."""
    where = integration.locate_in(path, str(variable), variable.offset)
    advice = _ADVICE.get(variable.name)
    if advice and path[0] in {"API", "auth"}:
        return rules.MISPLACED_VARIABLE.at(where, f"nothing supplies {variable} here", advice)
    remedy = suggestion(variable.name, known, quote=SIGNATURE)
    if path[0] != "Webhook" and not remedy.startswith("did"):
        remedy = f'add "{variable.name}" to properties' + (f", or {remedy}" if known else "")
    slip = case_slip(variable.name, known)
    edit = None if slip is None else Edit.of(where, str(variable), SIGNATURE.format(slip))
    return rules.UNKNOWN_VARIABLE.at(where, f"nothing supplies {variable}", remedy, edit=edit)


def lone_dollars(integration: Integration, path: Path, template: Template) -> Iterator[Finding]:
    """Dollars that look like one side of a variable."""
    for part in template.parts:
        if isinstance(part, str) and re.search(r"\$\w|\w\$", part):
            where = integration.locate(path)
            yield rules.LONE_DOLLAR.at(
                where, f"a dollar without a partner in {part!r}", "write $name$, with a dollar on both sides"
            )


def meant_by(name: str, strangers: set[str]) -> str | None:
    """The one of *strangers* that was most likely meant by *name*, as it is shown."""
    near = nearest_name(name, strangers)
    return None if near is None else SIGNATURE.format(near)
