"""``serve`` that others can reach: it asks nothing for them that only this machine reaches, and tells them nothing."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.faces.commands.test_beside_serve import SCENARIOS, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAYS = {
    "everywhere": ("--host", "0.0.0.0"),  # noqa: S104 - as in a container
    "tunnel": ("--public-url", "http://127.0.0.1:1/tunnel"),
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project whose provider is not asked."""
    shutil.copy(SCENARIOS / "reference.json", tmp_path)
    hosts = "{https://api.example.com: http://127.0.0.1:9}"
    project = f"integration: reference.json\nproperties: {{API key: demo-key}}\nhosts: {hosts}\n"
    (tmp_path / "ringo-emu.yaml").write_text(project)
    return tmp_path


class Asked(BaseHTTPRequestHandler):
    """A service of this machine that nobody else is to reach."""

    def do_GET(self) -> None:
        """Note it."""
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def service() -> Iterator[HTTPServer]:
    """It listens on loopback."""
    with HTTPServer(("127.0.0.1", 0), Asked) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def post(url: str, data: bytes, **headers: str) -> tuple[int, str]:
    """The status and the answer."""
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own URL
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("way", WAYS)
def test_a_file_of_this_machine_is_not_fetched(here: Path, service: HTTPServer, way: str) -> None:
    """Framework 10.10, 6.36: by the address that is listened at, not by what one of the parts was told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(here, "--no-subscribe", "--port", str(port), *WAYS[way]) as serve:
        url = f"http://127.0.0.1:{port}/services/{serve.ready['webhook_url'].partition('/services/')[2]}"
        file = f"http://127.0.0.1:{service.server_port}/secret"
        params = {"from": "+61123456789", "to": "+61855555555", "text": "look", "url": file}
        assert post(url, json.dumps({"method": "file", "params": params}).encode())[0] == 200
        if way == "everywhere":
            assert "listens everywhere" in serve.log.readline()
        told = serve.until("request.sent")
        assert "lies at the loopback address 127.0.0.1: not fetched while others reach" in told["findings"][0]

        status, answer = post(f"http://127.0.0.1:{port}/", b"{}")
        assert (status, "/services/" in answer) == (404, False)
        assert serve.until("webhook.received")["status"] == 404
        assert post(url, b"{}", Origin="https://evil.example")[0] == 403
    assert service.asked == []  # type: ignore[attr-defined]
