"""Where parts of a document are told to stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.core.reading import read_document


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("acme.json", "acme.json"),
        ("docs/acme.json", "docs/acme.json"),
        ("/home/alice/acme.json", "acme.json"),
        ("../other/acme.json", "acme.json"),
    ],
)
def test_a_place_for_whoever_posts(raw: dict[str, Any], file: str, told: str) -> None:
    """The answer to a webhook names no folder outside the project's."""
    integration = read_document(file, json.dumps(raw).encode()).playable()
    place = integration.locate(("Webhook",), key=True)
    assert integration.key_place(("Webhook",)) == f"{file}:1:{place.column}"
    assert integration.told_place(("Webhook",)) == f"{told}:1:{place.column}"
