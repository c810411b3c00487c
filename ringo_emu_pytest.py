"""The pytest plugin's door: it says so where another package called ``emulator`` stands in its way.

Whoever has both has test suites that need nothing of ours: they go on.
PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ringo_emu_launcher import is_ours, obstacle

_WHY = obstacle()
_INI = ("ringo_project", "ringo_integration", "ringo_scenarios", "ringo_unexpected")

if _WHY is None:
    from emulator.faces.pytest_plugin import *  # noqa: F403 - hooks and fixtures are found by their names
else:

    def pytest_addoption(parser: pytest.Parser) -> None:
        """Know the settings of the plugin, so that nobody is told that they are unknown."""
        parser.getgroup("ringo-emu").addoption("--ringo-project", metavar="FILE", help=f"Not to be had: {_WHY}")
        for name in _INI:
            parser.addini(name, f"not to be had: {_WHY}")

    def _refused() -> Any:
        pytest.fail(f"ringo-emu: {_WHY}", pytrace=False)

    @pytest.fixture(scope="session")
    def ringo_config() -> Any:
        """Not to be had here."""
        return _refused()

    @pytest.fixture(scope="session")
    def ringo_session() -> Any:
        """Not to be had here."""
        return _refused()

    @pytest.fixture
    def ringo() -> Any:
        """Not to be had here."""
        return _refused()

    @pytest.fixture
    def ringo_async() -> Any:
        """Not to be had here."""
        return _refused()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Tell of another package of our name: it is in our way, or we are in its."""
    if _WHY is not None:
        return f"ringo-emu: {_WHY}"
    root = config.rootpath
    for file in (root / "emulator/__init__.py", root / "emulator.py", root / "src/emulator/__init__.py"):
        if file.is_file() and not is_ours(file):
            shown = Path(file).relative_to(root)
            return (
                f'ringo-emu: its own package is called "emulator", too: import emulator does not find {shown} here; '
                "install ringo-emu into a virtual environment of its own"
            )
    return None
