"""Options that several commands share."""

from __future__ import annotations

import pytest

from emulator.errors import UsageError
from emulator.faces.options import split_pairs


@pytest.mark.parametrize(
    ("option", "pair", "expected"),
    [
        ("--property", "API key=a=b", {"API key": "a=b"}),
        ("--property", "API key=", {"API key": ""}),
        ("--hosts", "https://a.example=http://b.example", {"https://a.example": "http://b.example"}),
        ("--hosts", "https://a.example/?x=1=http://b.example", {"https://a.example/?x=1": "http://b.example"}),
    ],
)
def test_split_pairs(option: str, pair: str, expected: dict[str, str]) -> None:
    """A pair is split at its first equals sign; URLs where the right one begins."""
    assert expected == split_pairs((pair,), option)


@pytest.mark.parametrize("pair", ["novalue", "=x", ""])
def test_no_pair(pair: str) -> None:
    """A pair without a name or an equals sign is refused with a remedy."""
    with pytest.raises(UsageError) as caught:
        split_pairs((pair,), "--property")
    assert "write --property NAME=VALUE" == caught.value.mend
