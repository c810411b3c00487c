"""``ringo-emu profile``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from emulator.errors import UsageError
from emulator.faces import completing
from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.profile import Profile
    from emulator.scenario.project import Origin


@click.command()
@click.argument("name", required=False, shell_complete=completing.settings)
@project_options
@click.option("--json", "as_json", is_flag=True, help='Print {"settings": […], "presets": {…}}.')
def command(name: str | None, as_json: bool, **options: Any) -> int:
    """Show the settings of the profile, or the one of that NAME: what is assumed about Ringotel.

    For each its value in this project and where that comes from, its default, and what it means. "preset" shows what
    the presets set.

    \b
    Example: ringo-emu profile timeout
             ringo-emu profile -o profile.preset=strict
    """
    from emulator.core.findings import suggestion
    from emulator.core.profile import PRESETS, SETTINGS

    if name is not None and name not in (*SETTINGS, "preset"):
        raise UsageError(f'no setting "{name}"', mend=suggestion(name, (*SETTINGS, "preset")))
    profile, origins, output = _profile_here(options)
    shown = [each for each in SETTINGS if name is None or each == name]
    entries = list(_entries(shown, profile, origins))
    if as_json:
        presets = {each: dict(values) for each, values in PRESETS.items()}
        output.json({"preset": profile.preset, "settings": entries, "presets": presets})
        return 0
    for entry in entries:
        _print(entry, output)
    if name == "preset":
        _print_presets(profile.preset, output)
    elif name is None:
        output.line()
        output.text("None of this is known to be what the live platform does. Presets: ringo-emu profile preset")
    return 0


def _profile_here(options: dict[str, Any]) -> tuple[Profile, dict[str, Origin], Output]:
    """The project's profile, or the defaults where there is no project."""
    from pathlib import Path

    from emulator.core.profile import Profile
    from emulator.scenario.searching import find_project_file

    if not any(options.values()) and find_project_file(Path.cwd()) is None:
        return Profile(), {}, Output()
    project = open_project(**options)
    return project.file.profile, dict(project.profile_origins), Output(project.redactor)


def _entries(names: list[str], profile: Profile, origins: dict[str, Origin]) -> Iterator[dict[str, Any]]:
    from emulator.core.profile import Profile, choices, literal, meanings
    from emulator.scenario.project import Origin

    known = meanings()
    for name in names:
        origin = origins.get(name, Origin("default"))
        sentence, section = known[name]
        yield {
            "name": name,
            "value": literal(name, getattr(profile, name)),
            "source": origin.kind,
            "where": origin.where or None,
            "default": literal(name, Profile.model_fields[name].default),
            "choices": list(choices(name)) or None,
            "meaning": sentence,
            "framework": section,
            "mark": "assumed",
        }


def _print(entry: dict[str, Any], output: Output) -> None:
    source = entry["source"] if entry["where"] is None else f"{entry['source']} {entry['where']}"
    if entry["source"] != "default":
        source += f"; default {entry['default']}"
    output.line(output.styled(entry["name"], bold=True) + output.styled(f" = {entry['value']}   ({source})"))
    if entry["meaning"]:
        output.line("    " + output.styled(entry["meaning"]))
    offered = f"one of {', '.join(entry['choices'])}; " if entry["choices"] else ""
    where = f", framework {entry['framework']}" if entry["framework"] else ""
    output.line("    " + output.styled(f"{offered}assumed{where}", dim=True))


def _print_presets(chosen: str, output: Output) -> None:
    from emulator.core.profile import PRESETS

    output.text(f"preset = {chosen}")
    for name, values in PRESETS.items():
        output.text(f"{name}:")
        for setting, value in values.items():
            output.text(f"    {setting}: {value}")
    output.text("What the profile itself says goes before its preset.")
