"""Small mistakes in good documents are told, each at its line: here a sample of those that the bench makes."""

from __future__ import annotations

import pytest

from bench.mutations import measure


@pytest.mark.slow
@pytest.mark.timeout(600)  # a few seconds by itself, many where coverage is measured
def test_small_mistakes_are_told_at_their_line() -> None:
    """Framework 2.1, 8.9: a key or variable misspelt, a value of another type, a bracket gone: all are told."""
    table, misses = measure(every=31)
    assert [] == misses
    assert {"key misspelt", "key deleted", "value of another type", "bracket missing"} <= table.keys()
