"""The layers: a module imports from its own layer or one further in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_CONTRACTS = """
[importlinter]
root_package = emulator

[importlinter:contract:inward]
name = outward
type = layers
layers =
    emulator.core
    emulator.engine
"""


def _lint_imports(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_point_inward() -> None:
    """No module imports from a layer further out, the core imports nothing that acts, the provider nothing of ours."""
    done = _lint_imports()
    assert "3 kept, 0 broken" in done.stdout, done.stdout
    assert done.returncode == 0


def test_an_outward_import_would_be_named(tmp_path: Path) -> None:
    """Turned around, the contract is broken, and the importing modules are named: so the test above can fail."""
    contracts = tmp_path / "contracts.ini"
    contracts.write_text(_CONTRACTS)
    done = _lint_imports("--config", str(contracts))
    assert done.returncode == 1
    assert "emulator.engine.calling -> emulator.core" in done.stdout
