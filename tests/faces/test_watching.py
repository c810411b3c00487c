"""``run --watch`` runs again on every change that matters, and no bad input ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.faces.watching import matters

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sms.yaml", True),
        ("sms.yml", True),
        ("acme.json", True),
        ("cases.csv", True),
        (".env", True),
        ("app.py", False),
        (".ringo-emu/last-failed.json", False),
        ("report.json", False),
        ("node_modules/mocha/package.json", False),
        (".venv/x/y.yaml", False),
        ("environment/lib/y.yaml", False),
        ("deeper/x.yaml", True),
        ("../elsewhere.yaml", False),
    ],
)
def test_which_changes_matter(name: str, expected: bool, tmp_path: Path) -> None:
    """Scenarios, documents, project files and what they read; nothing that the run writes itself."""
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment/pyvenv.cfg").touch()
    path = (tmp_path / name).resolve()
    assert expected == matters(path, [tmp_path.resolve()], {tmp_path / "report.json"})


def test_a_named_folder_is_watched_whatever_its_name(tmp_path: Path) -> None:
    """Who plays what lies in a hidden folder has named it; what is hidden below it stays left out."""
    hidden = tmp_path / ".e2e"
    assert matters(hidden / "sms.yaml", [tmp_path, hidden], ())
    assert not matters(hidden / ".git/sms.yaml", [tmp_path, hidden], ())


def test_run_again_on_change(project: Path) -> None:
    """A change of a scenario plays it again; one that breaks it is told; Ctrl-C ends."""
    scenario = project / "first-conversation.yaml"
    with subprocess.Popen(
        [PROGRAM, "run", "--watch", "-q"], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline().startswith("1 passed")
            assert f"waiting for a change below {project}; Ctrl-C ends\n" == process.stderr.readline()
            scenario.write_text(scenario.read_text("utf-8").replace("pong", "pung"), "utf-8")
            assert "a file has changed\n" == process.stderr.readline()
            assert process.stdout.readline().startswith("1 passed")
            assert process.stderr.readline().startswith("waiting")
            scenario.write_text("scenario: [", "utf-8")
            assert "a file has changed\n" == process.stderr.readline()
            told = [process.stderr.readline()]
            while not told[-1].startswith("waiting"):
                told.append(process.stderr.readline())
            assert "first-conversation.yaml:1:11  not YAML" in told[0]
            process.send_signal(signal.SIGINT)
            assert 130 == process.wait()
        finally:
            process.kill()
