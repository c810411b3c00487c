"""Ctrl-C and SIGTERM in each phase of a run: teardown, reports, the provider stopped, exit 130."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET

import pytest

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
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


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A run of x.yaml that prints its events, with a report; and those events."""
    call = [PROGRAM, "run", "x.yaml", "--json", "--report", "junit=out/j.xml", "--report", "har=out/h.har", *options]
    with subprocess.Popen(
        call, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
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
