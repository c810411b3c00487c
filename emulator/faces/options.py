"""Options that several commands share, and the project that they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from emulator.engine.user_files import absolute, is_folder
from emulator.errors import UsageError
from emulator.faces import completing

if TYPE_CHECKING:
    from emulator.scenario.project import Project

F = TypeVar("F", bound=Callable[..., Any])

_TOLD = f"{__name__}.overruled"
_PROJECT_OPTIONS = (
    click.option(
        "--project",
        "project_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Project file; by default ringo-emu.yaml here or above.",
    ),
    click.option(
        "--env",
        "environment",
        metavar="NAME",
        shell_complete=completing.environments,
        help="One of the project file's environments.",
    ),
    click.option("--integration", metavar="FILE", shell_complete=completing.files, help="Integration document."),
    click.option(
        "--property", "properties", metavar="NAME=VALUE", multiple=True, help="Value of a property of the document."
    ),
    click.option("--public", metavar="NAME", multiple=True, help="A property that is no secret: its value is shown."),
    click.option("--hosts", metavar="URL=URL", multiple=True, help="Send requests to the left to the right instead."),
    click.option("--public-url", metavar="URL", help="Where the provider reaches the webhook listener."),
    click.option(
        "-o",
        "--override",
        "overrides",
        metavar="KEY=VALUE",
        multiple=True,
        help="Any value of the project file, such as profile.timeout=5s, written as there: $env.NAME$ and the like are "
        "filled, null takes away.",
    ),
)


def which_project(function: F) -> F:
    """Give a command the options that say from which project it takes what it is not told."""
    for option in reversed(_PROJECT_OPTIONS[:2]):
        function = option(function)
    return function


def found_project(project_file: Path | None, environment: str | None) -> Path | None:
    """The project file that the options mean, or the one here or above; None where there is none.

    Raises:
        UsageError: An environment is named, and no project is there that could have one.
    """
    from emulator.scenario.searching import FILE_NAME, find_project_file

    path = project_file or find_project_file(Path.cwd())
    if path is None and environment is not None:
        raise UsageError(f"--env {environment}: no {FILE_NAME} here or in a folder above", mend="name it by --project")
    return path


def no_document() -> UsageError:
    """What to say where neither a document is named nor a project found that has one."""
    from emulator.scenario.searching import FILE_NAME

    return UsageError(
        f"no document is named, and there is no {FILE_NAME} here or in a folder above",
        mend="name an integration document, or make a project: ringo-emu new",
    )


def project_options(function: F) -> F:
    """Give a command the options that say which project it works with."""
    for option in reversed(_PROJECT_OPTIONS):
        function = option(function)
    return function


def split_pairs(pairs: tuple[str, ...], option: str) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping.

    Raises:
        UsageError: One has no equals sign.
    """
    result = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        # A URL on the left may hold an equals sign of its own: what follows "=http" is the right side.
        if option == "--hosts" and "=http" in pair:
            name, _, rest = pair.rpartition("=http")
            value = "http" + rest
        if not equals or not name:
            raise UsageError(f"{option} {pair}: no equals sign", mend=f"write {option} NAME=VALUE")
        result[name] = value
    return result


def digest_of(options: Mapping[str, Any]) -> str:
    """What tells whether two commands were given the same options of a project; empty where none was given.

    The name of the project file is none of them.
    """
    import hashlib  # cold start: most commands need none
    import json

    given = {name: value for name, value in options.items() if value and name != "project_file"}
    if not given:
        return ""
    if "integration" in given:
        given["integration"] = str(absolute(Path(given["integration"])))
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


def open_project(
    project_file: Path | None,
    environment: str | None,
    integration: str | None,
    properties: tuple[str, ...],
    public: tuple[str, ...],
    hosts: tuple[str, ...],
    public_url: str | None,
    overrides: tuple[str, ...],
    *,
    beside: tuple[Path, ...] = (),
) -> Project:
    """The project that the options mean: named, or found here or above, or near the files *beside*.

    Raises:
        RingoError: It cannot be used.
    """
    from emulator.scenario.project import Overrides, load_project
    from emulator.scenario.searching import find_project_file

    path = project_file
    for start in [Path.cwd(), *map(absolute, beside)]:
        path = path or find_project_file(start if is_folder(start) else start.parent)
    project = load_project(
        path,
        Overrides(
            environment=environment,
            integration=integration,
            properties=split_pairs(properties, "--property"),
            public=public,
            hosts=split_pairs(hosts, "--hosts"),
            public_url=public_url,
            values=split_pairs(overrides, "--override"),
        ),
    )
    tell_of_overruled(project)
    return project


def tell_of_overruled(project: Project) -> None:
    """Warn of what the environment says against ``.env``, once however often the command reads the project."""
    context = click.get_current_context(silent=True)
    told: set[tuple[str, ...]] = set() if context is None else context.meta.setdefault(_TOLD, set())
    if project.overruled and project.overruled not in told:
        from emulator.faces.output import Output

        told.add(project.overruled)
        Output().text(overruled_in_words(project.overruled), err=True)


def overruled_in_words(names: tuple[str, ...]) -> str:
    """That the environment goes before ``.env`` for *names*."""
    return (
        f"warning: {', '.join(names)}: .env has another value than the environment, whose value is used; for that of "
        f".env, unset {' '.join(names)}"
    )
