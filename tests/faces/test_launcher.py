"""Another package called ``emulator``: the command, the plugin and doctor say so in a sentence, and name a remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ringo_emu_launcher
from emulator.faces import cli
from emulator.faces.commands import doctor

ROOT = Path(__file__).parents[2]
MEND = "install ringo-emu into a virtual environment of its own"
START = "from ringo_emu_launcher import main; main()"
SUITE = "def test_of_theirs():\n    from emulator import Machine\n\ndef test_of_ours(ringo):\n    pass\n"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder with another package of our name, which says so if it is run."""
    (tmp_path / "emulator").mkdir()
    (tmp_path / "emulator/__init__.py").write_text("print('theirs is run')\nclass Machine: ...\n")
    return tmp_path


def _started(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as its script starts it, where what is in *folder* is found first."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    call = [sys.executable, "-P", "-c", START, *arguments]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_command_finds_another_package(theirs: Path) -> None:
    """It is named, and not run."""
    done = _started(theirs, "--version")
    place = theirs / "emulator/__init__.py"
    why = f'another package called "emulator" is in the way, {place}: {MEND}, '
    why += "and leave that one's folder out of PYTHONPATH"
    assert (2, "", f"error: {why}\n") == (done.returncode, done.stdout, done.stderr)


def test_the_command_finds_a_module(tmp_path: Path) -> None:
    """A single file of that name is in the way as well."""
    (tmp_path / "emulator.py").write_text("")
    done = _started(tmp_path, "lint", "x.json")
    assert done.returncode == 2
    assert f"is in the way, {tmp_path / 'emulator.py'}" in done.stderr


def test_nothing_is_in_the_way(tmp_path: Path) -> None:
    """A folder without code of that name hides nothing."""
    (tmp_path / "emulator").mkdir()
    done = _started(tmp_path, "--version")
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("gone", "arguments"),
    [("faces/cli.py", ["--version"]), ("core/linting.py", ["lint", "x.json"]), ("scenario", ["run"])],
    ids=["at-once", "in-a-command", "a-whole-package"],
)
def test_files_of_ours_that_are_gone(gone: str, arguments: list[str], tmp_path: Path) -> None:
    """As after another one was installed over ours, and taken away: no traceback, whenever it shows."""
    shutil.copytree(ROOT / "emulator", tmp_path / "emulator", ignore=shutil.ignore_patterns("__pycache__", "static"))
    path = tmp_path / "emulator" / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    (tmp_path / "x.json").write_text("{}")
    done = _started(tmp_path, *arguments)
    module = f"emulator.{gone.removesuffix('.py').replace('/', '.')}"
    assert done.returncode == 2
    assert "ringo-emu is not whole" in done.stderr
    assert module in done.stderr
    assert MEND in done.stderr
    assert "Traceback" not in done.stderr


def test_what_others_lack_is_no_conflict() -> None:
    """A package that ours needs is told as Python tells it."""
    assert ringo_emu_launcher.lacking(ImportError("no", name="aiohttp")) is None
    assert ringo_emu_launcher.lacking(ImportError("no")) is None


def test_the_launcher_imports_nothing_heavy() -> None:
    """The start costs no more for it."""
    code = "import sys; before = set(sys.modules); import ringo_emu_launcher; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pathlib", "typing", "re", "click", "emulator"} & set(done.stdout.split())


# -- pytest


def _suite(folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(SUITE)
    (folder / "pytest.ini").write_text("[pytest]\nringo_unexpected = warn\nfilterwarnings = error\n")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    call = [sys.executable, "-m", "pytest", "--strict-config", "-p", "ringo_emu_pytest", "-rA"]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_suite_whose_own_package_has_our_name(theirs: Path) -> None:
    """It goes on; only what asks for our fixtures fails, and says why."""
    done = _suite(theirs)
    why = f'another package called "emulator" is in the way, {theirs / "emulator/__init__.py"}: {MEND}'
    assert f"\nringo-emu: {why}" in done.stdout
    assert "PASSED test_it.py::test_of_theirs" in done.stdout
    assert "ERROR test_it.py::test_of_ours - Failed: ringo-emu: another package" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_suite_that_finds_ours_in_place_of_its_own(tmp_path: Path) -> None:
    """pytest has imported ours before: its header says why the suite does not find its own."""
    (tmp_path / "src/emulator").mkdir(parents=True)
    (tmp_path / "src/emulator/__init__.py").write_text("class Machine: ...\n")
    done = _suite(tmp_path)
    assert (
        'ringo-emu: its own package is called "emulator", too: import emulator does not find src/emulator'
        in done.stdout
    )
    assert "FAILED test_it.py::test_of_theirs" in done.stdout


# -- doctor


def test_doctor_names_what_has_our_name(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other distributions that bring a package of that name, and one in this folder."""
    assert [] == list(doctor._of_our_name(ROOT))
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: {"emulator": ["ringo-emu", "gameboy"]})
    installed, here = doctor._of_our_name(theirs)
    assert "gameboy has installed a package of that name too" in installed.message
    assert ("fail", 2, MEND) == (installed.status, installed.exit_code, installed.mend)
    assert here.message.startswith("emulator/__init__.py here has the name of ringo-emu's own package")
    assert here.status == "warn"


def test_a_bug_stays_a_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An import of something else that fails is none of an installation's faults."""

    def fails(*_: object, **__: object) -> None:
        raise ImportError("no", name="resource")

    monkeypatch.setattr(cli.cli, "main", fails)
    assert cli.run([]) == 4
    assert "This is a bug in ringo-emu" in capsys.readouterr().err
