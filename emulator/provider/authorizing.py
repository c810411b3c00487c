"""Decides whether a request may be done."""

from __future__ import annotations

from base64 import b64encode
from hmac import compare_digest
from typing import TYPE_CHECKING

from emulator.provider.accepting import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.provider.settings import ProviderSettings

_REALM = 'realm="reference-sms"'
_CHALLENGES = {"bearer": f"Bearer {_REALM}", "basic": f'Basic {_REALM}, charset="UTF-8"'}


def unauthorized(
    settings: ProviderSettings, header: str | None, is_live: Callable[[str], bool] = lambda _: False
) -> Refusal | None:
    """Why *header*, the value of ``Authorization``, does not open the API; None: it does.

    With ``auth="oauth2"``, *is_live* knows the access tokens.

    Source: RFC 6750, section 3 (Bearer); RFC 7617, section 2 (Basic, UTF-8).
    """
    if settings.auth == "none":
        return None
    if settings.auth == "oauth2":
        return _without_token(header, is_live)
    challenge = {"WWW-Authenticate": _CHALLENGES[settings.auth]}
    scheme, _, credentials = (header or "").partition(" ")
    if scheme.lower() != settings.auth:
        return Refusal(401, f"the request has no Authorization: {settings.auth.capitalize()}", challenge)
    given = credentials.strip().encode("utf-8", "surrogateescape")
    if compare_digest(given, _credentials(settings)):
        return None
    return Refusal(401, f"the {settings.auth.capitalize()} credentials are wrong", challenge)


def _without_token(header: str | None, is_live: Callable[[str], bool]) -> Refusal | None:
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        return Refusal(401, "the request has no Authorization: Bearer", {"WWW-Authenticate": _CHALLENGES["bearer"]})
    if is_live(token.strip()):
        return None
    challenge = f'{_CHALLENGES["bearer"]}, error="invalid_token"'
    return Refusal(401, "the access token is unknown, expired or revoked", {"WWW-Authenticate": challenge})


def _credentials(settings: ProviderSettings) -> bytes:
    if settings.auth == "bearer":
        return settings.token.encode()
    return b64encode(f"{settings.username}:{settings.password}".encode())
