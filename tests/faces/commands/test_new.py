"""The command that starts a project: what it writes runs at once, and nothing of the user's is lost."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from emulator.core.reading import read_document
from emulator.errors import Severity, UsageError
from emulator.faces import scaffolding
from emulator.faces.installation import REQUIREMENT
from emulator.faces.openapi_file import MAX_DEPTH, MAX_NODES, read_description_file
from emulator.scenario.loading import find_scenario_files, load_scenarios
from emulator.scenario.project import load_project

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
NAMES = {
    "demo.json",
    "ringo-emu.yaml",
    "scenarios/first-conversation.yaml",
    "tests/test_ringo.py",
    ".github/workflows/ringo-emu.yml",
    ".gitignore",
    ".env.example",
    "fixtures/cat.png",
}
COMBINATIONS = list(product(("bearer", "basic", "none"), (True, False), (True, False)))
DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pigeon Post", "version": "1"},
    "servers": [{"url": "https://api.pigeon.example/v1"}],
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/messages": {
            "post": {
                "operationId": "sendMessage",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["to", "from"],
                                "properties": {
                                    name: {"type": "string"} for name in ("to", "from", "text", "media_url")
                                },
                            }
                        }
                    }
                },
                "responses": {
                    "201": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "properties": {"message_id": {"type": "string"}}}
                            }
                        }
                    }
                },
            }
        },
        "/webhooks": {
            "post": {
                "operationId": "createWebhook",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}
                        }
                    }
                },
                "responses": {"201": {"description": "done"}},
            }
        },
    },
    "webhooks": {
        "delivered": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "message_id": {"type": "string"},
                                    "status": {"type": "string", "enum": ["sent", "delivered"]},
                                },
                            }
                        }
                    }
                }
            }
        }
    },
}


class Terminal(io.StringIO):
    """Standard input of a person who types."""

    def isatty(self) -> bool:
        """It is."""
        return True


def _written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _serious(folder: Path) -> list[str]:
    (path,) = folder.glob("*.json")
    findings = read_document(path.name, path.read_bytes()).findings
    return [f"{each.code} {each.message}" for each in findings if each.severity is not Severity.NOTE]


def _ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True)


# -- what is written


def test_a_project_is_made(command: Any) -> None:
    """new writes every file, says what each is, and which two commands to type next."""
    assert command("new", "--yes", "demo") == 0
    assert NAMES == _written(Path("demo"))
    assert [] == [name for name in NAMES if f"  {name} " not in command.out]
    assert command.out.endswith("next:\n  cd demo && ringo-emu lint demo.json\n  ringo-emu run scenarios/\n")
    assert ".ringo-emu/\n.env\n" == Path("demo/.gitignore").read_text("utf-8")
    assert command("lint", "demo/demo.json") == 0
    assert "no findings" in command.out


def test_in_the_current_folder(command: Any, tmp_path: Path) -> None:
    """Without a folder it is this one; a .gitignore that is there stays as it is, and is in nobody's way."""
    Path(".gitignore").write_text("mine\n", "utf-8")
    assert command("new", "--name", "Zürich Télécom & Co.") == 0
    assert "zurich-telecom-co.json" in _written(tmp_path)
    assert "Zürich Télécom & Co." == json.loads(Path("zurich-telecom-co.json").read_text("utf-8"))["name"]
    assert "next:\n  ringo-emu lint zurich-telecom-co.json\n" in command.out
    assert ".gitignore                         is there already, and stays as it is" in command.out
    assert command("new", "--force") == 0
    assert "mine\n" == Path(".gitignore").read_text("utf-8")


def _options(auth: str, files: bool, subscribe: bool) -> list[str]:
    return ["--auth", auth, "--files" if files else "--no-files", "--subscribe" if subscribe else "--no-subscribe"]


