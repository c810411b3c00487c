"""A scenario that failed leaves a folder with all that somebody else needs, and no secret in it."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from emulator.core.messages import Request
from emulator.faces import replaying
from emulator.scenario.project import load_project

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
FAILS = """
scenario: "Fails: ../../etc (1)"
steps:
  - send_message: hello demo-key
  - expect: {messageDelivered: {messageid: other}}
    within: 100ms
---
scenario: Passes
steps:
  - send_message: hello
  - expect: messageDelivered
"""


def test_a_failed_scenario_leaves_a_bundle(command: Any, project: Path) -> None:
    """Failure, exchanges, curl lines, files as loaded: of the scenario that failed only, secrets masked."""
    (project / "x.yaml").write_text(FAILS, "utf-8")
    assert command("run", "x.yaml") == 1
    assert command.out.endswith("all that is known of each failure: .ringo-emu/failures\n")
    (bundle,) = (project / ".ringo-emu/failures").iterdir()
    assert "01-fails-etc-1" == bundle.name
    names = sorted(each.name for each in bundle.iterdir())
    assert [
        "curl.sh",
        "exchanges.har",
        "failure.txt",
        "journal.db",
        "provider.txt",
        "reference.json",
        "ringo-emu.yaml",
        "x.yaml",
    ] == names
    assert "[WH-DELIVERED-04]" in (bundle / "failure.txt").read_text("utf-8")
    with closing(sqlite3.connect(bundle / "journal.db")) as database:
        kept = {row[0] for row in database.execute("SELECT id FROM exchanges")}
    entries = json.loads((bundle / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    assert {1, 2, 3} == kept
    assert 3 == len(entries)
    assert 3 == (bundle / "curl.sh").read_text("utf-8").count("curl -sS")
    for each in bundle.iterdir():
        assert b"demo-key" not in each.read_bytes(), each.name
        assert each.stat().st_mode & 0o077 == bundle.stat().st_mode & 0o077 == 0, each.name
    subprocess.run(["sh", "-n", str(bundle / "curl.sh")], check=True)


def test_the_next_run_takes_them_away(command: Any, project: Path) -> None:
    """What lies there is of the latest run."""
    (project / "x.yaml").write_text(FAILS, "utf-8")
    command("run", "x.yaml")
    assert command("run", "x.yaml", "-k", "Passes") == 0
    assert not list((project / ".ringo-emu").glob("failures/*"))


def test_one_that_cannot_be_written_is_a_warning(command: Any, project: Path) -> None:
    """The run's verdict does not depend on it."""
    (project / "x.yaml").write_text(FAILS, "utf-8")
    (project / ".ringo-emu").mkdir()
    (project / ".ringo-emu/failures").write_text("a file", "utf-8")
    assert command("run", "x.yaml") == 1
    assert "warning: no failure bundle:" in command.err


def test_replay(command: Any, project: Path, provider: str, options: list[str]) -> None:
    """What went to the provider goes there again, with the project's key; a webhook comes here, or where one says."""
    (project / "x.yaml").write_text(FAILS.replace(" demo-key", ""), "utf-8")
    command("run", "x.yaml", *options)
    journal = next((project / ".ringo-emu/failures").iterdir()) / "journal.db"
    assert command("journal", "replay", "--journal", str(journal), *options) == 0
    first, second = command.out.splitlines()
    assert first.startswith(f"#1 Subscribe  POST {provider}/ns-api/v2/subscriptions  201 in ")
    assert second.startswith(f"#2 SendMessage  POST {provider}/webhook  200 in ")
    assert second.endswith("(was 200)")
    assert command("journal", "replay", "3", *options) == 0
    assert re.match(r"#3 webhook  POST http://127\.0\.0\.1:\d+/services/\S+  200 in .* \(was 200\)\n", command.out)
    assert command("journal", "replay", "3", "--to", f"{provider}/health?x=1", "--json", *options) == 0
    assert {"exchange": 3, "status": 405, "before": 200, "error": None} == json.loads(command.out)
    nowhere = [each.replace(provider, "http://127.0.0.1:1") for each in options]
    assert command("journal", "replay", "3", "--to", "http://127.0.0.1:1/", *nowhere) == 3
    assert "nothing answers at 127.0.0.1:1: Connection refused (was 200)" in command.out


def test_a_secret_that_nobody_knows_is_not_made_up(command: Any, project: Path, options: list[str]) -> None:
    """A body that held one cannot be sent again."""
    (project / "x.yaml").write_text(FAILS, "utf-8")
    command("run", "x.yaml", *options)
    assert command("journal", "replay", "2", *options) == 2
    assert "#2 held a secret, which no journal keeps" in command.err


