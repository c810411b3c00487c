"""doctor: what keeps a project from being played, a line for each check."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from emulator.faces.commands import doctor

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

SECRET = "s3cret-key"
PORTS = ("--port", "0")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies: what is told does not depend on where the tests run."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def _checks(command: Any, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the last check of each name."""
    code = command("doctor", "--json", *arguments)
    said = json.loads(command.out)
    assert said["exit_code"] == code
    return code, {each["name"]: each for each in said["checks"]}


def _steady(text: str, tmp_path: Path) -> str:
    """Without what differs from run to run."""
    text = text.replace(str(tmp_path), "FOLDER")
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    return re.sub(r"(?m)^(ok    python  ).*$", r"\1…", text)


def test_all_is_well(command: Any, project: Path, tmp_path: Path, golden: SnapshotAssertion) -> None:
    """With the provider running, everything that can be seen from here is fine."""
    assert command("doctor", "--start", *PORTS) == 0
    assert _steady(command.out, tmp_path) == golden


def test_the_process_is_not_started(command: Any, project: Path, tmp_path: Path, golden: SnapshotAssertion) -> None:
    """Without --start it is no failure that the provider is not there, and it is not started."""
    assert command("doctor", *PORTS) == 0
    assert _steady(command.out, tmp_path) == golden


def test_a_provider_that_does_not_start(command: Any, project: Path) -> None:
    """Told with what it said, and what follows of it is no further failure."""
    code, checks = _checks(command, "--start", "-o", "provider.run=[python, -c, 'raise SystemExit(7)']", *PORTS)
    assert code == 3
    assert checks["tcp"]["status"] == "warn"


def test_credentials_and_hosts(command: Any, options: list[str]) -> None:
    """Without a project file, by options alone."""
    code, checks = _checks(command, *options, *PORTS)
    assert code == 0
    assert {name: each["status"] for name, each in checks.items()} == dict.fromkeys(
        ("python", "proxy", "file", "state", "dns", "tcp", "auth", "clock", "port", "public"), "ok"
    )


def test_nobody_listens(command: Any, options: list[str]) -> None:
    """Where no process is to be started, that is a failure; secrets stay masked."""
    arguments = [each.replace("demo-key", SECRET) for each in options[:-1]]
    code, checks = _checks(command, *arguments, f"https://api.example.com=http://127.0.0.1:1/{SECRET}", *PORTS)
    assert (code, checks["tcp"]["status"]) == (3, "fail")
    assert "auth" not in checks
    assert SECRET not in command.out


def test_the_port_is_in_use(command: Any, options: list[str]) -> None:
    """The listener that serve would start cannot be had."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, checks = _checks(command, *options, "--port", str(taken.getsockname()[1]))
    assert (code, checks["port"]["status"]) == (3, "fail")
    assert "public" not in checks


def test_public_url(command: Any, options: list[str], provider: str) -> None:
    """It is asked for our own listener; here it leads to the provider instead."""
    code, checks = _checks(command, *options, "--public-url", provider, *PORTS)
    assert (code, checks["public"]["status"]) == (3, "fail")
    assert checks["public"]["message"] == "something else answers there, with 404"


def test_a_project_that_cannot_be_loaded(command: Any, project: Path) -> None:
    """Every mistake is a check with its place; what is around the project is not looked at."""
    (project / "ringo-emu.yaml").write_text("integration: reference.json\nhsts: {}\nisolation: no\n")
    code, checks = _checks(command, *PORTS)
    assert code == 2
    assert set(checks) == {"python", "proxy", "file"}
    assert command("doctor", *PORTS) == 2
    assert 'fail  file    ringo-emu.yaml:2:1  unknown key "hsts"' in command.out


def test_no_project(command: Any) -> None:
    """Told as a check too."""
    code, checks = _checks(command)
    assert code == 2
    assert checks["file"]["message"].startswith("no ringo-emu.yaml here")


def test_ca_file(command: Any, options: list[str], tmp_path: Path) -> None:
    """One that is none ends it: nothing could be said about TLS."""
    (tmp_path / "ca.pem").write_text("nothing")
    code, checks = _checks(command, *options, "-o", "ca_file=ca.pem", *PORTS)
    assert code == 2
    assert checks["tls"]["subject"] == "ca_file"


def test_an_address_that_cannot_be_made(command: Any, options: list[str], project: Path) -> None:
    """A property that makes no host."""
    document = json.loads((project / "reference.json").read_text())
    document["properties"].append("Server")
    document["API"]["SendMessage"]["request_url"] = "https://$Server$/x"
    (project / "acme.json").write_text(json.dumps(document))
    arguments = ("--integration", "acme.json", "--property", "Server=a b", *PORTS)
    code, checks = _checks(command, *arguments)
    assert code == 2
    assert checks["file"]["subject"] == "request_url"


def test_head_is_asked_only_where_it_is_harmless(options: list[str], project: Path) -> None:
    """Not where SendMessage is a GET, nor where its address has variables of the message."""
    document = json.loads((project / "reference.json").read_text())
    send = document["API"]["SendMessage"]
    assert _may_head(project, document)
    send["request_url"] = "https://api.example.com/$to$"
    assert not _may_head(project, document)
    send |= {"request_url": "https://api.example.com/", "request_method": "GET"}
    assert not _may_head(project, document)


def _may_head(folder: Path, document: dict[str, Any]) -> bool:
    from emulator.scenario.project import Overrides, load_project

    (folder / "acme.json").write_text(json.dumps(document))
    given = Overrides(integration=str(folder / "acme.json"), properties={"API key": SECRET})
    _, headers, may_head = doctor._requests(load_project(None, given))
    assert headers == (("Authorization", f"Bearer {SECRET}"),)
    return may_head


def test_oauth(command: Any, provider: str) -> None:
    """The authorization server is looked at too; without a token there are no credentials."""
    from pathlib import Path

    document = Path(__file__).parents[3] / "scenarios/reference-oauth2.json"
    arguments = ["--integration", str(document), "--hosts", f"https://api.example.com={provider}", *PORTS]
    for name in ("Client ID", "Client Secret"):
        arguments += ["--property", f"{name}={SECRET}"]
    code, checks = _checks(command, *arguments)
    assert code == 0
    assert "without a token" in checks["auth"]["message"]
