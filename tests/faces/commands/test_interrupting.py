"""Ctrl-C, SIGTERM and SIGHUP in each phase of a run: teardown, reports, the provider stopped, exit 130."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
SIGNALS = pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "sigterm", "sighup"]
)
SCENARIO = """
scenario: One
setup:
  - note: here we go
steps:
  - send_message: hello
  - SLOW
teardown:
  - send_message: bye
  - TEARDOWN
---
scenario: Two
steps:
  - send_message: never
    check: {status: 2xx}
"""


def heed_hangup() -> None:
    """As under a terminal, where the tests themselves run under ``nohup``."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A run of x.yaml that prints its events, with a report; and those events."""
    call = [PROGRAM, "run", "x.yaml", "--json", "--report", "junit=out/j.xml", "--report", "har=out/h.har", *options]
    with subprocess.Popen(
        call,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_hangup,  # noqa: PLW1509 - it takes no lock
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


def until(events: IO[str], name: str, **wanted: Any) -> dict[str, Any]:
    """The first event that is like that."""
    for line in events:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == name and wanted.items() <= event.items():
            return event
    raise AssertionError(f"no {name}")


def ends(folder: Path) -> dict[str | None, list[str]]:
    """What the JUnit report says of each scenario."""
    report = ET.parse(folder / "out/j.xml")  # noqa: S314 - our own
    return {case.get("name"): [each.tag for each in case] for case in report.iter("testcase")}


def sent(folder: Path) -> list[str]:
    """The texts that went out, as the HAR report has them."""
    entries = json.loads((folder / "out/h.har").read_text("utf-8"))["log"]["entries"]
    bodies = [json.loads(each["request"]["postData"]["text"]) for each in entries]
    return [body["content"] for body in bodies if "content" in body]


@SIGNALS
def test_while_a_step_waits(number: signal.Signals, project: Path) -> None:
    """The scenario is stopped during that step, its teardown is done, and the next one is never begun."""
    text = SCENARIO.replace("SLOW", "expect: mms\n    within: 1h").replace("TEARDOWN", "note: done")
    (project / "x.yaml").write_text(text, "utf-8")
    with running(project) as (process, events):
        until(events, "step", verb="send_message")
        process.send_signal(number)
        done = until(events, "step", step="Note")
        assert "passed" == done["status"]
        end = until(events, "run_finished")
        assert 130 == process.wait()
    assert ("by a signal", ["Two"], 130) == (end["stopped"], end["left_out"], end["exit_code"])
    assert {"One": ["error", "system-out"], "Two": ["skipped"]} == ends(project)
    assert ["hello", "bye"] == sent(project)


@SIGNALS
def test_while_the_teardown_runs(number: signal.Signals, project: Path) -> None:
    """What of it was done is told; a signal is not lost in it."""
    text = SCENARIO.replace("SLOW", "note: quick").replace("TEARDOWN", "wait: 1h")
    (project / "x.yaml").write_text(text, "utf-8")
    with running(project) as (process, events):
        until(events, "step", verb="send_message")
        until(events, "step", verb="send_message")
        process.send_signal(number)
        end = until(events, "run_finished")
        assert 130 == process.wait()
    assert ("by a signal", ["Two"]) == (end["stopped"], end["left_out"])
    assert {"One": ["error", "system-out"], "Two": ["skipped"]} == ends(project)
    assert 'it was stopped during "Wait 1h"' in (project / "out/j.xml").read_text("utf-8").replace("&quot;", '"')


@SIGNALS
def test_while_the_provider_starts(number: signal.Signals, project: Path) -> None:
    """Nothing was begun: the reports say so, and the provider's process is gone."""
    fifo = project / "started"
    os.mkfifo(fifo)
    script = "import os, time; open('started', 'w').write(str(os.getpid())); time.sleep(3600)"
    text = (project / "ringo-emu.yaml").read_text("utf-8")
    head, _, tail = text.partition("  run: [$python$, -m, emulator, provider, --port, $port.provider$]\n")
    (project / "ringo-emu.yaml").write_text(f'{head}  run: [$python$, -c, "{script}"]\n{tail}', "utf-8")
    (project / "x.yaml").write_text(SCENARIO.replace("SLOW", "note: a").replace("TEARDOWN", "note: b"), "utf-8")
    with running(project) as (process, events):
        pid = int(fifo.read_text("utf-8"))
        process.send_signal(number)
        end = until(events, "run_finished")
        assert 130 == process.wait()
    assert ["One", "Two"] == end["left_out"]
    assert {"The run": ["error"], "One": ["skipped"], "Two": ["skipped"]} == ends(project)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_several_at_a_time(project: Path) -> None:
    """All that are going on do their teardown."""
    text = SCENARIO.replace("SLOW", "expect: mms\n    within: 1h").replace("TEARDOWN", "note: done")
    (project / "x.yaml").write_text(text.partition("---")[0], "utf-8")
    with running(project, "--jobs", "4", "--repeat", "6") as (process, events):
        for _ in range(4):
            until(events, "step", verb="send_message")
        process.send_signal(signal.SIGINT)
        end = until(events, "run_finished")
        assert 130 == process.wait()
    assert 2 == len(end["left_out"])
    assert 4 == sent(project).count("bye")


def test_a_provider_that_dies_in_the_middle(command: Any, project: Path) -> None:
    """The run goes on to its verdict, and shows how the provider ended and what it printed."""
    script = (
        "import os, sys, http.server as h\n"
        "class A(h.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()\n"
        "    def do_POST(self): print('about to fall', flush=True); os._exit(7)\n"
        "h.HTTPServer(('127.0.0.1', int(sys.argv[1])), A).serve_forever()\n"
    )
    (project / "app.py").write_text(script, "utf-8")
    text = (project / "ringo-emu.yaml").read_text("utf-8")
    text = text.replace(
        "[$python$, -m, emulator, provider, --port, $port.provider$]", "[$python$, app.py, $port.provider$]"
    )
    (project / "ringo-emu.yaml").write_text(text, "utf-8")
    (project / "x.yaml").write_text(SCENARIO.replace("SLOW", "note: a").replace("TEARDOWN", "note: b"), "utf-8")
    assert command("run", "x.yaml") == 1
    assert "about to fall" in command.out
    assert "(it ended with exit code 7)" in command.out
    assert "0 passed, 2 failed in" in command.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["sigint", "sigterm"])
