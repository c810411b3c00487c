"""A command opens as many files as it is allowed to, up to what it can need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emulator.faces.session import FILES_WANTED

_SCRIPT = """
import resource
from emulator.faces.session import allow_files
allow_files()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(64, 256), (256, 256)])
def test_the_limit_of_open_files(soft: int, hard: int) -> None:
    """The soft limit is raised to the hard one, which stays."""
    limits = ["sh", "-c", f'ulimit -S -n {soft} && ulimit -H -n {hard} && exec "$0" "$@"']
    made = subprocess.run([*limits, sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert made.stdout.split() == [str(min(hard, FILES_WANTED)), str(hard)]
