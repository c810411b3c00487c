"""Every scenario of the cookbook and of the language's reference passes against the reference provider as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/cookbook.md").read_text("utf-8")
SITUATIONS = re.findall(r"^## (\d+)\. .*?```yaml\n(scenario:.*?)```", PAGE, re.MULTILINE | re.DOTALL)

REFERENCE = re.findall(
    r"^```yaml\n(scenario:.*?)^```", (ROOT / "docs/scenarios.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


def test_there_are_twelve() -> None:
    """As many as the title says, each with a scenario."""
    assert [str(number) for number in range(1, 13)] == [number for number, _ in SITUATIONS]


@pytest.mark.parametrize(
    "text",
    [*(pytest.param(text, id=number) for number, text in SITUATIONS), *REFERENCE],
    ids=lambda text: text.splitlines()[0] if isinstance(text, str) else None,
)
def test_it_passes(text: str, command: Any, tmp_path: Path) -> None:
    """With the project of the repository, and a provider of its own."""
    for name in ("reference.json", "ringo-emu.yaml"):
        shutil.copy(ROOT / "scenarios" / name, tmp_path / name)
    shutil.copytree(ROOT / "scenarios/fixtures", tmp_path / "fixtures")
    (tmp_path / "x.yaml").write_text(text.replace("127.0.0.1:8080", "127.0.0.1:$port.provider$"), "utf-8")
    code = command("run", "x.yaml")
    assert code == 0, command.out + command.err
