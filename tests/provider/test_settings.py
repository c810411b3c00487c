"""Settings of the reference provider."""

from __future__ import annotations

import math

import pytest

from emulator.provider.settings import ProviderSettings


def test_secrets_stay_out_of_the_repr() -> None:
    """A settings record that is printed or logged tells no secret."""
    shown = repr(ProviderSettings(token="tok-1", password="pass-1"))

    assert "tok-1" not in shown
    assert "pass-1" not in shown


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_a_webhook_timeout_must_be_above_zero(seconds: float) -> None:
    """0 would mean "for ever" to the client, so it is refused like anything below."""
    with pytest.raises(ValueError, match="webhook_timeout_s"):
        ProviderSettings(webhook_timeout_s=seconds)


@pytest.mark.parametrize("seconds", [-0.1, math.nan])
def test_a_report_cannot_be_due_before_its_message(seconds: float) -> None:
    """A delay below 0 is refused; 0 means at once."""
    with pytest.raises(ValueError, match="delivered_after_s"):
        ProviderSettings(delivered_after_s=seconds)

    assert ProviderSettings(delivered_after_s=0.0).delivered_after_s == 0.0
