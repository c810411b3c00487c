"""Commands beside a running ``serve`` of the same project: they go through it, or both say what comes of it."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError

import pytest

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
SCENARIOS = Path(__file__).parents[3] / "scenarios"
SERVE = ("serve", "--port", "0", "--console-port", "0", "--json")


class Serve:
    """A running ``serve``: what it said first, its log, and its API."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self.log: IO[str] = process.stderr
        self.ready = json.loads(process.stdout.readline())

    def until(self, event: str) -> Any:
        """The next line of its log that tells *event*."""
        for line in self.log:
            if json.loads(line)["event"] == event:
                return json.loads(line)
        raise AssertionError(f"serve ended without {event}")

    def api(self, path: str, said: Any = None) -> Any:
        """What its API answers."""
        data = None if said is None else json.dumps(said).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.ready['console_url']}api/v1{path}", data, headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own URL
            return json.load(answer)

    def kinds(self) -> list[str]:
        """What it has recorded, in order."""
        return [each["kind"] for each in reversed(self.api("/exchanges")["items"])]


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Serve]:
    """``serve`` in *folder*, once it has subscribed."""
    with subprocess.Popen(
        [PROGRAM, *SERVE, *options], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            serve = Serve(process)
            if "--no-subscribe" not in options:
                assert serve.until("request.sent")["kind"] == "Subscribe"
            yield serve
        finally:
            process.terminate()  # a killed one would leave its provider's process behind
            try:
                process.communicate(timeout=20)
            finally:
                process.kill()


@pytest.fixture
def here(tmp_path: Path, provider: str) -> Path:
    """A project whose provider runs already, and keeps one callback for each label."""
    shutil.copy(SCENARIOS / "reference.json", tmp_path)
    shutil.copy(SCENARIOS / "first-conversation.yaml", tmp_path)
    trigger = f"{{POST: {provider}/_test/inbound, json: {{from: $from$, to: $to$, text: $content$}}}}"
    (tmp_path / "ringo-emu.yaml").write_text(
        "integration: reference.json\n"
        "properties: {API key: demo-key}\n"
        f"hosts: {{https://api.example.com: {provider}}}\n"
        f"triggers: {{reply: {{request: {trigger}}}}}\n"
    )
    return tmp_path


def test_a_text_goes_through_serve(command: Any, here: Path) -> None:
    """Same account, same journal: the page has it, serve hears of its delivery, nobody subscribes a second time."""
    with serving(here) as serve:
        assert command("send", "hello", "--wait", "20s") == 0
        assert command.err == f"through serve, {serve.ready['console_url']}\n"
        assert command.out.startswith("delivered: SendMessage #2 answered 200 in ")
        (message,) = serve.api("/messages")["items"]
        assert ("hello", "delivered") == (message["content"], message["state"])
        assert serve.kinds() == ["Subscribe", "SendMessage", "webhook"]
        assert command("send", "again", "--json") == 0
        assert json.loads(command.out).keys() == {"state", "status", "messageid", "exchange", "findings"}


def test_a_file_goes_through_serve(command: Any, here: Path) -> None:
    """serve has it before the provider asks for it, and as long as it runs."""
    (here / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with serving(here) as serve:
        assert command("send", "look", "--file", "cat.png", "--wait", "20s") == 0
        sent = [each["content"] for each in serve.api("/messages")["items"]]
        (upload,) = serve.api("/files")["items"]
    assert ("cat.png", "image/png", 8) == (upload["name"], upload["type"], upload["size"])
    assert ["look", upload["url"]] == sent


def test_a_report_that_does_not_come(command: Any, here: Path, provider: str) -> None:
    """serve says why, as a scenario would."""
    late = [PROGRAM, "provider", "--port", "0", "--delivered-after", "60s", "--json"]
    with subprocess.Popen(late, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        file = here / "ringo-emu.yaml"
        file.write_text(file.read_text("utf-8").replace(provider, url), "utf-8")
        with serving(here):
            assert command("send", "hello", "--wait", "200ms") == 1
        process.terminate()
    assert command.out.startswith("sent: SendMessage #2 answered 200")
    assert "within 200ms of SendMessage #2" in command.out
    assert "[WH-DELIVERED-01]" in command.out


def test_what_serve_refuses(command: Any, here: Path) -> None:
    """It is told as if it were refused here; a provider that does not take it is no mistake of the command's."""
    with serving(here):
        assert command("send", "x" * 30_000) == 2
        assert "error: serve: field content: String should have at most 20000 characters" in command.err
        file = here / "reference.json"
        file.write_text(file.read_text("utf-8").replace("https://api.example.com", "http://127.0.0.1:1"), "utf-8")
    with serving(here, "--no-subscribe"):
        assert command("send", "hello") == 3
        assert command.out.startswith("failed: SendMessage #")


@pytest.mark.parametrize(
    ("with_serve", "with_send", "why"),
    [
        ([], ["-o", "profile.timeout=5s"], "the two were started with different options of the project"),
        (["--no-console"], [], "it runs with --no-console"),
    ],
    ids=["other-options", "no-console"],
)
def test_a_text_that_goes_around(
    with_serve: list[str], with_send: list[str], why: str, command: Any, here: Path
) -> None:
    """It is sent alone, and both say so; afterwards serve has its subscription back."""
    with serving(here, *with_serve) as serve:
        assert command("send", "hello", "--wait", "20s", *with_send) == 0
        pid = serve.process.pid
        assert f"serve (process {pid}) plays this project, but this text goes around it: {why}\n" in command.err
        assert f"serve (process {pid}) plays this project too" in command.err
        told = serve.until("subscription.replaced")
        assert told["level"] == "warning"
        assert "webhooks go there until send has ended; then serve subscribes again" in told["message"]
        assert serve.until("request.sent")["kind"] == "Subscribe"
        assert serve.until("subscription.restored")["message"].endswith("has ended: subscribed again")


def test_alone(command: Any, here: Path) -> None:
    """Who says so goes around it; where nothing is subscribed, there is nothing to tell."""
    with serving(here) as serve:
        assert command("send", "hello", "--alone") == 0
        assert command.err == ""
        assert serve.api("/messages")["items"] == []


def test_the_same_options_are_no_others(command: Any, here: Path) -> None:
    """Who names what serve was given, or nothing, means that serve."""
    options = ["-o", "profile.timeout=5s", "--integration", "reference.json"]
    with serving(here, *options):
        assert command("send", "hello", *options) == 0
        assert command.err.startswith("through serve, ")
        assert command("send", "hello") == 0
        assert command.err.startswith("through serve, ")


def test_a_serve_that_was_killed(command: Any, here: Path) -> None:
    """What it left behind misleads nobody, and the next serve takes its place."""
    with serving(here) as serve:
        serve.process.kill()
        serve.process.wait()
        assert (here / ".ringo-emu/serve.json").is_file()
        assert command("send", "hello", "--wait", "20s") == 0
        assert command.err == ""
    with serving(here):
        assert command("send", "hello") == 0
        assert command.err.startswith("through serve, ")


def test_a_serve_that_stops(here: Path) -> None:
    """It leaves nothing behind; while it ran, nobody but its owner could read its token."""
    file = here / ".ringo-emu/serve.json"
    with serving(here) as serve:
        assert file.stat().st_mode & 0o777 == 0o600
        serve.process.send_signal(signal.SIGTERM)
        assert serve.process.wait() == 130
    assert not file.exists()


def test_a_run_takes_the_subscription(command: Any, here: Path) -> None:
    """Both say it, the page too; when the run has ended, serve hears the provider again."""
    with serving(here) as serve:
        cursor = serve.api("/events?wait=0")["cursor"]
        assert command("run") == 0
        assert command.out.startswith(f"serve (process {serve.process.pid}) plays this project too: if the provider")
        assert 'one callback for "acme", serve hears nothing until this has ended' in command.out
        assert "run (process " in serve.until("subscription.replaced")["message"]
        serve.until("subscription.restored")
        told = serve.api(f"/events?after={cursor}&type=ready&wait=20")["events"]
        assert [False, True] == [each["data"]["subscribed"] for each in told]
        assert "has subscribed at the provider too" in told[0]["data"]["failure"]
        assert command("send", "hello", "--wait", "20s") == 0


def test_pytest_takes_the_subscription(here: Path) -> None:
    """pytest says it once, in the words of `run`; serve says it too, and hears the provider again after."""
    (here / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('number', range(3))\n"
        "def test_it(ringo, number):\n    assert ringo.send_message(content='ping').status == 200\n"
    )
    with serving(here) as serve:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "test_it.py"]
        done = subprocess.run([*command, "-W", "ignore"], cwd=here, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert (
            done.stdout.count(
                f"serve (process {serve.process.pid}) plays this project too: if the provider keeps one callback for "
                '"acme", serve hears nothing until this has ended; then it subscribes again'
            )
            == 1
        )
        assert serve.until("subscription.replaced")["message"].startswith("pytest (process ")
        serve.until("subscription.restored")


def test_a_second_serve(command: Any, here: Path) -> None:
    """It names the first; the first says that it hears nothing, and plays on when the second has ended."""
    with serving(here) as first:
        with serving(here, "--no-subscribe") as second:
            told = second.until("serve.beside")
            page, url = first.ready["console_url"].partition("#")[0], first.ready["webhook_url"]
            assert told["level"] == "warning"
            assert told["message"].startswith(
                f"serve (process {first.process.pid}) plays this project already, with its page {page} and the webhook "
                f"URL {url}; of two, send goes through the one that was started last"
            )
            assert second.api("/subscribe", {})["status"] == 201
            assert (
                f"serve (process {first.process.pid}) plays this project too" in second.until("serve.beside")["message"]
            )
            replaced = first.until("subscription.replaced")["message"]
            assert replaced.startswith(f"serve (process {second.process.pid}) has subscribed at the provider too")
            assert command("send", "hello") == 0
            assert command.err == f"through serve, {second.ready['console_url']}\n"
        assert first.until("subscription.restored")["message"].endswith("has ended: subscribed again")
        assert command("send", "hello", "--wait", "20s") == 0
        assert command.err == f"through serve, {first.ready['console_url']}\n"


def test_serve_that_shall_not_subscribe(command: Any, here: Path) -> None:
    """Then the person who told the provider the webhook URL is told to do it again."""
    with serving(here, "--no-subscribe") as serve:
        assert command("run") == 0
        assert "then press Subscribe on the page" in serve.until("subscription.replaced")["message"]
        assert "has ended; press Subscribe on the page" in serve.until("subscription.replaced")["message"]
        assert serve.api("/ready")["subscribed"] is False
        assert serve.api("/subscribe", {})["status"] == 201
        assert serve.api("/ready")["subscribed"] is True


@pytest.fixture
def own_provider(here: Path, provider: str) -> Callable[[str], None]:
    """Lets the project start its provider at a port."""

    def start_at(port: str) -> None:
        file = here / "ringo-emu.yaml"
        text = file.read_text("utf-8").replace(provider, f"http://127.0.0.1:{port}")
        run = f"[$python$, -m, emulator, provider, --port, '{port}']"
        file.write_text(f"{text}provider: {{run: {run}, ready: 'http://127.0.0.1:{port}/health'}}\n", "utf-8")

    return start_at


def test_a_provider_at_a_fixed_port_is_started_once(
    command: Any, here: Path, own_provider: Callable[[str], None]
) -> None:
    """A second one would not get its port: the run uses the one that serve has started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    own_provider(port)
    with serving(here) as serve:
        assert command("run") == 0
        assert f"the provider is the one that serve (process {serve.process.pid}) has started" in command.out
        serve.until("subscription.restored")


def test_a_provider_of_its_own(command: Any, here: Path, own_provider: Callable[[str], None]) -> None:
    """At a free port a run has a provider of its own: it takes nothing from serve, and there is nothing to say."""
    own_provider("$port.provider$")
    with serving(here) as serve:
        assert command("run") == 0
        assert command.out.startswith("PASS  ")
        assert serve.kinds() == ["Subscribe"]


def test_what_serve_recorded_is_replayed_by_serve(
    command: Any, here: Path, own_provider: Callable[[str], None]
) -> None:
    """It goes to the provider that serve has started, and a webhook to serve's account; what refuses it is told."""
    own_provider("$port.provider$")
    with serving(here) as serve:
        assert command("send", "hello", "--wait", "20s") == 0
        (url,) = {each["sent_to"] for each in serve.api("/exchanges")["items"] if each["kind"] == "SendMessage"}
        wrong = urllib.request.Request(serve.ready["webhook_url"], b'{"method": "delivered", "params": {}}')  # noqa: S310 - our own
        with pytest.raises(HTTPError):
            urllib.request.urlopen(wrong)  # noqa: S310
        number = next(each["id"] for each in serve.api("/exchanges")["items"] if each["status"] == 422)
        assert command("journal", "replay", "2", str(number)) == 0
        assert command.err == f"through serve, {serve.ready['console_url']}\n"
        sent, refused, why = command.out.splitlines()
        assert sent.startswith(f"#2 SendMessage  POST {url}  200 in ")
        assert "  422 in " in refused
        assert refused.endswith(" (was 422)")
        assert "no webhook model matches" in why
        assert serve.kinds().count("replay") == 2


def test_what_serve_does_not_know_is_replayed_alone(command: Any, here: Path) -> None:
    """What went out before serve began: without its secrets nobody but the project makes it again."""
    assert command("send", "hello") == 0
    with serving(here):
        assert command("journal", "replay", "1", "--journal", ".ringo-emu/serve.db") == 0
        assert "through serve" not in command.err
        assert command.out.startswith("#1 SendMessage  POST http://127.0.0.1:")


DYING = """\
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        print("db is down", flush=True)
        os._exit(3)

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_provider_that_dies_is_told(command: Any, tmp_path: Path) -> None:
    """Log and API say that the process that serve started has ended, with its code and its last lines.

    So do the commands that would have used it.
    """
    shutil.copy(SCENARIOS / "reference.json", tmp_path)
    (tmp_path / "one.yaml").write_text("scenario: One\nsteps:\n  - send_message: ping\n", "utf-8")
    (tmp_path / "app.py").write_text(DYING, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    (tmp_path / "ringo-emu.yaml").write_text(
        "integration: reference.json\nproperties: {API key: demo-key}\n"
        f"hosts: {{https://api.example.com: '{url}'}}\n"
        f"provider: {{run: [$python$, app.py, '{url.rpartition(':')[2]}'], ready: '{url}/'}}\n",
        "utf-8",
    )
    with serving(tmp_path, "--no-subscribe") as serve:
        with pytest.raises(OSError), urllib.request.urlopen(url, b"die"):  # noqa: PT011 - our own URL
            pass
        told = serve.until("provider.ended")
        assert "ended with code 3" in told["message"]
        assert told["output"].endswith("db is down")
        with pytest.raises(urllib.error.HTTPError) as answer:
            serve.api("/ready")
        with answer.value as error:
            assert error.code == 503
            assert told["message"] in error.read().decode()
        assert command("send", "hello") == 3
        assert (
            "mend: the provider's process has ended with code 3; start serve again to start it again\n" in command.err
        )
        assert command("run") == 3
        pid = serve.process.pid
        assert f"mend      the provider is the one that serve (process {pid}) has started: start serve again" in (
            command.out
        )


def test_a_document_that_changes_is_told(here: Path) -> None:
    """The log says whether what was saved is played from now on."""
    document = here / "reference.json"
    with serving(here) as serve:
        text = document.read_text("utf-8")
        document.write_text(text.replace('"class": "sms"', '"class": "smz"'), "utf-8")
        refused = serve.until("document.refused")["message"]
        assert refused == "reference.json has changed, but what was played before still is: it has errors"
        document.write_text(text.replace('"delivered"', '"done"'), "utf-8")
        assert serve.until("document.taken")["message"] == "reference.json has changed, and is played from now on"
