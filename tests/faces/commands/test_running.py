"""The commands that play: run, serve, send, journal, provider, wait-ready."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
SCENARIO = "scenario: one text\nsteps:\n  - send_message: ping\n  - expect: messageDelivered\n    within: 300ms\n"
NOBODY = "https://api.example.com=http://127.0.0.1:1"


def _post(url: str, data: Any) -> tuple[int, Any]:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - our own URL
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@contextmanager
def started(*arguments: str, folder: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """The program as a process of its own, ended at the latest with the block."""
    call = [PROGRAM, *arguments]
    with subprocess.Popen(call, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()  # a killed one would leave its provider's process behind
            try:
                process.wait(20)
            finally:
                process.kill()


def test_findings_fail_a_run_that_is_told_so(command: Any, project: Path) -> None:
    """By severity or code, with commas or without; the project file says so too, and none takes that away."""
    (project / "text.yaml").write_text(
        "scenario: a text\nsteps:\n  - trigger: reply\n    with: {from: 0412345678, content: hi}\n  - expect: message\n"
    )
    assert command("run", "text.yaml") == 0
    assert command("run", "text.yaml", "--fail-on", "error, WH-206", "--fail-on", "WH-204") == 1
    assert "✗ WH-206   from is '0412345678'" in command.out
    with (project / "ringo-emu.yaml").open("a") as file:
        file.write("fail_on: [WH-206]\n")
    assert command("run", "text.yaml") == 1
    assert command("run", "text.yaml", "--fail-on", "none") == 0
    assert command("run", "text.yaml", "--fail-on", "eror") == 2
    assert '--fail-on: "eror" is neither a severity nor the code of a finding' in command.err
    assert 'did you mean "error"?' in command.err


def test_run_plays_the_demo(command: Any, project: Path) -> None:
    """run starts the provider, plays the scenarios beside the project file and prints a line for each; -v prints the
    timelines too."""
    assert command("run") == 0
    first, empty, last = command.out.splitlines()
    assert first.startswith("PASS  A text goes out, is delivered, and a reply comes in")
    assert ("", True) == (empty, last.startswith("1 passed in"))
    assert command("run", "-v") == 0
    assert "PASS  A text goes out, is delivered, and a reply comes in" in command.out
    assert "← #5   message           {from: +61123456789, to: +61855555555, content: pong}  200" in command.out
    assert "1 passed in" in command.out
    assert command("run", "-q") == 0
    assert command.out.startswith("1 passed")


def test_run_json(command: Any, project: Path) -> None:
    """run --json prints an event a line."""
    assert command("run", "--json", str(project / "first-conversation.yaml")) == 0
    events = [json.loads(line) for line in command.out.splitlines()]
    assert ["scenario_started", *["step"] * 5, "scenario_finished", "run_finished"] == [
        each["event"] for each in events
    ]
    assert ["passed"] * 5 == [each["status"] for each in events if each["event"] == "step"]
    assert (1, 0, 0) == tuple(events[-1][key] for key in ("passed", "failed", "exit_code"))


def test_the_journal_of_a_run(command: Any, project: Path) -> None:
    """After a run, journal lists its exchanges, shows one, and prints a curl line that repeats it."""
    command("run")
    assert command("journal", "list") == 0
    assert ["#1", "#2", "#3", "#4", "#5"] == [line.split()[1] for line in command.out.splitlines()]
    assert command("journal", "show", "3") == 0
    assert "matched $: messageDelivered {messageid:" in command.out
    assert command("journal", "show", "2", "--json") == 0
    shown = json.loads(command.out)
    assert ("SendMessage", "Bearer ***", 200) == (
        shown["kind"],
        dict(shown["request"]["headers"])["Authorization"],
        shown["reply"]["status"],
    )
    assert command("journal", "list", "--json", "--limit", "2") == 0
    assert ([4, 5], 0) == (
        [each["id"] for each in json.loads(command.out)["exchanges"]],
        json.loads(command.out)["dropped"],
    )
    assert command("journal", "curl", "4") == 0
    words = shlex.split(command.out)
    assert ["curl", "-sS", "-X", "POST"] == words[:4]
    assert "pong" == json.loads(words[words.index("--data-raw") + 1])["text"]
    assert command("journal", "show", "99") == 2
    assert "exchange 99 is not recorded" in command.err


def test_a_failed_run(command: Any, project: Path) -> None:
    """A check that fails exits with 1, tells why in full and shows what the provider printed."""
    (project / "bad.yaml").write_text(SCENARIO.replace("expect: messageDelivered", "expect: mms"), "utf-8")
    assert command("run", "bad.yaml") == 1
    assert "FAIL  A picture or file comes in" in command.out
    assert "[WH-MMS-06]" in command.out
    assert "the provider printed:\n  | reference provider at http://127.0.0.1:" in command.out
    assert "0 passed, 1 failed in" in command.out


def test_a_provider_that_is_down(command: Any, tmp_path: Path, options: list[str]) -> None:
    """Where no provider answers, the exit code is 3 and the message says what to start."""
    (tmp_path / "one.yaml").write_text(SCENARIO, "utf-8")
    options[-1] = NOBODY
    assert command("run", "one.yaml", *options) == 3
    assert "nothing answers at 127.0.0.1:1" in command.out
    assert command("send", "x", *options) == 3
    assert "nothing answers at 127.0.0.1:1" in command.err


def test_nothing_checked(command: Any, tmp_path: Path, options: list[str]) -> None:
    """A scenario that checks nothing exits with 5."""
    (tmp_path / "one.yaml").write_text("scenario: x\nsteps:\n  - note: hello\n", "utf-8")
    assert command("run", "one.yaml", *options) == 5
    assert "[SCN-501]" in command.out


def test_a_port_in_use(command: Any, tmp_path: Path, options: list[str]) -> None:
    """A port that somebody else has exits with 3, and says how to pick another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert command("serve", *options, "--port", port) == 3
        assert f"port {port} of 127.0.0.1 is in use" in command.err
        assert command("provider", "--port", port) == 3
        assert f"port {port} of 127.0.0.1 is in use" in command.err
        assert "pick another by --port (0: any free one)" in command.err


