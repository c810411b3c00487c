"""What a failed step says: the words are the product, so each is kept as a file and compared whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from tests.scenario.conftest import Stage

    Prepare = Callable[[Stage], None]

MOST_LINES = 25
ROUNDTRIP = """\
scenario: A text is delivered
steps:
  - send_message: ping
  - expect: messageDelivered
"""
EXPECT_FILE = """\
scenario: A picture comes in
steps:
  - request: {POST: http://api.example.com/inbound}
  - expect: mms
"""


@pytest.fixture
def told(stage: Stage, capsys: pytest.CaptureFixture[str], steady: Callable[[str], str]) -> Any:
    """Plays a scenario that fails, and returns what the terminal shows of it."""

    async def play(text: str) -> str:
        for result in await stage.play_all(text):
            assert result.status is not Status.PASSED
            ConsoleReport(Output(stage.journal._redactor)).scenario(result)
        shown = steady(capsys.readouterr().out)
        assert len(shown.splitlines()) <= MOST_LINES
        return shown

    return play
