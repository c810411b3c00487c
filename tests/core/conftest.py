"""What the core's tests share: the reference document, and ways to change it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.core.document import IntegrationDocument
from emulator.core.reading import read_document

REFERENCE = Path(__file__).parents[2] / "scenarios/reference.json"
Changed = Callable[..., Any]


@pytest.fixture
def raw() -> dict[str, Any]:
    """The reference document as JSON; a test may change it."""
    data: dict[str, Any] = json.loads(REFERENCE.read_text("utf-8"))
    return copy.deepcopy(data)


@pytest.fixture
def document() -> IntegrationDocument:
    """The reference document, read."""
    return read_document("reference.json", REFERENCE.read_bytes()).playable().document