def test_send(command: Any, options: list[str]) -> None:
    """send sends one text, waits for its report if asked to, and says what became of it."""
    assert command("send", "hello", "--wait", "5s", *options) == 0
    assert command.out.startswith("delivered: SendMessage #2 answered 200")
    assert command("send", "caption", "--file", "https://files.example.com/a.jpg", "--json", *options) == 0
    said = json.loads(command.out)
    assert {"state", "status", "messageid", "exchange", "findings"} == said.keys()
    assert ("sent", 200, []) == (said["state"], said["status"], said["findings"])


def test_send_a_local_file(command: Any, options: list[str]) -> None:
    """A path is served until the provider has it; one that is not there is a mistake, and a URL stays a URL."""
    Path("cat.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert command("send", "--file", "cat.png", *options) == 0
    assert command.out.startswith("sent: SendFile #1 answered 200")
    assert command("journal", "show", "1") == 0
    assert re.search(r'"http://127\.0\.0\.1:\d+/media/[\w-]+/cat\.png"', command.out)
    assert command("journal", "list", "--json") == 0
    media = json.loads(command.out)["exchanges"][-1]
    assert ("media", 200, "complete") == (media["kind"], media["reply"]["status"], media["outcome"]["media"]["bytes"])
    assert command("send", "--file", "dog.png", *options) == 2
    assert command.err == "error: there is no file dog.png\n  mend: name a file, or the http(s) URL of one\n"
    assert command("send", "--file", ".", *options) == 2
    assert "is a folder" in command.err


def test_send_a_local_file_that_nobody_fetches(
    command: Any, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said: the message alone shows nobody a picture."""
    monkeypatch.setattr("emulator.faces.texting._FETCHED_WITHIN_S", 0.05)
    Path("cat.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        there.listen()
        options[-1] = f"https://api.example.com=http://127.0.0.1:{there.getsockname()[1]}"
        with Answering(there):
            assert command("send", "--file", "cat.png", *options) == 0
    assert "warning: the provider has not asked for the file while it was served" in command.err


class Answering(threading.Thread):
    """A provider that takes one message, and does nothing else."""

    def __init__(self, listening: socket.socket) -> None:
        super().__init__()
        self._listening = listening

    def run(self) -> None:
        """Answer."""
        there, _ = self._listening.accept()
        with there, there.makefile("rb") as came:
            head = b"".join(iter(came.readline, b"\r\n"))
            came.read(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))  # type: ignore[index]
            body = b'{"data": {"id": "5"}}'
            there.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            there.sendall(b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def __enter__(self) -> Answering:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.join()


def test_an_untracked_text_has_one_name(command: Any, options: list[str]) -> None:
    """``send --json`` and the console's API call it the same."""
    text = Path(options[1]).read_text("utf-8").replace('"id": "$messageid$"', '"number": "$messageid$"')
    Path("untracked.json").write_text(text, "utf-8")
    options[1] = "untracked.json"
    assert command("send", "hello", "--json", *options) == 0
    assert json.loads(command.out)["state"] == "untracked"


def test_send_whose_report_does_not_come(command: Any, provider: str, options: list[str]) -> None:
    """send --wait says why no report came, as a scenario would, and exits with 1."""
    late = ["provider", "--port", "0", "--delivered-after", "60s", "--json"]
    with subprocess.Popen([PROGRAM, *late], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        elsewhere = [each.replace(provider, url) for each in options]
        assert command("send", "hello", "--wait", "200ms", *elsewhere) == 1
        process.terminate()
    assert command.out.startswith("sent: SendMessage #2 answered 200")
    assert "expected  messageDelivered {messageid: " in command.out
    assert "within 200ms of SendMessage #2" in command.out
    assert "received  0 webhooks" in command.out or "received  nothing" in command.out


def test_send_that_is_refused(command: Any, options: list[str]) -> None:
    """A text that the provider does not take is failed, with the reason, and exits with 1."""
    options[options.index("API key=demo-key")] = "API key=wrong-key"
    assert command("send", "hello", *options) == 1
    assert command.out.startswith("failed: SendMessage #1 answered 401")
    assert "API-104" in command.out
    assert command("send", "hello", "--from", "+49", *options) == 2
    assert "+49 is no SMS number of the organization" in command.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_serve(tmp_path: Path, options: list[str], number: signal.Signals, code: int) -> None:
    """serve tells its URL once it accepts, answers webhooks, logs and records them, and stops on a signal."""
    arguments = ["serve", "--port", "0", "--json", "--ready-file", "ready.json", *options]
    with started(*arguments, folder=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = json.loads(process.stdout.readline())
        assert {"event", "webhook_url", "console_url", "pid"} == ready.keys()
        subscribed = json.loads(process.stderr.readline())
        assert ("request.sent", "Subscribe", 201) == tuple(subscribed[key] for key in ("event", "kind", "status"))
        assert ready == json.loads((tmp_path / "ready.json").read_text("utf-8"))
        text = {"from": "+61123456789", "to": "+61855555555", "content": "hi \x1b[2J"}
        assert (200, {"result": {}}) == _post(ready["webhook_url"], {"method": "message", "params": text})
        line = process.stderr.readline()
        logged = json.loads(line)
        assert ("webhook.received", "warning") == (logged["event"], logged["level"])
        assert ["$.params.content holds the control character U+001B"] == logged["findings"]
        assert "\x1b" not in line
        assert 422 == _post(ready["webhook_url"], {"method": "other"})[0]
        assert "warning" == json.loads(process.stderr.readline())["level"]
        assert 404 == _post(ready["webhook_url"] + "x", b"{}")[0]
        listed = subprocess.run([PROGRAM, "journal", "list"], cwd=tmp_path, capture_output=True, text=True, check=True)
        ends = [line.rpartition("  ")[2].split()[0] for line in listed.stdout.splitlines()]
        assert ["201", "200", "422", "404"] == ends
        process.send_signal(number)
        assert code == process.wait()
        assert "Traceback" not in process.stderr.read()


def test_serve_for_people(tmp_path: Path, options: list[str]) -> None:
    """Without --json, serve prints the webhook URL and the console's in words, and logs in lines."""
    with started("serve", "--port", "0", "--console-port", "0", "--no-subscribe", *options, folder=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split()[-1]
        console = process.stdout.readline().split()
        assert console[0] == "console"
        with urllib.request.urlopen(console[1]) as page:  # noqa: S310 - our own URL
            assert page.status == 200
        assert process.stdout.readline().startswith("Ctrl-C stops it")
        assert 405 == _wrong_method(url)
        assert "refused           GET is the method of no webhook model; the models use POST  405" in (
            process.stderr.readline()
        )
        process.send_signal(signal.SIGINT)
        assert 130 == process.wait()


def test_a_page_that_is_elsewhere(tmp_path: Path, options: list[str]) -> None:
    """Where its usual port is taken, serve says where the page is; the reference provider has another usual port."""
    from emulator.faces.commands.provider import command as provider_command
    from emulator.faces.console.server import USUAL_PORT

    assert USUAL_PORT not in {each.default for each in provider_command.params}
    with socket.socket() as taken, suppress(OSError):  # if it cannot be had, somebody else has it
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", USUAL_PORT))
        taken.listen()
        with started("serve", "--port", "0", "--no-subscribe", *options, folder=tmp_path) as process:
            assert process.stdout is not None
            _, console, moved = (process.stdout.readline() for _ in range(3))
            assert moved == f"port {USUAL_PORT} is taken: the page is at {console.split()[-1]}\n"


def test_serve_several(tmp_path: Path, options: list[str]) -> None:
    """Other integrations and organizations are played at the same listener, each with a journal of its own."""
    other = tmp_path / "other"
    other.mkdir()
    text = Path(options[1]).read_text("utf-8").replace('"reference-sms"', '"other-sms"')
    (other / "other.json").write_text(text, "utf-8")
    users = "organization: {users: [{extension: '7', numbers: [+4930123456]}]}\n"
    settings = f"integration: other.json\nproperties: {{API key: another-key}}\n{users}"
    (other / "ringo-emu.yaml").write_text(settings, "utf-8")
    also = ["--also", str(other / "ringo-emu.yaml")]
    arguments = ["serve", "--json", "--port", "0", "--no-console", "--no-subscribe", *options, *also]
    with started(*arguments, folder=tmp_path) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        (second,) = ready["also"]
        said = {"from": "+61123456789", "to": "+61855555555", "content": "the key is another-key"}
        assert _post(ready["webhook_url"], {"method": "message", "params": said})[0] == 200
        assert _post(second["webhook_url"], {"method": "message", "params": said})[0] == 422  # it has no such number
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert "/services/other-sms/" in second["webhook_url"]
    for folder, mine in ((tmp_path, "reference-sms"), (other, "other-sms")):
        kept = (folder / ".ringo-emu/serve.db").read_bytes()
        assert f"/services/{mine}/".encode() in kept
        assert b"the key is ***" in kept
        assert b"another-key" not in kept


def test_two_projects_with_one_webhook_url(command: Any, project: Path) -> None:
    """They could not be told apart."""
    file = str(project / "ringo-emu.yaml")

    assert command("serve", "--project", file, "--also", file) == 2
    assert "they would have one webhook URL" in command.err
    assert "give one of them another organization" in command.err


def _wrong_method(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own URL
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_wait_ready(command: Any, provider: str) -> None:
    """wait-ready returns once the URL answers, and exits with 3 if it does not in time."""
    assert (0, f"{provider}/health answers\n") == (command("wait-ready", f"{provider}/health"), command.out)
    assert command("wait-ready", "--json", f"{provider}/health") == 0
    assert {"event": "ready", "url": f"{provider}/health"} == json.loads(command.out)
    assert command("wait-ready", "http://127.0.0.1:1/", "--timeout", "50ms") == 3
    assert "did not answer within 0.05 s" in command.err


def test_provider_stops_on_a_signal() -> None:
    """The reference provider tells its address, and ends without a traceback when it is told to."""
    with started("provider", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("reference provider at http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert 130 == process.wait()
        assert "Traceback" not in process.stderr.read()


def test_a_run_can_be_narrowed(command: Any, options: list[str]) -> None:
    """run plays what its options choose: a line, a name, tags, in a shuffled order, what failed the last time."""
    fails = "scenario: fails\ntags: [bad]\nsteps:\n  - send_message: a\n    check: {status: 404}\n"
    passes = "---\nscenario: passes\nsteps:\n  - send_message: a\n    check: {status: 2xx}\n"
    Path("x.yaml").write_text(fails + passes)
    assert command("run", "x.yaml", *options, "--last-failed") == 2
    assert "no run is known" in command.err
    assert command("run", "x.yaml", *options) == 1
    assert command("run", "x.yaml", *options, "--last-failed") == 1
    assert "0 passed, 1 failed" in command.out
    assert command("run", "x.yaml", *options, "-x") == 1
    assert "stopped after the first failure: 1 of 2 scenarios not begun" in command.out
    assert command("run", "x.yaml:8", *options) == 0
    assert command("run", "x.yaml", *options, "--last-failed") == 1, "what was not played stays known"
    Path("x.yaml").write_text(fails.replace("404", "2xx") + passes)
    assert command("run", "x.yaml", *options) == 0
    assert command("run", "x.yaml", *options, "--last-failed") == 5
    assert command.err == "nothing failed the last time; without --last-failed, all is played\n"
    Path("y.yaml").write_text(fails)
    assert command("run", "y.yaml", *options) == 1
    assert command("run", "x.yaml", *options, "--last-failed") == 5
    assert command.err.startswith("none of these scenarios failed the last time")
    Path("y.yaml").unlink()
    assert command("run", "x.yaml:8", *options) == 0
    assert command("run", "x.yaml", *options, "--last-failed") == 5
    assert command.err.startswith("nothing failed"), "what is gone can fail no more"
    assert command("run", "x.yaml", *options, "--tags", "not bad", "--repeat", "3", "--shuffle") == 0
    assert "3 passed" in command.out
    seed = command.out.split("--shuffle ")[1].split()[0]
    assert command("run", "x.yaml", *options, "-k", "passes", "--shuffle", seed) == 0


def test_a_run_ends_in_time(command: Any, options: list[str]) -> None:
    """A run that takes longer than --timeout is stopped, its teardown is done, and it has failed."""
    Path("x.yaml").write_text(
        "scenario: slow\nsteps:\n  - wait: 50s\nteardown:\n  - send_message: bye\n"
        "---\nscenario: other\nsteps:\n  - note: x\n"
    )
    assert command("run", "x.yaml", *options, "--timeout", "1s", "--port", "0") == 1
    assert "STOP  slow" in command.out
    assert 'received  it was stopped during "Wait 50s" (x.yaml:3:5)' in command.out
    assert "stopped at --timeout, after 1 s: 1 of 2 scenarios not begun" in command.out
    assert command("journal", "list") == 0
    assert "SendMessage" in command.out
    assert command("run", "x.yaml", *options, "--timeout", "1") == 2
    assert "a duration needs" in command.err


# -- a listener for everybody


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - that is what is told of
@pytest.mark.parametrize("how", ["run", "run-json", "serve", "serve-json"])
def test_an_address_of_this_machine_alone(host: str, how: str, project: Path, provider: str) -> None:
    """Who listens everywhere and tells the provider 127.0.0.1 is told how others reach it, once, and on no JSON."""
    del provider
    what, _, form = how.partition("-")
    (project / "x.yaml").write_text("scenario: a text\nsteps:\n  - send_message: hi\n    check: {status: 200}\n")
    rest = ["--port", "0", "--console-port", "0"] if what == "serve" else ["x.yaml"]
    with started(what, *rest, "--host", host, *(["--json"] if form else []), folder=project) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = (process.stderr if form else process.stdout).readline()
        while told and "warning:" not in told:
            told = (process.stderr if form else process.stdout).readline()
    port = re.search(r"is told http://\S+:(\d+), which nobody else reaches", told)
    assert port is not None
    assert told.startswith(f"warning: --host {host} listens everywhere")
    assert f"add --public-url http://NAME:{port[1]} (or public_url: in ringo-emu.yaml)" in told


def test_an_address_that_others_know(project: Path, command: Any) -> None:
    """With public_url there is nothing to say, nor where only this machine is let in."""
    (project / "x.yaml").write_text("scenario: a text\nsteps:\n  - send_message: hi\n    check: {status: 200}\n")
    for options in (("--host", "0.0.0.0", "--public-url", "http://127.0.0.1:9"), ()):  # noqa: S104
        command("run", "x.yaml", *options)
        assert "listens everywhere" not in command.out + command.err