@pytest.mark.parametrize(("auth", "files", "subscribe"), COMBINATIONS)
def test_every_answer_makes_a_project_that_loads(command: Any, auth: str, files: bool, subscribe: bool) -> None:
    """The document has what was asked for and no finding above a note; project file, scenarios and workflow fit it."""
    assert command("new", "demo", *_options(auth, files, subscribe)) == 0
    folder = Path("demo")
    assert [] == _serious(folder)
    document = json.loads((folder / "demo.json").read_text("utf-8"))
    assert (files, subscribe) == ("SendFile" in document["API"], "Subscribe" in document["API"])
    assert {"bearer": "Bearer", "basic": "Basic", "none": None}[auth] == document.get("auth", {}).get("type")
    project = load_project(folder / "ringo-emu.yaml", environment={})
    assert 1 + files == len(load_scenarios(find_scenario_files([folder]), project))
    workflow = yaml.safe_load((folder / ".github/workflows/ringo-emu.yml").read_text("utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["conversations"]["steps"] if "run" in step]
    assert [
        f"python -m pip install {REQUIREMENT}",
        "ringo-emu lint --format github demo.json",
        "ringo-emu run scenarios/",
    ] == commands
    texts = [path.read_text("utf-8") for path in folder.rglob("*.y*ml")]
    assert [] == [text for text in texts if "<" in text or any(line.startswith("[") for line in text.splitlines())]


# -- what is written runs


@pytest.mark.slow
@pytest.mark.parametrize(("auth", "files", "subscribe"), COMBINATIONS)
def test_the_project_runs_at_once(command: Any, auth: str, files: bool, subscribe: bool) -> None:
    """Whatever was answered, the scenarios pass against the reference provider without any editing."""
    assert command("new", "demo", "--url", "https://acme.example/v1", *_options(auth, files, subscribe)) == 0
    done = _ran(Path("demo"), "run", "scenarios/")
    assert (0, f"{1 + files} passed") == (done.returncode, done.stdout.splitlines()[-1][:8]), done.stdout + done.stderr
    assert "warning" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["a b$c$[d]{e}: #f", "-x", "日本", "deep/er/est", "'\"", "emulator"])
def test_odd_folders(command: Any, folder: str) -> None:
    """A folder may be called anything: the commands to type, as they are printed, work in a shell."""
    assert command("new", "--", folder) == 0, command.err
    typed = command.out.split("next:\n")[1].strip().splitlines()
    environment = {**os.environ, "PATH": f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}"}
    script = "set -e\n" + "\n".join(typed)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_package_of_the_same_name_is_not_run(command: Any) -> None:
    """The provider is ringo-emu's own, though the project has a package that is called emulator as well."""
    assert command("new", "demo") == 0
    Path("demo/emulator").mkdir()
    Path("demo/emulator/__init__.py").write_text("1 / 0", "utf-8")
    done = _ran(Path("demo"), "run")
    assert done.returncode == 0, done.stdout + done.stderr


def _pytest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> subprocess.CompletedProcess[str]:
    for name in [name for name in os.environ if name.startswith("PYTEST")]:
        monkeypatch.delenv(name)
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "tests"]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--no-subscribe"]], ids=["subscribe", "by-hand"])
def test_the_pytest_example(command: Any, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    """The tests that are written pass as they are, and fail with the reason once the provider does something else."""
    assert command("new", "demo", *options) == 0
    done = _pytest(Path("demo"), monkeypatch)
    assert (0, True) == (done.returncode, "2 passed" in done.stdout), done.stdout + done.stderr
    project = Path("demo/ringo-emu.yaml")
    project.write_text(project.read_text("utf-8").replace("text: $content$", "text: no $content$"), "utf-8")
    done = _pytest(Path("demo"), monkeypatch)
    assert (1, True) == (done.returncode, "1 failed, 1 passed" in done.stdout), done.stdout + done.stderr
    assert "no pong" in done.stdout


# -- nothing of the user's is lost


def test_files_in_the_way(command: Any) -> None:
    """All files that are there already are listed, and nothing is written; --force overwrites them."""
    folder = Path("demo")
    (folder / "tests").mkdir(parents=True)
    for name in ("demo.json", "ringo-emu.yaml", "tests/test_ringo.py"):
        (folder / name).write_text("mine", "utf-8")
    (folder / "scenarios").mkdir()
    (folder / "scenarios/first-conversation.yaml").symlink_to("nowhere")
    assert command("new", "--yes", "demo") == 2
    assert "error: nothing is written: these files are there already:\n" in command.err
    listed = [line.strip() for line in command.err.splitlines() if line.startswith("  demo/")]
    assert [
        "demo/demo.json",
        "demo/ringo-emu.yaml",
        "demo/scenarios/first-conversation.yaml",
        "demo/tests/test_ringo.py",
    ] == listed
    assert "--force" in command.err
    assert {"demo.json", "ringo-emu.yaml", "tests/test_ringo.py"} == _written(folder)
    assert command("new", "--yes", "--force", "demo") == 0
    assert NAMES == _written(folder)
    assert [] == [name for name in NAMES if (folder / name).read_bytes() == b"mine"]
    assert not Path("demo/scenarios/nowhere").exists()


@pytest.mark.parametrize("blocked", ["scenarios", "tests/test_ringo.py", ".github/workflows/ringo-emu.yml/x"])
def test_what_no_force_can_move(command: Any, blocked: str) -> None:
    """A file where a folder must be, or the other way round, is refused even with --force; nothing is written."""
    path = Path("demo", blocked)
    if blocked == "scenarios":
        path.parent.mkdir()
        path.write_text("mine", "utf-8")
    else:
        path.mkdir(parents=True)
    before = _written(Path("demo"))
    assert command("new", "--force", "demo") == 2
    assert "no files can be made here:\n  demo/" in command.err
    assert before == _written(Path("demo"))


@pytest.mark.parametrize("folder", ["file", "file/below", "/dev/null/x"])
def test_a_folder_that_is_none(command: Any, folder: str) -> None:
    """A file is no folder, and has none below it."""
    Path("file").write_text("mine", "utf-8")
    assert command("new", folder) == 2
    assert "is no folder" in command.err
    assert {"file"} == _written(Path())


def test_folders_that_cannot_be_written_to(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known to be closed is told before anything is written; what fails on the way leaves nothing behind."""
    Path("demo/scenarios").mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda path, _mode: Path(path).name != "scenarios")
        assert command("new", "demo") == 2
        assert "no files can be made here:\n  demo/scenarios\n" in command.err
    replace, calls = Path.replace, []

    def full(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    assert command("new", "demo") == 2
    assert "demo cannot be written to: No space left on device" in command.err
    assert (set(), ["scenarios"]) == (_written(Path("demo")), [each.name for each in Path("demo").iterdir()])
    assert command("new", "/proc/nowhere") == 2
    assert "/proc/nowhere cannot be written to" in command.err


# -- questions


def _typing(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("".join(f"{line}\n" for line in lines)))


def test_questions(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal it asks; a wrong answer is asked again, and an empty one is the usual one."""
    _typing(monkeypatch, "Acme SMS", "acme", "https://acme.example/v1/", "digest", "basic", "n", "")
    assert command("new", "demo") == 0
    assert "no absolute http(s) URL" in command.out
    document = json.loads(Path("demo/acme-sms.json").read_text("utf-8"))
    assert ("Acme SMS", "Basic") == (document["name"], document["auth"]["type"])
    assert {"SendMessage", "Subscribe"} == document["API"].keys()
    assert "https://acme.example/v1/webhook" == document["API"]["SendMessage"]["request_url"]


def test_options_are_not_asked_for(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an option says is not asked; with --yes nothing is; an end of input is an interrupt."""
    _typing(monkeypatch, "", "")
    options = ["--auth", "none", "--no-files", "--no-subscribe"]
    assert command("new", "demo", *options) == 0
    assert "Name of the service [demo]" in command.out
    assert "URL of its API [https://api.example.com]" in command.out
    assert "authorizes" not in command.out
    _typing(monkeypatch)
    assert command("new", "--yes", "demo2") == 0
    assert (130, "interrupted\n") == (command("new", "demo3"), command.err[-12:])
    assert not Path("demo3").exists()


def test_nobody_answers_in_vain(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in the way are told before the first question."""
    command("new", "--yes", "demo")
    _typing(monkeypatch, "x")
    assert command("new", "demo") == 2
    assert "Name of the service" not in command.out


def test_a_folder_whose_name_is_no_name(command: Any) -> None:
    """Where the folder's name cannot be shown, another is taken."""
    assert command("new", "a\nb") == 0
    assert "SMS service" == json.loads(Path("a\nb/sms-service.json").read_text("utf-8"))["name"]
    assert "cd 'a\nb' && ringo-emu lint sms-service.json" in command.out


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("api.hopsms.example", "https://api.hopsms.example"),
        ("api.hopsms.example:8443/v1/", "https://api.hopsms.example:8443/v1"),
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1/v1", "http://127.0.0.1/v1"),
    ],
)
def test_a_host_without_a_scheme(command: Any, given: str, url: str) -> None:
    """A bare host is taken for https://, or http:// on this machine, and that is said."""
    assert command("new", "--yes", "--url", given, "demo") == 0
    assert f"the URL of the API is taken for {url}\n" in command.err
    document = json.loads(Path("demo/demo.json").read_text("utf-8"))
    assert document["API"]["SendMessage"]["request_url"] == f"{url}/webhook"


def test_secrets_stay_out_of_git(command: Any) -> None:
    """.env is ignored, and .env.example names what may stand in it; nothing is advised where nothing is asked."""
    assert command("new", "--yes", "demo") == 0
    assert Path("demo/.gitignore").read_text("utf-8").splitlines() == [".ringo-emu/", ".env"]
    example = Path("demo/.env.example").read_text("utf-8")
    assert "# $env.DEMO_API_KEY$\n" in example
    assert "\nDEMO_API_KEY=\n" in example
    project = Path("demo/ringo-emu.yaml")
    project.write_text(project.read_text("utf-8").replace("demo-key", "$env.DEMO_API_KEY$", 1), "utf-8")
    Path("demo/.env").write_text(example.replace("API_KEY=", "API_KEY=from-env"), "utf-8")
    assert {"API key": "from-env"} == load_project(project, environment={}).file.properties
    assert command("new", "--yes", "--auth", "none", "--no-files", "bare") == 0
    assert NAMES - {"demo.json", ".env.example", "fixtures/cat.png"} | {"bare.json"} == _written(Path("bare"))


def test_a_gitignore_that_is_there(command: Any) -> None:
    """It stays as it is; what it lacks is said."""
    Path(".gitignore").write_text("/.ringo-emu\n", "utf-8")
    assert command("new", "--yes") == 0
    assert "is there already, and stays as it is: add .env to it\n" in command.out


def test_the_picture_is_one(command: Any) -> None:
    """The scenarios send a picture that comes with the project, and is served by ringo-emu itself."""
    assert command("new", "--yes", "demo") == 0
    assert Path("demo/fixtures/cat.png").read_bytes().startswith(b"\x89PNG")
    assert "send_file: fixtures/cat.png\n" in Path("demo/scenarios/first-conversation.yaml").read_text("utf-8")


def test_names_and_urls_that_will_not_do(command: Any) -> None:
    """A name must be showable, a URL absolute and without what a request adds; the mistake is said."""
    for options, message in (
        (["--name", " "], "the name of the service is empty"),
        (["--name", "a\nb"], "what cannot be shown"),
        (["--name", "x" * 201], "too long"),
        (["--name", "\udcff"], "what cannot be shown"),
        (["--url", ""], "no absolute http(s) URL"),
        (["--url", "ftp://acme.example"], "no absolute http(s) URL"),
        (["--url", "https://acme.example:99999"], "no absolute http(s) URL"),
        (["--url", "https://me:secret@acme.example"], 'holds "@"'),
        (["--url", "https://acme.example/?key=1"], 'holds "?"'),
        (["--url", "https://$Region$.acme.example"], 'holds "$"'),
        (["--url", "https://acme.example/{id}"], 'holds "{"'),
        (["--url", 'https://a"b.example'], "odd host"),
    ):
        assert command("new", "demo", *options) == 2
        assert message in command.err
        assert "Traceback" not in command.err
    assert not Path("demo").exists()


@pytest.mark.slow
@pytest.mark.parametrize("url", ["https://zürich.example/ä ö/'", "HTTPS://API.Example.com:8443", "https://[::1]:1/v1/"])
def test_odd_urls(command: Any, url: str) -> None:
    """An odd URL goes into the document as it is sent, and into hosts alike: the project runs."""
    assert command("new", "demo", "--url", url) == 0
    assert [] == _serious(Path("demo"))
    done = _ran(Path("demo"), "run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_address_without_encryption_is_told(command: Any) -> None:
    """What lint would warn of is told at once."""
    assert command("new", "demo", "--url", "http://acme.example") == 0
    assert "to mend:\ndemo/demo.json:15:23  warning DOC-406" in command.out


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("Acme SMS", "acme-sms"), ("日本", "my-sms-service"), ("..", "my-sms-service"), ("x" * 99, "x" * 60)],
)
def test_ids(name: str, identifier: str) -> None:
    """An id is made of letters, digits and dashes, whatever the name."""
    assert identifier == scaffolding.id_from(name)