def test_replay_after_a_run(command: Any, project: Path) -> None:
    """The ports of the run are gone: the provider is started again, and all goes to where it is now."""
    assert command("run") == 0
    assert command("journal", "replay") == 0
    lines = command.out.splitlines()
    assert ["#1 Subscribe", "#2 SendMessage", "#4 trigger"] == [line.partition("  ")[0] for line in lines]
    assert ["(was 201)", "(was 200)", "(was 200)"] == [line[-9:] for line in lines]
    ports = {re.search(r"http://127\.0\.0\.1:(\d+)/", line)[1] for line in lines}  # type: ignore[index]
    assert len(ports) == 1
    assert re.fullmatch(r"#4 trigger .* 200 in .*", lines[2])
    (project / "x.yaml").write_text(FAILS.replace(" demo-key", ""), "utf-8")
    assert command("run", "x.yaml") == 1
    line = re.search(r"replay it: ringo-emu (journal replay \d+)\n", command.out)
    assert line is not None
    assert command(*line[1].split()) == 0


def test_keys_in_the_body_and_the_address(command: Any, project: Path, provider: str) -> None:
    """Where the document has a property, the project's value stands again; it is printed nowhere."""
    document = json.loads((project / "reference.json").read_text("utf-8"))
    send = document["API"]["SendMessage"]
    send["request_parameters"] |= {"key": "$API key$", "deep": [{"key": "k=$API key$"}]}
    send["request_url"] += "?key=$API key$"
    (project / "reference.json").write_text(json.dumps(document), "utf-8")
    options = ["--hosts", f"https://api.example.com={provider}"]
    (project / "ringo-emu.yaml").write_text("integration: reference.json\nproperties: {API key: demo-key}\n", "utf-8")
    assert command("send", "hello", *options) == 0
    assert command("journal", "curl", "1") == 0
    assert "***" in command.out
    assert "or let the project do it: ringo-emu journal replay 1\n" in command.err
    assert command("journal", "replay", "1", *options) == 0
    assert "200 in" in command.out
    assert "demo-key" not in command.out


@pytest.mark.parametrize(
    ("kind", "recorded", "expected"),
    [
        ("application/json", b'{"a": 1, "key": "***", "deep": [{"key": "k=***"}], "text": "***"}', None),
        (
            "application/x-www-form-urlencoded",
            b"key=%2A%2A%2A&key2=%2A%2A%2A&text=a%2Bb",
            b"key=demo-key&key2=%2A%2A%2A&text=a%2Bb",
        ),
        ("text/plain", b"***", b"***"),
        ("application/json", b"{***", b"{***"),
    ],
    ids=["json", "form", "text", "broken"],
)
def test_where_secrets_are_put_in(kind: str, recorded: bytes, expected: bytes | None, project: Path) -> None:
    """Only where the document has a property: elsewhere nobody knows what stood there."""
    document = json.loads((project / "reference.json").read_text("utf-8"))
    send = document["API"]["SendMessage"]
    send["request_parameters"] |= {"key": "$API key$", "deep": [{"key": "k=$API key$"}]}
    send["request_url"] = "https://api.example.com/of/$API key$/send"
    (project / "reference.json").write_text(json.dumps(document), "utf-8")
    loaded = load_project(project / "ringo-emu.yaml")
    url = "https://api.example.com/of/***/send?key=***&to=1"
    headers = (("Content-Type", kind), ("Authorization", "Bearer ***"))
    request = Request(method="POST", url=url, headers=headers, body=recorded)
    made = replaying._with_secrets(request, "SendMessage", loaded)
    assert made.url == "https://api.example.com/of/demo-key/send?key=demo-key&to=1"
    assert made.header("Authorization") == "Bearer demo-key"
    if expected is None:
        filled = {"a": 1, "key": "demo-key", "deep": [{"key": "k=demo-key"}], "text": "***"}
        assert filled == json.loads(made.body)
    else:
        assert expected == made.body


def test_a_webhook_goes_to_the_running_serve(command: Any, project: Path) -> None:
    """There it is seen on the page, and judged by the document that is played."""
    assert command("run") == 0
    call = [PROGRAM, "serve", "--port", "0", "--console-port", "0", "--json"]
    with subprocess.Popen(call, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert command("journal", "replay", "5", "--journal", ".ringo-emu/run.db") == 0
        process.terminate()
    assert command.out.startswith(f"#5 webhook  POST {ready['webhook_url']}  200 in ")
