"""Small mistakes in good documents are told, each at its line: here every tenth of those that the bench makes."""

from __future__ import annotations

from bench.mutations import measure


def test_small_mistakes_are_told_at_their_line() -> None:
    """framework 2, 3, 4, 6: a key or variable misspelt, a value of another type, a comma gone: all are told."""
    table, misses = measure(every=10)
    assert [] == misses
    assert {"key misspelt", "key deleted", "value of another type", "capitals of a variable"} <= table.keys()