def test_help_imports_nothing_heavy() -> None:
    """new --help costs no more than click."""
    code = (
        "import sys; from emulator.faces import cli; cli.run(['new', '--help']); "
        "print({'aiohttp', 'pydantic', 'yaml', 'structlog'} & sys.modules.keys())"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert "Example: ringo-emu new acme-sms" in done.stdout
    assert done.stdout.endswith("set()\n")


# -- from an OpenAPI description


@pytest.fixture(params=["json", "yaml"])
def description(request: pytest.FixtureRequest, command: Any) -> str:
    """A file with an OpenAPI description."""
    path = Path(f"api.{request.param}")
    dump: Callable[[Any], str] = json.dumps if request.param == "json" else yaml.safe_dump
    path.write_text(dump(DESCRIPTION), "utf-8")
    return str(path)


def test_a_draft(command: Any, description: str) -> None:
    """--openapi drafts the document, tells what it guessed and what is left, and what is around it fits."""
    assert command("new", "--openapi", description, "demo") == 0
    assert "\nguessed:\n  - " in command.out
    assert "\nleft to fill in:\n  - " in command.out
    folder = Path("demo")
    assert {*NAMES - {"demo.json"}, "pigeon-post.json"} == _written(folder)
    assert ["DOC-505 this model is a skeleton: nothing fits it"] == _serious(folder)
    project = load_project(folder / "ringo-emu.yaml", environment={})
    assert {"https://api.pigeon.example": "http://127.0.0.1:8080"} == project.hosts
    assert {"change-me"} == set(project.file.properties.values())
    text, picture = load_scenarios(find_scenario_files([folder]), project)
    verbs = [[step.kind.verb for step in each.steps] for each in (text, picture)]
    assert [["subscribe", "send_message", "expect"], ["send_file", "expect"]] == verbs


def test_a_draft_with_a_name_of_its_own(command: Any, description: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """--name, or the answer to the one question, names a draft; what the description says is no option."""
    assert command("new", "--openapi", description, "--name", "Acme", "demo") == 0
    document = json.loads(Path("demo/acme.json").read_text("utf-8"))
    assert ("acme", "Acme") == (document["id"], document["name"])
    _typing(monkeypatch, "")
    assert command("new", "--openapi", description, "demo2") == 0
    assert "Name of the service [Pigeon Post]" in command.out
    assert Path("demo2/pigeon-post.json").is_file()
    assert command("new", "--openapi", description, "--auth", "none", "--no-files", "demo3") == 2
    assert "--auth, --files beside --openapi" in command.err
    assert not Path("demo3").exists()


def test_a_poor_draft(command: Any) -> None:
    """Where the description says little, what is around the draft still loads, and says what to do by hand."""
    poor = {**DESCRIPTION, "paths": {"/messages": DESCRIPTION["paths"]["/messages"]}, "security": []}
    poor["servers"] = [{"url": "/v1"}]
    del poor["webhooks"], poor["components"]
    Path("api.json").write_text(json.dumps(poor), "utf-8")
    assert command("new", "--openapi", "api.json", "demo") == 0
    assert "warning DOC-505" in command.out
    project = load_project(Path("demo/ringo-emu.yaml"), environment={})
    assert {} == project.file.properties
    assert 2 == len(load_scenarios(find_scenario_files([Path("demo")]), project))
    assert "ringo-emu run --port 9000" in Path("demo/ringo-emu.yaml").read_text("utf-8")


def test_what_strangers_write_stays_in_its_place() -> None:
    """Odd names of a draft do not break the files around it, and an address that is none is no host."""
    request = {"request_method": "POST", "request_url": "https://$My host$.example/$a: b$"}
    document = {
        "id": "x",
        "name": "half a pair \ud800",
        "properties": ["My host", "a: b", "c\n}d", "<document>", "yes"],
        "API": {"SendMessage": request, "SendFile": {**request, "request_url": "https://[bad/x"}},
    }
    files = scaffolding.draft_files(document)
    assert "half a pair \\ud800" in files["x.json"]
    read = yaml.safe_load(files["ringo-emu.yaml"])
    assert document["properties"] == [*[*read["properties"]][:4], "yes"]
    assert {"https://change-me.example": "http://127.0.0.1:8080"} == read["hosts"]
    assert all(text if isinstance(text, bytes) else text.encode("utf-8") for text in files.values())


_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)
_MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{level}: &a{level} {{<<: [*a{level - 1}, *a{level - 1}], k{level}: 1}}\n" for level in range(1, 40)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: &a [*a]", "the alias *a contains itself, line 1 column 8"),
        ("a: &a {b: {c: *a}}", "the alias *a contains itself"),
        (_BOMB, "more than 1000000 values, aliases counted, line 6"),
        (_MERGES, "more than 1000000 values, aliases counted"),
        ("a: *b", "the alias *b stands for nothing"),
        ("- " * 600 + "x", "nested deeper than 500 levels"),
        ("[" * 200_000, "nested too deeply"),
        ("a: " + "[" * 200_000, "nested deeper than 500 levels"),
        ("<!DOCTYPE html>\n<html><body>a: b</body></html>", "is neither JSON nor YAML: it is HTML or XML"),
        ("", "is empty"),
        (" \n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfea", "is neither JSON nor YAML: byte 0xff is not UTF-8"),
        ('{"a": NaN, }}', "is neither JSON nor YAML: NaN is not a JSON value"),
        ("a: b: c", "is neither JSON nor YAML: a colon stands where none can, line 1 column 5"),
        ('{"a": [}', "is neither JSON nor YAML: Expecting value: line 1 column 8"),
        ("a: \0", "is neither JSON nor YAML: "),
        ("a: 1\n---\nb: 2", "it holds several documents"),
        ("? [a]\n: b", "a key must be text"),
        ("a: &a [x]\n? *a\n: b", "a key must be text"),
        ("a: !!python/object/apply:os.system ['touch pwned']", 'has no key "openapi"'),
        ("hello world", "holds no object"),
        ("# nothing", "holds no object"),
        ('{"openapi": "3.0.0", "paths": {"/a": {"get": {}}}}', "sending a message"),
        (b'{"a": "' + b"x" * 21_000_000 + b'"}', "is larger than 20 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isprintable() and len(value) < 60 else "",
)
def test_files_that_are_no_description(command: Any, content: str | bytes, message: str) -> None:
    """What holds no description is one clear error, whatever it is, and nothing is written."""
    Path("api.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert command("new", "--openapi", "api.yaml", "demo") == 2
    assert command.err.startswith("error: api.yaml ")
    assert message in command.err
    assert "Traceback" not in command.err
    assert [Path("api.yaml")] == list(Path().iterdir())


@pytest.mark.parametrize("name", ["nothing.yaml", ".", ""])
def test_files_that_cannot_be_read(command: Any, name: str) -> None:
    """A file that is not there, or is a folder, is said so."""
    assert command("new", "--openapi", name, "demo") == 2
    assert "cannot be read" in command.err


def test_yaml_as_descriptions_mean_it(tmp_path: Path) -> None:
    """Keys, dates, words and numbers with a plus stay text; aliases and merges work; a tag makes nothing but text."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "200: &ok {description: fine, at: 2024-01-01, on: off, n: +61123, o: 0755, t: 12:30}\n"
        "again: *ok\nmore: {<<: *ok, description: mine}\nboth: {<<: [{a: 1}, {a: 2, b: 3}, 4]}\n"
        "numbers: [1, -2, 3.5, 1e3, .5, '6', !!str 7, true, False, null, ~, 99e99, 1e999, .nan]\nnothing:\n"
        "&key name: *key\n*key : 1\n",
        "utf-8",
    )
    ok = {"description": "fine", "at": "2024-01-01", "on": "off", "n": "+61123", "o": "0755", "t": "12:30"}
    numbers = [1, -2, 3.5, 1000.0, ".5", "6", "7", True, False, None, None, 99e99, "1e999", ".nan"]
    read = read_description_file(path)
    assert {"200": ok, "again": ok, "more": {**ok, "description": "mine"}, "both": {"a": 1, "b": 3}} == {
        key: read[key] for key in ("200", "again", "more", "both")
    }
    assert numbers == read["numbers"]
    assert 1 == read["name"]


def test_the_limits_of_yaml_are_just_that(tmp_path: Path) -> None:
    """A file at a limit is read, one above it is not; JSON within its size always is."""
    path = tmp_path / "a.yaml"
    path.write_text("- " * MAX_DEPTH + "x", "utf-8")
    assert read_description_file(path)
    wide = "a: &a [" + "x, " * 999 + "]\n" + "b: [" + "*a, " * 998 + "]\n"
    path.write_text(wide, "utf-8")
    assert MAX_NODES >= 1000 * 999 + 2
    assert 998 == len(read_description_file(path)["b"])
    path.write_text(wide + "c: [*a, *a]", "utf-8")
    with pytest.raises(UsageError, match="more than 1000000 values"):
        read_description_file(path)


@pytest.mark.parametrize("arguments", [("run",), ("serve",), ("send", "hello"), ("doctor",)])
def test_an_empty_folder_begins_with_new(command: Any, arguments: tuple[str, ...]) -> None:
    """Where no project is, the command that makes one is named first."""
    assert command(*arguments) == 2
    assert "mend: make a project: ringo-emu new; or name the document" in command.out + command.err
