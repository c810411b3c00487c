"""Who may use the provider's API."""

from __future__ import annotations

from base64 import b64encode

import pytest

from emulator.provider.authorizing import unauthorized
from emulator.provider.settings import ProviderSettings

BEARER = ProviderSettings(token="tök-1")
BASIC = ProviderSettings(auth="basic", username="jörg", password="a:b")


def basic(pair: str, scheme: str = "Basic") -> str:
    """The header's value for a user and password joined by a colon."""
    return f"{scheme} {b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        (BEARER, "Bearer tök-1"),
        (BEARER, "bearer   tök-1 "),
        (BASIC, basic("jörg:a:b")),
        (BASIC, basic("jörg:a:b", "BASIC")),
        (ProviderSettings(auth="none"), None),
        (ProviderSettings(auth="none"), "Bearer whatever"),
    ],
)
def test_the_right_credentials_open_the_api(settings: ProviderSettings, header: str | None) -> None:
    """Schemes are told without regard to case, credentials in UTF-8."""
    assert unauthorized(settings, header) is None


@pytest.mark.parametrize(
    ("settings", "header", "message"),
    [
        (BEARER, None, "the request has no Authorization: Bearer"),
        (BEARER, "", "the request has no Authorization: Bearer"),
        (BEARER, basic("demo:tök-1"), "the request has no Authorization: Bearer"),
        (BEARER, "Bearer", "the Bearer credentials are wrong"),
        (BEARER, "Bearer TÖK-1", "the Bearer credentials are wrong"),
        (BEARER, "Bearer \udcff", "the Bearer credentials are wrong"),
        (BASIC, "Bearer tök-1", "the request has no Authorization: Basic"),
        (BASIC, basic("jörg:a"), "the Basic credentials are wrong"),
        (BASIC, "Basic jörg:a:b", "the Basic credentials are wrong"),
    ],
)
def test_anything_else_is_refused_with_a_challenge(
    settings: ProviderSettings, header: str | None, message: str
) -> None:
    """A refusal says which scheme is asked for, and never the secret."""
    refusal = unauthorized(settings, header)

    assert refusal is not None
    assert (401, message) == (refusal.status, refusal.message)
    assert refusal.headers["WWW-Authenticate"].startswith(f"{settings.auth.capitalize()} realm=")
