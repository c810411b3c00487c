"""run, send and serve with a document that has OAuth2."""

from __future__ import annotations

import json
import re
import shutil
import socket
import stat
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIOS = Path(__file__).parents[3] / "scenarios"
PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
SECRET = "demo-client-secret"
CONSENT = "consent: {POST: /oauth2/consent, form: {request: $hidden.request$, decision: allow}}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[str]:
    """A provider that asks for consent, as a process of its own; its URL."""
    call = [PROGRAM, "provider", "--auth", "oauth2", "--ask-consent", "--port", str(_free_port()), "--json"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


def _write(folder: Path, provider: str, oauth: str) -> None:
    """A project in *folder*."""
    for name in ("reference-oauth2.json", "first-conversation.yaml"):
        shutil.copy(SCENARIOS / name, folder)
    (folder / "ringo-emu.yaml").write_text(
        "integration: reference-oauth2.json\n"
        f"properties: {{Client ID: demo-client, Client Secret: {SECRET}}}\n"
        f'hosts: {{https://api.example.com: "{provider}"}}\n'
        f"oauth: {{{oauth}}}\n"
        f'triggers: {{reply: {{request: {{POST: "{provider}/_test/inbound", '
        "json: {from: $from$, to: $to$, text: $content$}}}}\n"
    )


def test_run_connects_by_the_consent_of_the_project_file(command: Any, asking: str, tmp_path: Path) -> None:
    """The ordinary scenario passes; no secret is printed or kept, and nothing is kept at all of the tokens."""
    _write(tmp_path, asking, CONSENT)
    assert command("run", "-v") == 0
    assert "→ #5   token" in command.out
    assert "redirect          GET /oauth2/redirect" in command.out
    assert SECRET not in command.out
    kept = b"".join(each.read_bytes() for each in (tmp_path / ".ringo-emu").iterdir())
    assert SECRET.encode() not in kept
    assert b"refresh_token" in kept  # of the token endpoint's answer all but the values
    assert not (tmp_path / ".ringo-emu" / "tokens.json").exists()


def test_run_says_why_an_account_is_not_connected(command: Any, asking: str, tmp_path: Path) -> None:
    """Without consent the message cannot be sent; the failure says what is missing."""
    _write(tmp_path, asking, "")
    assert command("run") == 1
    assert "AUTH-105" in command.out
    assert "wants an admin" in command.out
    assert "oauth.consent" in command.out


def test_send_keeps_the_connection(command: Any, asking: str, tmp_path: Path) -> None:
    """The second send uses the first one's token."""
    _write(tmp_path, asking, CONSENT)
    for _ in range(2):
        assert command("send", "hello") == 0
    tokens = tmp_path / ".ringo-emu" / "tokens.json"
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600
    assert command("journal", "list", "--journal", str(tmp_path / ".ringo-emu" / "serve.db")) == 0
    kinds = [line.split()[3] for line in command.out.splitlines()]
    assert (kinds.count("token"), kinds.count("SendMessage")) == (1, 2)
    entry = next(iter(json.loads(tokens.read_bytes())["accounts"].values()))
    journal = b"".join(each.read_bytes() for each in tokens.parent.glob("serve.db*"))
    assert [name for name in ("access", "refresh") if entry[name].encode() in journal] == []


def test_serve_prints_a_link_and_waits_for_the_browser(asking: str, tmp_path: Path) -> None:
    """An admin opens the link, agrees on the provider's page and is told that the account is connected."""
    _write(tmp_path, asking, "")
    call = [PROGRAM, "serve", "--port", "0", "--no-console"]
    with subprocess.Popen(call, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(4)]
            assert "not connected: the authorization page answered 200" in lines[2]
            link = lines[3].split()[-1]
            with urllib.request.urlopen(link) as page:  # noqa: S310 - our own URL
                text, url = page.read().decode(), page.url
            ticket = re.search(r'name="request" value="([^"]+)"', text)
            assert ticket is not None
            form = urllib.parse.urlencode({"request": ticket.group(1), "decision": "allow"}).encode()
            with urllib.request.urlopen(urllib.parse.urljoin(url, "/oauth2/consent"), form) as page:  # noqa: S310
                assert b"<h1>Connected</h1>" in page.read()
            assert process.stdout.readline() == "connected\n"
        finally:
            process.terminate()
            process.wait(10)
