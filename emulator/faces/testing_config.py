"""Which project tests play against: what the fixture ``ringo_config``, options and ini files say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from emulator.core.findings import suggestion
from emulator.engine.user_files import is_file
from emulator.errors import RingoError, UsageError
from emulator.faces.output import Output, error_lines
from emulator.scenario.fail_on import parse_fail_on
from emulator.scenario.loading import holds_scenarios, load_scenarios
from emulator.scenario.project import Overrides, load_project

if TYPE_CHECKING:
    from emulator.core.source import Path
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project

_MAPS = ("properties", "hosts", "values")
_KEYS = ("project", "integration", "provider", "public", "public_url", "host", "port", "environment", "fail_on", *_MAPS)


@dataclass(frozen=True, kw_only=True)
class _Given(Overrides):
    """Overrides that stand in ``ringo_config``."""

    def options(self) -> dict[Path, str]:
        """What a person wrote, by the path of what it sets."""
        keys: dict[Path, str] = {path: f'ringo_config["{path[0]}"]' for path in super().options() if len(path) == 1}
        for key, values in (("properties", self.properties), ("hosts", self.hosts)):
            keys.update({(key, name): f'ringo_config["{key}"]["{name}"]' for name in values})
        return {**keys, **{tuple(name.split(".")): f'ringo_config["values"]["{name}"]' for name in self.values}}


def merged(config: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """*config*, with *defaults* for what it leaves out.

    Raises:
        UsageError: It is no mapping, or has keys or a port that mean nothing.
    """
    if not isinstance(config, Mapping):
        raise UsageError("ringo_config is no mapping", mend='return such as {"integration": "acme.json"}')
    for name in config:
        if name not in _KEYS:
            raise UsageError(f'ringo_config has no "{name}"', mend=suggestion(str(name), _KEYS))
    if not str(config.get("port", 0)).isdecimal():
        raise UsageError(f"ringo_config: {config['port']!r} is no port", mend="leave it out: any free one will do")
    return {**defaults, **config}


def open_project(config: Mapping[str, Any], folder: FilePath) -> Project:
    """The project that *config* means; its paths are relative to *folder*.

    Raises:
        RingoError: It cannot be used.
    """
    for name in _MAPS:
        if not isinstance(config.get(name) or {}, Mapping):
            raise UsageError(f'ringo_config["{name}"] is no mapping', mend='write {"name": "value"}')
    public = config.get("public") or ()
    if isinstance(public, str) or not isinstance(public, Sequence):
        raise UsageError('ringo_config["public"] is no list', mend='write the names of properties: ["Region"]')
    fail_on = config.get("fail_on") or ()
    if isinstance(fail_on, str) or not isinstance(fail_on, Sequence):
        raise UsageError('ringo_config["fail_on"] is no list', mend='write such as ["error", "WH-204"]')
    maps = {key: {str(name): str(value) for name, value in (config.get(key) or {}).items()} for key in _MAPS}
    if fail_on:
        maps["values"]["fail_on"] = parse_fail_on(map(str, fail_on), "fail_on")
    path, integration, public_url, environment = (
        config.get(name) for name in ("project", "integration", "public_url", "environment")
    )
    if path is None and integration is None:
        raise UsageError(
            "no ringo-emu.yaml here or in a folder above, and no integration document is named",
            mend="write one, set ringo_project or ringo_integration in pytest's ini file, or define ringo_config",
        )
    if path is not None and not is_file(folder / path):
        raise UsageError(f"there is no project file {folder / path}", mend="see ringo_project and --ringo-project")
    overrides = _Given(
        integration=str(folder / integration) if integration is not None else None,
        public_url=str(public_url) if public_url is not None else None,
        environment=str(environment) if environment is not None else None,
        properties=maps["properties"],
        public=tuple(map(str, public)),
        hosts=maps["hosts"],
        values=maps["values"],
    )
    project = load_project(folder / path if path is not None else None, overrides)
    starts = config.get("provider", True)
    return project if starts else replace(project, file=project.file.model_copy(update={"provider": None}))


def read_scenarios(path: FilePath, project: Project) -> tuple[Scenario, ...]:
    """The scenarios of a file; none where it is a YAML file of another kind.

    Raises:
        RingoError: It is wrong.
    """
    return load_scenarios([path], project) if holds_scenarios(path) else ()


def in_words(error: RingoError, project: Project | None = None) -> str:
    """What is told of *error*, without a traceback."""
    return "\n".join(error_lines(error, Output(project.redactor if project else None, color=False)))
