"""Measures everything and prints the table of docs/performance.md; exits with 1 where a promise is not kept."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from bench import attacked, cold_start, console, held, killed, memory, mutations, sink, suite


def main() -> int:
    """Run every bench."""
    with tempfile.TemporaryDirectory() as folder:
        figures = [*cold_start.measure(Path(folder)), *sink.measure(Path(folder)), *suite.measure(Path(folder))]
    figures += asyncio.run(held.measure())
    figures += asyncio.run(attacked.measure())
    figures += asyncio.run(killed.measure())
    figures += asyncio.run(memory.measure())
    figures += asyncio.run(console.measure())
    if shutil.which("chromium"):
        from bench import page

        figures += asyncio.run(page.measure())
    print("| what | ours | limit in the same run | ratio | promised |\n|---|---|---|---|---|")
    for figure in figures:
        print(figure.row())
    table, misses = mutations.measure()
    print(f"\n{mutations.report(table, misses)}")
    return 0 if all(figure.kept for figure in figures) and not misses else 1


if __name__ == "__main__":
    sys.exit(main())
