"""Values that a shell completes. Each imports what it needs when it is asked: a key press must not wait."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.engine.user_files import is_file, read_file
from emulator.errors import RingoError

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

Values = Iterable[tuple[str, str | None]]
Complete = Callable[["click.Context", "click.Parameter", str], "list[CompletionItem]"]

_MOST_FILES = 500
_MOST_EXCHANGES = 50
_REPORTS = ("junit", "html", "jsonl", "tap", "github", "har")
_TAGS = re.compile(r"^\s*(?:- )?tags:\s*(?:\[(?P<flow>[^\]\n]*)\]|\n(?P<block>(?:\s*- [^\n]*\n?)+))", re.MULTILINE)
_BREAK = re.compile(r"[\s()]")


def _completing(values: Callable[[click.Context, str], Values]) -> Complete:
    """What offers those of *values* that begin as what was typed; nothing where they cannot be had."""

    @wraps(values)
    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del param
        from click.shell_completion import CompletionItem  # cold start: every command names what completes its values

        try:
            found = list(values(ctx, incomplete))
        except (OSError, ValueError, RingoError):  # in the middle of a line nobody wants to be told why
            return []
        return [CompletionItem(value, help=text) for value, text in found if value.startswith(incomplete)]

    return complete


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of files, as the shell knows them."""
    del ctx, param
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


@_completing
def codes(ctx: click.Context, incomplete: str) -> Values:
    """Codes of findings, with what they tell."""
    del ctx, incomplete
    from emulator.core.rules import CATALOGUE
    from emulator.scenario.rules import CATALOGUE as OF_FILES

    return sorted((code, rule.title) for code, rule in {**CATALOGUE, **OF_FILES}.items())


@_completing
def settings(ctx: click.Context, incomplete: str) -> Values:
    """Settings of the profile."""
    del ctx, incomplete
    from emulator.core.profile import Profile

    return [(name, None) for name in Profile.model_fields]


@_completing
def environments(ctx: click.Context, incomplete: str) -> Values:
    """The names of the project file's environments."""
    del incomplete
    import yaml

    file = _project_file(ctx)
    try:
        project = yaml.safe_load(read_file(file)) if file else None
    except (OSError, yaml.YAMLError):
        return []
    there = project.get("environments") if isinstance(project, dict) else None
    return [(str(name), None) for name in there] if isinstance(there, dict) else []


@_completing
def tags(ctx: click.Context, incomplete: str) -> Values:
    """The tags of the project's scenarios, and what joins them, for the last word of an expression."""
    before = incomplete[: len(incomplete) - len(_BREAK.split(incomplete)[-1])]
    return [(before + word, None) for word in [*sorted(set(_tags(ctx))), "and", "or", "not"]]


def _tags(ctx: click.Context) -> Iterator[str]:
    from itertools import islice

    from emulator.scenario.searching import files_below

    file = _project_file(ctx)
    below = files_below(file.parent if file else Path())
    for path in islice((each for each in below if each.suffix in {".yaml", ".yml"}), _MOST_FILES):
        for match in _TAGS.finditer(_text(path)):
            words = match["flow"].split(",") if match["flow"] is not None else match["block"].split("- ")
            yield from (word for each in words if (word := each.strip().strip("'\"")))


def _text(path: Path) -> str:
    try:
        return read_file(path).decode("utf-8", "replace")
    except OSError:
        return ""


@_completing
def reports(ctx: click.Context, incomplete: str) -> Values:
    """Kinds of reports; the name of a file follows."""
    del ctx, incomplete
    return [(f"{kind}=", None) for kind in _REPORTS]


@_completing
def exchanges(ctx: click.Context, incomplete: str) -> Values:
    """The numbers of the latest exchanges, with what they were."""
    del incomplete
    from emulator.engine.journal import open_journal
    from emulator.faces.commands.journal import latest_journal
    from emulator.scenario.timeline import entry_of

    path: Any = ctx.params.get("path") or ctx.params.get("journal") or latest_journal()
    if not is_file(path):
        return []
    with open_journal(path) as journal:
        found = journal.last(_MOST_EXCHANGES)
    entries = [(str(each.id), entry_of(each, 0.0)) for each in reversed(found)]
    return [(number, f"{entry.arrow} {entry.label} {entry.detail}"[:60]) for number, entry in entries]


def exchanges_or_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Numbers of exchanges where a number was begun, else names of files."""
    return exchanges(ctx, param, incomplete) if incomplete[:1].isdecimal() else files(ctx, param, incomplete)


def _project_file(ctx: click.Context) -> Path | None:
    from emulator.scenario.searching import find_project_file

    named: Path | None = ctx.params.get("project_file")
    return named or find_project_file(Path.cwd())
