"""Nobody listens where the provider should: what is advised depends on who starts it, and on where that is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

TOLD = "$port.provider$ is a free port, another one each time, and nothing is started that is told it"
BY_PROVIDER = "let provider: start the provider"


def remedy_of(command: Any, *arguments: str) -> str:
    """How to mend it, as the one step says that fails in a run with *arguments*."""
    assert command("run", "--json", *arguments) == 3
    steps = [json.loads(line) for line in command.out.splitlines()]
    (failed,) = [each for each in steps if each["event"] == "step" and each["failure"]]
    assert "nothing answers at 127.0.0.1:" in failed["failure"]["received"]
    remedy: str = failed["failure"]["mend"]
    return remedy


@pytest.mark.parametrize("how", ["null", "absent"])
def test_a_drawn_port_and_no_provider(command: Any, project: Path, how: str) -> None:
    """Nobody can start a provider at a port that is drawn anew each time: what to change is said instead."""
    options = ["-o", "provider=null"]
    if how == "absent":
        file = project / "ringo-emu.yaml"
        before, _, after = file.read_text("utf-8").partition("provider:\n")
        file.write_text(before + after[after.index("triggers:") :], "utf-8")
        options = []
    assert f"{TOLD}: {BY_PROVIDER}, or point hosts: in ringo-emu.yaml to where it listens" == remedy_of(
        command, *options
    )
    assert command("send", "hello", *options) == 3
    assert f"mend: {TOLD}: {BY_PROVIDER}" in command.err
    assert command("doctor", "--port", "0", *options) == 3
    assert f"mend: {TOLD}: {BY_PROVIDER}" in command.out


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ("trigger: reply\n    with: {content: hi}", "triggers: in ringo-emu.yaml"),
        ("request: {GET: 'http://127.0.0.1:$port.provider$/x'}", "this request"),
    ],
    ids=["trigger", "request"],
)
def test_where_the_address_is_written(command: Any, project: Path, step: str, place: str) -> None:
    """hosts: is named only where that has led there; at an address of its own the usual advice names it too."""
    document = json.loads((project / "reference.json").read_text("utf-8"))
    del document["API"]["Subscribe"]
    (project / "reference.json").write_text(json.dumps(document), "utf-8")
    (project / "one.yaml").write_text(f"scenario: One\nsteps:\n  - {step}\n", "utf-8")
    options = ("one.yaml", "-o", "isolation=none", "-o", "provider=null")
    assert f"{TOLD}: {BY_PROVIDER}, or point {place} to where it listens" == remedy_of(command, *options)
    (project / "one.yaml").write_text(f"scenario: One\nsteps:\n  - {step.replace('$port.provider$', '1')}\n", "utf-8")
    file = project / "ringo-emu.yaml"
    file.write_text(file.read_text("utf-8").replace("$port.provider$/_test", "1/_test"), "utf-8")
    assert f"start the provider there, or point {place} to where it listens" == remedy_of(command, *options)


def test_a_drawn_port_that_the_provider_is_not_told(command: Any, project: Path) -> None:
    """A name that stands in hosts: alone is another port than the one that the process gets."""
    options = ("-o", "hosts={https://api.example.com: 'http://127.0.0.1:$port.other$'}")
    assert (
        "$port.other$ is a free port, another one each time, and provider: does not pass it on: write $port.other$ "
        "into its run: or env:, or point hosts: in ringo-emu.yaml to where it listens"
    ) == remedy_of(command, *options)


DYING = """\
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        os._exit(3)

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_provider_that_has_ended_during_the_run(command: Any, project: Path) -> None:
    """That it was started and is gone is what there is to say, not that it should be started."""
    (project / "app.py").write_text(DYING, "utf-8")
    (project / "first-conversation.yaml").unlink()
    (project / "two.yaml").write_text(
        "scenario: One\nsteps:\n  - send_message: ping\n---\n"
        "scenario: Two\nsteps:\n  - wait: 1s\n  - send_message: ping\n",
        "utf-8",
    )
    document = json.loads((project / "reference.json").read_text("utf-8"))
    del document["API"]["Subscribe"]
    (project / "reference.json").write_text(json.dumps(document), "utf-8")
    provider = "provider={run: [$python$, app.py, $port.provider$], ready: 'http://127.0.0.1:$port.provider$/'}"
    command("run", "-o", "isolation=none", "-o", provider)
    first, second = command.out.split("FAIL  ")[1:]
    assert "closed the connection" in first
    assert "the provider's process has ended with code 3; see what it printed last" in second
