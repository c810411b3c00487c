"""The API is what its description says: a fuzzer that reads the description finds nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.faces.console.openapi import describe
from tests.kit.locked import install

if TYPE_CHECKING:
    from tests.faces.console.conftest import Client

FUZZER = Path(__file__).parents[3] / ".cache/api-fuzzer"
ALWAYS_OPEN = ("/api/v1/stream", "/api/v1/events")
"""They answer when something happens, or never end."""


def test_whoever_asks_finds_every_parameter_and_refusal() -> None:
    described = describe()

    replay = described["paths"]["/api/v1/exchanges/{id}/replay"]["post"]
    send = described["paths"]["/api/v1/messages"]["post"]
    found = described["paths"]["/api/v1/exchanges"]["get"]
    assert described["openapi"] == "3.1.0"
    assert not replay["requestBody"]["required"]
    assert described["paths"]["/api/v1/scenarios"]["post"]["requestBody"]["required"]
    assert {"200", "400", "401", "403", "422", "429", "503"} <= set(send["responses"])
    assert [each["name"] for each in replay["parameters"]] == ["id"]
    assert {"direction", "kind", "status", "text", "before", "limit"} <= {each["name"] for each in found["parameters"]}


def test_every_reference_leads_somewhere() -> None:
    described = describe()
    schemas = described["components"]["schemas"]
    wanted = []

    def look(value: object) -> None:
        if isinstance(value, dict):
            wanted.extend([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for below in value.values():
                look(below)
        elif isinstance(value, list):
            for below in value:
                look(below)

    look(described)

    assert len(wanted) > 50
    assert all(each.removeprefix("#/components/schemas/") in schemas for each in wanted)


@pytest.fixture(scope="module")
def fuzzer() -> Path:
    """Schemathesis in a folder of its own: as a plugin of this environment it would slow every run of pytest."""
    install("fuzz", "--python", sys.executable, "--target", FUZZER)
    return FUZZER


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_fuzzer_finds_nothing(fuzzer: Path, client: Client) -> None:
    """No answer is a 500, none is of a shape or status that is not described, nothing invalid is taken."""
    await client.post("/messages", {"content": "something to find"})
    # What can be said, and yet cannot be done (an unknown number, say), is answered 422: that is no contradiction.
    options = ["--checks", "all", "--exclude-checks", "positive_data_acceptance", "--no-color"]
    options += ["--phases", "coverage,fuzzing", "--max-examples", "20", "--generation-deterministic"]
    options += [word for path in ALWAYS_OPEN for word in ("--exclude-path", path)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from schemathesis.cli import schemathesis; schemathesis()",
        "run",
        f"{client.url}/api/v1/openapi.json",
        *options,
        cwd=client.folder,
        env={**os.environ, "PYTHONPATH": str(fuzzer)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )

    said, _ = await process.communicate()

    assert process.returncode == 0, said.decode()[-8000:]
    assert b"Selected: 28/30" in said, said.decode()[-2000:]
    assert (await client.get("/health"))["status"] == "ok"
