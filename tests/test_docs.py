"""The documentation says what the code does: generated pages are current, examples load, nothing is left out."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from pathlib import Path

import pytest

from emulator.core import matching
from emulator.core.comparing import OPERATORS
from emulator.core.profile import Profile
from emulator.core.reading import Defaults
from emulator.faces import cli, installation
from emulator.scenario.loading import COMMON_KEYS, load_scenarios
from emulator.scenario.model import ScenarioKeys
from emulator.scenario.project import ProjectFile, load_project
from emulator.scenario.steps.registry import STEP_KINDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^( *)```yaml\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)\)")
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
GENERATOR = runpy.run_path(str(DOCS / "generate.py"))
GENERATED = GENERATOR["PAGES"]
RULES = [each.number for each in GENERATOR["framework_rules"]()]


def _examples(page: Path) -> list[str]:
    """The YAML examples of a page, without the indentation of the list that they may stand in."""
    return [
        "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))
        for indent, text in _FENCE.findall(page.read_text("utf-8"))
    ]


SCENARIOS = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in PAGES
    for number, text in enumerate(_examples(page))
    if text.startswith("scenario:")
]
PROJECTS = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in PAGES
    for number, text in enumerate(_examples(page))
    if text.startswith("integration:")
]


@pytest.mark.parametrize("name", GENERATED)
def test_generated_pages_are_current(name: str) -> None:
    """A generated page is what docs/generate.py writes."""
    assert GENERATED[name]() == (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("recipe", GENERATOR["RECIPES"], ids=lambda path: path.name)
def test_recipes_install_from_where_it_is(recipe: Path) -> None:
    """What a recipe tells pip to install is what emulator/faces/installation.py says."""
    text = recipe.read_text("utf-8")
    assert GENERATOR["with_the_way_to_install"](text) == text


def test_the_repository_is_named_once() -> None:
    """The package's metadata names the repository that recipes install from."""
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert installation.REPOSITORY == project["urls"]["Source"]


def test_every_rule_has_a_test() -> None:
    """Each rule of the framework is named by a test that proves it."""
    named = {number for proof in GENERATOR["proofs"]() for number in proof.numbers}
    assert [number for number in RULES if number not in named] == []


def test_tests_name_rules_that_there_are() -> None:
    """No test proves a rule that the framework does not have."""
    named = {number: f"{proof.path.name}::{proof.name}" for proof in GENERATOR["proofs"]() for number in proof.numbers}
    assert [test for number, test in named.items() if number not in RULES] == []


def test_every_rule_is_read() -> None:
    """No rule of the framework is written so that its number or its mark is missed, and none stands out of order."""
    page = (DOCS / "framework.md").read_text("utf-8")
    assert RULES == re.findall(r"^- \*\*(\d+\.\d+)\*\*", page, re.MULTILINE)
    assert sorted(RULES, key=lambda number: [int(part) for part in number.split(".")]) == RULES
    assert len({*RULES}) == len(RULES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that is there."""
    links = [link for link in _LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("text", SCENARIOS)
def test_example_scenarios_load(text: str, tmp_path: Path) -> None:
    """Every scenario that the documentation shows can be loaded."""
    path = tmp_path / "example.yaml"
    path.write_text(text, "utf-8")
    project = load_project(ROOT / "scenarios/ringo-emu.yaml", environment={})
    assert load_scenarios([path], project)


@pytest.mark.parametrize("text", PROJECTS)
def test_example_projects_load(text: str, tmp_path: Path) -> None:
    """Every project file that the documentation shows can be loaded."""
    (tmp_path / "acme.json").write_bytes((ROOT / "scenarios/reference.json").read_bytes())
    path = tmp_path / "ringo-emu.yaml"
    path.write_text(text, "utf-8")
    assert load_project(path, environment={"ACME_KEY": "abcd"}).file.properties == {"API key": "abcd"}


def test_readme_shows_the_demo_as_it_is() -> None:
    """The scenario on the README's first screen is the one that make demo plays."""
    assert (ROOT / "scenarios/first-conversation.yaml").read_text("utf-8") in _examples(ROOT / "README.md")


def test_readme_tells_of_every_command() -> None:
    """No command is undocumented."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in cli.COMMANDS if f"`ringo-emu {name}" not in readme] == []


def test_language_reference_is_complete() -> None:
    """The reference tells of every verb, key, operator, argument and check of the language."""
    page = (DOCS / "scenarios.md").read_text("utf-8")
    fields = {field.alias or name for kind in STEP_KINDS.values() for name, field in kind.model_fields.items()}
    checks = {name for kind in STEP_KINDS.values() if kind.check for name in kind.check.model_fields}
    words = {*STEP_KINDS, *COMMON_KEYS, *OPERATORS, *ScenarioKeys.model_fields, *fields, *checks}
    shorthand_only = {"text", "duration"}  # of note and wait, which take a scalar
    assert set() == {word for word in words - shorthand_only if not re.search(rf"\b{word}\b", page)}


def test_project_file_reference_is_complete() -> None:
    """The reference tells of every key of the project file."""
    page = (DOCS / "project-file.md").read_text("utf-8")
    assert [name for name in ProjectFile.model_fields if f"| `{name}` |" not in page] == []


def test_defaults_without_a_project_are_those_of_the_profile() -> None:
    """A document is read alike with a default profile and with none."""
    profile = Profile()
    assert Defaults() == Defaults(document_shapes=profile.document_shapes, nested_form=profile.nested_form)
    assert matching.Defaults() == matching.Defaults(
        model_choice=profile.model_choice, empty_values=profile.empty_values, joined_urls=profile.joined_urls
    )


_SHAPE = re.compile(r"<!-- (\S+)(?: \$\.(\S+))? -->\n```json\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize(("file", "path", "text"), _SHAPE.findall((DOCS / "your-document.md").read_text("utf-8")))
def test_the_page_of_shapes_shows_what_is_played(file: str, path: str, text: str) -> None:
    """Each part that docs/your-document.md prints is the one of an example that the tests play."""
    shown = json.loads((ROOT / "scenarios/shapes" / file).read_text("utf-8"))
    for key in re.findall(r"\w+", path):
        shown = shown[int(key) if key.isdecimal() else key]
    assert json.loads(text) == shown
