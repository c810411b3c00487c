"""What docs/ci.md says to do in CI does it: options exist, shell lines run, action and image agree with them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ci.md").read_text("utf-8")
ACTION = yaml.safe_load((ROOT / ".github/actions/ringo-emu/action.yml").read_text("utf-8"))
BIN = Path(sys.executable).parent


def lines() -> list[str]:
    """Every line of the recipes that calls ringo-emu."""
    found = re.findall(r"ringo-emu (?:run|wait-ready|serve) [^\n`]*", PAGE)
    return [*found, " ".join(ACTION["runs"]["steps"][1]["run"].split())]


@pytest.mark.parametrize("line", lines())
def test_options_that_recipes_name_exist(line: str) -> None:
    """A recipe with an option that is gone would fail only in somebody's pipeline."""
    words = shlex.split(line)
    help_text = subprocess.run(
        [str(BIN / "ringo-emu"), words[1], "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert [word for word in words if word.startswith("--") and word not in help_text] == []


@pytest.mark.parametrize("text", re.findall(r"```yml\n(.*?)```", PAGE, re.DOTALL), ids=["github", "action", "gitlab"])
def test_recipes_are_yaml(text: str) -> None:
    """As the CI systems read it."""
    assert yaml.safe_load(text)


def test_the_action_plays_scenarios(project: Path) -> None:
    """Its second step, as the runner calls it, with the inputs' defaults and a summary to write to."""
    defaults = {name.upper(): entry["default"] for name, entry in ACTION["inputs"].items()}
    environment = {**os.environ, **defaults, "SCENARIOS": ".", "GITHUB_STEP_SUMMARY": str(project / "summary.md")}
    environment["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    script = ACTION["runs"]["steps"][1]["run"]
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=project, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "ringo-reports/junit.xml").is_file()
    assert (project / "ringo-reports/report.html").is_file()
    assert (project / "summary.md").read_text("utf-8").startswith("### ringo-emu: 1 passed")


def test_the_action_installs_the_commit_that_it_is_part_of() -> None:
    """Three folders above the action's own is what pip can install."""
    step = ACTION["runs"]["steps"][0]
    assert step["env"]["REPOSITORY"] == "${{ github.action_path }}/../../.."
    assert (ROOT / ".github/actions/ringo-emu/../../../pyproject.toml").is_file()


def test_the_workflow_of_this_project_runs_make() -> None:
    """Its targets are there, newest and oldest among them, and every action is the one that was looked at."""
    text = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    matrix = yaml.safe_load(text)["jobs"]["tests"]["strategy"]["matrix"]
    targets = {*matrix["target"], *(word for each in matrix["include"] for word in each["target"].split())}
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony is not None
    assert {"test", "newest", "oldest", "lint", "types"} <= targets <= {*phony.group(1).split()}
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each)] == []


def test_the_image_runs_what_the_program_has() -> None:
    """Its command and port are those that the page speaks of."""
    text = (ROOT / "docs/docker/Dockerfile").read_text("utf-8")
    command = re.search(r'^CMD \["serve", (.*)\]$', text, re.MULTILINE)
    assert command is not None
    assert ["--host", "0.0.0.0", "--port", "9000"] == re.findall(r'"([^"]+)"', command.group(1))  # noqa: S104
    assert 'ENTRYPOINT ["ringo-emu"]' in text
    assert "USER ringo" in text
