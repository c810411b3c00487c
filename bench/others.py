"""One conversation, whole process, cold: ours against Tavern and Step CI, which poll for what ours is told.

Then the same with a mistake in it: the report names the message by a key that the other side does not read. Both are
installed here, into ``.cache/``, and are no dependency of the project.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from bench.report import Figure
from emulator.engine.listening import listening

ROOT = Path(__file__).parents[1]
_CACHE = ROOT / ".cache/bench-others"
_DELIVERED_AFTER = "300ms"
_ROUNDS = 5
_ENVIRONMENT = {**os.environ, "STEPCI_DISABLE_ANALYTICS": "1"}

OURS = """scenario: A text is delivered
steps:
  - send_message: hello
  - expect: messageDelivered
"""

TAVERN = """test_name: A text is delivered
stages:
  - name: subscribe
    request:
      url: PROVIDER/ns-api/v2/subscriptions
      method: POST
      headers: {Authorization: Bearer demo-key}
      json: {domain: acme, post-url: INBOX/hook}
    response: {status_code: 201}
  - name: send
    request:
      url: PROVIDER/webhook
      method: POST
      headers: {Authorization: Bearer demo-key}
      json: {from: "+61855555555", to: "+61123456789", domain: acme, content: hello}
    response:
      status_code: 200
      save: {json: {messageid: data.id}}
  - name: wait for the report
    max_retries: 100
    delay_before: 0.05
    request: {url: "INBOX/reports/{messageid}", method: GET}
    response: {status_code: 200}
"""

STEP_CI = """version: "1.1"
name: A text is delivered
tests:
  main:
    steps:
      - name: subscribe
        http:
          url: PROVIDER/ns-api/v2/subscriptions
          method: POST
          headers: {Authorization: Bearer demo-key, Content-Type: application/json}
          json: {domain: acme, post-url: INBOX/hook}
          check: {status: 201}
      - name: send
        http:
          url: PROVIDER/webhook
          method: POST
          headers: {Authorization: Bearer demo-key, Content-Type: application/json}
          json: {from: "+61855555555", to: "+61123456789", domain: acme, content: hello}
          captures: {messageid: {jsonpath: $.data.id}}
          check: {status: 200}
      - name: wait for the report
        retries: {count: 100, interval: 50ms}
        http:
          url: INBOX/reports/${{captures.messageid}}
          method: GET
          check: {status: 200}
"""


_TEXTS = {"ours": OURS, "Tavern": TAVERN, "Step CI": STEP_CI}
_FILES = {"ours": "ours.yaml", "Tavern": "test_theirs.tavern.yaml", "Step CI": "step.yml"}
_KEY, _OTHER_KEY = "messageid", "messageId"
"""By which the provider names the message in its report, and by which it does not."""


@contextmanager
def _commands(folder: Path, key: str) -> Iterator[dict[str, list[str]]]:
    """What plays the conversation with each, where the message is looked for by *key*."""
    tavern, step_ci = _installed()
    document = (ROOT / "scenarios/reference.json").read_text("utf-8")
    assert '"messageid": "$messageid$"' in document
    (folder / "document.json").write_text(document.replace('"messageid": "$', f'"{key}": "$'), "utf-8")
    with _provider() as provider, _inbox(key) as inbox:
        for name, text in _TEXTS.items():
            (folder / _FILES[name]).write_text(text.replace("PROVIDER", provider).replace("INBOX", inbox), "utf-8")
        run = [sys.executable, "-m", "emulator", "run", _FILES["ours"], "--property", "API key=demo-key"]
        run += ["--integration", "document.json", "--hosts", f"https://api.example.com={provider}"]
        yield {
            "ours": run,
            "Tavern": [str(tavern), "-q", "-p", "no:cacheprovider", _FILES["Tavern"]],
            "Step CI": [str(step_ci), "run", _FILES["Step CI"]],
        }


def measure(folder: Path) -> list[Figure]:
    """Wall time of each, in turn."""
    with _commands(folder, _KEY) as commands:
        took: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(_ROUNDS):
            for name, command in commands.items():
                took[name].append(_wall(command, folder))
    medians = {name: statistics.median(times) for name, times in took.items()}
    return [
        Figure(
            "a conversation, cold",
            f"{medians['ours']:.2f} s",
            f"{name} {medians[name]:.2f} s",
            medians[name] / medians["ours"],
            2,
            True,
        )
        for name in ("Tavern", "Step CI")
    ]


def failures(folder: Path) -> str:
    """The table of what each says of the mistake."""
    rows = ["| | lines of file | lines of failure output | names the keys |", "|---|---|---|---|"]
    with _commands(folder, _OTHER_KEY) as commands:
        for name, command in commands.items():
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=60, env=_ENVIRONMENT
            )
            assert done.returncode != 0, f"{command}\n{done.stdout}\n{done.stderr}"
            said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            names = all(any(key in line for line in said) for key in (f"params.{_KEY}", f"params.{_OTHER_KEY}"))
            rows.append(f"| {name} | {len(_TEXTS[name].splitlines())} | {len(said)} | {'yes' if names else 'no'} |")
    return "\n".join(rows)


def _wall(command: list[str], folder: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60, env=_ENVIRONMENT
    )
    took = time.perf_counter() - began
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return took


def _installed() -> tuple[Path, Path]:
    venv, modules = _CACHE / "tavern", _CACHE / "node_modules"
    if not (venv / "bin/pytest").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin/pip"), "install", "--quiet", "tavern==3.7.1", "pytest<9"], check=True)
    if not (modules / ".bin/stepci").exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(_CACHE), "stepci@2.8.2"]
        subprocess.run(install, check=True)
    return venv / "bin/pytest", modules / ".bin/stepci"


@contextmanager
def _provider() -> Iterator[str]:
    command = [sys.executable, "-m", "emulator", "provider", "--port", "0", "--json"]
    command += ["--delivered-after", _DELIVERED_AFTER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


@contextmanager
def _inbox(key: str) -> Iterator[str]:
    """Keeps reports for who asks, as a tool that cannot receive webhooks needs it."""
    command = [sys.executable, "-m", "bench.others", "inbox", key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def serve_inbox(key: str) -> None:
    """The process of that."""
    seen: set[str | None] = set()

    async def hook(request: web.Request) -> web.Response:
        seen.add((await request.json())["params"].get(key))
        return web.json_response({"result": {}})

    async def ask(request: web.Request) -> web.Response:
        return web.json_response({}, status=200 if request.match_info["id"] in seen else 404)

    app = web.Application()
    app.router.add_post("/hook", hook)
    app.router.add_get("/reports/{id}", ask)
    async with listening(app, "127.0.0.1", 0) as (url, _):
        print(url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Print the rows of docs/performance.md."""
    with tempfile.TemporaryDirectory() as folder:
        for figure in measure(Path(folder)):
            print(figure.row())
        print(f"\n{failures(Path(folder))}")


if __name__ == "__main__":
    asyncio.run(serve_inbox(sys.argv[2])) if sys.argv[1:2] == ["inbox"] else main()
