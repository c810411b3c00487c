"""Every difficult text arrives as it was written, at the provider and from it, in each way to say it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["json", "form", "query", "multipart"])
def test_texts_arrive_as_they_were_written(environment: str, tmp_path: Path) -> None:
    """Framework 4.4, 8.20: character for character."""
    shutil.copytree(ROOT / "scenarios", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".ringo-emu"))
    command = [sys.executable, "-m", "emulator", "run", "content/texts.yaml", "--json"]
    if environment != "json":
        command += ["--env", environment]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    ended = [line for line in lines if line["event"] == "scenario_finished"]
    assert [line["scenario"] for line in ended if line["status"] != "passed"] == [], done.stdout[-3000:]
    assert len(ended) == 44
    assert done.returncode == 0
