"""What all tests share: how hypothesis searches, and golden files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from syrupy.location import PyTestLocation

for _name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
    os.environ.pop(_name, None)  # what a CI system wants of colours is no part of what is tested
TESTS = Path(__file__).parent
_RELAXED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("default", deadline=None, max_examples=100, suppress_health_check=_RELAXED)
settings.register_profile("long", deadline=None, max_examples=10_000, suppress_health_check=_RELAXED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _not_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the tests themselves run in a container is no part of what is tested."""
    monkeypatch.setattr("emulator.engine.containers.in_container", lambda _: False)


class TextFile(SingleFileSnapshotExtension):
    """A golden file is plain text, so that a change of a message is a readable difference."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """``golden/core/test_reading`` for the files of ``core/test_reading.py``."""
        test = Path(test_location.filepath).relative_to(TESTS)
        return str(TESTS / "golden" / test.with_suffix(""))

    def serialize(self, data: Any, **_: Any) -> str:
        """The text as it is."""
        return str(data)


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a text with the file kept for this test."""
    return snapshot.use_extension(TextFile)
