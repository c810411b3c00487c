"""Where ringo-emu is installed from, in one place: every recipe, template and remedy names it."""

from __future__ import annotations

REPOSITORY = "https://github.com/ringo-emu/ringo-emu"
# Nothing is on PyPI yet: after the first release this is "ringo-emu". Then run docs/generate.py.
REQUIREMENT = f"git+{REPOSITORY}"
"""What to name to ``pip install``."""
