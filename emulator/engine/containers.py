"""Whether we run in a container, whose loopback others may be let into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def in_container(environment: Mapping[str, str], root: Path = Path("/")) -> bool:
    """Whether this process runs in a container, as far as Docker, Podman and Kubernetes tell."""
    marks = (root / ".dockerenv", root / "run/.containerenv")
    return "KUBERNETES_SERVICE_HOST" in environment or any(mark.exists() for mark in marks)
