"""A scenario that failed leaves a folder with all that somebody else needs, and no secret in it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

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
    """What went to the provider goes there again, with the project's key; webhooks go where one says."""
    (project / "x.yaml").write_text(FAILS.replace(" demo-key", ""), "utf-8")
    command("run", "x.yaml", *options)
    journal = next((project / ".ringo-emu/failures").iterdir()) / "journal.db"
    assert command("journal", "replay", "--journal", str(journal), *options) == 0
    first, second = command.out.splitlines()
    assert first.startswith(f"#1 Subscribe  POST {provider}/ns-api/v2/subscriptions  201 in ")
    assert second.startswith(f"#2 SendMessage  POST {provider}/webhook  200 in ")
    assert second.endswith("(was 200)")
    assert command("journal", "replay", "3", *options) == 2
    assert "#3 is a webhook" in command.err
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