def test_in_the_background_of_a_script(number: signal.Signals, project: Path) -> None:
    """A shell starts what is in its background with SIGINT ignored; who sends it means it."""
    text = SCENARIO.replace("SLOW", "expect: mms\n    within: 1h").replace("TEARDOWN", "note: done")
    (project / "x.yaml").write_text(text, "utf-8")
    script = f"{PROGRAM} run x.yaml --json --report har=out/h.har & echo $!; wait $!; echo ended $?"
    with subprocess.Popen(["sh", "-c", script], cwd=project, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        until(process.stdout, "step", verb="send_message")
        os.kill(pid, number)
        until(process.stdout, "run_finished")
        assert process.stdout.readline() == "ended 130\n"
    assert ["hello", "bye"] == sent(project)


def test_under_nohup(project: Path) -> None:
    """Who has the terminal's end ignored wants the run to go on."""
    (project / "x.yaml").write_text(SCENARIO.replace("SLOW", "note: quick").replace("TEARDOWN", "note: done"), "utf-8")
    script = f"trap '' HUP; exec {PROGRAM} run x.yaml --json"
    with subprocess.Popen(["sh", "-c", script], cwd=project, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        until(process.stdout, "step")
        process.send_signal(signal.SIGHUP)
        end = until(process.stdout, "run_finished")
        assert (None, end["exit_code"]) == (end["stopped"], process.wait())


# -- nobody reads what is printed


@pytest.mark.parametrize("options", [[], ["--json"], ["-v", "--jobs", "2"]], ids=["text", "json", "jobs"])
def test_a_run_whose_reader_goes_away(options: list[str], project: Path) -> None:
    """As with ``| head -1``: it ends in silence, with its teardowns, and the provider is stopped."""
    text = SCENARIO.replace("SLOW", "note: quick").replace("TEARDOWN", "note: done")
    (project / "x.yaml").write_text(f"{text}---\nscenario: Three\nsteps:\n  - wait: 50ms\n", "utf-8")
    options = [*options, "--repeat", "50"]
    call = [PROGRAM, "run", "x.yaml", *options, "--report", "junit=out/j.xml", "--report", "har=out/h.har"]
    with subprocess.Popen(call, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 141
        assert process.stderr.read() == ""
    texts = sent(project)
    assert "hello" in texts
    # One that was stopped before it said hello does its teardown as well.
    assert texts.count("hello") <= texts.count("bye")
    entries = json.loads((project / "out/h.har").read_text("utf-8"))["log"]["entries"]
    address = urlsplit(next(each["request"]["url"] for each in entries if "/webhook" in each["request"]["url"]))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname or "", address.port or 0))


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "reference.json", "--explain", "DOC-101"],
        ["explain", "reference.json", "--property", "API key=demo-key"],
        ["journal", "list", "--limit", "500"],
        ["profile"],
        ["schema", "project"],
        ["--help"],
    ],
    ids=lambda arguments: arguments[0].strip("-"),
)
def test_a_command_whose_reader_has_gone(arguments: list[str], project: Path) -> None:
    """It says nothing, and 141."""
    if arguments[0] == "journal":
        subprocess.run([PROGRAM, "run"], cwd=project, check=True, capture_output=True)
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([PROGRAM, *arguments], cwd=project, stdout=write_end, stderr=subprocess.PIPE, text=True)
    os.close(write_end)
    assert (141, "") == (done.returncode, done.stderr)


def test_a_serve_whose_log_nobody_reads(project: Path) -> None:
    """``serve --json 2>&1 | head -1``: it stops as on Ctrl-C."""
    call = [PROGRAM, "serve", "--port", "0", "--json", "--no-console"]
    with subprocess.Popen(call, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "ready"
        process.stdout.close()
        assert process.wait() == 141
    assert not (project / ".ringo-emu/serve.json").exists()
