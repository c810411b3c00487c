"""How a project was meant, in the words of a command line: what says so again means the same project."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from emulator.core.redaction import MASK
from emulator.scenario.project import shown_path
from emulator.scenario.searching import find_project_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.scenario.project import Project

_OF_A_RUN = frozenset({"fail_on", "ignore_findings", "expected_failures", "grace", "isolation"})
"""Keys that say how scenarios are judged: they change no request."""
_SECRET = frozenset({"properties", "secrets", "oauth"})
"""Keys whose values may be secrets, as long as they are not taken from the environment."""


def options_of(project: Project) -> Iterator[str]:
    """The options by which a command in the current folder means *project*.

    A secret is masked: no command that is printed may hold it.
    """
    if project.path is not None and find_project_file(FilePath.cwd()) != project.path:
        yield from ("--project", shown_path(project.path))
    yield from overrides_of(project)


def overrides_of(project: Project) -> Iterator[str]:
    """Those of them that say something instead of the project file."""
    overrides = project.overrides
    if overrides.environment is not None:
        yield from ("--env", overrides.environment)
    if overrides.integration is not None:
        yield from ("--integration", shown_path(FilePath(overrides.integration)))
    for name, value in overrides.properties.items():
        yield from ("--property", f"{name}={value if name in overrides.public else MASK}")
    for name in overrides.public:
        yield from ("--public", name)
    for left, right in overrides.hosts.items():
        yield from ("--hosts", f"{left}={right}")
    if overrides.public_url is not None:
        yield from ("--public-url", overrides.public_url)
    for name, value in overrides.values.items():
        head = name.partition(".")[0]
        if head not in _OF_A_RUN:
            yield from ("-o", f"{name}={MASK if head in _SECRET and '$env.' not in value else value}")
