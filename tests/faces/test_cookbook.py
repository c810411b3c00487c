"""Every scenario of the cookbook passes against the reference provider as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/cookbook.md").read_text("utf-8")
SITUATIONS = re.findall(r"^## (\d+)\. .*?```yaml\n(scenario:.*?)```", PAGE, re.MULTILINE | re.DOTALL)


def test_there_are_twelve() -> None:
    """As many as the title says, each with a scenario."""
    assert [str(number) for number in range(1, 13)] == [number for number, _ in SITUATIONS]


@pytest.mark.parametrize(("number", "text"), SITUATIONS, ids=[number for number, _ in SITUATIONS])
def test_it_passes(
    number: str,
    text: str,
    command: Any,
    provider: str,
    tmp_path: Path,
) -> None:
    """With the project of the repository, and a provider of its own."""
    for name in ("reference.json", "ringo-emu.yaml"):
        shutil.copy(ROOT / "scenarios" / name, tmp_path / name)
    (tmp_path / "x.yaml").write_text(text.replace("http://127.0.0.1:8080", provider), "utf-8")
    code = command("run", "x.yaml")
    assert code == 0, command.out + command.err
    assert "warning" not in command.out
