"""Cold start: CPU time of the whole process, against a process that only imports."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.report import Figure

ROOT = Path(__file__).parents[1]
_RUNS = 15
_PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
_NEEDED_BY_RUN = (
    "import aiohttp.web, click, sqlite3, yaml, jsonpath_ng.ext.parser; "
    "from pydantic import BaseModel, BeforeValidator, Field"
)
_ONE_STEP = "scenario: one step\nsteps:\n  - send_message: ping\n    check: {status: 2xx}\n"
# Byte code is cached, as it is for anybody who runs a command twice.
_ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def _cpu_seconds(command: list[str], folder: Path) -> float:
    process = subprocess.Popen(command, cwd=folder, env=_ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def _compare(ours: list[str], limit: list[str], folder: Path = ROOT) -> tuple[float, float]:
    """Medians of both, run in turn so that a slow moment of the machine meets both."""
    pairs = [(_cpu_seconds(ours, folder), _cpu_seconds(limit, folder)) for _ in range(_RUNS + 1)][1:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _megabyte() -> str:
    """A document of nearly the largest size that is read: 3,600 webhook models."""
    document = json.loads((ROOT / "scenarios/reference.json").read_text("utf-8"))
    models = document["Webhook"]
    document["Webhook"] = [models[number % 3] | {"event_key": f"k{number}"} for number in range(3600)]
    return json.dumps(document, indent=2)


@contextmanager
def _provider() -> Iterator[str]:
    command = [_PROGRAM, "provider", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split('"url": "')[1].split('"')[0]
        try:
            yield url
        finally:
            process.terminate()


def measure(scratch: Path) -> list[Figure]:
    """Each command with its ratio."""
    python = sys.executable
    figures = []
    for name, ours, code, most in (
        ("`--version`", ["--version"], "import click", 1.5),
        ("`--help`", ["--help"], "import click", 1.5),
        ("`lint` of a document", ["lint", "scenarios/reference.json"], "import click, pydantic", 1.3),
    ):
        mine, limit = _compare([_PROGRAM, *ours], [python, "-c", code])
        figures.append(Figure(name, f"{mine * 1000:.0f} ms CPU", f"`{code}` {limit * 1000:.0f} ms", mine / limit, most))
    large = scratch / "large.json"
    large.write_text(_megabyte(), "utf-8")
    mine = statistics.median(_cpu_seconds([_PROGRAM, "lint", str(large)], ROOT) for _ in range(5))
    size = f"{large.stat().st_size / 1024 / 1024:.2f} MiB"
    figures.append(Figure(f"`lint` of {size}", f"{mine * 1000:.0f} ms CPU", "one second", mine, 1.0))
    (scratch / "one.yaml").write_text(_ONE_STEP)
    with _provider() as url:
        run = [_PROGRAM, "run", "one.yaml", "--integration", str(ROOT / "scenarios/reference.json")]
        run += ["--property", "API key=demo-key", "--hosts", f"https://api.example.com={url}"]
        mine, limit = _compare(run, [python, "-c", _NEEDED_BY_RUN], scratch)
    needs = f"`{_NEEDED_BY_RUN}` {limit * 1000:.0f} ms"
    figures.append(Figure("`run` of one step", f"{mine * 1000:.0f} ms CPU", needs, mine / limit, 1.3))
    return figures
