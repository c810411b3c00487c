"""Environments beside the one that the tests run in, with the versions of uv.lock."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def uv(*arguments: str | Path) -> None:
    """Run uv, which is one of the development tools.

    Raises:
        CalledProcessError: It failed; its own words went to stderr.
    """
    # Found by `uv run` and by an activated environment alike: the module knows where its program is.
    from uv import find_uv_bin

    subprocess.run([find_uv_bin(), "--quiet", *map(str, arguments)], cwd=ROOT, check=True)


def install(group: str, *where: str | Path, beside_the_package: bool = False) -> None:
    """Install what pyproject.toml lists in *group*, and the package's own dependencies where they are wanted too.

    *where* are options of ``uv pip install`` that say into what.
    """
    requirements = ROOT / f".cache/requirements-{group}.txt"
    requirements.parent.mkdir(exist_ok=True)
    wanted = ("--no-dev", "--group") if beside_the_package else ("--only-group",)
    uv("export", "--locked", *wanted, group, "--no-emit-project", "--output-file", requirements)
    uv("pip", "install", "--require-hashes", "--requirements", requirements, *where)
