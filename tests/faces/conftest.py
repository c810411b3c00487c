"""What the commands' tests share: the real program, a running reference provider, a project of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.faces import cli

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
REFERENCE = str(ROOT / "scenarios/reference.json")


class Commands:
    """Runs commands in this process, and keeps what they printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        """Run one; returns its exit code."""
        code = cli.run(list(arguments))
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Runs commands in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Commands(capsys)


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The reference provider as a process of its own; its URL."""
    with subprocess.Popen([PROGRAM, "provider", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


@pytest.fixture
def options(provider: str) -> list[str]:
    """Options that mean the reference document and the running provider."""
    return [
        "--integration",
        REFERENCE,
        "--property",
        "API key=demo-key",
        "--hosts",
        f"https://api.example.com={provider}",
    ]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project in scenarios/."""
    for name in ("reference.json", "ringo-emu.yaml", "first-conversation.yaml"):
        shutil.copy(ROOT / "scenarios" / name, tmp_path / name)
    return tmp_path
