"""Many scenarios at the same time, against a script that makes the same exchanges and checks nothing.

``python -m bench.suite script URL`` is that script; the rest measures.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
from aiohttp import web

from bench.report import Figure
from emulator.engine.listening import listening

_SCENARIOS, _JOBS = 200, 16
_ROUNDS = 5
_AUTH = {"Authorization": "Bearer demo-key"}
_SCENARIO = """
scenario: Three steps
steps:
  - send_message: hello
  - expect: messageDelivered
  - request: {GET: PROVIDER/health}
    check: {status: 200}
"""


def measure(folder: Path) -> list[Figure]:
    """Scenarios a second of the scenarios' own time, process start and end aside; and the plugin's import."""
    command = [sys.executable, "-m", "emulator", "provider", "--port", "0", "--delivered-after", "0s", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as provider:
        assert provider.stdout is not None
        url = json.loads(provider.stdout.readline())["url"]
        ours, script = [], []
        for _ in range(_ROUNDS):
            ours.append(_ours(folder, url))
            script.append(_script(url))
        provider.terminate()
    mine, theirs = statistics.median(ours), statistics.median(script)
    what = f"{_SCENARIOS} three-step scenarios, `--jobs {_JOBS}`"
    imports = _plugin_import_ms()
    return [
        Figure(what, f"{mine:.0f}/s", f"asyncio script without checks {theirs:.0f}/s", mine / theirs, 0.5, True),
        Figure("the plugin in a plain pytest run", f"{imports:.1f} ms CPU", "10 ms", imports / 10, 1),
    ]


def _ours(folder: Path, url: str) -> float:
    path = folder / "three.yaml"
    path.write_text(_SCENARIO.replace("PROVIDER", url), "utf-8")
    reference = Path(__file__).parents[1] / "scenarios/reference.json"
    command = [
        sys.executable,
        "-m",
        "emulator",
        "run",
        str(path),
        "-q",
        "--report",
        "jsonl=out.jsonl",
        "--integration",
        str(reference),
    ]
    command += ["--property", "API key=demo-key", "--hosts", f"https://api.example.com={url}"]
    command += ["--jobs", str(_JOBS), "--repeat", str(_SCENARIOS)]
    subprocess.run(command, capture_output=True, check=True, cwd=folder)
    end = json.loads((folder / "out.jsonl").read_text("utf-8").splitlines()[-1])
    assert end["passed"] == _SCENARIOS
    return float(_SCENARIOS / end["duration_s"])


def _script(url: str) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.suite", "script", url], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


async def _exchange(url: str) -> float:
    """Conversations a second: Subscribe, SendMessage, wait for the report, one more request."""
    reported: dict[str, asyncio.Event] = {}

    async def receive(request: web.Request) -> web.Response:
        said = await request.json()
        reported.setdefault(said["params"]["messageid"], asyncio.Event()).set()
        return web.json_response({"result": {}})

    app = web.Application()
    app.router.add_post("/{anywhere:.*}", receive)
    left = iter(range(_SCENARIOS))

    async def work(number: int, base: str, session: aiohttp.ClientSession) -> None:
        domain = f"d{number}"
        for each in left:
            hook = {"domain": domain, "post-url": f"{base}/{each}"}
            async with session.post(f"{url}/ns-api/v2/subscriptions", json=hook, headers=_AUTH) as answer:
                await answer.read()
            text = {"from": "+61855555555", "to": "+61123456789", "domain": domain, "content": "hello"}
            async with session.post(f"{url}/webhook", json=text, headers=_AUTH) as answer:
                messageid = (await answer.json())["data"]["id"]
            await reported.setdefault(messageid, asyncio.Event()).wait()
            async with session.get(f"{url}/health") as answer:
                await answer.read()

    async with listening(app, "127.0.0.1", 0) as (base, _), aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(work(number, base, session) for number in range(_JOBS)))
        return _SCENARIOS / (time.perf_counter() - began)


def _plugin_import_ms() -> float:
    """CPU time of importing what pytest imports of the plugin in every run; the smallest of several processes."""
    script = (
        "import time, pytest; began = time.process_time(); import emulator.faces.pytest_plugin; "
        "print(time.process_time() - began)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True) for _ in range(9)
    ]
    return min(float(each.stdout) for each in runs) * 1000


if __name__ == "__main__":
    print(asyncio.run(_exchange(sys.argv[2])))
