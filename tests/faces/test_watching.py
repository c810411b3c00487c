"""``run --watch`` runs again on every change that matters, and no bad input ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.faces.watching import Watched, watched
from emulator.scenario.project import load_project

REFERENCE = Path(__file__).parents[2] / "scenarios/reference.json"
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
    assert expected == Watched([tmp_path.resolve()], {tmp_path / "report.json"}).matters(path)


def test_a_named_folder_is_watched_whatever_its_name(tmp_path: Path) -> None:
    """Who plays what lies in a hidden folder has named it; what is hidden below it stays left out."""
    hidden = tmp_path / ".e2e"
    assert Watched([tmp_path, hidden]).matters(hidden / "sms.yaml")
    assert not Watched([tmp_path, hidden]).matters(hidden / ".git/sms.yaml")


PROVIDER = 'integration: acme.json\nproperties: {API key: k}\nprovider: {run: [%s], ready: "http://127.0.0.1:1"%s}\n'


@pytest.mark.parametrize(
    ("run", "watch", "name", "expected"),
    [
        ("python, app.py", "", "app.py", True),
        ("python, app.py", "", "lib/deep.ts", True),
        ("python, app.py", "", "app.db", False),
        ("python, app.py", "", "app.log", False),
        ("python, app.py", "", "node_modules/x/index.js", False),
        ("python, app.py", "", "../src/server.js", False),
        ("node, ../src/server.js", "", "../src/server.js", True),
        ("node, ../src/server.js", "", "../src/routes/sms.js", True),
        ("node, ../src/server.js", ', watch: ["../src"]', "../src/views/page.html", True),
        ("node, ../src/server.js", ', watch: ["../src"]', "app.py", False),
        ("node, ../src/server.js", ', watch: ["../src/server.js"]', "../src/server.js", True),
        ("node, ../src/server.js", ', watch: ["../src/server.js"]', "../src/other.js", False),
        ("node, ../src/server.js", ', watch: ["../src"]', "sms.yaml", True),
    ],
)
def test_the_code_of_the_provider(run: str, watch: str, name: str, expected: bool, tmp_path: Path) -> None:
    """Its sources beside the project file and beside what is run, but nothing that it writes; or what `watch` names."""
    folder = tmp_path / "emu"
    for each in (folder, tmp_path / "src"):
        each.mkdir()
    (tmp_path / "src/server.js").touch()
    (folder / "acme.json").write_text(REFERENCE.read_text("utf-8"), "utf-8")
    (folder / "ringo-emu.yaml").write_text(PROVIDER % (run, watch), "utf-8")
    project = load_project(folder / "ringo-emu.yaml", environment={})
    assert expected == watched(project, [], ()).matters((folder / name).resolve())


def test_a_provider_that_somebody_else_starts(tmp_path: Path) -> None:
    """Its code is not looked at: nothing says where it is."""
    (tmp_path / "acme.json").write_text(REFERENCE.read_text("utf-8"), "utf-8")
    (tmp_path / "ringo-emu.yaml").write_text("integration: acme.json\nproperties: {API key: k}\n", "utf-8")
    project = load_project(tmp_path / "ringo-emu.yaml", environment={})
    assert not watched(project, [], ()).matters(tmp_path / "app.py")


def test_the_changed_provider_is_started_again(project: Path) -> None:
    """A change of the provider's code is named, and plays against the provider as it then is."""
    file = project / "ringo-emu.yaml"
    text = file.read_text("utf-8")
    assert "-m, emulator," in text
    file.write_text(text.replace("-m, emulator,", "provider.py,"), "utf-8")
    (project / "provider.py").write_text("from emulator.faces.cli import main\nmain()\n", "utf-8")
    with subprocess.Popen(
        [PROGRAM, "run", "--watch", "-q"], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline().startswith("1 passed")
            assert process.stderr.readline().startswith("waiting")
            (project / "provider.py").write_text("raise SystemExit('no longer')\n", "utf-8")
            assert process.stderr.readline() == "provider.py has changed\n"
            told = [process.stderr.readline()]
            while not told[-1].startswith("waiting"):
                told.append(process.stderr.readline())
            assert "no longer" in "".join(told)
        finally:
            process.kill()


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
            assert "first-conversation.yaml has changed\n" == process.stderr.readline()
            assert process.stdout.readline().startswith("1 passed")
            assert process.stderr.readline().startswith("waiting")
            scenario.write_text("scenario: [", "utf-8")
            assert "first-conversation.yaml has changed\n" == process.stderr.readline()
            told = [process.stderr.readline()]
            while not told[-1].startswith("waiting"):
                told.append(process.stderr.readline())
            assert "first-conversation.yaml:1:11  not YAML" in told[0]
            process.send_signal(signal.SIGINT)
            assert 130 == process.wait()
        finally:
            process.kill()
