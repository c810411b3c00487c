"""Every key of every example scenario, misspelt: each is caught when it is loaded, at its line, with the right word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.errors import ScenarioError
from emulator.scenario.loading import COMMON_KEYS, load_scenarios
from emulator.scenario.model import ScenarioKeys
from emulator.scenario.project import load_project
from emulator.scenario.steps.registry import STEP_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.scenario.project import Project

ROOT = Path(__file__).parents[2]
PAGES = ("scenarios.md", "cookbook.md", "reports.md", "oauth.md")
_BLOCK = re.compile(r"^```yaml\n(scenario:.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    *(text for page in PAGES for text in _BLOCK.findall((ROOT / "docs" / page).read_text("utf-8"))),
    *(path.read_text("utf-8") for path in sorted((ROOT / "scenarios").glob("*.yaml")) if path.name != "ringo-emu.yaml"),
]
_OWN_NAMES = ("vars:", "  - {label:")
"""Lines whose names are the scenario's own: of those the placeholder that lacks its value is told."""
_KEY = re.compile(r"(?:^|[\s{,-])([A-Za-z_]{4,}):(?=[\s{]|$)", re.MULTILINE)


def known_keys() -> set[str]:
    """The keys of the language; those of texts and of a provider's own data are not meant."""
    own = {field.alias or name for kind in STEP_KINDS.values() for name, field in kind.model_fields.items()}
    checks = {name for kind in STEP_KINDS.values() if kind.check for name in kind.check.model_fields}
    return {*ScenarioKeys.model_fields, *STEP_KINDS, *COMMON_KEYS, *own, *checks, "starts_with", "contains", "format"}


def mutants() -> Iterator[tuple[str, int, str, str]]:
    """Each example with one key misspelt: the text, the key's line, the key and what it became."""
    known = known_keys()
    for text in EXAMPLES:
        for match in _KEY.finditer(text):
            key = match.group(1)
            line_text = text[text.rfind("\n", 0, match.start(1)) + 1 :].partition("\n")[0]
            if key in known and not line_text.startswith(_OWN_NAMES):
                for wrong in (key[:-2] + key[-1], key[0] + key[2] + key[1] + key[3:], key + key[-1]):
                    if wrong not in known and wrong != key:
                        line = text.count("\n", 0, match.start(1)) + 1
                        yield text[: match.start(1)] + wrong + text[match.end(1) :], line, key, wrong


@pytest.fixture(scope="module")
def project() -> Project:
    """The repository's own."""
    return load_project(ROOT / "scenarios/ringo-emu.yaml", environment={})


@pytest.mark.slow
def test_every_misspelt_key_is_caught(project: Project, tmp_path: Path) -> None:
    """A letter left out, two swapped, one doubled: never silently, never somewhere else."""
    path = tmp_path / "x.yaml"
    missed = []
    count = 0
    for text, line, key, wrong in mutants():
        count += 1
        path.write_text(text, "utf-8")
        try:
            load_scenarios([path], project)
        except ScenarioError as error:
            told = [each for each in error.findings if each.where and each.where.line == line]
            if any(wrong in each.message and key in f"{each.remedy}{each.message}" for each in told):
                continue
            missed.append((wrong, line, [f"{each.where}: {each.message} ({each.remedy})" for each in error.findings]))
        else:
            missed.append((wrong, line, ["nothing was told"]))
    assert [] == missed[:10], f"{len(missed)} of {count}"
    assert count > 300
