"""Every scenario of the cookbook and of the language's reference passes against the reference provider as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/cookbook.md").read_text("utf-8")
SITUATIONS = re.findall(r"^## (\d+)\. .*?```yaml\n(scenario:.*?)```", PAGE, re.MULTILINE | re.DOTALL)

REFERENCE = re.findall(
    r"^```yaml\n(scenario:.*?)^```", (ROOT / "docs/scenarios.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


DAMAGES = {
    "truncate": "text[:160]",
    "strip emoji": "''.join(each for each in text if ord(each) < 0x1F000)",
    "latin-1": "text.encode('latin-1', 'replace').decode('latin-1')",
    "collapse blanks": "' '.join(text.split())",
    "escape for HTML": "html.escape(text)",
    "decode a form twice": "urllib.parse.unquote_plus(text)",
}
"""What providers do to the texts that they are told to send, as Python."""
PROVIDER = """
import html, sys, urllib.parse
from dataclasses import replace
from aiohttp import web
from emulator.provider.app import STATE, make_provider
from emulator.provider.settings import ProviderSettings
from emulator.provider.state import ProviderState

def damage(text):
    return DAMAGE

class Damaging(ProviderState):
    def accept(self, order, **rest):
        return super().accept(replace(order, content=order.content and damage(order.content)), **rest)

app = make_provider(ProviderSettings())
app[STATE] = Damaging()
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@pytest.mark.parametrize("damage", [*DAMAGES])
def test_damage_to_outgoing_text_is_found(damage: str, command: Any, tmp_path: Path) -> None:
    """Situation 4 compares what the provider was told to send: each way to spoil it fails at least one row."""
    _situation(tmp_path, dict(SITUATIONS)["4"])
    (tmp_path / "provider.py").write_text(PROVIDER.replace("DAMAGE", DAMAGES[damage]), "utf-8")
    project = tmp_path / "ringo-emu.yaml"
    text = project.read_text("utf-8")
    usual, own = (
        "[$python$, -m, emulator, provider, --port, $port.provider$]",
        "[$python$, provider.py, $port.provider$]",
    )
    assert usual in text
    project.write_text(text.replace(usual, own), "utf-8")
    assert command("run", "-v", "x.yaml") == 1
    failed = re.findall(r"FAIL  The provider has the text as it was written", command.out)
    assert len(failed) == int(re.findall(r"(\d+) failed", command.out)[-1])


def test_the_160_characters_are_160() -> None:
    """A row says what it is."""
    rows = re.findall(r'label: (\d+) characters, text: "(.*?)"', dict(SITUATIONS)["4"])
    assert [(label, len(text)) for label, text in rows] == [("160", 160), ("161", 161)]


def test_a_list_with_older_messages(command: Any, tmp_path: Path) -> None:
    """Situation 11 passes although the provider lists more than one message."""
    first = (
        "scenario: Before\nsteps:\n  - send_message: another\n    check: {status: 2xx}\n  - expect: messageDelivered\n"
    )
    _situation(tmp_path, f"{first}---\n{dict(SITUATIONS)['11']}")
    assert command("run", "x.yaml") == 0, command.out


def _situation(folder: Path, text: str) -> None:
    """The project of the repository with that scenario as x.yaml."""
    for name in ("reference.json", "ringo-emu.yaml"):
        shutil.copy(ROOT / "scenarios" / name, folder / name)
    shutil.copytree(ROOT / "scenarios/fixtures", folder / "fixtures")
    (folder / "x.yaml").write_text(text.replace("127.0.0.1:8080", "127.0.0.1:$port.provider$"), "utf-8")


def test_there_are_twelve() -> None:
    """As many as the title says, each with a scenario."""
    assert [str(number) for number in range(1, 13)] == [number for number, _ in SITUATIONS]


@pytest.mark.parametrize(
    "text",
    [*(pytest.param(text, id=number) for number, text in SITUATIONS), *REFERENCE],
    ids=lambda text: text.splitlines()[0] if isinstance(text, str) else None,
)
def test_it_passes(text: str, command: Any, tmp_path: Path) -> None:
    """With the project of the repository, and a provider of its own."""
    _situation(tmp_path, text)
    code = command("run", "x.yaml")
    assert code == 0, command.out + command.err
