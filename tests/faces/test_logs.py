"""Logs: on standard error, masked, harmless to a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from emulator.core.redaction import Redactor
from emulator.faces import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_json_logs(capsys: pytest.CaptureFixture[str]) -> None:
    """A JSON log line holds its fields, with the secrets masked."""
    logs.configure(Redactor(["s3cret"]), as_json=True)
    structlog.get_logger().info("event", url="/s3cret")
    out, err = capsys.readouterr()
    line = json.loads(err)
    assert ("", "event", "info", "/***") == (out, line["event"], line["level"], line["url"])


def test_console_logs(capsys: pytest.CaptureFixture[str]) -> None:
    """A console log line masks secrets and shows control characters as escapes."""
    logs.configure(Redactor(["s3cret"]), as_json=False)
    structlog.get_logger().warning("event", events=["s3cret\x1b[2J", "b\nc"])
    err = capsys.readouterr().err
    assert "s3cret" not in err
    assert "\x1b[2J" not in err
    assert 1 == len(err.splitlines())
