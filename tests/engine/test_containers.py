"""Whether we run in a container is told by what each kind of them leaves there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.engine.containers import in_container

if TYPE_CHECKING:
    from pathlib import Path


def test_containers(tmp_path: Path) -> None:
    """Docker and Podman leave a file, Kubernetes a variable."""
    assert not in_container({}, tmp_path)
    assert in_container({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.containerenv").touch()
    assert in_container({}, tmp_path)
